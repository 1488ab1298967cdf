"""Static word vectors: asking by hand-worked numbers, files against safetensors, training on made-up text."""

import gzip
import lzma
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_tf.static_vectors import StaticVectors, split_words, train_word2vec

WORDS = ["man", "king", "woman", "queen", "tree"]
VECTORS = [[1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1], [-2, -2, 0]]


@pytest.fixture
def vectors():
    return StaticVectors(WORDS, np.array(VECTORS))


def cosine(a, b):
    return np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)


# Asking -------------------------------------------------------------------------------------------


def test_vector_and_membership(vectors):
    assert len(vectors) == 5 and vectors.dimensions == 3
    assert vectors.vector("queen").tolist() == [0, 1, 1] and vectors.vector("queen").dtype == np.float32
    assert vectors.vector("Queen").tolist() == [0, 1, 1]
    assert "KING" in vectors and "kings" not in vectors and 3 not in vectors
    with pytest.raises(ValueError, match="'kings'"):
        vectors.vector("kings")


def test_a_word_as_it_stands_comes_before_its_lower_case():
    vectors = StaticVectors(["apple", "Apple"], np.eye(2))
    assert vectors.vector("Apple").tolist() == [0, 1] and vectors.vector("APPLE").tolist() == [1, 0]


def test_nearest_by_hand(vectors):
    found = vectors.nearest("king", top_k=3)
    assert [word for word, _ in found] == ["man", "queen", "woman"]  # and not king itself
    assert [value for _, value in found] == pytest.approx([1 / np.sqrt(2), 1 / 2, 0])
    assert [word for word, _ in vectors.nearest("King", top_k=9)] == ["man", "queen", "woman", "tree"]
    found = vectors.nearest("king", top_k=2, exclude=["Man", "nothing"])
    assert [word for word, _ in found] == ["queen", "woman"]


def test_nearest_to_a_vector_does_not_mind_its_length(vectors):
    found = vectors.nearest(np.array([30.0, 0.0, 30.0]), top_k=2)
    assert found[0] == ("king", pytest.approx(1.0)) and found[1][0] == "man"
    assert all(value <= 1.0 for _, value in found)


def test_nearest_refuses(vectors):
    with pytest.raises(ValueError, match="top_k"):
        vectors.nearest("king", top_k=0)
    with pytest.raises(ValueError, match="3 numbers"):
        vectors.nearest(np.ones(4))
    with pytest.raises(ValueError, match="not zero"):
        vectors.nearest(np.zeros(3))
    with pytest.raises(ValueError, match="'prince'"):
        vectors.nearest("prince")


def test_similarity_and_analogy_by_hand(vectors):
    assert vectors.similarity("king", "Queen") == pytest.approx(0.5)
    assert vectors.similarity("man", "man") == 1.0
    found = vectors.analogy("man", "king", "woman", top_k=9)
    assert [word for word, _ in found] == ["queen", "tree"]  # the three words asked with are left out
    half = 1 / np.sqrt(2)
    assert found[0][1] == pytest.approx(cosine([half - 1, 1, half], [0, 1, 1]))
    with pytest.raises(ValueError, match="'prince'"):
        vectors.analogy("man", "prince", "woman")


@pytest.mark.parametrize(
    "words, rows, message",
    [
        (["a", "b"], np.eye(3), r"2 words.*\(3, 3\)"),
        ([], np.zeros((0, 3)), "at least one"),
        (["a"], np.ones(3), r"\(3,\)"),
        (["a", "a"], np.eye(2), "more than once"),
        (["a", ""], np.eye(2), "not empty"),
        (["a", "b\nc"], np.eye(2), "one line"),
        (["a", "b"], [[1, 0], [0, 0]], "not zero"),
        (["a", "b"], [[1, 0], [0, np.nan]], "finite"),
    ],
)
def test_refuses_what_does_not_fit(words, rows, message):
    with pytest.raises(ValueError, match=message):
        StaticVectors(words, rows)


# Files --------------------------------------------------------------------------------------------


def test_save_and_load(tmp_path):
    words = ["the", "苹果", "don't"]
    rows = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float16)
    StaticVectors(words, rows, card="# Card\n").save(tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert (folder / "words.txt").read_text(encoding="utf-8") == "the\n苹果\ndon't\n"
    stored = load_file(folder / "vectors.safetensors")
    assert stored["vectors"].dtype == np.float16 and (stored["vectors"] == rows).all()
    again = StaticVectors.load(str(folder))
    assert again.words == words and again.card == "# Card\n"
    assert again.vectors.dtype == np.float32 and (again.vectors == rows).all()


def test_save_refuses_what_float16_cannot_hold(tmp_path):
    with pytest.raises(ValueError, match="float16"):
        StaticVectors(["a"], [[1e6, 1.0]]).save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_load_says_what_is_missing_or_broken(tmp_path, vectors):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        StaticVectors.load(tmp_path / "nowhere")
    vectors.save(tmp_path)
    assert StaticVectors.load(tmp_path).card == ""
    words, tensors = tmp_path / "words.txt", tmp_path / "vectors.safetensors"

    words.write_text("man\nking\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"words.txt and vectors.safetensors .* 2 words"):
        StaticVectors.load(tmp_path)
    words.write_bytes("王\n".encode("gbk"))
    with pytest.raises(ValueError, match="cannot be read"):
        StaticVectors.load(tmp_path)
    vectors.save(tmp_path)
    tensors.write_bytes(tensors.read_bytes()[:-4])
    with pytest.raises(ValueError, match="cannot be read"):
        StaticVectors.load(tmp_path)
    save_file({"weights": np.eye(5, dtype=np.float16)}, tensors)
    with pytest.raises(ValueError, match=r"no tensor 'vectors'; it has \['weights'\]"):
        StaticVectors.load(tmp_path)
    tensors.unlink()
    with pytest.raises(FileNotFoundError, match="vectors.safetensors"):
        StaticVectors.load(tmp_path)


def test_loading_and_asking_need_neither_gensim_nor_jieba(tmp_path, vectors):
    vectors.save(tmp_path)
    code = (
        "import sys; from bert_tf.static_vectors import StaticVectors;"
        f"print(StaticVectors.load({str(tmp_path)!r}).nearest('king', 1)[0][0]);"
        "print([m for m in ('gensim', 'jieba', 'tensorflow', 'keras', 'torch') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n")[:2] == ["man", "[]"]


# Cutting and training -----------------------------------------------------------------------------


def test_split_words_english():
    assert split_words("Don't PANIC: 42 well-known O'Neils' cats.", "en") == [
        "don't", "panic", "well", "known", "o'neils", "cats",
    ]  # fmt: skip
    assert split_words("Café's naïve Straße_2 didn’t, l'été 北京Москва’", "en") == [
        "café's", "naïve", "straße", "didn't", "l'été", "москва",
    ]  # fmt: skip
    assert "Don’t" in StaticVectors(["don't"], np.ones((1, 2)))


def test_split_words_chinese(capfd):
    found = split_words("我爱北京天安门，2023年。iPhone 很贵！", "zh")
    assert found == ["我", "爱", "北京", "天安门", "年", "iphone", "很", "贵"]
    captured = capfd.readouterr()
    assert captured.out == "" and captured.err == ""  # jieba keeps its mouth shut
    with pytest.raises(ValueError, match="'de'"):
        split_words("Guten Tag", "de")


def made_up_language(sentences, seed=0):
    """Sentences about food or about ships, never about both; "the" stands in all of them, twice."""
    draw = random.Random(seed)
    topics = ["bread butter cheese soup".split(), "ship sail harbour anchor".split()]
    return [" ".join(draw.choices(draw.choice(topics), k=8)) + " the, the." for _ in range(sentences)]


@pytest.fixture
def corpus(tmp_path):
    sentences = made_up_language(900)
    plain, packed, squeezed = tmp_path / "a.txt", tmp_path / "b.txt.gz", tmp_path / "c.txt.xz"
    plain.write_text("\n".join(sentences[:300]), encoding="utf-8")
    packed.write_bytes(gzip.compress("\n".join(sentences[300:600]).encode()))
    squeezed.write_bytes(lzma.compress("\n\n".join([*sentences[600:], "Rare rare rare."]).encode()))
    return [plain, str(packed), squeezed]


def test_training_finds_the_topics_and_repeats(corpus):
    told = []
    settings = {"dimensions": 12, "epochs": 4, "max_words": 8, "sample": 0.1, "seed": 3}
    vectors = train_word2vec(corpus, "en", progress=told.append, **settings)
    assert vectors.words[0] == "the" and len(vectors) == 8 and vectors.dimensions == 12
    assert "rare" not in vectors  # three times only, and min_count is 5
    for word in vectors.words[1:]:
        topic = {"bread", "butter", "cheese", "soup"} if word in "bread butter cheese soup" else {
            "ship", "sail", "harbour", "anchor"}  # fmt: skip
        others = topic & set(vectors.words) - {word}
        assert {near for near, _ in vectors.nearest(word, len(others), exclude=["the"])} == others
    assert [line.split(":")[0] for line in told[:3]] == ["a.txt", "b.txt.gz", "c.txt.xz"]
    assert told[-1] == "epoch 4 of 4" and "9,003 words" in told[3]  # 900 x 10 + 3
    again = train_word2vec(corpus, "en", **settings)
    assert again.words == vectors.words and (again.vectors == vectors.vectors).all()


def test_training_with_several_processes_reads_the_same_words(corpus):
    told = []
    vectors = train_word2vec(corpus, "en", dimensions=4, epochs=1, workers=2, progress=told.append)
    assert set(vectors.words) == {"the"} | set("bread butter cheese soup ship sail harbour anchor".split())
    assert "9,003 words" in told[3]


def test_training_in_chinese(tmp_path):
    text = tmp_path / "zh.txt"
    text.write_text("我在北京的银行工作。\n" * 10, encoding="utf-8")
    vectors = train_word2vec(str(text), "zh", dimensions=4, epochs=1)
    assert set(vectors.words) == {"我", "在", "北京", "的", "银行", "工作"}


def test_training_refuses(tmp_path, corpus):
    with pytest.raises(ValueError, match="at least one text file"):
        train_word2vec([], "en")
    with pytest.raises(ValueError, match="'fr'"):
        train_word2vec(corpus, "fr")
    with pytest.raises(ValueError, match="epochs must be at least 1, got 0"):
        train_word2vec(corpus, "en", epochs=0)
    with pytest.raises(ValueError, match="sample"):
        train_word2vec(corpus, "en", sample=2)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        train_word2vec([tmp_path / "nowhere.txt"], "en")
    with pytest.raises(ValueError, match="comes 5000 times"):
        train_word2vec(corpus, "en", min_count=5000)


# The vectors that come with the project -----------------------------------------------------------

SAVED = Path(__file__).resolve().parent.parent / "saved_models"


@pytest.mark.parametrize(
    "name, pairs, question, answer",
    [
        ("word2vec-en", [("bank", "loans", "shore"), ("king", "queen", "cheese")], "man king woman", "queen"),
        ("word2vec-zh", [("银行", "存款", "河"), ("小米", "华为", "国王")], "男人 女人 父亲", "母亲"),
    ],
)
def test_vectors_of_the_project(name, pairs, question, answer):
    vectors = StaticVectors.load(SAVED / name)
    assert vectors.vectors.shape == (30_000, 100) and "## Licence" in vectors.card
    for word, near, far in pairs:
        assert vectors.similarity(word, near) > vectors.similarity(word, far) + 0.2
    assert vectors.analogy(*question.split(), top_k=1)[0][0] == answer
