"""BertViz's head view as one HTML document that asks the network for nothing.

BertViz writes a fragment that loads require.js, d3 and jQuery from a CDN. Here the fragment is taken
apart, its data are packed and escaped, and the libraries are inlined from installed packages:
`_split_params`, `_script_json` and `_offline_document` know nothing of the head view in particular.
Letters in shapes: T tokens, L layers, N heads.
"""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping
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
#: The words on the view; pass others to have it in another language.
LABELS = {
    "layer": "Layer",
    "attention": "Attention",
    "head": "Head",
    "all": "All",
    "a_to_a": "Sentence A → Sentence A",
    "b_to_b": "Sentence B → Sentence B",
    "a_to_b": "Sentence A → Sentence B",
    "b_to_a": "Sentence B → Sentence A",
}
#: Attention weights are written as whole numbers of 1 / SCALE, that is, to four decimals.
SCALE = 10_000
SPECIAL_TOKENS = ("[CLS]", "[SEP]")

_ASSETS = Path(__file__).parent / "assets"
_PARAMS_MARKERS = ("const params = ", "window.bertviz_params = ")
_VIEW_ID = "bertviz"
#: Changes to BertViz's script: (its words, ours). Each must occur exactly once.
_HEAD_VIEW_PATCHES = (
    ("const BOXWIDTH = 110;", "const BOXWIDTH = headView.boxWidth(params, TEXT_SIZE);"),
    ("const MATRIX_WIDTH = 115;", "let MATRIX_WIDTH = 0;"),
    ("d3.scaleOrdinal(d3.schemeCategory10)", "headView.colors(d3)"),
    ("lighten(headColors(i))", "headView.muted(headColors(i))"),
    (".val(layer).text(layer)", ".val(layer).text(layer + 1)"),  # people count from 1
    ('.append("line")', ".select(headView.line)"),
    ("// Load parameters", "MATRIX_WIDTH = headView.matrixWidth(params, BOXWIDTH, CHECKBOX_SIZE);"),
    (
        "drawCheckboxes(0, svg, layerAttention);",
        "drawCheckboxes(0, svg, layerAttention);\n"
        "        headView.finish(svg, 2 * BOXWIDTH + MATRIX_WIDTH, params);",
    ),
    ("    initialize();\n", "    initialize();\n    headView.onResize(renderVis);\n"),
)


def head_view_html(
    trace: Trace,
    *,
    layer: int | None = None,
    sentence_b_start: int | None = None,
    pairs: str = "all",
    hide_special: bool = False,
    dark: bool = False,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Returns BertViz's head view of a trace as a standalone HTML document, for an iframe's srcdoc.

    Tokens on the left look at tokens on the right; a line's colour is the head, its opacity the weight over
    the number of heads shown. The view's own menu and tooltips count layers and heads from 1.
    The same arguments give the same text, so that a page drawn again keeps the frame as it is.

    Args:
        trace: attentions (L, N, T, T) are drawn, rounded to four decimals.
        layer: the layer shown first, 0 to L-1 as in the trace; None is 0.
        sentence_b_start: index of the first token of the second sentence, special tokens counted;
            None takes the first token whose segment is 1, if there is one.
        pairs: what the view's own menu of sentence pairs starts with, a key of `PAIRS`.
        hide_special: leave out the rows and columns of [CLS] and [SEP]. The other weights stay as
            they are: rows then sum to less than 1, by what went to the special tokens.
        dark: colours for a dark page. The background is transparent in a frame.
        labels: words for the keys of `LABELS`; keys left out stay English.

    Raises:
        ValueError: `layer`, `sentence_b_start` or a key of `labels` is out of range; `pairs` is unknown,
            or needs a second sentence and there is none; the trace has no token left to show, or
            attentions that do not fit its tokens or are not finite.
    """
    tokens, weights, b_start = _visible(trace, sentence_b_start, hide_special)
    if layer is not None and not 0 <= layer < len(weights):
        raise ValueError(f"layer should be from 0 to {len(weights) - 1}, but is {layer}.")
    if pairs not in PAIRS:
        raise ValueError(f"pairs should be one of {', '.join(PAIRS)}, but is {pairs!r}.")
    if pairs != "all" and b_start is None:
        raise ValueError(f"pairs={pairs!r} needs two sentences, but there is one: pass a pair or 'all'.")
    unknown = sorted(set(labels or {}) - set(LABELS))
    if unknown:
        raise ValueError(f"labels does not know {', '.join(unknown)}. It knows: {', '.join(LABELS)}.")
    words = LABELS | dict(labels or {})

    import torch
    from bertviz import head_view

    # Whole numbers, not fractions: a third of the text, and quick to write and to read.
    scaled = torch.from_numpy(np.rint(weights.astype(np.float64) * SCALE).astype(np.int32))  # (L, N, T, T)
    fragment = head_view(
        attention=list(scaled[:, None]),  # L times (1, N, T, T)
        tokens=tokens,
        sentence_b_start=b_start,
        layer=None if layer is None else int(layer),
        html_action="return",
    ).data
    before, params, script = _split_params(fragment)
    controls = _controls(words, pairs, params["attention"])
    before = re.sub(r"<span.*</span>", lambda _: controls, before, flags=re.DOTALL)
    before = before.replace(params["root_div_id"], _VIEW_ID)  # BertViz makes a new one each time
    packed = _script_json(_packed(params, b_start, pairs, words))
    script = _patched(script, _HEAD_VIEW_PATCHES)
    return _offline_document(f"{before}headView.unpack({packed}){script}", dark)


def _visible(
    trace: Trace, sentence_b_start: int | None, hide_special: bool
) -> tuple[list[str], np.ndarray, int | None]:
    """Returns the tokens to show, their attentions (L, N, T, T), and where the second sentence starts."""
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
    if hide_special:
        keep = [i for i, token in enumerate(tokens) if token not in SPECIAL_TOKENS]
        tokens, weights = [tokens[i] for i in keep], weights[:, :, keep][:, :, :, keep]
        b_start = None if b_start is None else sum(i < b_start for i in keep)
    if not tokens:
        raise ValueError("There is no token to show: pass a text with a word in it, or hide_special=False.")
    # A sentence with nothing left in it is no second sentence.
    return tokens, weights, b_start if b_start and b_start < len(tokens) else None


def _controls(words: Mapping[str, str], pairs: str, views: list[dict]) -> str:
    """Returns BertViz's row of menus (its script fills the layers), labelled with our words."""
    menus = f'<label>{html.escape(words["layer"])} <select id="layer"></select></label>'
    if len(views) > 1:
        key_of = {name: key for key, name in PAIRS.items()}
        keys = [key_of[view["name"]] for view in views]
        options = "".join(
            f'<option value="{i}"{" selected" if key == pairs else ""}>{html.escape(words[key])}</option>'
            for i, key in enumerate(keys)
        )
        menus += f'<label>{html.escape(words["attention"])} <select id="filter">{options}</select></label>'
    return f'<div class="controls">{menus}</div>'


def _packed(params: dict, b_start: int | None, pairs: str, words: Mapping[str, str]) -> dict:
    """Returns BertViz's parameters with every weight once: a sentence pair is a range of rows and columns."""
    whole, *parts = params["attention"]
    bounds = {"A": [0, b_start], "B": [b_start, len(whole["left_text"])]}
    for part in parts:
        rows, columns = re.findall("Sentence ([AB])", part["name"])
        part.update(attn=None, rows=bounds[rows], columns=bounds[columns])
    names = [view["name"] for view in params["attention"]]
    chosen = names.index(PAIRS[pairs]) if parts else 0
    return params | {
        "root_div_id": _VIEW_ID,
        "default_filter": str(chosen),
        "scale": SCALE,
        "head_label": words["head"],
    }


def _split_params(fragment: str) -> tuple[str, dict, str]:
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


def _script_json(value: object) -> str:
    """Returns compact JSON for a script element, with markup escaped so that no token can end the element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _patched(script: str, patches: tuple[tuple[str, str], ...]) -> str:
    """Returns the script with each (old, new) replaced; old must be there exactly once."""
    for old, new in patches:
        if script.count(old) != 1:
            raise RuntimeError(f"BertViz's script should hold {old!r} once: expected bertviz 1.4.1.")
        script = script.replace(old, new)
    return script


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


def _offline_document(fragment: str, dark: bool) -> str:
    """Makes a whole page of what a BertViz view wrote, with the libraries inside.

    Args:
        fragment: BertViz's HTML, with its data already written by `_script_json`.
        dark: whether the page is dark.

    Returns:
        A document that holds no remote address, and forbids itself to use one.
    """
    fragment = re.sub(r'<script src="[^"]*"></script>', "", fragment)
    fragment = re.sub(r"/\*\*.*?\*/", "", fragment, count=1, flags=re.DOTALL)  # history, with addresses
    fragment = re.sub(r"require\.config\(\{.*?\}\);", "", fragment, count=1, flags=re.DOTALL)
    return (
        f'<!doctype html>\n<html{" class=dark" if dark else ""}>\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>BertViz</title>\n'
        f"<style>\n{_style()}</style>\n<script>\n{_libraries()}</script>\n</head>\n"
        f"<body>\n{fragment}\n</body>\n</html>\n"
    )
