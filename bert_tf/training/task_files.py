"""Labelled examples from files: CSV, TSV, JSONL, SQuAD JSON and CoNLL, with columns and labels recognised.

A page can show all of a `TaskFile` before anything is trained: which column was taken for what, how many examples
of each label there are, how long they are, which rows were left out.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bert_tf.training.task_readers import pair_and_text_examples, question_examples, recognise, tagged_examples
from bert_tf.training.task_tables import read_records

#: Sizes beyond which a file is not a small labelled set.
LARGEST_MEGABYTES = 200
MOST_LABELS = 200
#: The share of a file split off for development, and the most examples of it.
DEV_SHARE, MOST_DEV = 0.1, 1000


@dataclass(frozen=True)
class TaskFile:
    """A file of labelled examples, read and checked.

    Attributes:
        path: the file; for a split-off part, the file it came from.
        task: `classification`, `pairs`, `tagging` or `questions`.
        columns: which column plays which part (text, text_a, text_b, label, tokens, tags).
        labels: names of the labels or BIO tags, sorted; none for questions.
        label_counts: examples of each label; for tagging, entities of each type.
        examples: `TextExample`, `TaggedExample` or `QuestionExample`, in the order of the file.
        skipped: rows left out because their text or label was empty, or a question had no answer.
        repaired: answers that did not stand where the file says, taken from the nearest place where they do, or
            left out where the question has others.
    """

    path: str
    task: str
    columns: dict[str, str]
    labels: tuple[str, ...]
    label_counts: dict[str, int]
    examples: tuple
    skipped: int = 0
    repaired: int = 0

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def lengths(self) -> dict[str, int]:
        """Characters of the shortest, the median and the longest example (for questions: passage)."""
        values = sorted(example.characters for example in self.examples)
        return {"shortest": values[0], "median": values[len(values) // 2], "longest": values[-1]}

    def describe(self) -> dict:
        """Returns everything but the examples as plain JSON values."""
        return {"path": self.path, "task": self.task, "columns": self.columns, "examples": len(self),
                "labels": list(self.labels), "label_counts": self.label_counts, "lengths": self.lengths,
                "skipped": self.skipped, "repaired": self.repaired}

    def subset(self, chosen: Iterable[int]) -> "TaskFile":
        """Returns the same file with some of its examples; the labels stay those of the whole."""
        examples = tuple(self.examples[i] for i in chosen)
        return replace(self, label_counts=count_labels(self.task, examples), examples=examples, skipped=0, repaired=0)


def read_task_file(path: str | Path, *, task: str = "auto", columns: dict[str, str] | None = None) -> TaskFile:
    """Reads a file of labelled examples and finds out what task it is for.

    Args:
        path: CSV or TSV with a header line (or without one, if it is plain which column is which), JSONL, JSON, or
            CoNLL (a word and its tag a line, a blank line after a sentence).
        task: what it should be for; `auto` goes by its columns.
        columns: part -> name of the column, where the names do not tell.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is too large, no text, empty, or not such a file; its examples contradict each other.
    """
    path = Path(path)
    if not os.path.isfile(path):  # where a name is too long, Path.is_file raises an error of its own
        raise FileNotFoundError(f"The task file {path} does not exist.")
    megabytes = path.stat().st_size / 1e6
    if megabytes > LARGEST_MEGABYTES:
        raise ValueError(f"{path.name} has {megabytes:,.0f} MB; task files may have {LARGEST_MEGABYTES} MB. "
                         "Take a sample of its rows.")
    table = read_records(path)
    found, used = recognise(table, task, columns or {})
    reader = {"questions": question_examples, "tagging": tagged_examples}.get(found, pair_and_text_examples)
    examples, notes = reader(table, used)
    if not examples:
        rows = "questions, all empty or without answer" if found == "questions" else "rows, all without text or label"
        raise ValueError(f"{path.name} holds no examples ({notes['skipped']} {rows}). Fill them in, or choose other "
                         "columns.")
    counts = count_labels(found, examples)
    labels = _labels(path.name, found, examples, counts)
    return TaskFile(str(path), found, used, labels, counts, tuple(examples), **notes)


def count_labels(task: str, examples: Iterable) -> dict[str, int]:
    """Counts examples by label, or entities by type, in the order of the names; nothing for questions."""
    counts: Counter = Counter()
    for example in examples:
        if task == "tagging":
            counts.update(kind for kind, _, _ in example.entities)
        elif task != "questions":
            counts[example.label] += 1
    return dict(sorted(counts.items()))


def _labels(name: str, task: str, examples: list, counts: dict[str, int]) -> tuple[str, ...]:
    """The names of all classes, checked."""
    if task == "questions":
        return ()
    if task == "tagging":
        if not counts:
            raise ValueError(f"Every tag in {name} is O, so there is nothing to learn. Tag some entities.")
        return ("O", *(f"{side}-{kind}" for kind in counts for side in "BI"))
    if len(counts) < 2:
        raise ValueError(f"Every example in {name} has the label {next(iter(counts))!r}; learning to tell classes "
                         "apart takes at least two.")
    if len(counts) > MOST_LABELS:
        raise ValueError(f"{name} has {len(counts):,} different labels, at most {MOST_LABELS} are possible. Is the "
                         "label column the right one?")
    return tuple(counts)


def train_and_dev(train: TaskFile, dev: TaskFile | None, *, seed: int) -> tuple[TaskFile, TaskFile]:
    """Puts both parts in order: the same task and labels; without a dev file, a tenth is split off at random.

    Questions about one passage stay together, so that no dev passage was trained on.

    Raises:
        ValueError: the files hold the same examples or are for different tasks, the dev file has labels of its own, or
            there are too few examples to split.
    """
    if dev is None:
        return _split(train, seed)
    if dev.examples == train.examples:
        raise ValueError("The dev file holds the same examples as the training file, so it could not tell learning "
                         "from knowing by heart. Give other examples, or none: a tenth is then split off.")
    if dev.task != train.task:
        raise ValueError(f"The training file is for {train.task}, the dev file for {dev.task}; they should be alike.")
    own = sorted(set(dev.label_counts) - set(train.label_counts))
    if own:
        raise ValueError(f"The dev file has labels that the training file lacks: {', '.join(own[:5])}. It holds: "
                         f"{', '.join(list(train.label_counts)[:10])}.")
    return train, replace(dev, labels=train.labels)


def _split(file: TaskFile, seed: int) -> tuple[TaskFile, TaskFile]:
    groups: dict = {}
    for i, example in enumerate(file.examples):
        groups.setdefault(example.group if file.task == "questions" else i, []).append(i)
    if len(groups) < 10:
        what = "passages" if file.task == "questions" else "examples"
        raise ValueError(f"{Path(file.path).name} has {len(groups)} {what}, too few to split some off for development "
                         "(10 at least). Give a dev file, or more examples.")
    order = list(groups)
    random.Random(seed).shuffle(order)
    wanted, chosen = min(MOST_DEV, max(1, round(DEV_SHARE * len(file)))), set()
    for group in order:
        if len(chosen) < wanted:
            chosen.update(groups[group])
    kept = [i for i in range(len(file)) if i not in chosen]
    return file.subset(kept), file.subset(sorted(chosen))


def sample(file: TaskFile, most: int, *, seed: int) -> TaskFile:
    """Returns at most `most` of a file's examples, chosen at random; 0 means all of them."""
    if not most or most >= len(file):
        return file
    chosen = np.random.default_rng(seed).choice(len(file), most, replace=False)
    return file.subset(sorted(chosen.tolist()))
