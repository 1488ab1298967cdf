"""Any BertViz view as one HTML document that asks the network for nothing.

BertViz writes a fragment that loads require.js, d3 and jQuery from a CDN. Here the fragment is taken apart, its
script is changed where it must be, the data are packed and escaped, and the libraries are inlined from installed
packages. Nothing here knows one view from another.
Letters in shapes: T tokens, L layers, N heads.
"""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bert_tf.results import Trace

#: Which part of the attention a view starts with, and what BertViz calls it.
PAIRS = {
    "all": "All",
    "a_to_a": "Sentence A -> Sentence A",
    "b_to_b": "Sentence B -> Sentence B",
    "a_to_b": "Sentence A -> Sentence B",
    "b_to_a": "Sentence B -> Sentence A",
}
#: The words on the views; pass others to have them in another language.
LABELS = {
    "layer": "Layer",
    "layers": "Layers",
    "attention": "Attention",
    "head": "Head",
    "heads": "Heads",
    "all": "All",
    "a_to_a": "Sentence A → Sentence A",
    "b_to_b": "Sentence B → Sentence B",
    "a_to_b": "Sentence A → Sentence B",
    "b_to_a": "Sentence B → Sentence A",
    "query": "Query q",
    "key": "Key k",
    "product": "q × k",
    "softmax": "Softmax",
    "point": "Point at a token on the left",
}
#: Attention weights are written as whole numbers of 1 / SCALE, that is, to four decimals.
SCALE = 10_000
SPECIAL_TOKENS = ("[CLS]", "[SEP]")
VIEW_ID = "bertviz"

_ASSETS = Path(__file__).parent / "assets"
_PARAMS_MARKERS = ("window.bertviz_params = ", "const params = ")  # the neuron view holds both, the data in the first


def visible(trace: Trace, sentence_b_start: int | None, hide_special: bool) -> tuple[list[int], int | None]:
    """Returns the indices of the tokens to show, and where among them the second sentence starts, if there is one."""
    tokens, weights = list(trace.tokens), np.asarray(trace.attentions)
    if weights.ndim != 4 or weights.shape[2:] != (len(tokens), len(tokens)):
        raise ValueError(
            f"attentions should be (L, N, {len(tokens)}, {len(tokens)}) for {len(tokens)} tokens, "
            f"but are {weights.shape}."
        )
    if not np.isfinite(weights).all():
        raise ValueError("attentions should be finite, but hold NaN or infinity: the model is broken.")
    if sentence_b_start is not None and not 0 < sentence_b_start < len(tokens):
        last = len(tokens) - 1
        raise ValueError(f"sentence_b_start should be from 1 to {last}, but is {sentence_b_start}.")
    second = np.flatnonzero(np.asarray(trace.segment_ids) == 1)
    b_start = sentence_b_start if sentence_b_start is not None else int(second[0]) if len(second) else None
    keep = [i for i, token in enumerate(tokens) if not (hide_special and token in SPECIAL_TOKENS)]
    b_start = None if b_start is None else sum(i < b_start for i in keep)
    if not keep:
        raise ValueError("There is no token to show: pass a text with a word in it, or hide_special=False.")
    # A sentence with nothing left in it is no second sentence.
    return keep, b_start if b_start and b_start < len(keep) else None


def labelled(labels: Mapping[str, str] | None) -> dict[str, str]:
    """Returns all words of the views, those given and English ones; raises ValueError for unknown keys."""
    unknown = sorted(set(labels or {}) - set(LABELS))
    if unknown:
        raise ValueError(f"labels does not know {', '.join(unknown)}. It knows: {', '.join(LABELS)}.")
    return LABELS | dict(labels or {})


def parts(count: int, b_start: int | None) -> dict[str, tuple[list[int], list[int]]]:
    """Returns for each pair of sentences, a key of `PAIRS`, its range of rows and of columns."""
    whole = {"all": ([0, count], [0, count])}
    if b_start is None:
        return whole
    bounds = {"a": [0, b_start], "b": [b_start, count]}
    return whole | {key: (bounds[key[0]], bounds[key[-1]]) for key in PAIRS if key != "all"}


def require_part(pairs: str, b_start: int | None) -> None:
    """Raises ValueError if `pairs` is no key of `PAIRS`, or needs a second sentence and there is none."""
    if pairs not in PAIRS:
        raise ValueError(f"pairs should be one of {', '.join(PAIRS)}, but is {pairs!r}.")
    if pairs != "all" and b_start is None:
        raise ValueError(f"pairs={pairs!r} needs two sentences, but there is one: pass a pair or 'all'.")


def weakest_drawn(attentions: np.ndarray, most: int) -> float:
    """Returns the weight below which nothing is drawn, so that at most about `most` weights are; 0 if all are."""
    if attentions.size <= most:
        return 0.0
    return float(np.partition(attentions, attentions.size - most, axis=None)[attentions.size - most])


def runs(weights: np.ndarray, floor: float) -> list[int]:
    """Packs weights in the order of memory: a positive number is a weight times SCALE, a negative one -n is n zeros.

    Weights below `floor`, and those that round to 0, are zeros.

    Example: 0.5, 0, 0, 0.25 becomes 5000, -2, 2500.
    """
    scaled = np.rint(np.where(weights >= floor, weights, 0).astype(np.float64).ravel() * SCALE).astype(np.int64)
    at = np.flatnonzero(scaled)
    zeros = np.diff(at, prepend=-1) - 1
    both = np.stack([-zeros, scaled[at]], axis=1).ravel()
    return both[both != 0].tolist()


def menu(words: Mapping[str, str], keys: Sequence[str], values: Sequence[object], chosen: str) -> str:
    """Returns the menu of sentence pairs; nothing where there is only one."""
    if len(keys) < 2:
        return ""
    options = "".join(
        f'<option value="{value}"{" selected" if key == chosen else ""}>{html.escape(words[key])}</option>'
        for key, value in zip(keys, values))
    return f'<label>{html.escape(words["attention"])} <select id="filter">{options}</select></label>'


def template(fragment: str, patches: Sequence[tuple[str, str]], palette: bool) -> tuple[str, str]:
    """Takes apart what BertViz wrote about a stand-in, once for all texts.

    Args:
        fragment: a view's HTML.
        patches: changes to its script, (its words, ours).
        palette: whether the view has a table of colours, to be replaced by ours.

    Returns:
        The fragment before its data, with one name and the mark MENUS for its menus; and what comes after them.
    """
    before, params, script = split_params(without_addresses(fragment))
    before = before.replace(params["root_div_id"], VIEW_ID)  # BertViz makes a new one each time
    before = re.sub(r"<span.*</span>", "MENUS", before, flags=re.DOTALL)
    if palette:
        script, count = re.subn(r"const PALETTE = \{.*?\n {8}\}\n", "const PALETTE = headView.palette;\n", script,
                                flags=re.DOTALL)
        if count != 1:
            raise RuntimeError("BertViz's script should hold one palette: expected bertviz 1.4.1.")
    return before, patched(script, patches)


def fill(parts_of_template: tuple[str, str], unpack: str, params: Mapping, menus: str, dark: bool) -> str:
    """Puts data and menus into a template and returns the whole document; `unpack` is the script's name for how."""
    before, script = parts_of_template
    before = before.replace("MENUS", f'<div class="controls">{menus}</div>' if menus else "")
    return offline_document(f"{before}headView.{unpack}({script_json(params)}){script}", dark)


def split_params(fragment: str) -> tuple[str, dict, str]:
    """Takes the data out of what BertViz wrote.

    Returns:
        The fragment up to the data, the data, and the fragment after them. BertViz's head and model
        views repeat the data in a comment behind them; it is left out.
    """
    marker = next((marker for marker in _PARAMS_MARKERS if marker in fragment), None)
    if marker is None:
        raise RuntimeError(f"BertViz's output holds none of {_PARAMS_MARKERS}: expected bertviz 1.4.1.")
    start = fragment.index(marker) + len(marker)
    params, end = json.JSONDecoder().raw_decode(fragment, start)
    after = fragment[end:]
    if after.startswith("; // HACK:"):
        after = ";" + after[after.index("\n"):]
    return fragment[:start], params, after


def script_json(value: object) -> str:
    """Returns compact JSON for a script element, with markup escaped so that no token can end the element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def patched(script: str, patches: Sequence[tuple[str, str]]) -> str:
    """Returns the script with each (old, new) replaced; old must be there exactly once."""
    for old, new in patches:
        if script.count(old) != 1:
            raise RuntimeError(f"BertViz's script should hold {old!r} once: expected bertviz 1.4.1.")
        script = script.replace(old, new)
    return script


def without_addresses(fragment: str) -> str:
    """Takes out of BertViz's own HTML and script what loads or names remote things."""
    fragment = re.sub(r'<script src="[^"]*"></script>', "", fragment)
    fragment = re.sub(r"/\*\*.*?\*/", "", fragment, count=1, flags=re.DOTALL)  # history, with addresses
    return re.sub(r"require\.config\(\{.*?\}\);", "", fragment, count=1, flags=re.DOTALL)


@functools.cache
def _libraries() -> str:
    """Returns d3 5, jQuery and what stands in for require.js, ready to stand in a script element."""
    d3 = files("mpld3").joinpath("js/d3.v5.min.js").read_text(encoding="utf-8")
    jquery = files("xstatic.pkg.jquery").joinpath("data/jquery.slim.min.js").read_text(encoding="utf-8")
    own = (_ASSETS / "bertviz.js").read_text(encoding="utf-8")
    text = "\n;\n".join([d3.replace("// https://d3js.org", "// d3", 1), jquery, own])
    # Inside strings and regular expressions, which is where these occur, the backslash changes nothing.
    return re.sub("<(?=/script|!--)", r"<\\", text, flags=re.IGNORECASE)


@functools.cache
def _style() -> str:
    return (_ASSETS / "bertviz.css").read_text(encoding="utf-8")


def offline_document(fragment: str, dark: bool) -> str:
    """Makes a whole page of what a BertViz view wrote, with the libraries inside.

    Args:
        fragment: BertViz's HTML, with its data already written by `script_json`.
        dark: whether the page is dark.

    Returns:
        A document that holds no remote address, and forbids itself to use one.
    """
    return (
        f'<!doctype html>\n<html{" class=dark" if dark else ""}>\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>BertViz</title>\n'
        f"<style>\n{_style()}</style>\n<script>\n{_libraries()}</script>\n</head>\n"
        f"<body>\n{fragment}\n</body>\n</html>\n"
    )
