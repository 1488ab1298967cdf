"""Reading fine-tuning runs for the screen: curves, results, the fine-tuned model, and what a gap is worth."""

from __future__ import annotations

import io
import json
import math
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from bert_tf.records import read_json
from bert_tf.training import run_states
from bert_tf.training.finetuning import read_examples
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.run_folder import RunFolder
from bert_tf.training.twins import PRETRAINED, SCRATCH
from ui import models

TWINS = (PRETRAINED, SCRATCH)
#: Points of a curve that are drawn.
MOST_POINTS = 300
_OPENING = threading.Lock()


@dataclass(frozen=True)
class Curves:
    """The curves of a run.

    Attributes:
        steps: twin -> training records.
        looks: twin -> records {epoch, and the dev figures}.
        last: the newest training record, or None.
    """

    steps: dict[str, list[dict]]
    looks: dict[str, list[dict]]
    last: dict | None


def curves(path: Path) -> Curves:
    """Returns a run's curves; read anew only when there is more."""
    return _curves(str(path), *_version(path / "metrics.jsonl"))


@st.cache_data(max_entries=16, show_spinner=False)
def _curves(path: str, size: int, stamp: int) -> Curves:
    steps, looks, last = {}, {}, None
    for record in RunFolder(path).metrics():
        if "dev" in record:
            numbers = {key: value for key, value in record["dev"].items() if isinstance(value, (int, float))}
            looks.setdefault(record["twin"], []).append(numbers | {"epoch": record["epoch"]})
        else:
            steps.setdefault(record["twin"], []).append(record)
            last = record
    return Curves({twin: _thinned(steps[twin]) for twin in TWINS if twin in steps},
                  {twin: looks[twin] for twin in TWINS if twin in looks}, last)


def _thinned(records: list[dict]) -> list[dict]:
    """Means of neighbours, so that few enough are left."""
    size = math.ceil(len(records) / MOST_POINTS)
    groups = [records[first:first + size] for first in range(0, len(records), size)]
    return [group[-1] | {key: sum(record[key] for record in group) / len(group) for key in ("loss", "accuracy")}
            for group in groups]


def _version(file: Path) -> tuple[int, int]:
    stat = file.stat() if file.is_file() else None
    return (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)


def result(path: Path) -> dict | None:
    """Returns what result.json says; None before the first look at the dev examples."""
    return _result(str(path), *_version(path / "result.json"))


@st.cache_data(max_entries=16, show_spinner=False)
def _result(path: str, size: int, stamp: int) -> dict | None:
    return read_json(Path(path) / "result.json") if size else None


@dataclass(frozen=True)
class Gap:
    """How far apart the twins are.

    Attributes:
        size: score of the pretrained one less that of the other.
        chance: a difference that chance alone makes now and then (two standard errors).
        beats_guessing: whether the better twin is clearly above always giving the most frequent label.
    """

    size: float
    chance: float
    beats_guessing: bool

    @property
    def clear(self) -> bool:
        """Whether the gap is more than chance makes."""
        return abs(self.size) > self.chance


def gap(found: dict) -> Gap | None:
    """Compares the twins by the score that decides; None where there is one alone.

    Each score is taken for a share of so many independent cases: texts, entities or questions. That is rough, for
    F1 above all, and errs towards caution, since both twins saw the same cases.

    Example: 90% against 80% of 100 texts: the standard error is sqrt(0.09 / 100 + 0.16 / 100) = 0.05, so that
    chance makes differences up to 0.1.
    """
    figures = [found["twins"][twin]["figures"] for twin in TWINS if twin in found["twins"]]
    if len(figures) < 2:
        return None
    mine, other = (row[found["score_name"]] for row in figures)
    cases = sum(row["support"] for row in figures[0]["per_class"]) if "per_class" in figures[0] else 0
    cases = max(cases or figures[0]["examples"], 1)
    chance = 2 * math.sqrt((mine * (1 - mine) + other * (1 - other)) / cases)
    floor = found["largest_class"]
    best = max(mine, other)
    clear = floor is None or best - floor > 2 * math.sqrt(best * (1 - best) / cases)
    return Gap(mine - other, chance, clear)


@dataclass(frozen=True)
class Outcome:
    """What one run came to.

    Attributes:
        run: its name.
        examples: how many it learnt from.
        scores: twin -> the score that decides.
    """

    run: str
    examples: int
    scores: dict[str, float]


def outcomes(path: Path) -> list[Outcome]:
    """Returns what the finished runs came to that differ from this one in their examples or settings only.

    Those are the ones from the same model that were measured on the same examples, this one among them; by their
    number of examples, rising.
    """
    mine, found = _measured_on(path), []
    for run in run_states.list_runs(path.parent, kind="finetuning"):
        came_to = result(run.path) if run.state == "finished" and _measured_on(run.path) == mine else None
        if came_to:
            scores = {twin: came_to["twins"][twin]["figures"][came_to["score_name"]] for twin in came_to["twins"]}
            found.append(Outcome(run.name, came_to["examples"]["train"], scores))
    return sorted(found, key=lambda outcome: outcome.examples)


def _measured_on(path: Path) -> tuple:
    """Returns what tells the task, the model and the dev examples of a run from others."""
    config = RunFolder(path).config()
    dev = {name: value for name, value in config["data"]["dev"].items() if name != "path"}
    return config["model"], Path(config["train"]).name, json.dumps(dev, sort_keys=True)


def model_folder(path: Path) -> Path | None:
    """Returns the folder of a run's fine-tuned model, or None before there is one."""
    folder = path / "model"
    return folder if (folder / "model.safetensors").is_file() else None


def open_finetuned(folder: Path):
    """Opens a fine-tuned model once for all visitors; anew when training has found a better one.

    Returns:
        The model, and the stamp of its weights.

    Raises:
        FileNotFoundError, ValueError: the folder is being replaced, or damaged.
    """
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    with _OPENING:
        return _open(str(folder), stamp), stamp


@st.cache_resource(max_entries=6, show_spinner=False)
def _open(folder: str, stamp: int):
    models.start_keras()
    from bert_tf.finetuned import load_finetuned

    return load_finetuned(folder)


def asked(folder: Path, question: str, *texts: str, **options):
    """Asks a fine-tuned model `classify`, `tag` or `answer`, or remembers what it answered."""
    bert, stamp = open_finetuned(folder)
    return _asked(str(folder), stamp, question, texts, options, bert)


@st.cache_data(max_entries=300, show_spinner=False)
def _asked(folder: str, stamp: int, question: str, texts: tuple, options: dict, _bert):
    return getattr(_bert, question)(*texts, **options)


def dev_examples(path: Path, most: int = 400) -> tuple:
    """Returns the first dev examples of a run, those that it was measured on.

    Raises:
        FileNotFoundError, ValueError: the files are gone or were changed.
    """
    return _dev_examples(str(path), most, *_version(path / "config.json"))


@st.cache_data(max_entries=8, show_spinner=False)
def _dev_examples(path: str, most: int, *version: int) -> tuple:
    wanted = RunFolder(path).config()
    config = FinetuningConfig.from_dict(wanted["training"])
    return read_examples(config, wanted["train"], wanted["dev"], wanted["columns"])[1].examples[:most]


def zipped(folder: Path, name: str) -> bytes:
    """Packs a model folder as a zip that holds one folder of this name; weights do not get smaller, so nothing is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{name}/{file.name}")
    return packed.getvalue()
