"""BertViz's head view: one layer's heads as coloured lines between two columns of tokens.

Letters in shapes: T tokens, L layers, N heads.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ui import bertviz_page as page
from ui.bertviz_page import LABELS, PAIRS, SCALE

if TYPE_CHECKING:
    from bert_tf.results import Trace

__all__ = ["LABELS", "MOST_WEIGHTS", "PAIRS", "SCALE", "head_view_html"]

#: So many weights a document holds; of more, the strongest.
MOST_WEIGHTS = 270_000
#: Changes to BertViz's script: (its words, ours). Each must occur exactly once.
_PATCHES = (
    ("const BOXWIDTH = 110;", "const BOXWIDTH = headView.boxWidth(params.attention[0].left_text, TEXT_SIZE);"),
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
    head: int | None = None,
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
        trace: attentions (L, N, T, T) are drawn, rounded to four decimals; where they are more than
            MOST_WEIGHTS, those below `bertviz_page.weakest_drawn(trace.attentions, MOST_WEIGHTS)` are not.
        layer: the layer shown first, 0 to L-1 as in the trace; None is 0.
        head: the one head that is on at first, 0 to N-1; None switches all on.
        sentence_b_start: index of the first token of the second sentence, special tokens counted;
            None takes the first token whose segment is 1, if there is one.
        pairs: what the view's own menu of sentence pairs starts with, a key of `PAIRS`.
        hide_special: leave out the rows and columns of [CLS] and [SEP]. The other weights stay as
            they are: rows then sum to less than 1, by what went to the special tokens.
        dark: colours for a dark page. The background is transparent in a frame.
        labels: words for the keys of `LABELS`; keys left out stay English.

    Raises:
        ValueError: `layer`, `head`, `sentence_b_start` or a key of `labels` is out of range; `pairs` is unknown,
            or needs a second sentence and there is none; the trace has no token left to show, or
            attentions that do not fit its tokens or are not finite.
    """
    kept, b_start = page.visible(trace, sentence_b_start, hide_special)
    for name, chosen, count in (("layer", layer, len(trace.attentions)), ("head", head, trace.attentions.shape[1])):
        if chosen is not None and not 0 <= chosen < count:
            raise ValueError(f"{name} should be from 0 to {count - 1}, but is {chosen}.")
    page.require_part(pairs, b_start)
    words = page.labelled(labels)
    params = packed(trace, kept, b_start, page.weakest_drawn(trace.attentions, MOST_WEIGHTS)) | {
        "default_filter": str(list(page.parts(len(kept), b_start)).index(pairs)),
        "layer": 0 if layer is None else int(layer),
        "heads": None if head is None else [int(head)],
        "include_layers": list(range(len(trace.attentions))),
        "head_label": words["head"],
    }
    keys = list(page.parts(len(kept), b_start))
    menus = (f'<label>{html.escape(words["layer"])} <select id="layer"></select></label>'
             + page.menu(words, keys, range(len(keys)), pairs))
    return page.fill(_template(), "unpack", params, menus, dark)


def packed(trace: Trace, kept: list[int], b_start: int | None, floor: float) -> dict:
    """Returns tokens and weights as the script takes them: every weight once, a sentence pair as two ranges."""
    tokens = [trace.tokens[i] for i in kept]
    weights = trace.attentions
    if len(kept) < len(trace.tokens):
        weights = weights[:, :, kept][:, :, :, kept]
    views = [{"name": PAIRS[key], "rows": rows, "columns": columns,
              "left_text": tokens[slice(*rows)], "right_text": tokens[slice(*columns)]}
             for key, (rows, columns) in page.parts(len(tokens), b_start).items()]
    return {"attention": views, "root_div_id": page.VIEW_ID, "shape": list(np.shape(weights)[:3]),
            "runs": page.runs(weights, floor), "scale": SCALE}


@functools.cache
def _template() -> tuple[str, str]:
    import torch
    from bertviz import head_view

    fragment = head_view(attention=[torch.zeros(1, 1, 1, 1)], tokens=["x"], html_action="return").data
    return page.template(fragment, _PATCHES, palette=False)
