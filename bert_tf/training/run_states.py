"""Which training runs there are, how each stands, and what a new one may be called.

The run folder is the only link: nothing is remembered here, so any number of pages, servers and terminals may
look at the same runs. A run lives in a folder of runs; its process writes to `log.txt` there.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from bert_tf.training.process import at_work
from bert_tf.training.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
LOG_FILE = "log.txt"
LONGEST_NAME = 60
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
        kind: `pretraining` or `finetuning`.
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
    kind: str
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


def list_runs(folder: Path | None = None, *, kind: str | None = "pretraining") -> list[RunState]:
    """Lists the runs of a folder that are of a kind, `pretraining` or `finetuning` (None: either), the latest first."""
    configs = sorted((folder or runs_folder()).glob("*/config.json"), key=written, reverse=True)
    found = []
    for path in configs:
        with contextlib.suppress(FileNotFoundError, ValueError):  # deleted or half copied while we look
            config = RunFolder(path.parent).config()
            if config.get("kind") in ((kind,) if kind else KINDS):
                found.append(_state(path.parent, config))
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
    return _state(Path(path), RunFolder(path).config())


def _state(path: Path, config: dict) -> RunState:
    run = RunFolder(path)
    status, kind, training = run.status(), config.get("kind"), config.get("training", {})
    state, message = status.get("state", "stopped"), status.get("message", "")
    if state in ("preparing", "running") and not at_work(status):
        state, message = "died", last_words(path)
    elif state == "running" and run.stop_requested():
        state = "stopping"
    length = next(((training[unit], unit) for unit in ("minutes", "steps") if training.get(unit)), None)
    return RunState(path.name, path, kind, state, message, float(status.get("progress", 0.0)), int(status.get("step", 0)),
                    kind != "finetuning" and state in ("stopped", "failed", "died"), length)


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
        raise taken(name)
    return path


def free_name(stem: str, folder: Path | None = None) -> str:
    """Returns the first of stem-1, stem-2, … that is free."""
    taken = {path.name for path in (folder or runs_folder()).glob("*")}
    return next(name for number in itertools.count(1) if (name := f"{stem}-{number}") not in taken)


def taken(name: str) -> ValueError:
    return ValueError(f"There is a run called {name!r} already; choose another name.")
