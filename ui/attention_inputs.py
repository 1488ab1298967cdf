"""What the pages about attention ask for: one or two texts, a layer, a head, a token; and how they offer numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ui import common
from ui.text import language, t


def two_texts(page: str, examples: dict, keys: tuple[str, str]) -> tuple[str, ...]:
    """Draws examples and two inputs; returns the first text, or both; ends the page while there is none.

    Args:
        page: the page's name in the table of texts.
        examples: language -> pairs (first text, second text or nothing).
        keys: of the two inputs.
    """
    def put(pair: tuple[str, str]) -> None:
        st.session_state.update(dict(zip(keys, pair)))

    common.examples(f"{page}_example", examples[language()], lambda pair: " / ".join(filter(None, pair)), put)
    text = common.text(st.text_input, t("attention.first"), key=keys[0], live=True)
    second = common.text(st.text_input, t("attention.second"), key=keys[1], live=True)
    if not text.strip():
        common.hint("attention.empty")
    return (text, second) if second.strip() else (text,)


def number(column, label: str, key: str, count: int, default: int = 1) -> int:
    """Draws a choice from 1 to `count`."""
    with column:
        return common.choice(st.selectbox, label, list(range(1, count + 1)), key=key, default=default)


def telling_head(trace) -> tuple[int, int]:
    """Returns the layer and head, both from 1, to show at first: words look most at words that are not their neighbours.

    That is where the squares of such weights add up to most; heads that look at [CLS], [SEP] or the next token do not.
    """
    words = [i for i, (start, end) in enumerate(trace.offsets) if end > start]
    place = np.arange(len(words))
    far = np.abs(place[:, None] - place) > 1
    focus = (np.square(trace.attentions[:, :, words][..., words]) * far).sum(axis=(2, 3))  # (L, N)
    layer, head = np.unravel_index(np.argmax(focus), focus.shape)
    return int(layer) + 1, int(head) + 1


def token(column, label: str, key: str, tokens: Sequence[str], default: int = 1) -> int:
    """Draws a choice of one token of the text; returns its index from 0. The address counts from 1."""
    options = list(range(1, len(tokens) + 1))
    with column:
        return common.choice(st.selectbox, label, options, key=key, default=min(default, len(tokens)),
                             format_func=lambda place: f"{place}  {tokens[place - 1]}") - 1
