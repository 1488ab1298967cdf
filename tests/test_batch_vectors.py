"""Batches of hidden states against one text at a time."""

import numpy as np
import pytest

from bert_tf import batch_vectors
from bert_tf.batch_vectors import hidden_states, narrowed, read_word

TEXTS = ["the bank", "I went to the bank, by the river bank!", "苹果好吃", "the cat sat on the bank 😀 in the rain",
         "我爱苹果。 the bank", "bank שלום", "The BANK is " + "old " * 30]


def test_word_vectors_are_those_of_one_text_at_a_time(tiny_bert):
    reading = read_word(tiny_bert, TEXTS, "bank")
    assert reading.texts == [text for text in TEXTS if "苹果好吃" not in text] and reading.missing == ["苹果好吃"]
    for text, span, vectors in zip(reading.texts, reading.spans, reading.vectors):
        np.testing.assert_allclose(vectors, tiny_bert.word_vectors(text, "bank"), atol=2e-5)
        assert text[slice(*span)].lower() == "bank"
    assert reading.vectors.dtype == np.float32


def test_pieces_stand_beside_their_mean(tiny_bert):
    reading = read_word(tiny_bert, ["the banker reads", "a banker"], "banker")
    assert reading.pieces == [["bank", "##er"]] * 2
    trace = tiny_bert.trace("the banker reads")
    np.testing.assert_allclose(reading.piece_vectors[0], trace.hidden_states[:, 2:4].transpose(1, 0, 2), atol=2e-5)
    np.testing.assert_allclose(reading.vectors[0], reading.piece_vectors[0].mean(axis=0), atol=1e-6)


def test_many_texts_of_many_lengths_keep_their_places(tiny_bert, monkeypatch):
    texts = ["cat " * (number % 40) + "bank" for number in range(90)]
    encodings = [tiny_bert.encode(text) for text in texts]
    seen = dict(hidden_states(tiny_bert, encodings))
    assert sorted(seen) == list(range(90))
    for index in (0, 7, 38, 39, 53, 89):
        np.testing.assert_allclose(seen[index], tiny_bert.trace(texts[index]).hidden_states, atol=2e-5)
    monkeypatch.setattr(batch_vectors, "CROWD", 50)
    assert len(read_word(tiny_bert, texts, "bank").crowd) == 50


def test_crowd_is_every_real_token(tiny_bert):
    texts = ["the bank", "my old bank 😀"]
    expected = [tiny_bert.trace(text).hidden_states[:, 1:-1].transpose(1, 0, 2) for text in texts]
    np.testing.assert_allclose(read_word(tiny_bert, texts, "bank").crowd, np.concatenate(expected), atol=2e-5)


def test_context_that_is_cut_off_is_a_shorter_text(tiny_bert):
    text = "I sat on the bank of the river"
    for context, seen in (("left", "I sat on the bank"), ("right", "bank of the river"), ("full", text)):
        vectors = read_word(tiny_bert, [text], "bank", context=context, hide="cut").vectors[0]
        np.testing.assert_allclose(vectors, tiny_bert.word_vectors(seen, "bank"), atol=2e-5)


def test_context_that_is_masked_is_a_text_with_masks(tiny_bert):
    text = "the old bank of rain"
    for context, seen in (("left", "the old bank [MASK] [MASK]"), ("right", "[MASK] [MASK] bank of rain")):
        vectors = read_word(tiny_bert, [text], "bank", context=context, hide="mask").vectors[0]
        np.testing.assert_allclose(vectors, tiny_bert.word_vectors(seen, "bank"), atol=2e-5)
    assert tiny_bert.encode(text).tokens[4] == "of"  # what was hidden was hidden in a copy


def test_narrowed_by_hand(tiny_bert):
    encoding, mask = tiny_bert.encode("the bank went"), tiny_bert.tokenizer.mask_token_id
    for context, hide, tokens, found in (
            ("left", "cut", ["[CLS]", "the", "bank", "[SEP]"], [2]),
            ("left", "mask", ["[CLS]", "the", "bank", "[MASK]", "[SEP]"], [2]),
            ("right", "cut", ["[CLS]", "bank", "went", "[SEP]"], [1]),
            ("right", "mask", ["[CLS]", "[MASK]", "bank", "went", "[SEP]"], [2]),
            ("full", "cut", ["[CLS]", "the", "bank", "went", "[SEP]"], [2])):
        seen, where = narrowed(encoding, [2], context, hide, mask)
        assert (seen.tokens, where) == (tokens, found)
        assert [tiny_bert.tokenizer.id_to_token(int(i)) for i in seen.token_ids] == tokens


def test_no_text_holds_the_word(tiny_bert):
    reading = read_word(tiny_bert, ["the cat", "", "   "], "bank")
    assert reading.texts == [] and len(reading.missing) == 3
    assert reading.vectors.shape == reading.crowd.shape == (0, 3, 32)


@pytest.mark.parametrize(("texts", "word", "message"), [
    ("The bank was old.", "bank", "list of strings"), (["the bank"], " ", "word is empty")])
def test_a_single_text_and_an_empty_word_are_refused(tiny_bert, texts, word, message):
    with pytest.raises(ValueError, match=message):
        read_word(tiny_bert, texts, word)


@pytest.mark.parametrize("options", [{"context": "both"}, {"hide": "paint"}])
def test_other_contexts_are_refused(tiny_bert, options):
    with pytest.raises(ValueError, match="context is one of"):
        read_word(tiny_bert, ["the bank"], "bank", **options)
