"""BertViz's model view (every head at a glance) and neuron view (queries and keys of one head).

Letters in shapes: T tokens, L layers, N heads, D head size.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ui import bertviz_page as page
from ui.bertviz_view import packed

if TYPE_CHECKING:
    from bert_tf.head_arithmetic import HeadVectors
    from bert_tf.results import Trace

#: So many lines the model view draws in all, the strongest; a browser takes more than a second for more.
MOST_LINES = 40_000
#: Weaker ones cannot be seen.
WEAKEST_LINE = 0.01
#: Numbers of queries and keys are written as whole numbers of 1 / VECTOR_SCALE.
VECTOR_SCALE = 100

_MODEL_PATCHES = (
    ("const DIV_WIDTH = 970;", "let DIV_WIDTH = 970;"),
    ("const DETAIL_WIDTH = 300;",
     "const DETAIL_BOX_WIDTH = headView.boxWidth(params.attention[0].left_text, 13);\n"
     "        const DETAIL_WIDTH = 140 + 2 * DETAIL_BOX_WIDTH;"),
    ("const DETAIL_BOX_WIDTH = 80;", ""),
    ("// Set global state variables", "DIV_WIDTH = headView.modelWidth(params);\n"
     "            config.detail_layer = config.detail_head = null;"),
    ("config.thumbnailBoxHeight = 7 * (12 / config.totalHeads);",
     "config.thumbnailBoxHeight = headView.rowHeight(config, DIV_WIDTH);"),
    ('.text("Heads")', ".text(params.words.heads)"),
    ('.text("Layers")', ".text(params.words.layers)"),
    ("'Layer ' + config.layers[layerIndex] + \", Head \" + config.heads[headIndex]",
     "`${params.words.layer} ${config.layers[layerIndex]} · ${params.words.head} ${config.heads[headIndex]}`"),
    ('console.log("x", x, y)', ""),
    ("        initialize();\n        render();\n", "        initialize();\n        render();\n"
     "        headView.onResize(render);\n"),
)
_NEURON_PATCHES = (
    ("const MATRIX_WIDTH = 200;", ""),
    ("const BOXWIDTH = TEXT_SIZE * 8;",
     "const BOXWIDTH = headView.boxWidth(params.attention.all.left_text, TEXT_SIZE) + 26;\n"
     "        const RIGHT_BOXWIDTH = BOXWIDTH - 18;"),  # no sign to fold the view up stands there, but a heading
    ("const HEIGHT_PADDING = 100;", "const HEIGHT_PADDING = 52;"),
    ("const HEADING_TEXT_SIZE = 16;", "const HEADING_TEXT_SIZE = headView.narrow() ? 13 : 16;"),
    ("const TEXT_SIZE = 15;", "const TEXT_SIZE = headView.narrow() ? 13 : 15;"),
    ("const PADDING_WIDTH = 25;", "const PADDING_WIDTH = headView.narrow() ? 12 : 25;\n"
     "        const OTHERS_WIDTH = BOXWIDTH + RIGHT_BOXWIDTH + 5.5 * PADDING_WIDTH + BOXHEIGHT;\n"
     "        const MATRIX_WIDTH = headView.vectorWidth(OTHERS_WIDTH);"),
    ('.attr("width", "100%")', '.attr("width", headView.fading(OTHERS_WIDTH + 3 * MATRIX_WIDTH))'),
    ("                    showComputation(svg, index);", "                    showComputation(svg, index);\n"
     "                    headView.showResult();"),
    ("config.expanded = false;\n            config.bidirectional",
     "config.expanded = true;\n            config.bidirectional"),
    ('.attr("x", posQueries + 68)', '.attr("text-anchor", "middle").attr("x", posQueries + MATRIX_WIDTH / 2)'),
    ('.attr("x", posKeys + 73)', '.attr("text-anchor", "middle").attr("x", posKeys + MATRIX_WIDTH / 2)'),
    ('.attr("x", posProduct + 28)', '.attr("text-anchor", "middle").attr("x", posProduct + MATRIX_WIDTH / 2)'),
    ('.attr("x", posProduct + 55)', '.attr("x", headView.narrow() ? 0 : posProduct)'),
    ('.attr("y", HEADING_HEIGHT + 55)', '.attr("y", headView.narrow() ? TEXT_SIZE : HEADING_HEIGHT + 55)'),
    ('.attr("font-size", 20 + "px")', '.attr("font-size", TEXT_SIZE + "px")'),
    (".text('Query ')", ".text(params.words.query)"),
    (".text('q')\n                .attr(\"y\", HEADING_HEIGHT - 12)\n                .attr(\"font-size\", "
     "HEADING_TEXT_SIZE + \"px\");\n\n            var keyHeadingContainer",
     ".text('');\n\n            var keyHeadingContainer"),
    (".text('Key ')", ".text(params.words.key)"),
    (".text('k ')", ".text('')"),
    (".text('q \\u00D7 k (elementwise)')", ".text(params.words.product)"),
    ('.append("path")\n', ".select(headView.path)\n"),
    ('.append("rect")\n                .attr("x", start_pos - 1)',
     '.select(headView.rect)\n                .attr("x", start_pos - 1)'),
    ('.text("Softmax")', ".text(params.words.softmax)"),
    ('.text("No token selected")', ".text(params.words.point)"),
)


def model_view_html(
    trace: Trace,
    *,
    sentence_b_start: int | None = None,
    pairs: str = "all",
    hide_special: bool = False,
    dark: bool = False,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Returns BertViz's model view as a standalone HTML document: a small picture for every head; click to enlarge.

    Lines below `weakest_line(trace)` are left out. The other arguments, and what is raised, are those of
    `bertviz_view.head_view_html`.
    """
    kept, b_start = page.visible(trace, sentence_b_start, hide_special)
    page.require_part(pairs, b_start)
    words = page.labelled(labels)
    layers, heads = np.shape(trace.attentions)[:2]
    keys, floor = list(page.parts(len(kept), b_start)), weakest_line(trace)
    params = packed(trace, kept, b_start, floor) | {
        "default_filter": str(keys.index(pairs)), "display_mode": "dark" if dark else "light", "least": floor,
        "include_layers": list(range(1, layers + 1)), "include_heads": list(range(1, heads + 1)),  # people count from 1
        "total_heads": heads, "words": {key: words[key] for key in ("layer", "layers", "head", "heads")}}
    return page.fill(_model_template(), "unpack", params, page.menu(words, keys, range(len(keys)), pairs), dark)


def weakest_line(trace: Trace) -> float:
    """Returns the weight below which the model view draws no line."""
    return max(WEAKEST_LINE, page.weakest_drawn(trace.attentions, MOST_LINES))


def neuron_view_html(
    trace: Trace,
    vectors: HeadVectors,
    layer: int,
    head: int,
    *,
    sentence_b_start: int | None = None,
    pairs: str = "all",
    hide_special: bool = False,
    dark: bool = False,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Returns BertViz's neuron view of one head as a standalone HTML document.

    Pointing at a token shows its query against every key, number by number, the dot product over sqrt(D), and the
    attention that comes of it. Queries and keys are written to two decimals; connections below 1% are not drawn.

    Args:
        vectors: this head's queries and keys, (T, D) each, from `bert_tf.head_arithmetic.head_vectors`.
        layer, head: counted from 0.

    The other arguments, and what is raised, are those of `bertviz_view.head_view_html`.
    """
    kept, b_start = page.visible(trace, sentence_b_start, hide_special)
    page.require_part(pairs, b_start)
    words = page.labelled(labels)
    tokens = [trace.tokens[i] for i in kept]
    weights = trace.attentions[layer, head][np.ix_(kept, kept)]
    ranges = page.parts(len(kept), b_start)
    params = {
        "attention": {key: {"rows": rows, "columns": columns, "left_text": tokens[slice(*rows)],
                            "right_text": tokens[slice(*columns)]} for key, (rows, columns) in ranges.items()},
        "root_div_id": page.VIEW_ID, "default_filter": pairs, "bidirectional": True, "layer": 0, "head": 0,
        "display_mode": "dark" if dark else "light", "least": WEAKEST_LINE, "scale": page.SCALE,
        "vector_scale": VECTOR_SCALE, "shape": [1, 1, len(kept)], "runs": page.runs(weights, 0.0),
        "queries": _whole(vectors.queries[kept]), "keys": _whole(vectors.keys[kept]),
        "words": {key: words[key] for key in ("query", "key", "product", "softmax", "point")}}
    title = f"{words['layer']} {layer + 1} · {words['head']} {head + 1}"
    menus = f"<b>{html.escape(title)}</b>" + page.menu(words, list(ranges), list(ranges), pairs)
    return page.fill(_neuron_template(), "unpackHead", params, menus, dark)


def _whole(vectors: np.ndarray) -> list[list[int]]:
    return np.rint(vectors.astype(np.float64) * VECTOR_SCALE).astype(np.int64).tolist()


@functools.cache
def _model_template() -> tuple[str, str]:
    import torch
    from bertviz import model_view

    fragment = model_view(attention=[torch.zeros(1, 1, 1, 1)], tokens=["x"], html_action="return").data
    before, script = page.template(fragment, _MODEL_PATCHES, palette=True)
    return before, script.replace('.append("line")', ".select(headView.line)")  # thumbnails and the enlarged head


@functools.cache
def _neuron_template() -> tuple[str, str]:
    import torch
    from bertviz.neuron_view import show

    class StandIn:
        """Answers as BertViz's own models do: one layer, one head, one token, one number."""

        cls_token, sep_token = "x", ""

        def eval(self) -> None: ...

        def __call__(self, token_ids):
            one = torch.zeros(1, 1, token_ids.shape[1], 1)
            square = torch.zeros(1, 1, token_ids.shape[1], token_ids.shape[1])
            return None, [{"attn": square, "queries": one, "keys": one}]

        def tokenize(self, text: str) -> list[str]:
            return []

        def convert_tokens_to_ids(self, tokens: list[str]) -> list[int]:
            return [0] * len(tokens)

    fragment = show(StandIn(), "bert", StandIn(), "x", html_action="return").data
    before, script = page.template(fragment, _NEURON_PATCHES, palette=True)
    return before, script.replace('.append("line")\n', ".select(headView.line)\n")  # all lines but those to the query
