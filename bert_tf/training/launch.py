"""Starting, stopping and deleting training runs, each a process of its own that outlives whoever started it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bert_tf.training.finetuning import create_finetuning
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.pretraining_config import PretrainingConfig
from bert_tf.training.pretraining_request import create_run, lengthen
from bert_tf.training.process import at_work, is_own_command
from bert_tf.training.run_folder import RunFolder
from bert_tf.training.run_states import LOG_FILE, ROOT, free_name, list_runs, place_for, runs_folder, state_of, taken

#: Trainings at work at the same time: with more, none gets on, and memory runs out.
MOST_AT_WORK = 3
#: Held while a training starts: of two at once, the second one has to see the first.
_STARTING = threading.Lock()


def start(name: str, training: PretrainingConfig, *, corpus: list[str], heldout: list[str] = (),
          vocab_size: int | None = None, initial_model: str | Path | None = None, initial_embeddings: str = "random",
          folder: Path | None = None) -> Path:
    """Writes down a run and starts its process.

    Args:
        name: of the run, which is that of its folder.
        training, corpus, heldout, vocab_size, initial_model, initial_embeddings: as for `create_run`.
        folder: of the runs; by default `runs_folder()`.

    Returns:
        The run folder.

    Raises:
        ValueError: the name cannot be used or is taken, too many trainings are at work, or the request is off.
        FileNotFoundError: a text file or the initial model is missing.
    """
    path = place_for(name, folder)
    with _STARTING:
        require_room(path.parent)
        create_run(RunFolder(path), training, corpus=[str(file) for file in corpus],
                   heldout=[str(file) for file in heldout], vocab_size=vocab_size,
                   initial_model=initial_model and str(initial_model), initial_embeddings=initial_embeddings)
        _spawn(path)
    return path


def start_finetuning(name: str, training: FinetuningConfig, *, model: str | Path, train: str | Path,
                     dev: str | Path | None = None, columns: dict[str, str] | None = None,
                     folder: Path | None = None) -> Path:
    """Writes down a fine-tuning run and starts its process.

    Args:
        name: of the run, which is that of its folder.
        training, model, train, dev, columns: as for `create_finetuning`.
        folder: of the runs; by default `runs_folder()`.

    Returns:
        The run folder.

    Raises:
        ValueError: the name cannot be used or is taken, too many trainings are at work, or the examples or the recipe
            are off.
        FileNotFoundError: a file or the model is missing.
    """
    path = place_for(name, folder)
    with _STARTING:
        require_room(path.parent)
        create_finetuning(RunFolder(path), training, model=str(model), train=str(train), dev=str(dev) if dev else None,
                          columns=columns)
        _spawn(path)
    return path


@contextlib.contextmanager
def reserved(name: str, folder: Path | None = None) -> Iterator[Path]:
    """Makes the folder of a new run, for what has to be there before `start`; takes it away if that fails.

    A name with a number at its end, as `free_name` gives them, makes way for the next free one if it is taken by now.

    Raises:
        ValueError: the name cannot be that of a folder, there is such a run, or the folder cannot be made.
    """
    folder, numbered = folder or runs_folder(), re.fullmatch(r"(.+)-\d+", name.strip())
    while True:
        if numbered and (folder / name.strip()).exists():
            name = free_name(numbered[1], folder)
        path = place_for(name, folder)
        try:
            path.mkdir(parents=True)
            break
        except FileExistsError:  # somebody was quicker
            if not numbered:
                raise taken(path.name) from None
        except OSError as error:
            raise ValueError(f"The run folder {path} cannot be written: {error}.") from None
    try:
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def require_room(folder: Path | None = None) -> None:
    """Makes sure that another training can start.

    Raises:
        ValueError: `MOST_AT_WORK` trainings of this folder are at work.
    """
    count = sum(run.active for run in list_runs(folder, kind=None))
    if count >= MOST_AT_WORK:
        raise ValueError(f"{count} trainings are at work on this computer already. Wait until one has ended, or watch "
                         "one of them.")


def resume(path: str | Path) -> None:
    """Goes on with a run from its newest checkpoint.

    Raises:
        ValueError: it is still at work or finished, or too many others are at work.
        FileNotFoundError: there is no such run.
    """
    with _STARTING:
        state = state_of(path)
        if not state.resumable:
            raise ValueError(f"The run {state.name!r} is {state.state}; only one that stopped can be resumed.")
        require_room(Path(path).parent)
        RunFolder(path).clear_stop()
        _spawn(Path(path))


def train_on(path: str | Path, length: float) -> None:
    """Makes a pretraining run longer and goes on with it, from its newest checkpoint.

    Args:
        path: its folder.
        length: of the whole run, in steps or minutes, whichever its recipe counts.

    Raises:
        ValueError: it is still at work, is no pretraining, or would not get longer; too many others are at work.
        FileNotFoundError: there is no such run.
    """
    with _STARTING:
        _require_rest(Path(path))
        run = RunFolder(path)
        if run.config().get("kind") != "pretraining":
            raise ValueError(f"The run {Path(path).name!r} is no pretraining, so it cannot go on; start a new one.")
        require_room(Path(path).parent)
        lengthen(run, length)
        run.clear_stop()
        _spawn(Path(path))


def stop(path: str | Path) -> None:
    """Asks a run to stop at the next clean point; one that has not begun to train is ended at once, if it is a process
    of its own."""
    state = state_of(path)
    if state.state == "preparing" and is_own_command(RunFolder(path).status()["pid"]):
        kill(path)
        RunFolder(path).write_status("stopped", message="stopped before training began")
    elif state.active:
        (Path(path) / "STOP").touch()


def kill(path: str | Path) -> None:
    """Ends a run's process at once; what it did since its last checkpoint is lost.

    Raises:
        ValueError: the run is part of another program, such as a notebook, which would end with it.
    """
    status = RunFolder(path).status()
    if not state_of(path).active:
        return
    pid = status["pid"]
    if not is_own_command(pid):
        raise ValueError(f"The run {Path(path).name!r} is part of another program (process {pid}), which is not ended "
                         "from here. Stop the run, or end that program yourself.")
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:  # with its helpers
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    deadline = time.monotonic() + 5
    while at_work(status) and time.monotonic() < deadline:
        time.sleep(0.02)


def rename(path: str | Path, name: str) -> Path:
    """Gives a run another name; returns its new folder.

    Raises:
        ValueError: it is at work, or the name cannot be used or is taken.
        FileNotFoundError: there is no such run.
    """
    path = Path(path)
    _require_rest(path)
    new = place_for(name, path.parent)
    run = RunFolder(path)
    run.rewrite_config(run.config())  # with the folder of now, which the paths in it follow
    path.rename(new)
    return new


def delete(path: str | Path) -> None:
    """Deletes a run with all its checkpoints.

    Raises:
        ValueError: it is at work, or cannot be deleted.
        FileNotFoundError: there is no such run.
    """
    _require_rest(Path(path))
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise ValueError(f"The run {path} cannot be deleted: {error}.") from None


def _require_rest(path: Path) -> None:
    if state_of(path).active:
        raise ValueError(f"The run {path.name!r} is at work; stop it first.")


def _spawn(path: Path) -> None:
    """Starts the process of a run: in a session of its own, and last in line for the processor."""
    own = ["finetune"] if RunFolder(path).config().get("kind") == "finetuning" else ["pretrain", "--resume"]
    command = [sys.executable, "-m", "bert_tf", *own, "--run", str(path.resolve())]
    if polite := shutil.which("nice"):
        command = [polite, "-n", "10", *command]
    environment = os.environ | {"TQDM_DISABLE": "1", "PYTHONUNBUFFERED": "1"}
    with (path / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True,
                                   creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0))
    known = {key: value for key, value in RunFolder(path).status().items() if key in ("progress", "step")}
    RunFolder(path).write_status("preparing", pid=process.pid, message="starting", **known)
    process.returncode = 0  # nobody here waits for it: `at_work` takes note when it has ended
