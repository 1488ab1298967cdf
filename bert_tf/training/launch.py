"""Starting, stopping and listing training runs, each a process of its own that outlives whoever started it.

The run folder is the only link: nothing is remembered here, so any number of pages, servers and terminals may
look at the same runs. A run lives in a folder of runs; its process writes to `log.txt` there.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bert_tf.config import PretrainingConfig
from bert_tf.training.finetuning import create_finetuning
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.pretraining_request import create_run, lengthen
from bert_tf.training.process import at_work, is_own_command
from bert_tf.training.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
LOG_FILE = "log.txt"
LONGEST_NAME = 60
#: Trainings at work at the same time: with more, none gets on, and memory runs out.
MOST_AT_WORK = 3
KINDS = ("pretraining", "finetuning")
_NAME = re.compile(r"[\w][\w .-]*")
#: Lines of the log that say nothing: progress bars, and where in the code something went wrong.
_NO_WORDS = re.compile(r"\d+%\||^Traceback|^  File |^    ")


@dataclass(frozen=True)
class RunState:
    """How a run stands.

    Attributes:
        name: its folder's name.
        path: its folder.
        state: `preparing`, `running`, `stopping`, `stopped`, `finished`, `failed`, or `died` if its process is
            gone without having said goodbye.
        message: what the trainer said last about it; for one that died, the last words of its log.
        progress: share done, in [0, 1].
        step: optimizer steps done.
        resumable: whether `resume` can go on with it; fine-tuning is short and never does.
        length: of a pretraining: (number, `minutes` or `steps`); None for others.
    """

    name: str
    path: Path
    state: str
    message: str
    progress: float
    step: int
    resumable: bool
    length: tuple[float, str] | None = None

    @property
    def active(self) -> bool:
        """Whether a process is at work on it."""
        return self.state in ("preparing", "running", "stopping")


def runs_folder() -> Path:
    """Returns where the runs are; the environment variable BERT_TF_RUNS names another place."""
    return Path(os.environ.get("BERT_TF_RUNS") or ROOT / "runs")


def list_runs(folder: Path | None = None, *, kind: str = "pretraining") -> list[RunState]:
    """Lists the runs of a folder that are of a kind, `pretraining` or `finetuning`, the latest first."""
    configs = sorted((folder or runs_folder()).glob("*/config.json"), key=written, reverse=True)
    found = []
    for path in configs:
        with contextlib.suppress(FileNotFoundError, ValueError):  # deleted or half copied while we look
            if RunFolder(path.parent).config().get("kind") == kind:
                found.append(state_of(path.parent))
    return found


def written(path: Path) -> float:
    """Returns when a file or folder was last changed, in seconds since 1970; 0 if it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def state_of(path: str | Path) -> RunState:
    """Says how a run stands.

    Raises:
        FileNotFoundError: there is no run in this folder.
    """
    path = Path(path)
    run = RunFolder(path)
    config, status = run.config(), run.status()
    kind, training = config.get("kind"), config.get("training", {})
    state, message = status.get("state", "stopped"), status.get("message", "")
    if state in ("preparing", "running") and not at_work(status):
        state, message = "died", last_words(path)
    elif state == "running" and run.stop_requested():
        state = "stopping"
    length = next(((training[unit], unit) for unit in ("minutes", "steps") if training.get(unit)), None)
    return RunState(path.name, path, state, message, float(status.get("progress", 0.0)), int(status.get("step", 0)),
                    kind != "finetuning" and state in ("stopped", "failed", "died"), length)


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
    require_room(path.parent)
    create_run(RunFolder(path), training, corpus=[str(file) for file in corpus], heldout=[str(file) for file in heldout],
               vocab_size=vocab_size, initial_model=initial_model and str(initial_model),
               initial_embeddings=initial_embeddings)
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
    require_room(path.parent)
    create_finetuning(RunFolder(path), training, model=str(model), train=str(train), dev=str(dev) if dev else None,
                      columns=columns)
    _spawn(path)
    return path


def place_for(name: str, folder: Path | None = None) -> Path:
    """Returns the folder that a new run of this name gets.

    Raises:
        ValueError: the name cannot be that of a folder, or there is such a run.
    """
    name = name.strip()
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ValueError(f"{name!r} cannot be the name of a run. Use 1 to {LONGEST_NAME} letters, digits, spaces, "
                         "hyphens, dots and underscores, and begin with a letter or digit.")
    path = (folder or runs_folder()) / name
    if (path / "config.json").exists():
        raise _taken(name)
    return path


def free_name(stem: str, folder: Path | None = None) -> str:
    """Returns the first of stem-1, stem-2, … that is free."""
    taken = {path.name for path in (folder or runs_folder()).glob("*")}
    return next(name for number in itertools.count(1) if (name := f"{stem}-{number}") not in taken)


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
                raise _taken(path.name) from None
        except OSError as error:
            raise ValueError(f"The run folder {path} cannot be written: {error}.") from None
    try:
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def _taken(name: str) -> ValueError:
    return ValueError(f"There is a run called {name!r} already; choose another name.")


def require_room(folder: Path | None = None) -> None:
    """Makes sure that another training can start.

    Raises:
        ValueError: `MOST_AT_WORK` trainings of this folder are at work.
    """
    count = sum(run.active for kind in KINDS for run in list_runs(folder, kind=kind))
    if count >= MOST_AT_WORK:
        raise ValueError(f"{count} trainings are at work on this computer already. Wait until one has ended, or watch "
                         "one of them.")


def resume(path: str | Path) -> None:
    """Goes on with a run from its newest checkpoint.

    Raises:
        ValueError: it is still at work or finished, or too many others are at work.
        FileNotFoundError: there is no such run.
    """
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


def last_words(path: str | Path, lines: int = 3) -> str:
    """Returns the last lines of a run's log that say something."""
    log = Path(path) / LOG_FILE
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 20_000))
        text = file.read().decode("utf-8", errors="replace")
    said = [line.rstrip() for line in re.split(r"[\r\n]+", text) if line.strip() and not _NO_WORDS.search(line)]
    return "\n".join(said[-lines:])


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
