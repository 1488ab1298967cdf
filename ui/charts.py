"""Plotly figures: arrays in, figure out; no Streamlit and no model.

Letters in shapes: n sentences or words.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ui.html import DARK, LIGHT, Palette
from ui.label_places import label_places

#: What Streamlit hands to plotly for every chart: no toolbar but, when one points at the chart, a button that saves it.
CONFIG = {"responsive": True, "displayModeBar": "hover", "displaylogo": False, "modeBarButtons": [["toImage"]],
          "toImageButtonOptions": {"format": "png", "scale": 2}}
FONT = ("Source Sans, PingFang SC, Hiragino Sans GB, Microsoft YaHei, Noto Sans CJK SC, Noto Sans SC, "
        "system-ui, sans-serif")
#: A map is so many times as wide and as high as what is on it; and so high in pixels.
ROOM, MAP_HEIGHT = (1.32, 1.28), 400
_BARE = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "fixedrange": True,
         "automargin": True}

def attention_heatmap(weights: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, weight: str,
                      dark: bool = False) -> go.Figure:
    """Draws attention (rows look at columns), one cell a pair of tokens.

    Args:
        weights: (rows, columns), in [0, 1].
        rows, columns: tokens; equal tokens stay apart.
        weight: the word for "weight" in the tooltip.
        dark: whether the page is dark.
    """
    palette = DARK if dark else LIGHT
    count = max(len(rows), len(columns), 1)
    most = max(float(weights.max(initial=0.0)), 1 / count)  # what is weaker than looking at all alike stays pale
    shown_rows, shown_columns = _texts(rows), _texts(columns)
    figure = go.Figure(go.Heatmap(
        z=weights, x=list(range(len(columns))), y=list(range(len(rows))), zmin=0,
        zmax=most, colorscale=_scale(palette),
        xgap=1 if count <= 64 else 0, ygap=1 if count <= 64 else 0,
        colorbar={"orientation": "h", "thickness": 8, "len": 0.5, "x": 0.5, "y": 0, "yanchor": "top",
                  "ypad": 14, "outlinewidth": 0, "nticks": 4, "tickformat": ".0%" if most > 0.04 else ".1%",
                  "tickfont": {"color": palette.soft, "size": 12}},
        customdata=[[(row, column) for column in shown_columns] for row in shown_rows],
        hovertemplate=f"<b>%{{customdata[0]}}</b> → <b>%{{customdata[1]}}</b><br>{weight} %{{z:.1%}}"
                      "<extra></extra>"))
    size = 14 if count <= 24 else 11 if count <= 48 else 8
    angle = 0 if max(map(len, columns), default=0) <= 1 and count <= 16 else -55
    named = -(-count // 64)  # of more tokens than that, every second has its name beside it
    figure.update_xaxes(tickvals=list(range(len(columns)))[::named], ticktext=shown_columns[::named], side="top",
                        tickangle=angle, tickfont_size=size, **_BARE)
    figure.update_yaxes(tickvals=list(range(len(rows)))[::named], ticktext=shown_rows[::named], autorange="reversed",
                        tickfont_size=size, ticksuffix=" ", **_BARE)
    _layout(figure, palette, height=int(np.clip(150 + 30 * len(rows), 320, 1000)))
    return figure.update_layout(margin_r=4 if angle == 0 else 24)  # the last slanted name reaches over the edge


def cosine_heatmap(matrix: np.ndarray, labels: Sequence[str], titles: Sequence[str], *, cosine: str,
                   dark: bool = False) -> go.Figure:
    """Draws a cosine matrix with its numbers.

    Args:
        matrix: (n, n).
        labels: n short names for the rows, which start with the number that the column shows.
        titles: n full sentences for the tooltips.
        cosine: the word for "cosine".
        dark: whether the page is dark.
    """
    palette = DARK if dark else LIGHT
    count = len(labels)
    others = matrix[~np.eye(count, dtype=bool)]
    low, high = (float(others.min()), float(others.max())) if count > 1 else (0.0, 1.0)
    full = _texts(titles)
    figure = go.Figure(go.Heatmap(
        z=matrix, x=list(range(count)), y=list(range(count)), zmin=low, zmax=max(high, low + 1e-3),
        colorscale=_scale(palette), xgap=2, ygap=2, showscale=False,
        text=[["" if i == j else f"{value:.2f}".replace("0.", ".") for j, value in enumerate(row)]
              for i, row in enumerate(matrix)] if count <= 16 else None,
        texttemplate="%{text}" if count <= 16 else None, textfont_size=13,
        customdata=[[(a, b) for b in full] for a in full],
        hovertemplate=f"%{{customdata[0]}}<br>%{{customdata[1]}}<br>{cosine} %{{z:.3f}}<extra></extra>"))
    ticks = {"tickvals": list(range(count)), **_BARE}
    figure.update_xaxes(side="top", ticktext=[str(i + 1) for i in range(count)], **ticks)
    figure.update_yaxes(autorange="reversed", ticktext=_texts(labels), ticksuffix=" ", **ticks)
    return _layout(figure, palette, height=int(np.clip(60 + 40 * count, 180, 1000)))


def sense_map(points: np.ndarray, titles: Sequence[str], colors: Sequence[str], *,
              dark: bool = False) -> go.Figure:
    """Draws one numbered dot a sentence in the plane.

    Args:
        points: (n, 2).
        titles: n sentences for the tooltips.
        colors: n CSS colours.
        dark: whether the page is dark.
    """
    palette = DARK if dark else LIGHT
    figure = go.Figure(go.Scatter(
        x=points[:, 0], y=points[:, 1], mode="markers+text", text=[str(i + 1) for i in range(len(points))],
        textposition="middle center", textfont={"size": 13, "color": palette.paper, "weight": 600},
        customdata=_texts(titles), hovertemplate="%{customdata}<extra></extra>", cliponaxis=False,
        marker={"size": 25, "color": list(colors), "opacity": 0.92,
                "line": {"width": 2, "color": palette.paper}}))
    return _plane(figure, points, palette)


def static_map(points: np.ndarray, words: Sequence[str], notes: Sequence[str], *, badge: str,
               dark: bool = False) -> go.Figure:
    """Draws a word (the first) among its nearest words in the plane.

    Args:
        points: (n, 2).
        words: n words; the first is the one asked about.
        notes: n tooltips.
        badge: what stands on the first word's dot, such as "1-8".
        dark: whether the page is dark.
    """
    palette = DARK if dark else LIGHT
    positions = label_places(within(points), words, MAP_HEIGHT, sizes=[16, *[13] * (len(words) - 1)],
                             radii=[18, *[4] * (len(words) - 1)], fixed=[0])
    figure = go.Figure(go.Scatter(
        x=points[1:, 0], y=points[1:, 1], mode="markers+text", text=_texts(words[1:]),
        textposition=positions[1:],
        textfont={"size": 13, "color": palette.soft}, customdata=_texts(notes[1:]), cliponaxis=False,
        hovertemplate="%{customdata}<extra></extra>",
        marker={"size": [8] * (len(words) - 1), "color": palette.soft, "opacity": 0.5}))
    figure.add_scatter(
        x=points[:1, 0], y=points[:1, 1], mode="markers+text", text=[badge], textposition="middle center",
        textfont={"size": 13, "color": palette.paper, "weight": 600}, customdata=_texts(notes[:1]),
        cliponaxis=False,
        hovertemplate="%{customdata}<extra></extra>",
        marker={"size": 36, "color": palette.ink, "line": {"width": 2, "color": palette.paper}})
    figure.add_annotation(x=points[0, 0], y=points[0, 1], text=f"<b>{_texts(words[:1])[0]}</b>",
                          showarrow=False, yshift=30, font={"size": 16, "color": palette.ink})
    return _plane(figure, points, palette)


def _texts(words: Sequence[str]) -> list[str]:
    """Escapes words for plotly, which reads a little HTML, and shortens endless ones."""
    return [html.escape(word if len(word) <= 90 else word[:88] + " …", quote=False) for word in words]


def _scale(palette: Palette) -> list[list]:
    return [list(stop) for stop in palette.scale]


def _plane(figure: go.Figure, points: np.ndarray, palette: Palette) -> go.Figure:
    """Gives a map room around its points, and no numbers on its axes: only nearness means something."""
    span, middle = _span(points)
    axis = {**_BARE, "showticklabels": False, "showline": True, "mirror": True, "linecolor": palette.line}
    low, high = middle - span * ROOM / 2, middle + span * ROOM / 2
    figure.update_xaxes(range=[low[0], high[0]], **axis)
    figure.update_yaxes(range=[low[1], high[1]], **axis)
    return _layout(figure, palette, height=MAP_HEIGHT)


def within(points: np.ndarray) -> np.ndarray:
    """Returns how far right and up points (n, 2) are on a map of them, from 0 to 1."""
    span, middle = _span(points)
    return (points - middle) / (span * ROOM) + 0.5


def _span(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns how far apart points (n, 2) are along both axes, and what is in the middle between the outermost."""
    return np.maximum(np.ptp(points, axis=0), 1e-6), (points.max(axis=0) + points.min(axis=0)) / 2


def _layout(figure: go.Figure, palette: Palette, height: int) -> go.Figure:
    figure.update_layout(
        height=height, margin={"l": 4, "r": 4, "t": 4, "b": 4}, template="none", showlegend=False,
        plot_bgcolor="rgba(0,0,0,0)", paper_bgcolor="rgba(0,0,0,0)",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": palette.soft, "activecolor": palette.ink},
        font={"family": FONT, "color": palette.ink, "size": 14},
        hoverlabel={"bgcolor": palette.paper, "bordercolor": palette.line, "align": "left",
                    "font": {"family": FONT, "color": palette.ink, "size": 14}})
    return figure
