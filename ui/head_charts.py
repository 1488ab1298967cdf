"""Pictures of many heads at once: a plotly grid of small heatmaps.

Letters in shapes: L layers, N heads, T tokens, S cells along a small picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ui.charts import _BARE, _layout, _scale, _texts
from ui.html import DARK, LIGHT

#: How dark a pale picture is beside the others.
PALE = 0.3
#: So many cells the whole grid has at most: longer texts are drawn coarser.
MOST_CELLS = 60_000


def heads_grid(attentions: np.ndarray, notes: Sequence[Sequence[str]], *, layer: str, head: str,
               pale: np.ndarray | None = None, chosen: tuple[int, int] | None = None, dark: bool = False) -> go.Figure:
    """Draws every head's weights as a small picture, layers downwards; in each the largest weight is the darkest cell.

    Args:
        attentions: (L, N, rows, columns), in [0, 1].
        notes: L lists of N tooltips.
        layer, head: the words for "Layer" and "Head".
        pale: (L, N), whether to draw a head's picture in paler shades; None for no head.
        chosen: the (layer, head) with a frame around it, counted from 0.
        dark: whether the page is dark.
    """
    palette = DARK if dark else LIGHT
    layers, heads = attentions.shape[:2]
    small = coarser(attentions, cells_along(attentions))  # (L, N, S, S')
    rows, columns = small.shape[2:]
    peaks = small.max(axis=(2, 3), keepdims=True)
    shades = np.rint(small / np.where(peaks > 0, peaks, 1) * 200)
    if pale is not None:
        shades *= np.where(pale, PALE, 1)[:, :, None, None]
    gap = max(1, round(max(rows, columns) * 0.06))
    padded = np.pad(shades, ((0, 0), (0, 0), (0, gap), (0, gap)), constant_values=np.nan)
    z = padded.transpose(0, 2, 1, 3).reshape(layers * (rows + gap), heads * (columns + gap))  # one matrix
    down = np.arange(layers) * (rows + gap) + (rows - 1) / 2  # middles of the small pictures
    across = np.arange(heads) * (columns + gap) + (columns - 1) / 2
    figure = go.Figure(go.Heatmap(z=z.astype(np.float32), zmin=0, zmax=200, colorscale=_scale(palette),
                                  showscale=False, hoverinfo="skip"))
    places = [(i, j) for i in range(layers) for j in range(heads)]
    figure.add_scatter(  # what one points at and clicks
        x=across[[j for _, j in places]], y=down[[i for i, _ in places]], mode="markers",
        marker={"size": 26, "symbol": "square", "opacity": 0, "color": palette.a},
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
        customdata=[[i, j] for i, j in places], text=_texts([notes[i][j] for i, j in places]),
        hovertemplate="%{text}<extra></extra>")
    if chosen is not None:
        x, y = across[chosen[1]], down[chosen[0]]
        figure.add_shape(type="rect", x0=x - columns / 2 - gap / 4, x1=x + columns / 2 + gap / 4,
                         y0=y - rows / 2 - gap / 4, y1=y + rows / 2 + gap / 4, line={"color": palette.b, "width": 2})
    named = {"font": {"size": 14, "color": palette.soft}, "standoff": 4}
    figure.update_xaxes(tickvals=across.tolist(), ticktext=[str(i + 1) for i in range(heads)], side="top", tickangle=0,
                        title={"text": head, **named}, range=[-0.5 - gap / 2, heads * (columns + gap) - 0.5], **_BARE)
    figure.update_yaxes(tickvals=down.tolist(), ticktext=[f"{i + 1} " for i in range(layers)],
                        title={"text": layer, **named}, range=[layers * (rows + gap) - 0.5, -0.5 - gap / 2], **_BARE)
    figure.update_layout(hovermode="closest", hoverdistance=-1)
    return _layout(figure, palette, height=int(np.clip(40 + 130 * layers, 240, 900)))


def cells_along(attentions: np.ndarray) -> int:
    """Returns how many tokens one cell of a small picture stands for."""
    layers, heads, rows, columns = attentions.shape
    along = max(1, int((MOST_CELLS / (layers * heads)) ** 0.5))
    return -(-max(rows, columns) // along)


def coarser(attentions: np.ndarray, block: int) -> np.ndarray:
    """Returns (L, N, S, S'), the largest weight of every block x block cells; block 1 changes nothing."""
    if block == 1:
        return attentions
    layers, heads, rows, columns = attentions.shape
    padded = np.pad(attentions, ((0, 0), (0, 0), (0, -rows % block), (0, -columns % block)))
    cut = padded.reshape(layers, heads, padded.shape[2] // block, block, padded.shape[3] // block, block)
    return cut.max(axis=(3, 5))
