"""Reading one word in many sentences: what the words-in-context page asks of a model.

Letters in shapes: n sentences, m tokens, L layers, H hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in the text."""
    return any("\u3400" <= letter <= "\u9fff" for letter in text)


@dataclass(frozen=True)
class Reading:
    """What a model made of a word in several sentences.

    Attributes:
        sentences: the n sentences that hold the word.
        spans: n pairs (start, end), where it stands in them, in characters.
        vectors: float32 (n, L+1, H), the word's vectors.
        tokens: float32 (m, L+1, H), those of all real tokens.
        missing: the sentences that do not hold it.
    """

    sentences: list[str]
    spans: list[tuple[int, int]]
    vectors: np.ndarray
    tokens: np.ndarray
    missing: list[str]

    def labels(self) -> list[str]:
        """Returns for each sentence the words around the word and a number, short enough for an axis."""
        labels = []
        for number, (sentence, (start, end)) in enumerate(zip(self.sentences, self.spans), 1):
            room = 4 if is_chinese(sentence) else 8
            before, after = sentence[max(0, start - room):start], sentence[end:end + room]
            labels.append(f"{'…' * (start > room)}{before}{sentence[start:end]}{after}"
                          f"{'…' * (end + room < len(sentence))}  {number}")
        return labels


@st.cache_data(max_entries=16, show_spinner=False)
def read(stamp: tuple, word: str, sentences: tuple[str, ...], _bert) -> Reading:
    """Traces every sentence that holds the word."""
    kept, spans, vectors, tokens, missing = [], [], [], [], []
    for sentence in sentences:
        try:
            pieces = _bert.word_positions(sentence, word)[0]
        except ValueError:
            missing.append(sentence)
            continue
        trace = _bert.trace(sentence)
        kept.append(sentence)
        spans.append((trace.offsets[pieces[0]][0], trace.offsets[pieces[-1]][1]))
        vectors.append(trace.hidden_states[:, pieces].mean(axis=1))
        real = [i for i, (start, end) in enumerate(trace.offsets) if end > start]
        tokens.append(trace.hidden_states[:, real].transpose(1, 0, 2))  # (L+1, real, H) -> (real, L+1, H)
    every_token = np.concatenate(tokens) if tokens else np.array([])
    return Reading(kept, spans, np.array(vectors), every_token, missing)
