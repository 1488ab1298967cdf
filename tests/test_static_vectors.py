"""Static word vectors: asking by hand-worked numbers, files against safetensors."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_tf.static_vectors import StaticVectors

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


def test_a_curly_apostrophe_finds_the_straight_one():
    assert "Don’t" in StaticVectors(["don't"], np.ones((1, 2)))


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
