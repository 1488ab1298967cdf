"""The bank of sentences: which words count, and what is found near a vector."""

import numpy as np
import pytest

from bert_tf.sentence_bank import Bank, Occurrence, bank_sentences, content_words, read_bank

SENTENCES = ["The bank was old.", "\u200b", "I read a book by the river 😀.", "   ", "我爱吃苹果。"]


def test_content_words_of_both_languages():
    assert [word.word for word in content_words("She isn't at the old bank, is she?")] == ["old", "bank"]
    assert [word.word for word in content_words("他们在北京买苹果 and bread。")] == ["北京", "苹果", "bread"]
    assert content_words("😀 … 42") == []


def test_bank_holds_the_hand_written_sentences():
    sentences = bank_sentences()
    assert len(sentences) == len(set(sentences)) > 1500
    assert "The sun rises in the east." in sentences and not any("[MASK]" in sentence for sentence in sentences)


def test_vectors_are_those_of_the_words(tiny_bert):
    told = []
    bank = read_bank(tiny_bert, SENTENCES, progress=told.append)
    assert [entry.word for entry in bank.occurrences] == ["bank", "old", "read", "book", "river", "苹果"]
    for entry, vectors in zip(bank.occurrences, bank.vectors):
        np.testing.assert_allclose(vectors, tiny_bert.word_vectors(entry.sentence, entry.word), atol=5e-3)
    assert bank.vectors.dtype == np.float16 and told == sorted(told) and told[-1] == 1.0


def test_nearest_by_hand():
    words = [Occurrence(sentence, 0, len(sentence)) for sentence in ("a", "b", "c", "A")]
    bank = Bank(words, np.array([[[1, 0]], [[0, 1]], [[-1, 0]], [[0, -1]]], np.float16))  # the mean is 0
    near = bank.nearest([2, 1], 0, 2)
    assert [entry.word for entry, _ in near] == ["a", "b"]
    assert [cosine for _, cosine in near] == pytest.approx([2 / 5**0.5, 1 / 5**0.5])
    assert [entry.word for entry, _ in bank.nearest([2, 1], 0, but_word="A", but_sentences=["b"])] == ["c"]
    with pytest.raises(ValueError, match="2 numbers and a layer from 0 to 0"):
        bank.nearest([2, 1], 1)
    with pytest.raises(ValueError, match="2 numbers"):
        bank.nearest([2, 1, 0], 0)


def test_nearest_is_seen_from_the_mean_of_the_bank():
    words = [Occurrence(word, 0, 1) for word in "ab"]
    bank = Bank(words, np.array([[[5, 1]], [[5, -1]]], np.float16))
    assert [cosine for _, cosine in bank.nearest([5, 2], 0)] == pytest.approx([1, -1])


def test_bank_of_nothing(tiny_bert):
    bank = read_bank(tiny_bert, ["😀"])
    assert bank.occurrences == [] and bank.vectors.shape == (0, 3, 32)
