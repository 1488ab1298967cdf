"""Driving the app without a browser: opening pages, typing, and reading what stands there."""

import base64
import json
import re
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from ui.common import ONE_ENTRY_A_PAGE
from ui.examples import FIRST
from ui.text import TEXT

APP = Path(__file__).resolve().parents[2] / "streamlit_app.py"
LANGUAGES = ["en", "zh"]
#: The name that a page goes by in the table of texts and among the first examples.
NAMES = {"fill_mask": "fill", "sentence_pair": "pair", "attention": "attention", "words_in_context": "words",
         "static_words": "static",
         "heads_at_work": "heads", "one_head": "onehead",
         "pretraining": "pretraining", "training_data": "data", "finetuning": "tune"}
#: The pages that answer what one types, and what each needs before it answers.
GOOD = {
    "fill_mask": {"sentence": "the [MASK] sat on the mat."},
    "sentence_pair": {"first": "the cat sat.", "second": "我 爱 苹果。"},
    "attention": {"look": "the cat sat on the mat."},
    "words_in_context": {"word": "bank", "sentences": "the bank is old\nthe river bank\nmoney by the bank"},
}
STRANGE = {
    "markup": "the <b>cat</b> **sat** $x$ :smile: `on` -> [a](b) & &lt; it",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)> cat",
    "emoji": "the cat 😀 👩‍👩‍👧 sat",
    "right to left": "שלום עולם cat مرحبا بالعالم",
    "combining": "c\u0301\u0301\u0301a\u0308t z\u0334\u035d cat",
    "invisible": "\u200b\u200e\ufeffcat\u00ad",
    "rare Chinese": "𠀀𪚥 cat 龘",
    "one long word": "a" * 300,
    "brackets": "[CLS] [SEP] [PAD] [UNK] cat [MASK",
    "nothing but unknown": "😀😀😀",
}


def words(key: str, lang: str, **values) -> str:
    return TEXT[key][LANGUAGES.index(lang)].format(**values)


def letters(text: str) -> str:
    """Takes Markdown's escapes back, as a browser would."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\u2060", "")


def whole(at: AppTest) -> AppTest:
    """Runs the app and holds that nothing on the screen is an error of the program."""
    at.run()
    assert not at.exception, at.exception[0].value
    assert not at.error
    return at


def type_into(at: AppTest, **values: str) -> AppTest:
    for key, value in values.items():
        (at.text_area if key == "sentences" else at.text_input)(key=key).input(value)
    return whole(at)


def nothing(page: str) -> dict[str, str]:
    """Every input of a page, emptied."""
    return {key: "" for key in FIRST["en"][NAMES[page]]}


def open_page(page: str, lang: str = "en", **values: str) -> AppTest:
    """Opens a page; inputs that get no value are empty, unless no input gets one: then the first example stands there.
    """
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.query_params["lang"] = lang
    whole(at).switch_page(f"ui/pages/{page}.py")
    return type_into(whole(at), **nothing(page) | values if values else {})


def open_by_address(page: str, lang: str = "en", **query: str) -> AppTest:
    """Opens a page whose address holds these values."""
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.query_params["lang"] = lang
    for key, value in query.items():
        at.query_params[key] = value
    return whole(whole(at).switch_page(f"ui/pages/{page}.py"))


def markup(at: AppTest) -> str:
    """All HTML of the page; the style, its one script and the sidebar are not among it."""
    return "".join(element.value for element in at.main.html if element.value != ONE_ENTRY_A_PAGE)


def answers(at: AppTest) -> bool:
    """Whether the page shows more than its own words."""
    return "bt-chip" in markup(at) or "bt-sentence" in markup(at) or bool(at.get("plotly_chart") or at.get("iframe"))


def said(at: AppTest) -> str:
    """All that the page says in boxes, captions and paragraphs, as it is read."""
    return letters("\n".join(element.value for kind in (at.info, at.warning, at.markdown, at.caption)
                             for element in kind))


def figure(at: AppTest, key: str) -> dict:
    return next(json.loads(chart.proto.spec) for chart in at.get("plotly_chart") if key in chart.proto.id)


def cells(array) -> np.ndarray:
    """Reads an array of a plotly figure, which may be packed."""
    if isinstance(array, dict):
        flat = np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])
        return flat.reshape([int(n) for n in array["shape"].split(",")]) if "shape" in array else flat
    return np.asarray(array)
