"""Runs as processes of their own: started, heard of, stopped, resumed, killed, renamed, deleted."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bert_tf.data.stories import write_stories
from bert_tf.training import launch, run_states
from bert_tf.training.pretraining_config import PretrainingConfig, Stage
from bert_tf.training.run_folder import RunFolder

RECIPE = PretrainingConfig(size="tiny", stages=(Stage(sequence_length=16, batch_size=4),), minutes=30, log_every=2,
                           mixed_precision="float32", max_position_embeddings=32, save_minutes=0.005)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """An empty folder of runs; whatever is still at work there afterwards is ended."""
    monkeypatch.setenv("BERT_TF_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    yield tmp_path / "runs"
    for state in run_states.list_runs():
        launch.kill(state.path)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_stories(tmp_path_factory.mktemp("stories"), count=60, heldout=10)["corpus"]


def wait_for(path, reached, seconds=90):
    """Waits until the state of a run is as wanted, and returns it."""
    end = time.monotonic() + seconds
    while not reached(state := run_states.state_of(path)):
        assert time.monotonic() < end, state
        time.sleep(0.1)
    return state


def wrote(name, **values):
    """A run that some process wrote down long ago, as far as the folder says."""
    path = run_states.place_for(name)
    RunFolder(path).create({"kind": "pretraining", "training": RECIPE.to_dict(), "shards": str(path.resolve() / "shards"), "corpus": ["/text.txt"]})
    if values:
        RunFolder(path).write_status(**values)
    return path


def test_the_life_of_a_run(runs, corpus):
    path = launch.start("first run", RECIPE, corpus=corpus, vocab_size=300)
    assert run_states.state_of(path).state == "preparing" and run_states.state_of(path).active
    pid = RunFolder(path).status()["pid"]
    assert os.getsid(pid) == pid != os.getsid(0)  # whoever closes our terminal does not close this
    wait_for(path, lambda state: state.state == "running" and state.step > 4)
    assert time.time() - RunFolder(path).status()["heartbeat"] < 60
    with pytest.raises(ValueError, match="stop it first"):
        launch.rename(path, "other")
    with pytest.raises(ValueError, match="stop it first"):
        launch.delete(path)
    with pytest.raises(ValueError, match="only one that stopped"):
        launch.resume(path)
    launch.stop(path)
    assert run_states.state_of(path).state in ("stopping", "stopped")
    stopped = wait_for(path, lambda state: not state.active)
    assert stopped.state == "stopped" and stopped.resumable and RunFolder(path).checkpoints()

    path = launch.rename(path, "second name")
    assert [state.name for state in run_states.list_runs()] == ["second name"]
    launch.resume(path)
    wait_for(path, lambda state: state.state == "running" and state.step > stopped.step)
    assert not (runs / "first run").exists()  # the shards have moved with the run
    os.kill(RunFolder(path).status()["pid"], signal.SIGKILL)
    died = wait_for(path, lambda state: state.state != "running")
    assert died.state == "died" and died.resumable
    steps = [record["step"] for record in RunFolder(path).metrics() if "heldout" not in record]
    assert steps == list(range(2, steps[-1] + 1, 2)) and steps[-1] > stopped.step  # none lost, none twice
    launch.delete(path)
    assert run_states.list_runs() == []


def test_a_run_that_has_not_begun_is_stopped_at_once(runs, corpus):
    path = launch.start("early", RECIPE, corpus=corpus, vocab_size=300)
    launch.stop(path)
    state = run_states.state_of(path)
    assert state.state == "stopped" and "before training" in state.message and state.resumable


def test_only_a_pretraining_at_rest_gets_longer(runs, monkeypatch):
    path = wrote("short", state="finished", progress=1.0)
    monkeypatch.setattr(launch, "_spawn", lambda path: None)
    launch.train_on(path, 60)
    assert run_states.state_of(path).length == (60, "minutes")
    with pytest.raises(ValueError, match="60 minutes long"):
        launch.train_on(path, 30)
    RunFolder(path).write_status("running")
    with pytest.raises(ValueError, match="stop it first"):
        launch.train_on(path, 90)
    RunFolder(path).write_status("finished")


def test_a_run_that_fails_says_why(runs, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    path = launch.start("hopeless", RECIPE, corpus=[tmp_path / "empty.txt"], vocab_size=300)
    state = wait_for(path, lambda state: not state.active)
    assert state.state == "failed" and "no word" in state.message
    end = time.monotonic() + 30  # the folder hears of it a moment before the log does
    while not run_states.last_words(path).startswith("error: "):
        assert time.monotonic() < end, run_states.last_words(path)
        time.sleep(0.1)


def test_a_dead_process_is_known_by_its_number_and_its_last_words_are_told(runs):
    path = wrote("dead", state="running", step=7, progress=0.25, pid=2 ** 22 + 1)
    (path / run_states.LOG_FILE).write_bytes(b" 12%|## | 00:01<00:07\r 13%|## | \nTraceback (most recent call last):\n"
                                         b'  File "x.py", line 1, in <module>\n    import x\nMemoryError: too large\n')
    state = run_states.state_of(path)
    assert (state.state, state.message, state.step, state.progress) == ("died", "MemoryError: too large", 7, 0.25)


def test_a_number_that_another_program_has_now_is_no_sign_of_life(runs):
    path = wrote("recycled", state="running", pid=1)
    status = RunFolder(path).status()
    for other in ({"started": status["started"] + 5}, {"started": None}):  # where the system does not tell
        (path / "status.json").write_text(json.dumps(status | other))
        assert run_states.state_of(path).state == "died"
        launch.kill(path)  # and nobody shoots at process 1


def test_a_run_inside_another_program_is_known_and_not_ended(runs):
    path = wrote("notebook", state="preparing")  # this very process, which no command line calls a pretraining
    try:
        assert run_states.state_of(path).state == "preparing"
        for deed in (launch.delete, launch.resume, lambda path: launch.rename(path, "other")):
            with pytest.raises(ValueError, match="at work|only one that stopped"):
                deed(path)
        with pytest.raises(ValueError, match="part of another program"):
            launch.kill(path)
        launch.stop(path)
        assert RunFolder(path).stop_requested()
    finally:
        RunFolder(path).write_status("stopped")


def test_states_that_processes_leave_behind(runs):
    assert run_states.state_of(wrote("done", state="finished", progress=1.0)).state == "finished"
    assert not run_states.state_of(run_states.place_for("x").parent / "done").resumable
    assert run_states.state_of(wrote("never started")).state == "stopped"
    (runs / "other").mkdir()
    (runs / "other" / "config.json").write_text('{"kind": "task"}')
    (runs / "broken").mkdir()
    (runs / "broken" / "config.json").write_text("{")
    assert {state.name for state in run_states.list_runs()} == {"done", "never started"}


def test_renaming_takes_the_paths_inside_along(runs):
    path = launch.rename(wrote("old", state="stopped"), "new")
    config = RunFolder(path).config()
    assert config["shards"] == str(path.resolve() / "shards") and config["corpus"] == ["/text.txt"]


@pytest.mark.parametrize("name", ["", "  ", "../up", "a/b", ".hidden", "x" * 61, "a\nb", "c:d", "-rf"])
def test_names_that_cannot_be_folders_are_refused(runs, name):
    with pytest.raises(ValueError, match="cannot be the name of a run"):
        run_states.place_for(name)


def test_a_name_that_is_taken_is_refused(runs):
    wrote("mine", state="stopped")
    with pytest.raises(ValueError, match="already"):
        launch.start("mine", RECIPE, corpus=["text.txt"])
    assert run_states.place_for("小红的第 2 次").parent == runs


def test_two_who_start_at_once_get_a_folder_each(runs):
    with launch.reserved("run-1") as first, launch.reserved("run-1") as second:
        assert (first.name, second.name) == ("run-1", "run-2") and run_states.free_name("run") == "run-3"
        with pytest.raises(ValueError, match="'mine' already"), launch.reserved("mine") as mine, launch.reserved("mine"):
            pass
        assert not mine.exists()  # whoever was refused took nothing away but his own
    assert first.is_dir() and second.is_dir()


def test_no_more_trainings_than_the_computer_bears(runs, monkeypatch):
    stopped = wrote("stopped", state="stopped")
    with monkeypatch.context() as patch:
        patch.setattr(run_states, "at_work", lambda status: True)
        for number in range(launch.MOST_AT_WORK):
            launch.require_room(runs)
            wrote(f"run-{number}", state="running", pid=0)
        for deed in (lambda: launch.start("more", RECIPE, corpus=["text.txt"]), lambda: launch.resume(stopped),
                     lambda: launch.train_on(stopped, 60)):
            with pytest.raises(ValueError, match=f"^{launch.MOST_AT_WORK} trainings are at work"):
                deed()
    assert not (runs / "more").exists()


def test_of_eight_at_once_as_many_start_as_there_is_room_for(runs, corpus, monkeypatch):
    def start(number):
        try:
            return launch.start(f"run-{number}", RECIPE, corpus=corpus, vocab_size=300)
        except ValueError as error:
            return str(error)

    with monkeypatch.context() as patch:
        patch.setattr(run_states, "at_work", lambda status: True)
        patch.setattr(launch, "_spawn", lambda path: RunFolder(path).write_status("running", pid=0))
        with ThreadPoolExecutor(8) as pool:
            came = list(pool.map(start, range(8)))
    assert sum(not isinstance(one, str) for one in came) == launch.MOST_AT_WORK
    assert all("at work on this computer" in one for one in came if isinstance(one, str))


@pytest.mark.parametrize("go_on", [launch.resume, lambda path: launch.train_on(path, 60)], ids=["resume", "train on"])
def test_two_clicks_start_one_process(runs, monkeypatch, go_on):
    path = wrote("clicked", state="stopped", step=3, progress=0.1)
    started = []

    def spawn(path):
        started.append(path)
        RunFolder(path).write_status("preparing", pid=os.getpid(), message="starting")

    monkeypatch.setattr(launch, "_spawn", spawn)
    clicks = []
    with ThreadPoolExecutor(2) as pool:
        for click in [pool.submit(go_on, path) for _ in range(2)]:
            clicks.append(click.exception())
    assert len(started) == 1 and sorted(map(bool, clicks)) == [False, True]
    RunFolder(path).write_status("stopped")
