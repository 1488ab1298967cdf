"""What is in a file of labelled examples, shown before anything is trained."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from bert_tf.training.finetuning import read_examples
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.task_files import LARGEST_MEGABYTES, TaskFile
from bert_tf.training.task_tables import read_records
from ui import common, finetuning_html, html
from ui.finetuning_examples import example_card, kind_words, mine_first, texts_of
from ui.text import language, listed, t
from ui.uploads import put
from ui.word_reading import is_chinese

SHOWN = 4
#: Examples from all over a file, of which those in the visitor's language are shown.
SAMPLE = 60
#: Sets below these sizes, labels rarer than this, and labels more frequent than this get a warning.
FEW_EXAMPLES, FEW_DEV, FEW_OF_A_LABEL, MOST_OF_A_LABEL = 100, 50, 8, 0.8


@dataclass(frozen=True)
class Preview:
    """What is known of the examples of a run before it starts.

    Attributes:
        train, dev: what `TaskFile.describe` says of them.
        some: a few training examples from all over the file, as a file of their own.
        split: whether the dev examples were split off the training file.
    """

    train: dict
    dev: dict
    some: TaskFile
    split: bool


@st.cache_data(max_entries=20, show_spinner=False)
def of_files(train: str, dev: str | None, task: str = "auto", columns: dict | None = None) -> Preview:
    """Reads a training file and a dev file, or splits the one.

    Raises:
        FileNotFoundError, ValueError: the files cannot be trained on.
    """
    first, second = read_examples(FinetuningConfig(task=task), train, dev, columns)
    places = sorted(random.Random(0).sample(range(len(first)), min(SAMPLE, len(first))))  # a file may follow a rhythm
    return Preview(first.describe(), second.describe(), first.subset(places), dev is None)


def of_uploads(files: list, task: str, columns: dict[str, str]) -> Preview:
    """Reads one or two uploaded files.

    Raises:
        ValueError: they cannot be trained on.
    """
    return _of_uploads(tuple(file.file_id for file in files), task, columns, files)


@st.cache_data(max_entries=20, show_spinner=False)
def _of_uploads(file_ids: tuple, task: str, columns: dict, _files: list) -> Preview:
    require_size(_files)
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(put(file, Path(folder))) for file in _files]
        return of_files.__wrapped__(paths[0], paths[1] if len(paths) > 1 else None, task, columns)


def require_size(files: list) -> None:
    """Refuses files that are no small labelled set before they are copied anywhere."""
    for file in files:
        if file.size > LARGEST_MEGABYTES * 1e6:
            raise ValueError(f"{file.name} has {file.size / 1e6:,.0f} MB; task files may have {LARGEST_MEGABYTES} MB. "
                             "Take a sample of its rows.")


def columns_of(file) -> list[str]:
    """Returns the names of the columns of an uploaded file; none where it is no table, which the reader explains."""
    try:
        return _columns_of(file.file_id, file)
    except ValueError:
        return []


@st.cache_data(max_entries=20, show_spinner=False)
def _columns_of(file_id: str, _file) -> list[str]:
    require_size([_file])
    with tempfile.TemporaryDirectory() as folder:
        table = read_records(put(_file, Path(folder)))
    return list(table.header) or [str(name) for row in table.rows[:1] for name in row]


def show(seen: Preview, *, own: bool) -> None:
    """Draws what was recognised: the task, the counts, the labels, some examples, and what to beware of.

    Args:
        seen: what was read.
        own: whether it is the visitor's own file, whose columns had to be recognised.
    """
    train, colors = seen.train, common.palette()
    lengths = train["lengths"]
    st.html(html.numbers([
        (t(f"tune.task_{train['task']}"), t("tune.task"), colors.a),
        (f"{train['examples']:,}", t("tune.train_examples"), colors.a),
        (f"{seen.dev['examples']:,}", t("tune.split_examples" if seen.split else "tune.dev_examples"), colors.b),
        (f"{lengths['median']:,}", t("tune.characters", shortest=f"{lengths['shortest']:,}",
                                      longest=f"{lengths['longest']:,}"), colors.soft)]))
    used = [f"{t(f'tune.part_{part}')} = {name}" for part, name in train["columns"].items()]
    if used and own:
        st.caption(t("tune.columns_found", columns=common.plain(listed(used))))
    left, right = st.columns([2, 3], gap="large") if train["label_counts"] else (None, st.container())
    if left:
        with left:
            st.markdown(f"**{t('tune.kinds' if train['task'] == 'tagging' else 'tune.labels')}**")
            show_counts(train)
    with right:
        st.markdown(f"**{t('tune.some_examples')}**")
        kinds = list(train["label_counts"])
        st.html("".join(example_card(example, train["task"], kinds, colors) for example in to_show(seen.some.examples)))
    for warning in warnings(seen):
        st.info(warning, icon=":material/info:")


def to_show(some: tuple) -> list:
    """Chooses a few examples from all over the sample, in the visitor's language if there are enough."""
    ordered = mine_first(some, lambda example: texts_of(example)[0])
    mine = [example for example in ordered if is_chinese(texts_of(example)[0]) == (language() == "zh")]
    return mine[::len(mine) // SHOWN][:SHOWN] if len(mine) >= SHOWN else ordered[:SHOWN]


def show_counts(train: dict, most: int = 12) -> None:
    """Draws how many examples each label has, the most frequent first."""
    counts = sorted(train["label_counts"].items(), key=lambda entry: -entry[1])
    largest = counts[0][1]
    st.html(finetuning_html.label_bars([(kind_words(label), count / largest, f"{count:,}")
                                        for label, count in counts[:most]]))
    if len(counts) > most:
        st.caption(t("tune.more_labels", count=len(counts) - most))


def warnings(seen: Preview) -> list[str]:
    """Says in words what may make the figures worse than one hopes."""
    train, said = seen.train, []
    if train["skipped"]:
        said.append(t("tune.skipped", count=f"{train['skipped']:,}"))
    if train["repaired"]:
        said.append(t("tune.repaired", count=f"{train['repaired']:,}"))
    if train["examples"] < FEW_EXAMPLES:
        said.append(t("tune.few_examples", count=train["examples"]))
    if seen.dev["examples"] < FEW_DEV:
        said.append(t("tune.few_dev", count=seen.dev["examples"], share=html.percent(1 / seen.dev["examples"])))
    counts = train["label_counts"]
    rare = [label for label, count in counts.items() if count < FEW_OF_A_LABEL]
    if rare:
        said.append(t("tune.rare", labels=common.plain(listed(map(kind_words, rare[:8])))))
    if counts and train["task"] != "tagging":
        label = max(counts, key=counts.get)
        if counts[label] > MOST_OF_A_LABEL * train["examples"]:
            share = html.percent(counts[label] / train["examples"])
            said.append(t("tune.lopsided", label=common.plain(kind_words(label)), share=share))
    return said
