"""What the meaning pages ask of a model, remembered: a word in many sentences, and the bank of sentences.

Letters in shapes: n sentences, L layers, H hidden.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from bert_tf.sense_sets import sense_set
from ui.examples import word_set
from ui.text import language, t


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in the text."""
    return any("\u3400" <= letter <= "\u9fff" for letter in text)


def short_labels(texts: Sequence[str], spans: Sequence[tuple[int, int]]) -> list[str]:
    """Returns for each sentence the words around the span and a number, short enough for an axis."""
    labels = []
    for number, (text, (start, end)) in enumerate(zip(texts, spans), 1):
        room = 4 if is_chinese(text) else 8
        before, after = text[max(0, start - room):start], text[end:end + room]
        if start > room and " " in before.rstrip():  # no half words
            before = before.split(" ", 1)[1]
        if end + room < len(text) and " " in after.lstrip():
            after = after.rsplit(" ", 1)[0]
        labels.append(f"{'…' * (start > room)}{before}{text[start:end]}{after}{'…' * (end + room < len(text))}  {number}")
    return labels


def known_senses(word: str, sentences: Sequence[str]) -> tuple[list[int | None], list[str]]:
    """Looks up what is known about sentences: the sense of each, and the senses' names in the visitor's language.

    Whichever ready set of the word knows more of the sentences says it.
    """
    found: tuple[list[int | None], list[str]] = ([None] * len(sentences), [])
    for entry in (word_set(word), sense_set(word)):
        if entry is None:
            continue
        senses = [entry.sense_of(sentence) for sentence in sentences]
        names = [gloss[language()] for gloss in entry.glosses] if hasattr(entry, "glosses") else list(entry.senses)
        if sum(sense is not None for sense in senses) > sum(sense is not None for sense in found[0]):
            found = senses, names
    return found


def own_senses(text: str, sentences: Sequence[str], most: int) -> tuple[list[int | None], list[str]] | None:
    """Reads senses off the empty lines between sentences: each stretch of lines is a sense of its own.

    Args:
        text: what was typed, one sentence a line.
        sentences: those of them that hold the word.
        most: senses that can be told apart on the screen.

    Returns:
        The sense of each sentence and the senses' names; None where one stretch alone holds the word, or too many do.
    """
    stretch_of: dict[str, int] = {}
    for number, stretch in enumerate(re.split(r"\n\s*\n", text)):
        for line in stretch.splitlines():
            stretch_of.setdefault(line.strip(), number)
    stretches = list(dict.fromkeys(stretch_of[sentence] for sentence in sentences))
    if not 2 <= len(stretches) <= most:
        return None
    senses = [stretches.index(stretch_of[sentence]) for sentence in sentences]
    return senses, [t("words.sense", number=number + 1) for number in range(len(stretches))]


@st.cache_data(max_entries=24, show_spinner=False)
def read(stamp: tuple, word: str, sentences: tuple[str, ...], _bert, context: str = "full", hide: str = "cut"):
    """Reads a word in many sentences; see `bert_tf.batch_vectors.read_word`."""
    from bert_tf.batch_vectors import read_word

    return read_word(_bert, sentences, word, context=context, hide=hide)


@st.cache_data(max_entries=64, show_spinner=False)
def lay_out(vectors: np.ndarray, method: str, components: int) -> np.ndarray:
    """Lays vectors (n, H) out in the plane or in space; see `bert_tf.vector_maps.map_points`."""
    from bert_tf.vector_maps import map_points

    return map_points(vectors, method, components)


@st.cache_data(max_entries=64, show_spinner=False)
def group(vectors: np.ndarray, count: int | None):
    """Groups vectors (n, H); see `bert_tf.sense_analysis.find_groups`."""
    from bert_tf.sense_analysis import find_groups

    return find_groups(vectors, count)


@dataclass
class BankReader:
    """A bank of sentences that is read beside the pages.

    Attributes:
        done: the share that is read, from 0 to 1.
        bank: the bank, once it is read.
        problem: what went wrong, if something did.
    """

    done: float = 0.0
    bank: object = None
    problem: Exception | None = None
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self, bert) -> BankReader:
        """Begins to read."""
        self._thread = threading.Thread(target=self._read, args=(bert,), daemon=True)
        self._thread.start()
        return self

    def _read(self, bert) -> None:
        from bert_tf.sentence_bank import read_bank

        try:
            self.bank = read_bank(bert, progress=self._tell)
        except Exception as error:  # shown by the page that waits; nobody sees a thread fail
            self.problem = error

    def _tell(self, share: float) -> None:
        self.done = share

    def wait(self, seconds: float) -> None:
        """Waits until it is read, but not longer."""
        self._thread.join(seconds)


@st.cache_resource(max_entries=2, show_spinner=False)  # tens of megabytes for a small model, hundreds for a large one
def bank_of(stamp: tuple, _bert) -> BankReader:
    """Returns the bank of a model, which is being read from the first call on."""
    return BankReader().start(_bert)
