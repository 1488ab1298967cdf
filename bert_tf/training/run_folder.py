"""The run folder: the only link between a training process and whoever looks at it.

    config.json       what was asked for, and where the folder was then
    metrics.jsonl     one record a log step
    status.json       state, pid and when that process began, heartbeat, step, progress, message
    STOP              its presence asks for a clean stop
    checkpoints/      step-00001000/ ...: Hugging Face folders; the newest two also hold the training state;
                      skipped-step-...: those that a resumed run could not go on from
    tensorboard/      the same figures for TensorBoard
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bert_tf.checkpoint import model_files
from bert_tf.records import read_json
from bert_tf.text_files import write_atomically
from bert_tf.training.event_file import EventFile
from bert_tf.training.process import at_work, beating, started_at

STATE_FILE = "training_state.safetensors"
PROGRESS_FILE = "progress.json"
#: Newest checkpoints that keep the training state: one to go on from, one more in case it is damaged.
WITH_STATE = 2


class RunFolder:
    """Reads and writes one run folder.

    Args:
        path: the folder; `create` makes it, everything else expects it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._events: EventFile | None = None

    @property
    def metrics_path(self) -> Path:
        """`metrics.jsonl`."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints_path(self) -> Path:
        """`checkpoints/`."""
        return self.path / "checkpoints"

    def create(self, config: dict) -> None:
        """Makes the folder and writes down what was asked for.

        A run that failed before its first step may be asked for anew; what it had prepared is thrown away.

        Raises:
            ValueError: the folder holds a run already, or cannot be written.
        """
        if (self.path / "config.json").exists():
            if self.status().get("state") != "failed" or self.checkpoints() or self.metrics():
                goes_on = self.config().get("kind") != "finetuning"
                way = "To go on with it give --resume; otherwise give" if goes_on else "Give"
                raise ValueError(f"{self.path} already holds a run. {way} another --run.")
            for prepared in ("tokenizer", "shards", "heldout", "initial"):
                shutil.rmtree(self.path / prepared, ignore_errors=True)
        try:
            self.checkpoints_path.mkdir(parents=True, exist_ok=True)
            (self.path / "status.json").unlink(missing_ok=True)  # of the run that failed
            self.rewrite_config(config)
        except OSError as error:
            raise ValueError(f"The run folder {self.path} cannot be written: {error}.") from None

    @property
    def initial_model_path(self) -> Path:
        """Where the model is that a run goes on from: a copy of its own, since the other folder may change."""
        return self.path / "initial"

    def keep_initial_model(self, folder: str | Path) -> None:
        """Copies the model that the run goes on from.

        Raises:
            ValueError: the disk refuses.
        """
        try:
            self.initial_model_path.mkdir()
            for path in model_files(folder):
                shutil.copyfile(path, self.initial_model_path / path.name)
        except OSError as error:
            self.write_status("failed", message=f"The initial model cannot be copied: {error}")
            raise ValueError(f"The run folder {self.path} cannot be written: {error}.") from None

    def rewrite_config(self, config: dict) -> None:
        """Writes down what is asked for from now on."""
        config = config | {"folder": str(self.path.resolve())}
        write_atomically(self.path / "config.json", json.dumps(config, indent=2, ensure_ascii=False) + "\n")

    def config(self) -> dict:
        """Reads what was asked for; paths into the folder follow it wherever it was moved.

        Raises:
            FileNotFoundError: there is no run in this folder.
        """
        if not (self.path / "config.json").is_file():
            raise FileNotFoundError(f"{self.path} holds no run (no config.json).")
        values = read_json(self.path / "config.json")
        shards = Path(values.get("shards") or "")
        moved = shards.name == "shards" and not shards.exists() and (self.path / "shards").is_dir()
        if moved and "folder" not in values:  # written down before folders were
            values["folder"] = str(shards.parent)
        before = values.pop("folder", None)
        return _moved(values, before, str(self.path.resolve())) if before else values

    def pretraining(self) -> dict:
        """Reads what a pretraining was asked for.

        Raises:
            FileNotFoundError: there is no run in this folder.
            ValueError: it is a fine-tuning.
        """
        config = self.config()
        if config.get("kind") == "finetuning":
            raise ValueError(f"{self.path} is a fine-tuning run, no pretraining. Its model is in {self.path / 'model'}; "
                             "fine-tuning is short and does not go on where it stopped: start it again in another "
                             "folder.")
        return config

    def append_metrics(self, record: dict) -> None:
        """Adds one line to `metrics.jsonl`, and its figures to TensorBoard's file."""
        with self.metrics_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        if self._events is None:
            self._events = EventFile(self.path / "tensorboard", first_step=record["step"])
        self._events.add(record)

    def metrics(self) -> list[dict]:
        """Reads all whole lines of `metrics.jsonl`; a half-written last line is left out."""
        if not self.metrics_path.exists():
            return []
        records = []
        for line in self.metrics_path.read_text(encoding="utf-8").splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                break
        return records

    def rewind_metrics(self, step: int) -> None:
        """Drops the records after `step`: a resumed run writes them again."""
        kept = [json.dumps(record) + "\n" for record in self.metrics() if record["step"] <= step]
        write_atomically(self.metrics_path, "".join(kept))

    def write_status(self, state: str, **values) -> None:
        """Writes `status.json`: state is preparing, running, stopped, finished or failed; the pid is this process's."""
        record = {"state": state, "pid": os.getpid(), "heartbeat": time.time(), **values}
        record["started"] = started_at(record["pid"])
        write_atomically(self.path / "status.json", json.dumps(record, ensure_ascii=False) + "\n")

    def status(self) -> dict:
        """Reads `status.json`; an empty dict before the first one is written."""
        path = self.path / "status.json"
        return read_json(path) if path.exists() else {}

    def stop_requested(self) -> bool:
        """Whether somebody put a STOP file into the folder."""
        return (self.path / "STOP").exists()

    def clear_stop(self) -> None:
        """Removes the STOP file."""
        (self.path / "STOP").unlink(missing_ok=True)

    def checkpoints(self) -> list[Path]:
        """Lists whole checkpoints, oldest first."""
        return sorted(path for path in self.checkpoints_path.glob("step-*") if (path / PROGRESS_FILE).is_file())

    def resumable_checkpoint(self) -> Path | None:
        """Returns the newest checkpoint that holds the training state, or None."""
        return next((path for path in reversed(self.checkpoints()) if (path / STATE_FILE).is_file()), None)

    def save_checkpoint(self, step: int, progress: dict, write_model, state: dict[str, np.ndarray]) -> Path:
        """Writes a checkpoint beside its final name and renames it, so that it is whole or not there.

        Args:
            step: optimizer steps done.
            progress: plain values needed to go on (step, seconds, ...).
            write_model: function of a folder that writes the Hugging Face files into it.
            state: the other arrays needed to go on.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import save_file

        final = self.checkpoints_path / f"step-{step:08d}"
        scratch = self.checkpoints_path / f".writing-{step:08d}-{os.getpid()}"
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            scratch.mkdir(parents=True)
            write_model(scratch)
            save_file(state, scratch / STATE_FILE)
            (scratch / PROGRESS_FILE).write_text(json.dumps(progress) + "\n", encoding="utf-8")
            shutil.rmtree(final, ignore_errors=True)
            scratch.rename(final)
        except (OSError, ValueError, SafetensorError) as error:
            raise ValueError(f"The checkpoint {final} could not be written ({error}). Earlier checkpoints are "
                             "untouched; make room and go on with --resume.") from None
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return final

    def prune(self, keep: int) -> None:
        """Deletes all but `keep` checkpoints, the training state of older ones, and what a killed writer left behind.

        Up to two, the newest are kept. From three on, the first and the newest two stay, and of the others those
        that are spread most evenly over the run, early ones closer together: they show how the model learnt.
        """
        kept = self.checkpoints()
        while len(kept) > keep:
            shutil.rmtree(kept.pop(_most_crowded([step_of(path) for path in kept]) if keep > WITH_STATE else 0))
        for path in kept[:-WITH_STATE]:
            (path / STATE_FILE).unlink(missing_ok=True)
        for leftover in self.checkpoints_path.glob(".writing-*"):
            shutil.rmtree(leftover, ignore_errors=True)


@contextlib.contextmanager
def reported(run: RunFolder, show: Callable[[dict], None], *, remedy: str) -> Iterator[Callable]:
    """Keeps the status of a run true while it is being done: whatever ends it with an error is written down, and its
    heartbeat goes on through work that takes long.

    Args:
        run: the run; a STOP file from before is taken away.
        show: called with every change of status.
        remedy: what to do when the folder cannot be written, the end of a sentence.

    Yields:
        A function of a state and other values that writes and shows them.

    Raises:
        ValueError: another process is doing this run, or the run folder cannot be written.
    """
    before, ours = run.status(), (os.getpid(), os.getppid())  # on Windows a process of a .venv stands behind another
    if before.get("state") in ("preparing", "running") and before.get("pid") not in ours and at_work(before):
        raise ValueError(f"{run.path} is being trained by another process ({before['pid']}). Wait until it has ended, or "
                         "put a file named STOP into the folder to end it.")
    state, writing = {"state": "failed", "message": "ended unexpectedly"}, threading.Lock()

    def status(name: str, **values) -> None:
        with writing:
            state.update({"state": name, **values})
            run.write_status(**state)
        show({"status": name, **values})

    def beat() -> None:
        with writing:
            if state["state"] in ("preparing", "running"):
                run.write_status(**state)

    try:
        run.clear_stop()
        with beating(beat):
            yield status
    except BaseException as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            error = ValueError(f"The run folder {run.path} cannot be written ({error}). Make room, or allow writing, "
                               f"and {remedy}.")
        with contextlib.suppress(OSError):
            run.write_status(**state | {"state": "failed", "message": str(error) or type(error).__name__})
        raise error from None


def step_of(checkpoint: Path) -> int:
    """Reads the step off a checkpoint's name."""
    return int(checkpoint.name.removeprefix("step-"))


def _moved(value, old: str, new: str):
    """Returns a value of JSON with the paths in it that lie in the folder `old` put into `new`."""
    if isinstance(value, dict):
        return {key: _moved(entry, old, new) for key, entry in value.items()}
    if isinstance(value, list):
        return [_moved(entry, old, new) for entry in value]
    if isinstance(value, str) and value.startswith(old + os.sep):
        return new + value[len(old):]
    return value


def _most_crowded(steps: list[int]) -> int:
    """Returns which of the rising steps to do without: where the gap between its neighbours is the least share.

    Example: of 0, 10, 20, 30, 40, 50 it is index 3: taking out 30 leaves a gap of 20 before 40, half of it;
    taking out 10 would leave nothing between 0 and 20, all of it.
    """
    between = range(1, len(steps) - WITH_STATE)
    return min(between, key=lambda i: (steps[i + 1] - steps[i - 1]) / steps[i + 1])
