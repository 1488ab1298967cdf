"""Reading runs for the screen: their figures, and a model that steps through their checkpoints."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from bert_tf.training import run_states
from bert_tf.training.export import thinned
from bert_tf.training.run_folder import PROGRESS_FILE, RunFolder, step_of

#: What a training record gives the mean of, over the steps since the one before.
MEANS = ("loss", "mlm_loss", "mlm_accuracy", "nsp_loss", "nsp_accuracy")
#: What a run has done before its first step.
BEGINNING = {"step": 0, "seconds": 0.0, "tokens": 0}
_OPENING = threading.Lock()


def figures(path: Path) -> list[dict]:
    """Returns a run's training records, at most about 400 of them; read anew only when there are more."""
    file = path / "metrics.jsonl"
    stat = file.stat() if file.is_file() else None
    return _figures(str(path), stat.st_size if stat else 0, stat.st_mtime_ns if stat else 0)


@st.cache_data(max_entries=32, show_spinner=False)
def _figures(path: str, size: int, stamp: int) -> list[dict]:
    return thinned(whole_windows([record for record in RunFolder(path).metrics() if "heldout" not in record]))


def whole_windows(records: list[dict]) -> list[dict]:
    """Joins every training record that covers fewer than half of the usual steps to the one before it.

    A run that is over in the middle of a window leaves a few steps, and their mean is mostly chance.

    Example: of records at the steps 10, 20 and 24, the last two become one at 24, the mean over 14 steps.
    """
    usual = max((record["step"] - before["step"] for before, record in zip([BEGINNING, *records], records)), default=0)
    windows = []  # (record before, record)
    for before, record in zip([BEGINNING, *records], records):
        if windows and record["step"] - before["step"] < usual / 2:
            since, first = windows.pop()
            windows.append((since, _joined(since, first, record)))
        else:
            windows.append((before, record))
    return [record for _, record in windows]


def _joined(since: dict, first: dict, second: dict) -> dict:
    """Returns two records, one after the other, as one of all steps since a third."""
    weights = first["step"] - since["step"], second["step"] - first["step"]
    means = {name: (weights[0] * first[name] + weights[1] * second[name]) / sum(weights) for name in MEANS}
    speed = (second["tokens"] - since["tokens"]) / max(second["seconds"] - since["seconds"], 1e-9)
    return second | means | {"tokens_per_second": speed}


def heldout(path: Path) -> list[dict]:
    """Returns what was measured last on each held-out text."""
    file = path / "metrics.jsonl"
    stat = file.stat() if file.is_file() else None
    return _heldout(str(path), stat.st_size if stat else 0, stat.st_mtime_ns if stat else 0)


@st.cache_data(max_entries=32, show_spinner=False)
def _heldout(path: str, size: int, stamp: int) -> list[dict]:
    last = {record["heldout"]: record for record in RunFolder(path).metrics() if "heldout" in record}
    return list(last.values())


def seconds_left(last: dict) -> float:
    """Returns how many seconds of training are still to come, from the last record."""
    return last["seconds"] * (1 - last["progress"]) / max(last["progress"], 1e-6)


def goes_on_unheard(path: Path) -> bool:
    """Whether a run at work that was resumed has not written anything down since.

    On resuming, the trainer drops the records after its checkpoint and writes the rest anew. So the figures are
    older than the checkpoint while it works, and newer than their own checkpoint just after it was resumed.
    """
    records, steps = figures(path), checkpoint_steps(path)
    if not records or not steps or records[-1]["step"] > steps[-1]:
        return False
    run = RunFolder(path)
    return run_states.written(run.metrics_path) > run_states.written(run.checkpoints()[-1] / PROGRESS_FILE)


def share_done(last: dict, length: tuple[float, str] | None) -> float:
    """Returns how much of a run was done at its last record, also where it has become longer since.

    Args:
        last: the record.
        length: of the run: (number, `minutes` or `steps`); None where that is not known.
    """
    if length is None:
        return last["progress"]
    number, unit = length
    return min(1.0, (last["step"] if unit == "steps" else last["seconds"] / 60) / number)


def checkpoint_steps(path: Path) -> list[int]:
    """Returns the steps of which a run has checkpoints, rising."""
    return [step_of(checkpoint) for checkpoint in RunFolder(path).checkpoints()]


def weights_of(folder: Path) -> tuple[Path, float]:
    """Returns what tells the weights of a checkpoint from others: another run may get its name one day."""
    return folder, run_states.written(folder / "model.safetensors")


@dataclass
class RunModel:
    """One model object that takes on the weights of any checkpoint of a run, so that XLA compiles it only once.

    Attributes:
        bert: the model.
        weights: the checkpoint whose weights it has now, and when they were written.
        lock: held while somebody asks, since another visitor may want another checkpoint.
    """

    bert: object
    weights: tuple[Path, float]
    lock: threading.Lock

    def ask(self, folder: Path, question: str, *texts: str):
        """Asks the model as it was at a checkpoint; see `bert_tf.explore.Bert` for the questions.

        Raises:
            FileNotFoundError: the checkpoint is gone.
            ValueError: the text cannot be read, or the checkpoint is damaged.
        """
        from bert_tf.checkpoint import load_tensors, read_tensors

        with self.lock:
            wanted = weights_of(folder)
            if wanted != self.weights:
                load_tensors(self.bert.model, read_tensors(folder), source=str(folder))
                self.weights = wanted
            return getattr(self.bert, question)(*texts)


@st.cache_resource(max_entries=4, show_spinner=False)
def _run_model(shape: str, vocabulary: str, _folder: Path) -> RunModel:
    from bert_tf import load
    from ui.models import start_keras

    start_keras()
    return RunModel(load(_folder), weights_of(_folder), threading.Lock())


def run_model(checkpoint: Path) -> RunModel:
    """Returns the model object for a checkpoint's shape and vocabulary; runs that share both share it."""
    shape = (checkpoint / "config.json").read_text(encoding="utf-8")
    with _OPENING:
        return _run_model(shape, (checkpoint / "vocab.txt").read_text(encoding="utf-8"), checkpoint)


def checkpoint_at(path: Path, step: int | None) -> Path | None:
    """Returns the checkpoint of a step, the nearest if it has been cleared away, the newest for None."""
    checkpoints = RunFolder(path).checkpoints()
    if not checkpoints or step is None:
        return checkpoints[-1] if checkpoints else None
    return min(checkpoints, key=lambda checkpoint: abs(step_of(checkpoint) - step))


def asked(checkpoint: Path, question: str, *texts: str):
    """Asks a checkpoint, or remembers what it answered."""
    return _asked(str(checkpoint), (checkpoint / "model.safetensors").stat().st_mtime_ns, question, texts)


@st.cache_data(max_entries=600, show_spinner=False)
def _asked(checkpoint: str, stamp: int, question: str, texts: tuple[str, ...]):
    folder = Path(checkpoint)
    return run_model(folder).ask(folder, question, *texts)
