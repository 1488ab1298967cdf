"""Pretraining on a small made-up language: it learns, stops, resumes exactly and refuses bad input."""

import itertools
import json
import lzma
import os
import random
import shutil
import signal
import time

import numpy as np
import pytest
from safetensors import SafetensorError

import bert_tf
from bert_tf.config import SIZES
from bert_tf.training.export import export_run
from bert_tf.training.loop import StopSignals
from bert_tf.training.measures import names_apart, split_batch
from bert_tf.training.pretraining import pretrain
from bert_tf.training.pretraining_config import PretrainingConfig, Stage
from bert_tf.training.pretraining_request import create_run, lengthen
from bert_tf.training.run_folder import STATE_FILE, RunFolder
from bert_tf.weight_files import read_tensors

ANIMALS = {"cat": "milk", "dog": "bones", "cow": "grass", "bird": "seeds", "猫": "鱼", "狗": "骨头", "马": "草"}


def corpus_text(documents: int, seed: int = 0) -> str:
    """Documents about one animal each, so that words and next sentences can be guessed."""
    rng = random.Random(seed)
    parts = []
    for _ in range(documents):
        animal, food = rng.choice(list(ANIMALS.items()))
        if animal.isascii():
            lines = [f"The {animal} likes {food}.", f"Every {animal} eats {food} at home.",
                     f"My {animal} wants more {food}.", f"We give {food} to the {animal}."]
        else:
            lines = [f"这只{animal}喜欢吃{food}。", f"每天{animal}都吃{food}。", f"我的{animal}还要{food}。",
                     f"我们把{food}给{animal}。"]
        rng.shuffle(lines)
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


@pytest.fixture(autouse=True, scope="module")
def one_block():
    """Most of the time of a short run is the tracing of its network: half of it is enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, "tiny", (1, 128, 2))
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "animals.txt.xz"
    path.write_bytes(lzma.compress(corpus_text(300).encode()))
    return str(path)


def recipe(**changes) -> PretrainingConfig:
    values = dict(size="tiny", stages=(Stage(sequence_length=32, batch_size=16),), steps=30, log_every=5,
                  peak_learning_rate=2e-3, mixed_precision="float32", max_position_embeddings=64, save_minutes=1e-6)
    return PretrainingConfig(**values | changes)


def start(folder, corpus, config, **changes) -> RunFolder:
    run = RunFolder(folder)
    create_run(run, config, corpus=[corpus], vocab_size=400, **changes)
    return run


def losses(run) -> list[tuple]:
    return [(r["step"], r["loss"], r["mlm_loss"], r["nsp_loss"]) for r in run.metrics() if "heldout" not in r]


@pytest.fixture(scope="module")
def ten_steps(tmp_path_factory, corpus, one_block):
    """A finished run of ten steps, with its corpus inside; nothing is left where it was trained."""
    folder = tmp_path_factory.mktemp("ten-steps")
    inside = folder / "run" / "corpus" / "inside.txt.xz"
    inside.parent.mkdir(parents=True)
    shutil.copy(corpus, inside)
    pretrain(start(folder / "run", str(inside), recipe(steps=10)))
    return (folder / "run").rename(folder / "finished")


@pytest.fixture
def finished(tmp_path, ten_steps) -> RunFolder:
    """A copy of that run, which a test may change."""
    return RunFolder(shutil.copytree(ten_steps, tmp_path / "run"))


class Killed(Exception):
    """Stands in for a process that ends between two steps."""


@pytest.mark.parametrize(("steps", "changes"), [
    (30, dict(accumulation=2, stages=(Stage(sequence_length=16, batch_size=16, until=0.5),
                                      Stage(sequence_length=32, batch_size=16)))),
    (15, dict(optimizer="muon"))], ids=["accumulating in two stages", "muon"])
def test_killed_and_resumed_goes_the_same_way_step_for_step(tmp_path, corpus, steps, changes):
    config = recipe(dropout=0.1, steps=steps, **changes)
    whole = start(tmp_path / "whole", corpus, config)
    pretrain(whole)

    broken = start(tmp_path / "broken", corpus, config)

    def kill(record):
        if record.get("step") == steps * 2 // 3 and "loss" in record:
            raise Killed

    with pytest.raises(Killed):
        pretrain(broken, show=kill)
    assert broken.status()["state"] == "failed"
    assert broken.resumable_checkpoint().name == f"step-{steps * 2 // 3 - 5:08d}"
    pretrain(broken)
    assert broken.status()["state"] == "finished"
    assert [row[0] for row in losses(broken)] == list(range(5, steps + 1, 5))
    np.testing.assert_allclose(losses(broken), losses(whole), rtol=0, atol=2e-6)


def test_it_learns_its_small_language_and_answers(tmp_path, corpus):
    import bert_tf

    config = recipe(steps=220, log_every=20, save_minutes=10.0,
                    stages=(Stage(sequence_length=24, batch_size=32),))
    heldout = shutil.copy(corpus, tmp_path)  # what it has learnt by heart is told as well
    run = start(tmp_path / "run", corpus, config, heldout=[heldout], initial_embeddings="word2vec")
    checkpoint = pretrain(run)
    history = losses(run)
    assert history[-1][2] < 0.6 * history[0][2]
    heldout = [record for record in run.metrics() if "heldout" in record]
    assert heldout[-1]["heldout"] == "animals" and heldout[-1]["mlm_accuracy"] > 0.4
    best = bert_tf.load(checkpoint).fill_mask("The [MASK] likes milk.", top_k=3)[0]
    assert "cat" in [candidate.token for candidate in best]

    export_run(run.path, tmp_path / "model", about="Animals and what they eat.")
    card = (tmp_path / "model" / "card.md").read_text(encoding="utf-8")
    assert "Animals and what they eat." in card and "220 steps" in card
    exported = bert_tf.load(tmp_path / "model").fill_mask("The [MASK] likes milk.", top_k=3)[0]
    assert exported[0].token == best[0].token
    assert exported[0].probability == pytest.approx(best[0].probability, abs=0.01)
    lines = (tmp_path / "model" / "history.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["step"] == 220


def test_a_stop_file_ends_the_run_cleanly_and_resume_finishes_it(tmp_path, corpus):
    run = start(tmp_path / "run", corpus, recipe(save_minutes=10.0))

    def ask_for_a_stop(record):
        if record.get("step") == 10:
            (run.path / "STOP").touch()

    pretrain(run, show=ask_for_a_stop)
    assert run.status()["state"] == "stopped" and run.status()["step"] == 15
    pretrain(run)
    assert run.status()["state"] == "finished"
    assert [row[0] for row in losses(run)] == [5, 10, 15, 20, 25, 30]


def test_a_damaged_training_state_is_skipped_and_the_one_before_gone_on_from(finished):
    whole = losses(finished)
    state = finished.checkpoints()[-1] / STATE_FILE
    state.write_bytes(state.read_bytes()[:1000])
    told = []
    pretrain(finished, show=told.append)
    notice = told[0]["notice"]
    assert "step-00000010 is skipped: training_state.safetensors is damaged" in notice
    assert finished.status()["notice"] == notice and finished.status()["state"] == "finished"
    assert [record["step"] for record in told if "loss" in record] == [10]  # from step 5 on
    np.testing.assert_allclose(losses(finished), whole, rtol=0, atol=2e-6)
    assert [path.name for path in sorted(finished.checkpoints_path.iterdir())] == [
        "skipped-step-00000010", "step-00000005", "step-00000010"]


def test_without_any_training_state_a_run_does_not_begin_again(finished):
    last = finished.checkpoints()[-1]
    for checkpoint in finished.checkpoints():
        (checkpoint / STATE_FILE).unlink()
    lengthen(finished, 20)
    with pytest.raises(ValueError, match=f"training_state.safetensors is missing.* --initial-model {last}"):
        pretrain(finished)
    assert finished.checkpoints()[-1] == last and finished.status()["state"] == "failed"
    assert finished.metrics()[-1]["step"] == 10


def test_held_out_files_that_begin_alike_are_all_measured(tmp_path, corpus):
    heldout = [tmp_path / "a" / "news.en.txt.xz", tmp_path / "a" / "news.zh.txt.xz", tmp_path / "b" / "news.zh.txt.xz"]
    for path in heldout:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(lzma.compress(corpus_text(10).encode()))
    run = start(tmp_path / "run", corpus, recipe(steps=1), heldout=[str(path) for path in heldout])
    pretrain(run)
    assert [r["heldout"] for r in run.metrics() if "heldout" in r] == ["news.en", "a/news.zh", "b/news.zh"]


@pytest.mark.parametrize("paths, names", [
    (["d/en.txt.xz", "d/zh.txt"], ["en", "zh"]),
    (["d/x.a.txt", "d/x.b.txt", "y.txt"], ["x.a", "x.b", "y"]),
    (["1/v.txt", "2/v.txt"], ["1/v", "2/v"]),
    (["1/v.txt", "1/v.txt.gz"], ["1/v", "1/v (2)"]),
    (["d/.txt", "d/.b.txt"], [".txt", ".b.txt"]),
])
def test_names_tell_files_apart(paths, names):
    assert names_apart(paths) == names


def test_without_the_next_sentence_loss_its_head_stays_as_it_was(tmp_path, corpus):
    run = start(tmp_path / "run", corpus, recipe(steps=5, log_every=5, nsp_weight=0.0, weight_decay=0.0))
    pretrain(run)
    before, after = (read_tensors(folder) for folder in run.checkpoints())
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {name for name in before if not name.startswith(("cls.seq_relationship", "bert.pooler"))}
    record = run.metrics()[-1]
    assert record["loss"] == pytest.approx(record["mlm_loss"], abs=1e-5) and record["nsp_loss"] > 0.5


def test_it_goes_on_from_a_model(tmp_path, corpus, tiny_bert, model_copy):
    run = RunFolder(tmp_path / "run")
    create_run(run, recipe(steps=5, peak_learning_rate=1e-9), corpus=[corpus], initial_model=str(model_copy))
    last = bert_tf.load(pretrain(run))
    assert last.config.hidden_size == tiny_bert.config.hidden_size == 32  # no published shape
    assert last.config.max_position_embeddings == 64 and last.tokenizer.vocab == tiny_bert.tokenizer.vocab
    for ours, theirs in zip(last.model.trainable_variables, tiny_bert.model.trainable_variables):
        np.testing.assert_allclose(np.array(ours), np.array(theirs), rtol=0, atol=1e-7)
    export_run(run.path, tmp_path / "exported")
    assert "- started from: the model model\n" in (tmp_path / "exported" / "card.md").read_text()

    (model_copy / "vocab.txt").write_text("[PAD]\n")  # the run has all it needs
    lengthen(run, 10)
    pretrain(run)
    assert run.status() | {"step": 10, "state": "finished"} == run.status()


def test_a_run_keeps_the_model_that_it_goes_on_from(tmp_path, corpus, tiny_bert, model_copy):
    run = RunFolder(tmp_path / "run")
    create_run(run, recipe(steps=5), corpus=[corpus], initial_model=str(model_copy))
    shutil.rmtree(model_copy)
    assert bert_tf.load(pretrain(run)).tokenizer.vocab == tiny_bert.tokenizer.vocab
    assert (run.config()["vocab_size"], run.config()["lowercase"]) == (tiny_bert.tokenizer.vocab_size, True)


def test_an_initial_model_sets_shape_and_vocabulary(tmp_path, corpus, model_copy):
    def refused(match, config=recipe(), **changes):
        with pytest.raises((ValueError, FileNotFoundError), match=match):
            create_run(RunFolder(tmp_path / "run"), config, corpus=[corpus], initial_model=str(model_copy), **changes)

    refused("give no others", initial_embeddings="word2vec")
    refused("give no others", tokenizer=str(model_copy))
    refused("128 tokens is too long for .* takes 64",
            recipe(stages=(Stage(sequence_length=128, batch_size=4),), max_position_embeddings=128))
    settings = (model_copy / "config.json").read_text()
    (model_copy / "config.json").write_text(json.dumps(json.loads(settings) | {"type_vocab_size": 1}))
    refused("no second segment")
    (model_copy / "config.json").write_text(json.dumps(json.loads(settings) | {"vocab_size": 20}))
    refused("vocab.txt has .* but config.json says vocab_size 20")
    (model_copy / "config.json").write_text(settings)
    (model_copy / "model.safetensors").unlink()
    refused("holds no model.safetensors")
    (model_copy / "config.json").unlink()
    refused("holds no config.json")
    assert not (tmp_path / "run").exists()


def test_a_finished_run_that_was_moved_goes_on_with_what_is_in_it_when_it_is_made_longer(finished, ten_steps):
    def shards():
        return sorted((path.name, path.stat().st_mtime_ns) for path in (finished.path / "shards").glob("*.tokens.bin"))

    prepared = shards()
    with pytest.raises(ValueError, match="10 steps long"):
        lengthen(finished, 10)
    lengthen(finished, 20)
    pretrain(finished)
    assert [path.name for path in ten_steps.parent.iterdir()] == [ten_steps.name] and prepared == shards() != []
    records = finished.metrics()
    assert [record["step"] for record in records] == [5, 10, 15, 20] and finished.status()["state"] == "finished"
    before, again, after = (record["learning_rate"] for record in records[1:])
    assert before < again > after  # up, and down again


def test_a_time_budget_ends_annealed(tmp_path, corpus, monkeypatch):
    run = start(tmp_path / "run", corpus, recipe(steps=0, minutes=0.05, log_every=1, warmup=0.0))
    clock = itertools.count(step=0.05)  # a twentieth of a second between any two looks at it
    monkeypatch.setattr("bert_tf.training.pretraining.time.monotonic", lambda: next(clock))
    pretrain(run)
    rates = [record["learning_rate"] for record in run.metrics()]
    assert run.status()["state"] == "finished" and rates[0] == 2e-3 and rates[-1] < 1e-3
    assert rates == sorted(rates, reverse=True)


def test_a_learning_rate_that_blows_up_is_named_and_keeps_the_last_checkpoint(tmp_path, corpus):
    run = start(tmp_path / "run", corpus, recipe(peak_learning_rate=1e30, warmup=0.5))
    with pytest.raises(ValueError, match="no longer a number at step .* learning rate"):
        pretrain(run)
    assert run.status()["state"] == "failed" and "learning rate" in run.status()["message"]
    assert run.resumable_checkpoint() is not None


def test_a_full_disk_in_the_middle_is_named_and_the_run_goes_on_later(tmp_path, corpus, monkeypatch):
    run = start(tmp_path / "run", corpus, recipe())
    append = RunFolder.append_metrics

    def full_disk(self, record):
        if record["step"] == 10:
            raise OSError(28, "No space left on device")
        append(self, record)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "append_metrics", full_disk)
        with pytest.raises(ValueError, match="No space left.*--resume"):
            pretrain(run)
    assert run.status()["state"] == "failed" and "No space left" in run.status()["message"]
    pretrain(run)
    assert [row[0] for row in losses(run)] == [5, 10, 15, 20, 25, 30]


def test_an_export_replaces_no_model_unasked_and_leaves_none_of_its_measures(tmp_path, finished, model_copy, monkeypatch):
    for name in ("measures.json", "layers.svg", "card.md", "card.zh.md", "notes.txt"):
        (model_copy / name).write_text("of the other model")
    for name in ("added_tokens.json", "special_tokens_map.json", "model.safetensors.index.json"):
        (model_copy / name).write_text('{"[NEW]": 999}')
    before = {path.name: path.read_bytes() for path in model_copy.iterdir()}

    def untouched():
        return before == {path.name: path.read_bytes() for path in model_copy.iterdir()} and {
            path.name for path in tmp_path.iterdir()} == {"run", "model"}

    with pytest.raises(ValueError, match="holds a model already.*--replace"):
        export_run(finished.path, model_copy)
    for folder in (finished.path, finished.checkpoints()[-1]):
        with pytest.raises(ValueError, match="belongs to a run"):
            export_run(finished.path, folder, replace=True)

    def full_disk(*args, **options):
        raise SafetensorError("Error while serializing: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("safetensors.numpy.save_file", full_disk)
        with pytest.raises(ValueError, match=f"{model_copy}.*No space left") as caught:
            export_run(finished.path, model_copy, replace=True)
        assert f".{model_copy.name}." not in str(caught.value)
    assert untouched()
    export_run(finished.path, model_copy, replace=True)
    assert {path.name for path in model_copy.iterdir()} == {
        "config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors", "history.jsonl", "card.md", "notes.txt"}
    assert "10 steps" in (model_copy / "card.md").read_text()
    assert bert_tf.load(model_copy).config.hidden_size == 128


def test_a_full_disk_under_a_checkpoint_says_how_to_go_on(tmp_path, corpus, monkeypatch):
    run = start(tmp_path / "run", corpus, recipe(steps=5))

    def full_disk(*args, **options):
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full_disk)
    with pytest.raises(ValueError, match="No space left.*--resume"):
        pretrain(run)
    assert list(run.checkpoints_path.iterdir()) == []


def test_no_decay_on_biases_and_layer_norm(tmp_path, corpus):
    from bert_tf.training.pretraining import Pretraining

    run = start(tmp_path / "run", corpus, recipe())
    work = Pretraining(run, lambda *args, **values: None)
    decayed = {v.path for v in work.model.trainable_variables if work.model.optimizer._use_weight_decay(v)}
    others = {v.path for v in work.model.trainable_variables} - decayed
    assert others and all(path.endswith(("bias", "gamma", "beta")) for path in others)
    assert decayed and not any(path.endswith(("bias", "gamma", "beta")) for path in decayed)


def test_single_sentences_are_trained_on_and_count_for_no_pair(tmp_path, corpus):
    """Eight rows of which one or none is a pair: the figures of pairs are means over those that are there."""
    from bert_tf.training.pretraining import Pretraining

    config = recipe(single_rate=0.9, accumulation=4, steps=4, log_every=4, stages=(Stage(sequence_length=32, batch_size=8),),
                    peak_learning_rate=1e-9, weight_decay=0.0)
    run = start(tmp_path / "run", corpus, config, heldout=[shutil.copy(corpus, tmp_path)])
    work = Pretraining(run, lambda *args, **values: None)
    batches = [work.sampler.batch(step, sequence_length=32, batch_size=8) for step in range(4)]
    labels = np.concatenate([batch["next_labels"] for batch in batches])
    assert 0 < (labels >= 0).sum() < 8
    assert all((sampler.batch(0, sequence_length=32, batch_size=64)["next_labels"] >= 0).all()
               for sampler in work.heldout.values())
    work.model.compile(jit_compile=False)
    pairs = []
    for batch in batches:
        asked = np.flatnonzero(batch["next_labels"] >= 0)
        logits = np.array(work.model({key: batch[key] for key in work.model.input})["nsp_logits"])[asked]
        pairs += list(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(asked)), batch["next_labels"][asked]])
    pretrain(run)
    assert losses(run)[0][3] == pytest.approx(np.mean(pairs), abs=1e-4)


@pytest.mark.parametrize(("changes", "error", "message"), [
    ({"corpus": []}, ValueError, "at least one corpus file"),
    ({"corpus": ["nowhere.txt"]}, FileNotFoundError, "nowhere.txt"),
    ({"initial_embeddings": "glove"}, ValueError, "random or word2vec"),
    ({"tokenizer": "nowhere"}, FileNotFoundError, "nowhere"),
    ({"heldout": [__file__, __file__]}, ValueError, "given twice"),
    ({"shares": {"an": 1, "b": 1}}, ValueError, "no text for the part b"),
    ({"training": recipe(size=None)}, ValueError, "or an initial model to go on from"),
])
def test_bad_requests_are_refused_before_anything_is_made(tmp_path, corpus, changes, error, message):
    with pytest.raises(error, match=message):
        create_run(RunFolder(tmp_path / "run"), **{"training": recipe(), "corpus": [corpus]} | changes)
    assert not (tmp_path / "run").exists()


def test_split_batch_cuts_every_array():
    batch = {"token_ids": np.arange(8).reshape(4, 2), "next_labels": np.arange(4)}
    first, second = split_batch(batch, 2)
    assert first["next_labels"].tolist() == [0, 1] and second["token_ids"].tolist() == [[4, 5], [6, 7]]


def test_the_second_signal_stops_at_once():
    with StopSignals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)


def test_the_command_says_what_is_wrong_with_its_input(tmp_path, capsys):
    from bert_tf.__main__ import main

    (tmp_path / "empty.txt").write_text("")
    assert main(["pretrain", "--run", str(tmp_path / "run"), "--corpus", str(tmp_path / "empty.txt"), "--steps", "5"]) == 1
    errors = capsys.readouterr().err
    assert "error:" in errors and "Traceback" not in errors
