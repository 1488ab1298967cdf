"""Cutting text into words, and word2vec on made-up text."""

import gzip
import lzma
import random

import pytest

from bert_tf.word2vec import train_word2vec, words_of


def test_words_of_english():
    assert words_of("Don't PANIC: 42 well-known O'Neils' cats.", "en") == [
        "don't", "panic", "well", "known", "o'neils", "cats",
    ]
    assert words_of("Café's naïve Straße_2 didn’t, l'été 北京Москва’", "en") == [
        "café's", "naïve", "straße", "didn't", "l'été", "москва",
    ]


def test_words_of_chinese(capfd):
    found = words_of("我爱北京天安门，2023年。iPhone 很贵！", "zh")
    assert found == ["我", "爱", "北京", "天安门", "年", "iphone", "很", "贵"]
    captured = capfd.readouterr()
    assert captured.out == "" and captured.err == ""  # jieba keeps its mouth shut
    with pytest.raises(ValueError, match="'de'"):
        words_of("Guten Tag", "de")


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
            "ship", "sail", "harbour", "anchor"}
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
