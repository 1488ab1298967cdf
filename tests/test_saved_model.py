"""The SavedModel answers as the library does, and its tokenizer gives the library's ids."""

import random
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

tf = pytest.importorskip("tensorflow")
pytest.importorskip("tensorflow_text")

import bert_tf
from bert_tf.__main__ import main
from bert_tf.checkpoint import read_config
from bert_tf.saved_model import GraphTokenizer, export_saved_model
from bert_tf.task_folder import TaskSettings, save_task, start_task
from bert_tf.tokenizer import WordPieceTokenizer

TEXTS = ["The [MASK] sat on the mat.", "我[MASK]欢吃苹[MASK]。", "no gap at all", "", "Café ÀÉÎ, don't!",
         "the cat " * 60 + "[MASK]"]  # the last one is cut before its gap


@pytest.fixture(scope="module")
def wide(tiny_model_folder, tmp_path_factory):
    """The tiny model with 70 more rows of its embedding than its vocabulary has pieces, each a likely answer."""
    folder = shutil.copytree(tiny_model_folder, tmp_path_factory.mktemp("wide") / "wide")
    config = read_config(folder)
    config.replace(vocab_size=config.vocab_size + 70).save(folder / "config.json")
    tensors = load_file(folder / "model.safetensors")
    for name, tensor in tensors.items():
        if len(tensor) == config.vocab_size:
            more = np.full((70, *tensor.shape[1:]), 20.0 if name.endswith("bias") else 0.1, tensor.dtype)
            tensors[name] = np.concatenate([tensor, more])
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def bert(wide):
    return bert_tf.load(wide)


@pytest.fixture(scope="module")
def served(wide, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "tiny"
    assert export_saved_model(wide, folder) == ["fill_mask", "next_sentence", "trace"]
    return tf.saved_model.load(str(folder)).signatures


def answers(signature, *texts):
    found = signature(**{name: tf.constant(value) for name, value in zip(("texts", "second_texts"), texts)})
    return {name: value.numpy() for name, value in found.items()}


@pytest.mark.parametrize("name", ["fill_mask", "serving_default"])
def test_gaps_are_filled_alike(served, bert, name):
    found = answers(served[name], TEXTS)
    assert found["masks"].tolist() == [1, 2, 0, 0, 0, 0] and found["pieces"].shape == (6, 2, 10)
    for row, text in enumerate(TEXTS[:2]):
        for slot, expected in enumerate(bert.fill_mask(text, top_k=10)):
            assert [piece.decode() for piece in found["pieces"][row, slot]] == [c.token for c in expected]
            np.testing.assert_allclose(found["probabilities"][row, slot], [c.probability for c in expected], atol=1e-5)
    assert set(found["pieces"][0, 1]) == {b""} and not found["probabilities"][2:].any()


def test_pairs_are_judged_alike_also_where_they_are_cut(served, bert):
    pairs = [("the cat", "苹果。"), ("a " * 50, "the mat " * 5), ("the mat " * 4, "a " * 90), ("a " * 70, "the " * 70)]
    found = answers(served["next_sentence"], *zip(*pairs))
    expected = [bert.next_sentence(*pair).is_next for pair in pairs]
    np.testing.assert_allclose(found["is_next"], expected, atol=1e-5)
    assert np.ptp(expected) > 1e-3


def test_no_gap_and_no_text_at_all(served):
    assert answers(served["fill_mask"], ["no gap", "nor here"])["pieces"].shape == (2, 0, 10)
    none = np.array([], object)
    assert answers(served["fill_mask"], none)["pieces"].shape == (0, 0, 10)
    assert answers(served["next_sentence"], none, none)["is_next"].shape == (0,)
    assert answers(served["trace"], none)["lengths"].shape == (0,)


def test_rows_of_the_embedding_without_a_piece_are_never_an_answer(served, bert):
    encoding = bert.encode("a [MASK] b")
    inputs = {"token_ids": encoding.token_ids, "segment_ids": encoding.segment_ids,
              "padding_mask": np.ones(len(encoding), np.int32), "mask_positions": [encoding.tokens.index("[MASK]")]}
    logits = np.array(bert.model({key: np.array([value], np.int32) for key, value in inputs.items()})["mlm_logits"])[0, 0]
    assert len(logits) == bert.tokenizer.vocab_size + 70 and logits.argmax() >= bert.tokenizer.vocab_size
    found, expected = answers(served["fill_mask"], ["a [MASK] b"]), bert.fill_mask("a [MASK] b", top_k=10)[0]
    assert [piece.decode() for piece in found["pieces"][0, 0]] == [c.token for c in expected]
    np.testing.assert_allclose(found["probabilities"][0, 0], [c.probability for c in expected], atol=1e-5)


def test_the_inside_is_the_same(served, bert):
    texts = [text for text in TEXTS if text]
    found = answers(served["trace"], texts)
    for row, text in enumerate(texts):
        trace, length = bert.trace(text), found["lengths"][row]
        assert [piece.decode() for piece in found["pieces"][row, :length]] == trace.tokens
        np.testing.assert_allclose(found["hidden_states"][row, :, :length], trace.hidden_states, atol=1e-4)
        np.testing.assert_allclose(found["attentions"][row, :, :, :length, :length], trace.attentions, atol=1e-5)


@pytest.mark.parametrize("lowercase", [True, False])
def test_the_tokenizer_gives_the_same_ids_for_anything(tiny_vocabulary, lowercase):
    tokenizer = WordPieceTokenizer([*tiny_vocabulary, "σ", "ς", "##σ", "##ς", "Σ", "##Σ", "ß", "##ß", "i̇"], lowercase=lowercase,
                                   max_characters_per_word=12)
    chance = random.Random(0)
    blocks = ((0x20, 0x24F), (0x250, 0x2FFF), (0x3000, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x2FFFF))
    pieces = ["[MASK]", "[UNK]", "[mask]", "[", "]", "Σ", "ß", "İ", "，", "\u2028", "\u0301", "\xad", "\x00", "\ufffd", "\t",
              " ", " ", "the", "ing", "苹", "豈", "aaaaaa", "a"]

    def character() -> str:
        """Any that has long been in Unicode: newer ones are not the same to Python and to TensorFlow."""
        while unicodedata.ucd_3_2_0.category(found := chr(chance.randint(*chance.choice(blocks)))) == "Cn":
            pass
        return found

    texts = ["".join(chance.choice([*pieces, character()]) for _ in range(25)) for _ in range(1500)] + ["a" * 12, "a" * 13, "é" * 12 + " x", ""]
    assert GraphTokenizer(tokenizer, 64).ids(tf.constant(texts)).to_list() == [tokenizer.token_ids(text) for text in texts]


@pytest.mark.parametrize("task", ["classification", "pairs"])
def test_a_fine_tuned_model_classifies_alike(tiny_model_folder, tmp_path, randomise, task, monkeypatch):
    """What is written for pairs is looked at before it is: the other model has been to the disk and back."""
    written = {}

    def keep(module, folder, signatures):
        Path(folder).mkdir()
        written.update(signatures)

    if task == "pairs":
        monkeypatch.setattr(tf.saved_model, "save", keep)
    settings = TaskSettings(task=task, labels=("bad", "good", "so-so"), max_length=20)
    loaded = start_task(tiny_model_folder, settings)
    randomise(loaded.model, seed=3)
    save_task(loaded.model, loaded.tokenizer, tmp_path / "model", settings)
    assert main(["saved-model", str(tmp_path / "model"), str(tmp_path / "served")]) == 0
    texts = [("the cat sat", "a mat"), ("苹果 " * 30, "果"), ("never again", "，")]
    texts = list(zip(*texts)) if task == "pairs" else [[first for first, _ in texts]]
    assert (tmp_path / "served").is_dir()
    signatures = written or tf.saved_model.load(str(tmp_path / "served")).signatures
    assert set(signatures) == {"classify", "serving_default"} | ({"classify_pairs"} if task == "classification" else set())
    found = answers(signatures["classify"], *texts)
    model = bert_tf.load_finetuned(tmp_path / "model")
    assert found["labels"].tolist() == [[b"bad", b"good", b"so-so"]] * 3
    if task == "classification":
        pairs = answers(signatures["classify_pairs"], texts[0], ["a mat", "果", "，"])
        expected = {answer.label: answer.probability for answer in model.classify(texts[0][2], "，")}
        np.testing.assert_allclose(pairs["probabilities"][2], [expected[label] for label in settings.labels], atol=1e-5)
    nothing = answers(signatures["classify"], *(np.array([], object) for _ in texts))
    assert nothing["probabilities"].shape == (0, 3)
    for row, given in enumerate(zip(*texts)):
        expected = {answer.label: answer.probability for answer in model.classify(*given)}
        assert found["label"][row].decode() == next(iter(expected))
        np.testing.assert_allclose(found["probabilities"][row], [expected[label] for label in settings.labels], atol=1e-5)


def test_what_cannot_be_served_is_said(tiny_model_folder, tmp_path, capsys):
    settings = TaskSettings(task="tagging", labels=("O", "B-A"))
    loaded = start_task(tiny_model_folder, settings)
    save_task(loaded.model, loaded.tokenizer, tmp_path / "tags", settings)
    assert main(["saved-model", str(tmp_path / "tags"), str(tmp_path / "served")]) == 1
    assert "fine-tuned for tagging" in capsys.readouterr().err
    with pytest.raises(ValueError, match="is there already"):
        export_saved_model(tiny_model_folder, tmp_path / "tags")
    long = WordPieceTokenizer([*bert_tf.load(tiny_model_folder).tokenizer.vocab, "a" * 300])
    with pytest.raises(ValueError, match="tensorflow-text cannot take this vocabulary"):
        GraphTokenizer(long, 64)
    with pytest.raises(FileNotFoundError):
        export_saved_model(tmp_path / "nothing", tmp_path / "served")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tags"]
