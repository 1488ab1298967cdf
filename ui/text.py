"""Every sentence on the screen, in English and Chinese, from one table."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from ui.texts import (
    app,
    attention,
    bertviz,
    data,
    fill,
    finetuning,
    heads,
    home,
    influence,
    onehead,
    pair,
    pretraining,
    settings,
    static,
    takeaway,
    words,
)

LANGUAGES = {"en": "English", "zh": "中文"}

TEXT = {
    **app.TEXT,
    **home.TEXT,
    **fill.TEXT,
    **pair.TEXT,
    **influence.TEXT,
    **attention.TEXT,
    **bertviz.TEXT,
    **words.TEXT,
    **static.TEXT,
    **takeaway.TEXT,
    **pretraining.TEXT,
    **settings.TEXT,
    **data.TEXT,
    **finetuning.TEXT,
    **heads.TEXT,
    **onehead.TEXT,
}


def language() -> str:
    """Returns the language chosen: `en` or `zh`."""
    return st.session_state.get("lang") or "en"


def t(key: str, **values) -> str:
    """Returns a text in the language chosen, with its {placeholders} filled in."""
    return TEXT[key][list(LANGUAGES).index(language())].format(**values)


def comma() -> str:
    """Returns what stands between two parts of a sentence, in the visitor's language."""
    return {"en": ", ", "zh": "，"}[language()]


def listed(parts: Iterable[str]) -> str:
    """Joins the parts of a list, in the visitor's language."""
    return {"en": ", ", "zh": "、"}[language()].join(parts)
