"""The run folder: nothing is half there, nothing is lost."""

import json
import os
import threading
import time

import numpy as np
import pytest
from safetensors.numpy import save_file

from bert_tf import checkpoint
from bert_tf.training import process
from bert_tf.training.process import at_work, is_own_command, started_at
from bert_tf.training.resuming import skip_unusable_checkpoints
from bert_tf.training.run_folder import PROGRESS_FILE, STATE_FILE, RunFolder, _most_crowded, reported, step_of
from bert_tf.weight_files import WEIGHTS_FILE


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create({"kind": "test"})
    return folder


def save(run, step, write_model=lambda folder: (folder / "model").write_text("weights")):
    return run.save_checkpoint(step, {"step": step}, write_model, {"moment": np.arange(3.0)})


def test_a_second_run_in_the_same_folder_is_refused(run):
    with pytest.raises(ValueError, match="--resume"):
        run.create({"kind": "other"})
    assert run.config() == {"kind": "test"}


def test_a_run_that_failed_before_its_first_step_may_be_asked_for_anew(run):
    run.write_status("failed", message="no memory")
    run.create({"kind": "finetuning"})
    assert run.status() == {} and run.config() == {"kind": "finetuning"}
    run.write_status("finished")
    with pytest.raises(ValueError, match="already holds a run. Give another --run"):
        run.create({"kind": "finetuning"})


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no run"):
        RunFolder(tmp_path).config()


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match="cannot be written"):
        RunFolder(tmp_path / "file" / "run").create({})


def test_a_half_written_metrics_line_is_left_out_and_rewinding_drops_later_steps(run):
    for step in (10, 20, 30):
        run.append_metrics({"step": step})
    with run.metrics_path.open("a") as file:
        file.write('{"step": 4')
    assert [record["step"] for record in run.metrics()] == [10, 20, 30]
    run.rewind_metrics(20)
    assert run.metrics_path.read_text() == '{"step": 10}\n{"step": 20}\n'


def test_a_checkpoint_whose_writer_fails_leaves_the_earlier_one_alone(run):
    first = save(run, 10)

    def full_disk(folder):
        (folder / "model").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ValueError, match="No space left.*--resume"):
        save(run, 20, full_disk)
    assert run.checkpoints() == [first]
    assert sorted(path.name for path in run.checkpoints_path.iterdir()) == ["step-00000010"]


def test_a_checkpoint_without_its_last_file_does_not_count(run):
    first, second = save(run, 10), save(run, 20)
    (second / PROGRESS_FILE).unlink()
    assert run.resumable_checkpoint() == first


def test_pruning_keeps_the_newest_and_sweeps_what_a_killed_writer_left(run):
    for step in (10, 20, 30):
        save(run, step)
    (run.checkpoints_path / ".writing-00000040-1").mkdir()
    run.prune(2)
    assert [path.name for path in sorted(run.checkpoints_path.iterdir())] == ["step-00000020", "step-00000030"]
    assert (run.resumable_checkpoint() / STATE_FILE).is_file()


def test_many_checkpoints_are_kept_spread_over_the_run_and_only_the_newest_hold_the_training_state(run):
    for step in range(0, 410, 10):
        save(run, step)
        run.prune(8)
    steps = [step_of(path) for path in run.checkpoints()]
    assert len(steps) == 8 and steps[0] == 0 and steps[-2:] == [390, 400]
    ratios = np.divide(steps[2:-1], steps[1:-2])
    assert ratios.min() > 1.4 and ratios.max() < 2.6  # as many between 10 and 20 as between 100 and 200
    assert [(path / STATE_FILE).is_file() for path in run.checkpoints()] == [False] * 6 + [True] * 2
    assert run.resumable_checkpoint().name == "step-00000400"


def test_which_checkpoint_goes_first():
    assert _most_crowded([0, 10, 20, 30, 40, 50]) == 3  # gaps 20/20, 20/30, 20/40 of the candidates


def test_status_and_stop(run):
    run.write_status("running", step=3)
    assert run.status() | {"heartbeat": 0} == {"state": "running", "pid": os.getpid(), "started": started_at(os.getpid()),
                                               "heartbeat": 0, "step": 3}
    assert not run.stop_requested()
    (run.path / "STOP").touch()
    assert run.stop_requested()
    run.clear_stop()
    assert not run.stop_requested()
    assert run.config() == {"kind": "test"}


def test_paths_inside_follow_the_folder_and_others_stay(run, tmp_path):
    inside = {"shards": str(run.path / "shards"), "corpus": [str(run.path / "corpus" / "a.txt"), str(tmp_path / "runner.txt")]}
    run.rewrite_config({"kind": "test", **inside})
    run.path.rename(tmp_path / "moved")
    moved = RunFolder(tmp_path / "moved")
    assert moved.config() == {"kind": "test", "shards": str(moved.path / "shards"),
                              "corpus": [str(moved.path / "corpus" / "a.txt"), str(tmp_path / "runner.txt")]}
    (moved.path / "config.json").write_text(json.dumps({"kind": "old", **inside}))  # as it was before folders were noted
    assert moved.config() == {"kind": "old", **inside}  # where the shards are is not known
    (moved.path / "shards").mkdir()
    assert moved.config()["corpus"][0] == str(moved.path / "corpus" / "a.txt")
    assert "folder" not in moved.config()


def test_a_checkpoint_that_a_run_cannot_go_on_from_is_skipped_and_named(run):
    def weights(folder):
        save_file({"w": np.ones(3)}, folder / WEIGHTS_FILE)

    for step in (10, 20, 30, 40):
        save(run, step, weights)
    assert skip_unusable_checkpoints(run) == ""
    state = run.checkpoints()[-1] / STATE_FILE
    state.write_bytes(state.read_bytes()[:-4])
    (run.checkpoints()[-2] / STATE_FILE).unlink()
    said = skip_unusable_checkpoints(run)
    assert "step-00000040 is skipped: training_state.safetensors is damaged" in said
    assert "step-00000030 is skipped: training_state.safetensors is missing" in said
    assert [step_of(path) for path in run.checkpoints()] == [10, 20]
    assert (run.checkpoints_path / "skipped-step-00000040" / WEIGHTS_FILE).is_file()
    (run.checkpoints()[-1] / PROGRESS_FILE).write_text("{")
    (run.checkpoints()[0] / STATE_FILE).unlink()
    with pytest.raises(ValueError, match="cannot go on .* in step-00000020, progress.json is damaged"):
        skip_unusable_checkpoints(run)
    assert len(run.checkpoints()) == 2


def test_who_is_at_work_is_known_by_number_and_start():
    others = {"state": "running", "pid": os.getpid(), "heartbeat": time.time(), "started": started_at(os.getpid())}
    assert at_work(others)  # a script or a notebook, whatever its command line says
    assert at_work(others | {"heartbeat": 0.0}) and not at_work(others | {"started": others["started"] - 5})
    assert not at_work(others | {"pid": 2 ** 22 + 1})
    del others["started"]  # then only a python -m bert_tf counts
    assert not at_work(others)
    assert not is_own_command(os.getpid())


def test_a_run_at_long_work_gives_signs_of_life_until_its_end(run, monkeypatch):
    monkeypatch.setattr(process, "BEAT_SECONDS", 0.01)
    with reported(run, print, remedy="go on") as tell:
        tell("preparing", message="vocabulary")
        said = run.status()
        deadline = time.monotonic() + 5
        while run.status()["heartbeat"] == said["heartbeat"] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert run.status()["heartbeat"] > said["heartbeat"]
        assert run.status() | {"heartbeat": 0} == said | {"heartbeat": 0}
        run.path.rename(run.path.with_name("gone"))
        time.sleep(0.03)
        assert not run.path.exists()
        run.path.with_name("gone").rename(run.path)
        tell("finished")
        end = run.status()
        time.sleep(0.03)
        assert run.status() == end  # nothing is left to wait for
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())


def test_all_files_of_the_initial_model_are_kept(run, model_copy):
    (model_copy / "model.safetensors").rename(model_copy / "part.safetensors")
    index = {"weight_map": {"bert.pooler.dense.bias": "part.safetensors"}}
    for name, content in (("model.safetensors.index.json", index), ("added_tokens.json", {"[MASK]": 4}),
                          ("special_tokens_map.json", {}), ("card.md", "mine")):
        (model_copy / name).write_text(json.dumps(content))
    run.keep_initial_model(model_copy)
    assert {path.name for path in run.initial_model_path.iterdir()} == {path.name for path in model_copy.iterdir()} - {"card.md"}
    assert checkpoint.load(run.initial_model_path).tokenizer.vocab == checkpoint.load(model_copy).tokenizer.vocab
