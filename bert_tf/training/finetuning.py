"""Fine-tuning on labelled examples, beside a twin that starts from random weights.

The run folder tells everything: config.json what was asked for, metrics.jsonl the curves of both twins,
status.json the state, result.json the figures and the examples that went wrong, model/ the best pretrained twin.
Source: Devlin et al. 2019, sections 3.2 and 4.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bert_tf import checkpoint
from bert_tf.task_folder import TaskSettings, require_second_segment, save_task
from bert_tf.text_files import write_atomically
from bert_tf.training.event_file import EventFile
from bert_tf.training.finetuned_card import finetuned_card
from bert_tf.training.finetuning_config import FinetuningConfig, suggested_epochs, suggested_learning_rate
from bert_tf.training.loop import STATUS_SECONDS, StopSignals
from bert_tf.training.run_folder import RunFolder, reported
from bert_tf.training.schedules import learning_rate
from bert_tf.training.task_batches import collate, make_features, shuffled_batches
from bert_tf.training.task_evaluation import SCORE_NAMES, evaluate_task
from bert_tf.training.task_files import read_task_file, sample, train_and_dev
from bert_tf.training.twins import PRETRAINED, SCRATCH, Twin, make_twin


def create_finetuning(run: RunFolder, config: FinetuningConfig, *, model: str, train: str, dev: str | None = None,
                      columns: dict[str, str] | None = None) -> None:
    """Reads the examples and writes down a new run; `finetune` then does it.

    Args:
        run: where.
        config: recipe; what it leaves open (task, learning rate, epochs) is settled and written down.
        model: a BERT folder.
        train: a file of examples.
        dev: a file of examples to measure on; None splits a tenth off.
        columns: part -> name of the column, where the names do not tell.

    Raises:
        FileNotFoundError: a file or the model is missing.
        ValueError: the folder holds a run already, the examples cannot be used, or the recipe does not fit the model.
    """
    shape = checkpoint.read_config(model)
    train_file, dev_file = read_examples(config, train, dev, columns)
    if train_file.task in ("pairs", "questions"):
        require_second_segment(shape, model)
    if config.frozen_blocks > shape.num_hidden_layers:
        raise ValueError(f"frozen_blocks is {config.frozen_blocks}, but the model has {shape.num_hidden_layers} "
                         "blocks.")
    config = config.replace(
        task=train_file.task, max_length=min(config.max_length, shape.max_position_embeddings),
        peak_learning_rate=config.peak_learning_rate or suggested_learning_rate(shape.hidden_size),
        epochs=config.epochs or suggested_epochs(len(train_file)))
    run.create({
        "kind": "finetuning", "training": config.to_dict(), "model": str(Path(model).resolve()),
        "train": str(Path(train).resolve()), "dev": str(Path(dev).resolve()) if dev else None, "columns": columns or {},
        "data": {"train": train_file.describe(), "dev": dev_file.describe()},
    })


def read_examples(config: FinetuningConfig, train: str, dev: str | None, columns: dict[str, str] | None):
    """Reads the training and the dev file, or splits the one: two `TaskFile`, cut to the sizes asked for."""
    first = read_task_file(train, task=config.task, columns=columns)
    second = read_task_file(dev, task=first.task, columns=columns) if dev else None
    first, second = train_and_dev(first, second, seed=config.seed)
    return sample(first, config.most_train, seed=config.seed), sample(second, config.most_dev, seed=config.seed)


def finetune(run: RunFolder, *, show: Callable[[dict], None] = lambda record: None) -> dict:
    """Does a run that `create_finetuning` wrote down.

    Args:
        run: the run.
        show: called with every metrics record and with every change of status.

    Returns:
        What result.json says.

    Raises:
        ValueError: the run was started before, its examples cannot be used, or the loss is no longer a number.
    """
    if run.metrics_path.exists() or run.status().get("state") in ("running", "stopped", "finished", "failed"):
        raise ValueError(f"{run.path} was started before. Fine-tuning is short and does not go on where it stopped: "
                         "start again in another run folder.")
    with reported(run, show, remedy="start again in another one") as status:
        return Finetuning(run, status, show).train()


class Finetuning:
    """One run being done: everything it needs, built from the run folder alone."""

    def __init__(self, run: RunFolder, status: Callable, show: Callable[[dict], None]):
        self.run, self.status, self.show = run, status, show
        wanted = run.config()
        self.config = FinetuningConfig.from_dict(wanted["training"])
        status("preparing", message="examples")
        self.train_file, self.dev_file = read_examples(self.config, wanted["train"], wanted["dev"], wanted["columns"])
        self.settings = TaskSettings(task=self.config.task, labels=self.train_file.labels,
                                     max_length=self.config.max_length, doc_stride=self.config.doc_stride)
        status("preparing", message="network")
        names = (PRETRAINED, SCRATCH) if self.config.twin else (PRETRAINED,)
        self.twins = [make_twin(name, wanted["model"], self.settings, self.config) for name in names]
        self.tokenizer = self.twins[0].loaded.tokenizer
        status("preparing", message="tokens")
        self.features = make_features(self.train_file, self.tokenizer, self.settings)
        self.dev_features = make_features(self.dev_file, self.tokenizer, self.settings)
        self.steps_per_epoch = math.ceil(len(self.features) / self.config.batch_size)
        self.total = self.steps_per_epoch * self.config.epochs
        self.step, self.started, self.told_at = 0, time.monotonic(), 0.0
        self.events: dict[str, EventFile] = {}

    def train(self) -> dict:
        """Trains to the end, to an early stop of all twins, or to a wish to stop; returns the result."""
        stop = StopSignals()
        self.status("running", step=0, total=self.total, progress=0.0, message="")
        with stop:
            for features in self._batches():
                rate = learning_rate(self.config, self.step / self.total)
                x, y = collate(features, self.tokenizer.pad_token_id, max_length=self.settings.max_length)
                self.step += 1
                for twin in self._active():
                    twin.train(x, y, rate, self.step)
                asked = stop.asked or self.run.stop_requested()
                over = self.step == self.total
                if self.step % self.config.log_every == 0 or over or asked:
                    self._log(rate)
                self._tell()
                if asked or over or self._evaluation_due():
                    self._evaluate()
                if asked and not over:
                    return self._finish("stopped", "stopped as asked")
                if not self._active():
                    return self._finish("finished", "stopped early: the dev figure no longer got better")
        return self._finish("finished", "")

    def _batches(self):
        for epoch in range(self.config.epochs):
            yield from shuffled_batches(self.features, self.config.batch_size, seed=self.config.seed, epoch=epoch)

    def _active(self) -> list[Twin]:
        return [twin for twin in self.twins if not twin.stopped]

    def _evaluation_due(self) -> bool:
        """Whether a further share of the epoch ends with this step."""
        share = self.config.evaluations_per_epoch / self.steps_per_epoch
        return math.floor(self.step * share + 1e-9) > math.floor((self.step - 1) * share + 1e-9)

    def _tell(self) -> None:
        """Says how far the training is, every few seconds."""
        if time.monotonic() - self.told_at > STATUS_SECONDS:
            self.told_at = time.monotonic()
            self.status("running", step=self.step, progress=self.step / self.total)

    def _place(self, twin: Twin) -> dict:
        """Where a record belongs."""
        return {"twin": twin.name, "step": self.step, "epoch": round(self.step / self.steps_per_epoch, 4),
                "progress": round(self.step / self.total, 6), "seconds": round(time.monotonic() - self.started, 3)}

    def _log(self, rate: float) -> None:
        for twin in self.twins:
            means = twin.take_window()
            if means:
                self._write(self._place(twin) | {"learning_rate": rate} | rounded(means))

    def _write(self, record: dict) -> None:
        """Adds a record to metrics.jsonl, and its figures to the TensorBoard file of its twin."""
        with self.run.metrics_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        if record["twin"] not in self.events:
            folder = self.run.path / "tensorboard" / record["twin"]
            self.events[record["twin"]] = EventFile(folder, first_step=self.step)
        figures = record.get("dev") or record
        group = {"heldout": "dev"} if "dev" in record else {}
        self.events[record["twin"]].add({"step": self.step, **group, **figures})
        self.show(record)

    def _evaluate(self) -> None:
        """Measures every active twin on the dev examples, keeps the best pretrained one, writes result.json."""
        for twin in self._active():
            evaluation = evaluate_task(twin.model, self.dev_features, self.dev_file, self.settings,
                                       self.tokenizer.pad_token_id)
            better = twin.judge(evaluation, self.step, self.config.patience)
            if better and twin.name == PRETRAINED:
                self._save_model(twin)
            self._write(self._place(twin) | {"best": better, "dev": rounded(evaluation.figures)})
        self._write_result("running")

    def _save_model(self, twin: Twin) -> None:
        """Writes `model/` beside its final name and renames it, so that it is whole or not there."""
        final, scratch = self.run.path / "model", self.run.path / ".writing-model"
        shutil.rmtree(scratch, ignore_errors=True)
        save_task(twin.model, self.tokenizer, scratch, self.settings)
        shutil.rmtree(final, ignore_errors=True)
        scratch.rename(final)

    def _write_result(self, state: str) -> dict:
        dev_labels = self.dev_file.label_counts if self.config.task in ("classification", "pairs") else {}
        result = {
            "state": state, "task": self.config.task, "labels": list(self.settings.labels),
            "score_name": SCORE_NAMES[self.config.task], "step": self.step, "total": self.total,
            "seconds": round(time.monotonic() - self.started, 3),
            "examples": {"train": len(self.train_file), "dev": len(self.dev_file)},
            "cut": {"train": cut_examples(self.features), "dev": cut_examples(self.dev_features)},
            "largest_class": max(dev_labels.values()) / len(self.dev_file) if dev_labels else None,
            "new_parts": sorted(self.twins[0].loaded.new_parts), "training": self.config.to_dict(),
            "twins": {twin.name: {
                "step": twin.best_step, "epoch": round(twin.best_step / self.steps_per_epoch, 4),
                "seconds": round(twin.seconds, 3), "stopped_early": twin.stopped, "figures": rounded(twin.best.figures),
                "last_figures": rounded(twin.last.figures), "wrong": twin.best.wrong,
            } for twin in self.twins if twin.best},
        }
        write_atomically(self.run.path / "result.json", json.dumps(result, ensure_ascii=False, indent=1) + "\n")
        return result

    def _finish(self, state: str, message: str) -> dict:
        result = self._write_result(state)
        if (self.run.path / "model").is_dir():
            write_atomically(self.run.path / "model" / "card.md",
                             finetuned_card(self.run.path.name, self.run.config(), result))
        self.status(state, step=self.step, progress=self.step / self.total, message=message)
        return result


def cut_examples(features) -> int:
    """How many examples were too long to be read whole (for questions: whose question was)."""
    return len({feature.example for feature in features if feature.cut})


def rounded(value):
    """The same plain values, with numbers of at most six digits after the point."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, (float, np.floating)) else value
