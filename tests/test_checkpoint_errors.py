"""Folders that cannot be opened, and what is said about them."""

import json
import os
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import bert_tf
from bert_tf import checkpoint
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.weight_files import read_tensors


def edit_config(folder: Path, **changes) -> None:
    values = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps({k: v for k, v in values.items() if v != "absent"}))


def edit_tensors(folder: Path, edit) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors = edit(tensors) or tensors
    save_file(tensors, folder / "model.safetensors")


def test_no_folder(tmp_path):
    for opened, folder in ((bert_tf.load, "~nosuchuser/m"), (bert_tf.load_finetuned, "~nosuchuser/m"),
                           (bert_tf.load, tmp_path / ("m" * 300))):
        with pytest.raises(FileNotFoundError, match="m is not a folder here"):
            opened(folder)
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder here, and nothing is downloaded. A BERT folder holds config.json"):
        bert_tf.load(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileNotFoundError, match="file is not a folder"):
        bert_tf.load(tmp_path / "file")


@pytest.mark.parametrize("name, message", [
    ("config.json", "is no BERT folder: it holds no config.json"),
    ("vocab.txt", "vocab.txt does not exist"),
    ("model.safetensors", "holds no model.safetensors"),
])
def test_a_missing_file_is_named(model_copy, name, message):
    (model_copy / name).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        bert_tf.load(model_copy)


def test_a_pickle_is_not_opened(model_copy):
    (model_copy / "model.safetensors").rename(model_copy / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match="pytorch_model.bin, a pickle.*save_pretrained"):
        bert_tf.load(model_copy)


@pytest.mark.parametrize("keep", [0, 4, 100, 5000, -1])
def test_truncated_weights(model_copy, keep):
    path = model_copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match="model.safetensors cannot be read .*cut short; copy it again"):
        bert_tf.load(model_copy)


def test_weights_that_are_something_else(model_copy):
    (model_copy / "model.safetensors").write_bytes(b"<html>404</html>" * 100)
    with pytest.raises(ValueError, match="cannot be read as safetensors"):
        bert_tf.load(model_copy)


@pytest.mark.parametrize("changes, message", [
    (dict(hidden_size=40), r"word_embeddings.weight has shape \(\d+, 32\).* asks for \(\d+, 40\)"),
    (dict(intermediate_size=63), r"intermediate.dense.weight has shape \(64, 32\).* asks for \(63, 32\)"),
    (dict(max_position_embeddings=65), "position_embeddings.weight has shape"),
    (dict(num_hidden_layers=1), "has more layers than the 1 that config.json says"),
    (dict(num_hidden_layers=3), "lacks 16 of the 53 tensors of the encoder, .*layer.2.*fewer layers"),
    (dict(vocab_size=100), r"vocab.txt has \d+ pieces, but config.json says vocab_size 100"),
    (dict(model_type="roberta"), "has model_type = 'roberta'; only 'bert'"),
    (dict(position_embedding_type="relative_key"), "position_embedding_type = 'relative_key'; only 'abs"),
    (dict(is_decoder=True), "is_decoder = True"),
    (dict(tie_word_embeddings=False), "tie_word_embeddings = False"),
    (dict(hidden_act="silu"), "not describe a BERT.*hidden_act should be one of gelu, gelu_new, relu"),
    (dict(hidden_act=None), "hidden_act should be one of"),
    (dict(hidden_act=["gelu"]), "config.json does not describe a BERT"),
    (dict(hidden_size="absent"), "config.json does not describe a BERT.*hidden_size"),
    (dict(num_attention_heads=5), "not describe a BERT: hidden_size 32 cannot be shared among 5"),
    (dict(hidden_size="wide"), "config.json does not describe a BERT: hidden_size should be an integer"),
])
def test_a_config_that_does_not_fit(model_copy, changes, message):
    edit_config(model_copy, **changes)
    with pytest.raises(ValueError, match=message):
        bert_tf.load(model_copy)


@pytest.mark.parametrize("content", [b"", b"{'vocab_size': 3}", b"[]", b"\xff\xfe\x00"])
def test_a_config_that_is_not_json(model_copy, content):
    (model_copy / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"config.json (is not valid JSON|should hold a JSON object)"):
        bert_tf.load(model_copy)


@pytest.mark.parametrize("name, message", [
    ("bert.encoder.layer.1.attention.self.key.bias", "lacks 1 of the 37 tensors of the encoder, .*key.bias"),
    ("bert.embeddings.word_embeddings.weight", "lacks 1 of the 37 tensors of the encoder, .*word_embeddings"),
    ("bert.pooler.dense.weight", "lacks 1 of the 2 tensors of the pooler"),
    ("cls.predictions.transform.dense.bias", "lacks 1 of the 5 tensors of the mlm_head"),
    ("cls.seq_relationship.bias", "lacks 1 of the 2 tensors of the nsp_head"),
])
def test_a_missing_tensor_is_named(model_copy, name, message):
    edit_tensors(model_copy, lambda tensors: {key: value for key, value in tensors.items() if key != name})
    with pytest.raises(ValueError, match=message):
        bert_tf.load(model_copy)


def test_weights_of_another_architecture(model_copy):
    edit_tensors(model_copy, lambda tensors: {f"roberta.{name}": value for name, value in tensors.items()})
    with pytest.raises(ValueError, match="lacks 37 of the 37 tensors of the encoder"):
        bert_tf.load(model_copy)


def test_an_untied_decoder_is_refused(model_copy):
    def edit(tensors):
        tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"] + 1

    edit_tensors(model_copy, edit)
    with pytest.raises(ValueError, match="decoder is not tied to the word embeddings"):
        bert_tf.load(model_copy)


def test_a_vocabulary_smaller_than_the_table_opens(model_copy, tiny_vocabulary):
    WordPieceTokenizer(tiny_vocabulary[:-3]).save(model_copy)
    candidates = bert_tf.load(model_copy).fill_mask("the [MASK]", top_k=10_000)[0]
    assert len(candidates) == len(tiny_vocabulary) - 3  # rows without a piece are never answers
    assert sum(candidate.probability for candidate in candidates) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind, way", [("pretraining", "export"), ("finetuning", "folder model")])
def test_a_run_is_no_model(tmp_path, kind, way):
    (tmp_path / "config.json").write_text(json.dumps({"kind": kind}))
    with pytest.raises(ValueError, match=f"is a run, not a model.*{way}"):
        checkpoint.load(tmp_path)


def test_settings_that_are_missing_are_named(model_copy):
    (model_copy / "config.json").write_text(json.dumps({"hidden_size": 32}))
    with pytest.raises(ValueError, match="vocab_size, num_hidden_layers, num_attention_heads, intermediate_size missing"):
        checkpoint.load(model_copy)


def test_weights_can_be_read_by_whoever_reads_the_rest(tmp_path, model_copy):
    loaded = checkpoint.load(model_copy)
    checkpoint.save(loaded.model, loaded.tokenizer, tmp_path / "copy")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "copy").iterdir()}
    assert modes["model.safetensors"] == modes["config.json"]
    with pytest.raises(ValueError, match="is a file"):
        checkpoint.save(loaded.model, loaded.tokenizer, tmp_path / "copy" / "config.json")


def test_a_full_disk_leaves_the_old_model_as_it_was(model_copy, tiny_vocabulary):
    loaded = checkpoint.load(model_copy)
    before = {path.name: path.read_bytes() for path in model_copy.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before["model.safetensors"]) // 2, hard))  # as good as a full disk
    try:
        for folder in (model_copy, model_copy / "new"):
            with pytest.raises(ValueError, match="Cannot write the model into .*Make room or choose another folder"):
                checkpoint.save(loaded.model, WordPieceTokenizer(tiny_vocabulary[::-1]), folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert {path.name: path.read_bytes() for path in model_copy.iterdir()} == before


def test_a_save_that_is_interrupted_leaves_no_mixture(model_copy, tiny_vocabulary, monkeypatch):
    loaded, replace, moved = checkpoint.load(model_copy), os.replace, []

    def killed(source, target):
        moved.append(Path(target).name)
        if len(moved) == 3:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr("os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(loaded.model, WordPieceTokenizer(tiny_vocabulary[::-1]), model_copy)
    with pytest.raises(FileNotFoundError):
        checkpoint.load(model_copy)
    assert "model.safetensors" not in moved and (model_copy / ".writing" / "model.safetensors").is_file()  # nothing is lost
    monkeypatch.setattr("os.replace", replace)
    checkpoint.save(loaded.model, loaded.tokenizer, model_copy)
    assert not (model_copy / ".writing").exists()
    assert checkpoint.load(model_copy).tokenizer.vocab == tiny_vocabulary


@pytest.mark.parametrize("dtype", ["mixed_float16", "float16", "bfloat16", "int8", None])
def test_a_precision_that_is_not_known(tiny_model_folder, dtype):
    with pytest.raises(ValueError, match="dtype should be float32 or mixed_bfloat16, not "):
        checkpoint.load(tiny_model_folder, dtype=dtype)


@pytest.mark.parametrize("damage, error, message", [
    (lambda folder: (folder / "two.safetensors").unlink(), FileNotFoundError, "lacks two.safetensors, which .*index.json names"),
    (lambda folder: (folder / "model.safetensors.index.json").write_text("{}"), ValueError, "should say in weight_map"),
    (lambda folder: (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../two.safetensors"}}'),
     ValueError, "which file of the folder"),
    (lambda folder: (folder / "two.safetensors").write_bytes(b""), ValueError, "two.safetensors cannot be read"),
])
def test_a_damaged_folder_of_several_weight_files(model_copy, damage, error, message):
    tensors = load_file(model_copy / "model.safetensors")
    (model_copy / "model.safetensors").unlink()
    names = sorted(tensors)
    for name, part in (("one", names[::2]), ("two", names[1::2])):
        save_file({key: tensors[key] for key in part}, model_copy / f"{name}.safetensors")
    places = {key: f"{('one', 'two')[i % 2]}.safetensors" for i, key in enumerate(names)}
    (model_copy / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    assert checkpoint.load(model_copy).parts == {"encoder", "pooler", "mlm_head", "nsp_head"}
    damage(model_copy)
    with pytest.raises(error, match=message):
        checkpoint.load(model_copy)


def test_a_config_without_the_id_of_padding_and_what_is_said_has_one_full_stop(model_copy):
    edit_config(model_copy, pad_token_id=None)
    assert checkpoint.read_config(model_copy).pad_token_id == 0
    edit_config(model_copy, hidden_act="silu")
    with pytest.raises(ValueError, match=r"[^.]\.$"):
        checkpoint.read_config(model_copy)


def test_a_model_stays_as_it_was_where_tensors_are_refused(tiny_model_folder):
    loaded = checkpoint.load(tiny_model_folder)
    before = [np.array(variable) for variable in loaded.model.trainable_variables]
    tensors = {name: value + 1 for name, value in read_tensors(tiny_model_folder).items()}
    tensors["cls.seq_relationship.weight"] = tensors["cls.seq_relationship.weight"][:1]
    with pytest.raises(ValueError, match="cls.seq_relationship.weight has shape"):
        checkpoint.load_tensors(loaded.model, tensors, source="these")
    for variable, value in zip(loaded.model.trainable_variables, before):
        np.testing.assert_array_equal(np.array(variable), value)
