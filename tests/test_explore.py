"""Questions to a BERT: answers held against transformers, and what happens with every kind of odd text."""

import dataclasses
import json
import pickle
import threading

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from scipy.special import softmax

import bert_tf
from bert_tf.explore import find_word, fold
from bert_tf.tokenizer import WordPieceTokenizer


def their_logits(folder, bert, text, text_b=None):
    """Logits of transformers for the ids that our tokenizer gives: (T, V) and (2,)."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = transformers.BertForPreTraining.from_pretrained(folder).eval()
    encoding = bert.encode(text, text_b)
    with torch.no_grad():
        output = model(input_ids=torch.tensor(encoding.token_ids[None].astype(np.int64)),
                       token_type_ids=torch.tensor(encoding.segment_ids[None].astype(np.int64)))
    return output.prediction_logits[0].numpy(), output.seq_relationship_logits[0].numpy()


def as_pairs(candidates):
    return [(candidate.token_id, candidate.probability) for candidate in candidates]


# fill_mask, predict_positions, next_sentence --------------------------------------------------------


def test_public_face(tiny_bert, tiny_model_folder, tiny_vocabulary):
    assert isinstance(tiny_bert, type(bert_tf.load(str(tiny_model_folder))))
    assert tiny_bert.name == "tiny-random" and tiny_bert.folder == tiny_model_folder
    assert tiny_bert.max_length == 64 and tiny_bert.has_mlm_head and tiny_bert.has_nsp_head
    assert tiny_bert.config.num_hidden_layers == 2
    assert tiny_bert.tokenizer.vocab == tiny_vocabulary


def test_fill_mask_equals_transformers(tiny_bert, tiny_model_folder):
    text = "the [MASK] sat on 苹 [MASK]."
    answers = tiny_bert.fill_mask(text, top_k=7)
    words = their_logits(tiny_model_folder, tiny_bert, text)[0]
    encoding = tiny_bert.encode(text)
    assert [encoding.tokens.index("[MASK]"), encoding.tokens.index("[MASK]", 3)] == [2, 6]
    for candidates, position in zip(answers, (2, 6), strict=True):
        probabilities = softmax(words[position])
        best = np.argsort(-probabilities)[:7]
        assert [candidate.token_id for candidate in candidates] == best.tolist()
        np.testing.assert_allclose([c.probability for c in candidates], probabilities[best], atol=1e-4)
        assert [candidate.token for candidate in candidates] == [tiny_bert.tokenizer.vocab[i] for i in best]
    assert as_pairs(answers[0]) != as_pairs(answers[1])


def test_all_candidates_add_up_to_one(tiny_bert, tiny_vocabulary):
    candidates, = tiny_bert.fill_mask("a [MASK]", top_k=10**6)
    assert len(candidates) == len(tiny_vocabulary) == len({c.token_id for c in candidates})
    assert sum(candidate.probability for candidate in candidates) == pytest.approx(1, abs=1e-5)
    probabilities = [candidate.probability for candidate in candidates]
    assert probabilities == sorted(probabilities, reverse=True)


def test_masks_in_the_second_text(tiny_bert, tiny_model_folder):
    answers = tiny_bert.fill_mask("the cat", "我 [MASK] 水", top_k=3)
    words = their_logits(tiny_model_folder, tiny_bert, "the cat", "我 [MASK] 水")[0]
    probabilities = softmax(words[tiny_bert.encode("the cat", "我 [MASK] 水").tokens.index("[MASK]")])
    assert len(answers) == 1
    best = np.sort(probabilities)[::-1][:3]
    np.testing.assert_allclose([c.probability for c in answers[0]], best, atol=1e-4)
    assert len(tiny_bert.fill_mask("a [MASK]", "[MASK] b [MASK]")) == 3


def test_many_masks_are_filled_as_if_asked_for_one(tiny_bert):
    answers = tiny_bert.fill_mask("[MASK] " * 9, top_k=2)
    assert len(answers) == 9
    everywhere = tiny_bert.predict_positions("[MASK] " * 9, top_k=2)
    for candidates, prediction in zip(answers, everywhere[1:-1], strict=True):
        np.testing.assert_allclose(as_pairs(candidates), as_pairs(prediction.candidates), atol=1e-5)


def test_predict_positions_covers_every_token(tiny_bert, tiny_model_folder):
    text, text_b = "the cat", "went up ?"
    predictions = tiny_bert.predict_positions(text, text_b, top_k=2)
    encoding = tiny_bert.encode(text, text_b)
    words = their_logits(tiny_model_folder, tiny_bert, text, text_b)[0]
    assert [p.token for p in predictions] == encoding.tokens
    assert [p.position for p in predictions] == list(range(len(encoding)))
    probabilities = softmax(words, axis=1)
    np.testing.assert_allclose([p.probability for p in predictions],
                               probabilities[np.arange(len(encoding)), encoding.token_ids], atol=1e-4)
    best = [p.candidates[0].probability for p in predictions]
    np.testing.assert_allclose(best, probabilities.max(-1), atol=1e-4)


def test_next_sentence_equals_transformers(tiny_bert, tiny_model_folder):
    verdict = tiny_bert.next_sentence("太阳升起。", "天空变亮。")
    logits = their_logits(tiny_model_folder, tiny_bert, "太阳升起。", "天空变亮。")[1]
    np.testing.assert_allclose(verdict.logits, logits, atol=1e-4)
    assert verdict.is_next == pytest.approx(softmax(logits)[0], abs=1e-4)  # label 0 is "is next"
    assert verdict.encoding.tokens[-1] == "[SEP]" and verdict.encoding.segment_ids.max() == 1
    swapped = tiny_bert.next_sentence("天空变亮。", "太阳升起。")
    assert swapped.is_next != pytest.approx(verdict.is_next, abs=1e-4)


@pytest.mark.parametrize("top_k", [0, -1, 2.0, True])
def test_top_k_must_be_a_count(tiny_bert, top_k):
    with pytest.raises(ValueError, match="top_k should be an integer of at least 1"):
        tiny_bert.fill_mask("a [MASK]", top_k=top_k)


# Texts of every kind --------------------------------------------------------------------------------


def test_a_text_without_mask(tiny_bert):
    with pytest.raises(ValueError, match=r"no \[MASK\] in the text; write \[MASK\]"):
        tiny_bert.fill_mask("the cat sat")
    with pytest.raises(ValueError, match=r"no \[MASK\]"):
        tiny_bert.fill_mask("the [mask] sat")  # case matters, as in Google's tokenizer


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000"])
def test_empty_texts(tiny_bert, text):
    for ask in (tiny_bert.fill_mask, tiny_bert.predict_positions, tiny_bert.trace, tiny_bert.encode):
        with pytest.raises(ValueError, match="^The text is empty; type a sentence"):
            ask(text)
    with pytest.raises(ValueError, match="^The second text is empty"):
        tiny_bert.next_sentence("the cat", text)
    with pytest.raises(ValueError, match="^The text is empty"):
        tiny_bert.word_vectors(text, "cat")


@pytest.mark.parametrize("text", ["\u200b\u200e", "\x00\x01\x7f", "\ufffd", " \u200d ", "\u0301",
                                  "[CLS][SEP]"])
def test_texts_of_nothing_that_counts(tiny_bert, text):
    with pytest.raises(ValueError, match="^The text holds no character that the tokenizer keeps"):
        tiny_bert.trace(text)
    with pytest.raises(ValueError, match="^The second text holds no character that the tokenizer keeps"):
        tiny_bert.next_sentence("the cat", text)
    with pytest.raises(ValueError, match="^The text holds no character that the tokenizer keeps"):
        tiny_bert.next_sentence(text, "the cat")


def test_a_model_of_one_segment_refuses_pairs(model_copy):
    tensors, name = load_file(model_copy / "model.safetensors"), "bert.embeddings.token_type_embeddings.weight"
    save_file(tensors | {name: tensors[name][:1]}, model_copy / "model.safetensors")
    values = json.loads((model_copy / "config.json").read_text())
    (model_copy / "config.json").write_text(json.dumps(values | {"type_vocab_size": 1}))
    bert = bert_tf.load(model_copy)
    assert len(bert.fill_mask("the [MASK] sat")) == 1
    for ask in (lambda: bert.encode("the", "cat"), lambda: bert.next_sentence("the", "cat"), lambda: bert.trace("the", "cat"),
                lambda: bert.fill_mask("the [MASK]", "cat")):
        with pytest.raises(ValueError, match="reads one text at a time.* Leave the second text out, or choose another"):
            ask()


def test_unknown_characters_get_an_answer(tiny_bert):
    trace = tiny_bert.trace("我 🙂 ᚠᚢ \ud800 cat")
    assert trace.tokens == ["[CLS]", "我", "[UNK]", "[UNK]", "[UNK]", "cat", "[SEP]"]
    assert trace.offsets[2] == (2, 3) and np.isfinite(trace.hidden_states).all()
    assert len(tiny_bert.fill_mask("🙂🙂 [MASK]")[0]) == 5
    assert tiny_bert.word_positions("我 🙂 cat 🙂", "🙂") == [[2], [4]]


def test_a_text_longer_than_the_model_is_cut_and_says_so(tiny_bert):
    text = "the cat sat on a mat " * 20 + "[MASK]"
    trace = tiny_bert.trace(text)
    assert len(trace.tokens) == 64 and trace.encoding.cut == 121 - 62
    assert trace.hidden_states.shape == (3, 64, 32)
    with pytest.raises(ValueError, match=r"no \[MASK\] in the text \(59 pieces at the end were cut off\)"):
        tiny_bert.fill_mask(text)
    assert len(tiny_bert.fill_mask("[MASK] " + text)) == 1
    with pytest.raises(ValueError, match=r"in the text in the part that the model reads \(1 pieces"):
        tiny_bert.word_vectors("cat " * 62 + "dog", "dog")
    pair = tiny_bert.next_sentence("cat " * 100, "dog " * 10)
    assert len(pair.encoding) == 64 and pair.encoding.tokens.count("dog") == 10


def test_exactly_the_length_of_the_model(tiny_bert):
    trace = tiny_bert.trace("cat " * 62)
    assert len(trace.tokens) == 64 and trace.encoding.cut == 0
    assert len(tiny_bert.predict_positions("cat " * 62)) == 64


# trace ----------------------------------------------------------------------------------------------


def test_a_trace_is_plain_arrays(tiny_bert):
    trace = tiny_bert.trace("the cat", "我吃水")
    assert trace.tokens == ["[CLS]", "the", "cat", "[SEP]", "我", "吃", "水", "[SEP]"]
    assert trace.segment_ids.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert trace.offsets[1:3] == [(0, 3), (4, 7)] and trace.offsets[4] == (0, 1)
    for name, shape in (("hidden_states", (3, 8, 32)), ("attentions", (2, 4, 8, 8)), ("pooled", (32,))):
        array = getattr(trace, name)
        assert type(array) is np.ndarray and array.dtype == np.float32 and array.shape == shape
    np.testing.assert_allclose(trace.attentions.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("length", [15, 16, 17, 33])
def test_answers_do_not_depend_on_the_bucket(tiny_bert, length):
    from bert_tf.model import tracer

    text = " ".join("the cat sat on a mat by old river".split()[i % 9] for i in range(length - 2))
    trace = tiny_bert.trace(text)
    ids = trace.encoding.token_ids[None]
    exact = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}
    assert ids.shape == (1, length)
    expected = tracer(tiny_bert.model.encoder)(exact)  # no padding at all
    np.testing.assert_allclose(trace.hidden_states, np.asarray(expected["hidden_states"])[0], atol=2e-5)
    np.testing.assert_allclose(trace.attentions, np.asarray(expected["attentions"])[0], atol=2e-5)
    np.testing.assert_allclose(trace.pooled, np.asarray(expected["pooled_output"])[0], atol=2e-5)


def test_answers_are_equal_when_all_their_numbers_are(tiny_bert):
    one, same, other = (tiny_bert.trace(text) for text in ("the cat sat", "the cat sat", "the cat ran"))
    assert one == same and one.encoding == same.encoding and one != other and one != "the cat sat"
    assert one != dataclasses.replace(one, pooled=None) != one
    changed = one.hidden_states.copy()
    changed[-1, 0, 0] += 1
    assert one != dataclasses.replace(one, hidden_states=changed)
    assert tiny_bert.next_sentence("the cat", "sat") == tiny_bert.next_sentence("the cat", "sat")


def test_a_model_travels_to_another_process(tiny_bert):
    there = pickle.loads(pickle.dumps(tiny_bert))
    assert there.folder.is_absolute() and there.trace("the cat") == tiny_bert.trace("the cat")


# Words ----------------------------------------------------------------------------------------------


def test_a_word_inside_a_longer_one_is_another_word(tiny_bert):
    text = "a banker by the bank"
    assert tiny_bert.encode(text).tokens == ["[CLS]", "a", "bank", "##er", "by", "the", "bank", "[SEP]"]
    assert tiny_bert.word_positions(text, "bank") == [[6]]
    assert tiny_bert.word_positions(text, "banker") == [[2, 3]]


@pytest.mark.parametrize("text, word, tokens", [
    ("我吃苹果，苹果好", "苹果", [["苹", "果"], ["苹", "果"]]),  # found anywhere, every time
    ("苹果手机", "果手", [["果", "手"]]),
    ("the bank, a Bank; BANK!", "bank", [["bank"], ["bank"], ["bank"]]),
    ("the bank", " Bank ", [["bank"]]),
    ("bank苹果bank", "bank", [["bank"], ["bank"]]),  # a Chinese neighbour does not join words
    ("i read zebras", "zebras", [["z", "##e", "##b", "##r", "##a", "##s"]]),
    ("old cafe", "café", [["c", "##a", "##f", "##e"]]),
    ("old Café", "cafe", [["c", "##a", "##f", "##e"]]),
    ("old cafe\u0301!", "café", [["c", "##a", "##f", "##e"]]),  # accent written as a mark of its own
    ("old café!", "cafe\u0301", [["c", "##a", "##f", "##e"]]),
    ("the ba\u00adnk is", "bank", [["bank"]]),  # a soft hyphen
    ("it's on", "it", [["it"]]),
    ("the bank.", ".", [["."]]),
    ("we [MASK] a mask", "mask", [["m", "##a", "##s", "##k"]]),
    ("we [MASK] a", "[MASK]", [["[MASK]"]]),
    ("new apple phone", "apple phone", [["apple", "phone"]]),
    ("12 and 1", "1", [["1"]]),
])
def test_word_positions(tiny_bert, text, word, tokens):
    encoding = tiny_bert.encode(text)
    found = tiny_bert.word_positions(text, word)
    assert [[encoding.tokens[i] for i in positions] for positions in found] == tokens
    together = [i for positions in found for i in positions]
    assert together == sorted(set(together))


@pytest.mark.parametrize("text, word", [
    ("the banker", "bank"), ("the riverbank", "bank"), ("the bank", "river"), ("苹 果", "苹果"),
    ("bank2", "bank"), ("the [MASK]", "mask"), ("a. b", "a.b"), ("我", "我们"),
])
def test_words_that_do_not_stand_there(tiny_bert, text, word):
    with pytest.raises(ValueError, match="The word .* does not stand in the text: "):
        tiny_bert.word_positions(text, word)
    with pytest.raises(ValueError, match="does not stand in the text"):
        tiny_bert.word_vectors(text, word)


@pytest.mark.parametrize("word", ["", "  ", "\u200b", "\u0301"])
def test_an_empty_word(tiny_bert, word):
    with pytest.raises(ValueError, match="The word is empty"):
        tiny_bert.word_vectors("the bank", word)


def test_case_and_accents_matter_to_a_cased_tokenizer(tiny_vocabulary):
    tokenizer = WordPieceTokenizer([*tiny_vocabulary, "Bank"], lowercase=False)
    text = "Bank bank cafe\u0301"
    encoding = tokenizer.encode(text)
    assert find_word(encoding, text, "Bank", ignore_case=False) == [[1]]
    assert find_word(encoding, text, "bank", ignore_case=False) == [[2]]
    with pytest.raises(ValueError, match="does not stand"):
        find_word(encoding, text, "cafe", ignore_case=False)  # another word: its e goes on with an accent


def test_a_word_that_is_cut_in_two_does_not_count(tiny_vocabulary):
    tokenizer = WordPieceTokenizer(tiny_vocabulary)
    text = "zebra zebra"
    encoding = tokenizer.encode(text, max_length=10)  # [CLS] 5 pieces, 3 pieces, [SEP]
    assert encoding.cut == 2
    assert find_word(encoding, text, "zebra", ignore_case=True) == [[1, 2, 3, 4, 5]]


def test_fold_keeps_track_of_origins():
    assert fold("Café", True) == ("cafe", [0, 1, 2, 3])
    assert fold("e\u0301\u200bX", True) == ("ex", [0, 3])
    assert fold("e\u0301\u200bX", False) == ("e\u0301X", [0, 1, 3])
    assert fold("İ\n", True) == ("i\n", [0, 1])


def test_word_vectors_are_the_mean_over_the_pieces(tiny_bert):
    trace = tiny_bert.trace("我吃苹果，苹果好")
    vectors = tiny_bert.word_vectors("我吃苹果，苹果好", "苹果")
    assert vectors.dtype == np.float32 and vectors.shape == (3, 32)
    mean = (trace.hidden_states[:, 3] + trace.hidden_states[:, 4]) / 2
    np.testing.assert_allclose(vectors, mean, atol=1e-6)
    other = tiny_bert.word_vectors("苹果手机好", "苹果")
    assert np.abs(other - vectors)[-1].max() > 0.05  # another sentence, another vector


# Threads --------------------------------------------------------------------------------------------


def test_four_threads_get_the_answers_that_one_gets(tiny_bert, tiny_model_folder, monkeypatch):
    texts = ["the [MASK] sat", "我 [MASK] 苹果", "a dog [MASK] the old river by day " * 2, "[MASK]"]
    expected = [(tiny_bert.fill_mask(text), tiny_bert.trace(text).pooled) for text in texts]
    shared = bert_tf.load(tiny_model_folder)  # cold: the first questions compile, all at once
    inside, most, predict = [], [], shared._run

    def watched(inputs):
        inside.append(1)
        most.append(len(inside))
        answer = predict(inputs)
        inside.pop()
        return answer

    monkeypatch.setattr(shared, "_run", watched)
    found, errors = {}, []

    def ask(number: int) -> None:
        try:
            for turn in range(4):
                text = (number + turn) % 4
                found[number, turn] = text, shared.fill_mask(texts[text]), shared.trace(texts[text]).pooled
        except Exception as error:  # noqa: BLE001  (shown by the assertion below)
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not errors and len(found) == 16
    assert set(most) == {1}  # one question at a time
    for text, answers, pooled in found.values():
        for ours, theirs in zip(answers, expected[text][0], strict=True):
            np.testing.assert_allclose(as_pairs(ours), as_pairs(theirs), atol=1e-5)
        np.testing.assert_allclose(pooled, expected[text][1], atol=1e-5)


@pytest.mark.parametrize("wrong", [["the [MASK]"], None, 3, b"the [MASK]"])
def test_what_is_no_string_is_named(tiny_bert, wrong):
    for ask in (tiny_bert.fill_mask, tiny_bert.trace, tiny_bert.predict_positions, tiny_bert.encode):
        with pytest.raises(ValueError, match=f"should be one string, not {type(wrong).__name__}"):
            ask(wrong)
    with pytest.raises(ValueError, match="word should be a string"):
        tiny_bert.word_vectors("the cat sat", wrong)


def test_a_pair_has_two_texts(tiny_bert):
    with pytest.raises(ValueError, match="a second one"):
        tiny_bert.next_sentence("the cat", None)


def test_top_k_is_any_integer_and_is_looked_at_first(tiny_bert):
    assert len(tiny_bert.fill_mask("the [MASK]", top_k=np.int64(2))[0]) == 2
    for ask in (tiny_bert.fill_mask, tiny_bert.predict_positions):
        with pytest.raises(ValueError, match="top_k"):
            ask("", top_k="3")


def test_a_model_says_what_it_is(tiny_bert):
    assert repr(tiny_bert).endswith(f"tiny-random': 2 layers of 4 heads, hidden size 32, {tiny_bert.config.vocab_size} word pieces)")
