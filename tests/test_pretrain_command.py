"""The command line of pretraining: flags against the run's own recipe, runs that never began, two at one run."""

import argparse
import json
import subprocess
import sys

import pytest

from bert_tf import pretrain_command
from bert_tf.__main__ import main
from bert_tf.pretrain_command import add_pretrain, prepare_to_resume
from bert_tf.records import explain_fields
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.pretraining import pretrain
from bert_tf.training.pretraining_config import PretrainingConfig
from bert_tf.training.pretraining_request import create_run
from bert_tf.training.run_folder import RunFolder, reported

TEXT = "the cat sat on the mat.\nit was a good day.\n\nwater in the river.\nthe dog is old.\n\n" * 40


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


@pytest.fixture
def asked(tmp_path, text):
    """The flags of a tiny pretraining of two steps."""
    return ["pretrain", "--run", str(tmp_path / "run"), "--config", "tiny", "--corpus", text, "--vocab-size", "130",
            "--steps", "2", "--stages", "16x4", "--max-position-embeddings", "16", "--mixed-precision", "float32"]


def said(capsys, *arguments) -> str:
    """Runs a command that must fail, and returns what it says."""
    assert main(list(arguments)) == 1
    return capsys.readouterr().err


def test_a_run_goes_on_as_it_was_begun_or_says_what_differs(asked, tmp_path, capsys, text, monkeypatch, tiny_model_folder):
    monkeypatch.chdir(tiny_model_folder.parent)
    asked = [*asked, "--tokenizer", tiny_model_folder.name]  # known from here alone
    assert "has 193 pieces, not 130" in said(capsys, *asked)
    assert "is uncased, not cased" in said(capsys, *asked, "--vocab-size", "193", "--cased")
    assert main([word for word in asked if word not in ("--vocab-size", "130")]) == 0
    assert RunFolder(tmp_path / "run").config()["vocab_size"] == 193
    monkeypatch.chdir(tmp_path)
    run = asked[:3] + ["--resume"]
    for flags, name in [(["--vocab-size", "500"], "vocab_size"), (["--cased"], "lowercase"), (["--config", "large"], "size"),
                        (["--initial-embeddings", "word2vec"], "initial_embeddings"), (["--shards", "elsewhere"], "shards"),
                        (["--tokenizer", "elsewhere"], "tokenizer"), (["--shares", "te=1"], "shares"),
                        (["--warmup", "0.5"], "warmup")]:
        assert name in said(capsys, *run, *flags)
    assert main([*run, "--vocab-size", "193", "--config", "tiny", "--corpus", text, "--steps", "4"]) == 0
    assert RunFolder(tmp_path / "run").status()["step"] == 4


def test_the_command_that_began_a_run_goes_on_with_it(asked, tmp_path, capsys, text):
    (tmp_path / "recipe.json").write_text(json.dumps({  # the stage says no `until`
        "size": "tiny", "steps": 2, "peak_learning_rate": 1e-3, "stages": [{"sequence_length": 16, "batch_size": 4}]}))
    began = ["pretrain", "--run", str(tmp_path / "run"), "--corpus", text, "--config", str(tmp_path / "recipe.json"),
             "--peak-learning-rate", "5e-4"]
    arguments = argparse.ArgumentParser()
    add_pretrain(arguments.add_subparsers())
    run = RunFolder(tmp_path / "run")
    create_run(run, pretrain_command.recipe(arguments.parse_args(began)), corpus=text)
    prepare_to_resume(run, arguments.parse_args([*began, "--resume"]))
    with pytest.raises(ValueError, match="another peak_learning_rate, stages"):
        prepare_to_resume(run, arguments.parse_args([*began[:-2], "--resume", "--stages", "16x8"]))


def test_a_batch_that_the_processes_cannot_share_is_refused_before_they_meet(tmp_path, text):
    pytest.importorskip("jax")
    from bert_tf.training.jax_steps import Cluster

    run = RunFolder(tmp_path / "run")
    create_run(run, PretrainingConfig(size="tiny", steps=2, accumulation=2), corpus=[text])
    with pytest.raises(ValueError, match="32 pairs .* among 3 processes"):
        pretrain(run, cluster=Cluster("127.0.0.1:1", 3, 0))


def test_heldout_text_of_unknown_characters_alone_is_refused_before_training(tmp_path, text, tiny_model_folder):
    (tmp_path / "emoji.txt").write_text("😀 😀\n😀\n\n😀\n😀 😀\n", encoding="utf-8")
    run = RunFolder(tmp_path / "run")
    create_run(run, PretrainingConfig(size="tiny", steps=2), corpus=text, heldout=str(tmp_path / "emoji.txt"),
               tokenizer=tiny_model_folder)
    with pytest.raises(ValueError, match="Nothing can be predicted in .*emoji.txt"):
        pretrain(run)
    assert run.status()["state"] == "failed" and not run.checkpoints()


def test_the_shape_is_that_of_the_initial_model(asked, tmp_path, capsys, text, tiny_model_folder, monkeypatch):
    given = ["--initial-model", str(tiny_model_folder)]
    assert "leave out a size and --vocab-size and max_position_embeddings" in said(capsys, *asked, *given)
    free = ["pretrain", "--run", str(tmp_path / "run"), "--corpus", text, *given, "--steps", "2", "--stages", "16x4"]
    assert main(free) == 0
    assert "initial_model" in said(capsys, *free[:3], "--resume", "--initial-model", str(tmp_path))
    asked_for = []

    def trained(run, **_):  # from here on nothing is learnt
        asked_for.append(run.pretraining()["training"])
        run.write_status("finished")

    monkeypatch.setattr("bert_tf.training.pretraining.pretrain", trained)
    assert main([*free[:3], "--resume", *given, "--steps", "3"]) == 0
    settings = RunFolder(tmp_path / "run").config()["training"]  # of one such run for the next
    assert (settings["steps"], settings["size"], settings["max_position_embeddings"]) == (3, None, 64)
    (tmp_path / "recipe.json").write_text(json.dumps(settings))
    again = ["pretrain", "--run", str(tmp_path / "again"), "--corpus", text, *given, "--config", str(tmp_path / "recipe.json")]
    assert main(again) == 0
    assert asked_for == [settings, settings]
    (tmp_path / "recipe.json").write_text(json.dumps(settings | {"max_position_embeddings": 16}))
    assert "leave out max_position_embeddings" in said(capsys, *again)
    (tmp_path / "recipe.json").write_text(json.dumps(settings))
    assert "Give the recipe a size" in said(capsys, *(word for word in again if word not in given))


def test_a_run_that_never_began_may_be_asked_for_anew(asked, tmp_path, capsys):
    (tmp_path / "text-lonely.txt").write_text("one line\n\nto a document\n\n" * 20)
    lonely = [word.replace("text.txt", "text-lonely.txt") for word in asked]
    assert "at least two sentences" in said(capsys, *lonely)
    assert RunFolder(tmp_path / "run").status()["state"] == "failed"
    assert main([*asked, "--shares", "text=1"]) == 0
    assert "give --resume" in said(capsys, *asked)


def test_two_processes_do_not_train_one_run(asked, tmp_path):
    run = RunFolder(tmp_path / "run")
    run.create({"kind": "pretraining"})
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])  # a script that uses the library
    try:
        run.write_status("running", step=3, pid=other.pid)
        status = run.status()
        with pytest.raises(ValueError, match=rf"another process \({other.pid}\)"), reported(run, print, remedy="go on"):
            raise AssertionError("nothing should be done here")
        assert run.status() == status  # what the other one says stays
    finally:
        other.kill()
        other.wait()
    with reported(run, print, remedy="go on") as tell:
        tell("finished")
    assert run.status()["state"] == "finished"


def test_what_cannot_be_trained_on_is_said_before_a_run_is_made(tmp_path, capsys, text):
    start = ["pretrain", "--run", str(tmp_path / "run"), "--steps", "1"]
    assert "is a folder" in said(capsys, *start, "--corpus", str(tmp_path))
    assert "held-out" in said(capsys, *start, "--corpus", text, "--heldout", text)
    assert "given twice" in said(capsys, *start, "--corpus", text, text)
    assert "given twice" in said(capsys, *start, "--corpus", __file__, "--heldout", text, text)
    assert "belongs to none" in said(capsys, *start, "--corpus", text, "--shares", "fr=1")
    assert "no text for the part fr" in said(capsys, *start, "--corpus", text, "--shares", "te=1", "fr=1")
    assert "share of te" in said(capsys, *start, "--corpus", text, "--shares", "te=0")
    assert "nowhere" in said(capsys, *start, "--corpus", text, "--tokenizer", str(tmp_path / "nowhere"))
    assert "cannot be more than 1 together" in said(
        capsys, *start, "--corpus", text, "--same-document-rate", "0.6", "--swapped-rate", "0.6")
    assert "tiny, mini, small" in said(capsys, *start, "--corpus", text, "--config", "nosize")
    assert not (tmp_path / "run").exists()


def test_a_fine_tuning_is_neither_resumed_nor_exported(tmp_path, capsys):
    RunFolder(tmp_path / "run").create({"kind": "finetuning", "training": {"batch_size": 4}})
    run, model = str(tmp_path / "run"), str(tmp_path / "run" / "model")
    assert f"is a fine-tuning run, no pretraining. Its model is in {model}" in said(capsys, "pretrain", "--run", run, "--resume")
    assert f"copy {model}" in said(capsys, "export", run, str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_files_where_folders_should_be(tmp_path, capsys, text, model_copy):
    assert "text.txt" in said(capsys, "prepare", text, text)
    assert "no.md: No such file" in said(capsys, "export", str(tmp_path), str(tmp_path / "out"), "--about", "no.md")
    assert "count should be" in said(capsys, "stories", str(tmp_path / "told"), "--count", "0")


@pytest.mark.parametrize("record", [PretrainingConfig, FinetuningConfig])
def test_help_says_what_every_flag_means(record, capsys):
    assert all(len(text) > 25 for text in explain_fields(record).values())
    with pytest.raises(SystemExit):
        main(["pretrain" if record is PretrainingConfig else "finetune", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "80% become [MASK]" in shown if record is PretrainingConfig else "chooses by the number of examples" in shown
