"""Plotly figures: arrays in, figure out; no Streamlit and no model."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ui.html import COLOR_A, COLOR_B

#: What Streamlit hands to plotly for every chart: no toolbar over the picture, no logo.
CONFIG = {"displayModeBar": False, "responsive": True}
SCALE = [[0, "rgba(79,99,216,0.02)"], [0.25, "rgba(79,99,216,0.3)"], [0.6, "rgba(79,99,216,0.75)"], [1, "#2a2f8f"]]
#: On a dark page more is brighter, and numbers in the cells stay white.
DARK_SCALE = [[0, "rgba(124,140,255,0.05)"], [0.25, "rgba(124,140,255,0.25)"], [0.6, "rgba(124,140,255,0.5)"],
              [1, "#5c6eea"]]
INK, DARK_INK = "#3a4050", "#d5d8e2"


def _layout(figure: go.Figure, height: int, dark: bool) -> go.Figure:
    ink = DARK_INK if dark else INK
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, plot_bgcolor="rgba(0,0,0,0)",
                         paper_bgcolor="rgba(0,0,0,0)", showlegend=False)
    figure.update_xaxes(tickfont_color=ink)
    figure.update_yaxes(tickfont_color=ink)
    figure.update_traces(textfont_color=ink, selector={"type": "scatter"})
    return figure


def _escaped(texts: Sequence[str]) -> list[str]:
    """Escapes texts, since plotly reads some HTML in ticks and tooltips."""
    return [html.escape(text, quote=False) for text in texts]


def attention_heatmap(weights: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, looking: str,
                      looked_at: str, weight: str, dark: bool = False) -> go.Figure:
    """Draws attention (rows look at columns), one cell a pair of tokens.

    Args:
        weights: (rows, columns), in [0, 1].
        rows, columns: tokens; equal tokens stay apart.
        looking, looked_at, weight: words for the tooltip.
        dark: whether the page is dark.
    """
    count = max(len(rows), 1)
    rows, columns = _escaped(rows), _escaped(columns)
    figure = go.Figure(go.Heatmap(
        z=weights, x=list(range(len(columns))), y=list(range(len(rows))), zmin=0,
        zmax=max(float(weights.max(initial=0.0)), 1e-6), colorscale=DARK_SCALE if dark else SCALE, xgap=1, ygap=1, showscale=False,
        customdata=[[(row, column) for column in columns] for row in rows],
        hovertemplate=f"{looking} <b>%{{customdata[0]}}</b><br>{looked_at} <b>%{{customdata[1]}}</b><br>"
                      f"{weight} %{{z:.3f}}<extra></extra>"))
    size = 13 if count <= 24 else 10 if count <= 48 else 7
    figure.update_xaxes(tickvals=list(range(len(columns))), ticktext=list(columns), side="top",
                        tickangle=-60 if max(map(len, columns), default=0) > 2 else 0,
                        tickfont_size=size, showgrid=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=list(rows), autorange="reversed",
                        tickfont_size=size, showgrid=False, zeroline=False, fixedrange=True)
    return _layout(figure, int(np.clip(120 + 26 * count, 260, 900)), dark)


def cosine_heatmap(matrix: np.ndarray, labels: Sequence[str], titles: Sequence[str], *, cosine: str,
                   dark: bool = False) -> go.Figure:
    """Draws a cosine matrix with its numbers; `titles` are the full sentences of the tooltips."""
    low = float(matrix.min())
    titles = _escaped(titles)
    figure = go.Figure(go.Heatmap(
        z=matrix, x=list(range(len(labels))), y=list(range(len(labels))), zmin=min(low, 0.99), zmax=1.0,
        colorscale=DARK_SCALE if dark else SCALE, xgap=2, ygap=2, showscale=False,
        textfont_color="white" if dark else None,
        text=[[f"{value:.2f}" for value in row] for row in matrix], texttemplate="%{text}",
        customdata=[[(a, b) for b in titles] for a in titles],
        hovertemplate=f"%{{customdata[0]}}<br>%{{customdata[1]}}<br>{cosine} %{{z:.3f}}<extra></extra>"))
    ticks = {"tickvals": list(range(len(labels))), "ticktext": list(labels), "showgrid": False, "zeroline": False,
             "fixedrange": True}
    figure.update_xaxes(side="top", **ticks)
    figure.update_yaxes(autorange="reversed", **ticks)
    return _layout(figure, 110 + 38 * len(labels), dark)


def sense_map(points: np.ndarray, labels: Sequence[str], titles: Sequence[str], *, dark: bool = False) -> go.Figure:
    """Draws one numbered point a sentence in the plane, full sentences as tooltips.

    Args:
        points: (n, 2).
        labels: n short labels drawn beside the points.
        titles: n sentences.
    """
    figure = go.Figure(go.Scatter(
        x=points[:, 0], y=points[:, 1], mode="markers+text", text=list(labels), textposition="top center",
        textfont_size=13, customdata=_escaped(titles), hovertemplate="%{customdata}<extra></extra>",
        marker={"size": 15, "color": COLOR_A, "opacity": 0.85, "line": {"width": 1.5, "color": "white"}}))
    return _plane(figure, points, dark)


def _plane(figure: go.Figure, points: np.ndarray, dark: bool) -> go.Figure:
    """Gives a map room around its points, and no numbers on its axes: only nearness means something."""
    span = np.ptp(points, axis=0) + 1e-6
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    axis = {"showticklabels": False, "zeroline": False, "showgrid": False, "showline": False, "fixedrange": True}
    figure.update_xaxes(range=[middle[0] - 0.68 * span[0], middle[0] + 0.68 * span[0]], **axis)
    figure.update_yaxes(range=[middle[1] - 0.65 * span[1], middle[1] + 0.65 * span[1]], **axis)
    return _layout(figure, 400, dark).update_layout(plot_bgcolor="rgba(127,127,140,.07)")


def static_map(points: np.ndarray, words: Sequence[str], notes: Sequence[str], *, dark: bool = False) -> go.Figure:
    """Draws a word (the first) among its nearest words in the plane.

    Args:
        points: (n, 2).
        words: n words; the first is the one asked about.
        notes: n tooltips.
    """
    color = [COLOR_B] + ["rgba(127,127,140,.55)"] * (len(words) - 1)
    below = np.argsort(np.argsort(points[:, 0])) % 2 == 1  # neighbours from left to right keep clear of each other
    below[0] = False
    figure = go.Figure(go.Scatter(
        x=points[:, 0], y=points[:, 1], mode="markers+text", text=_escaped(words),
        textposition=np.where(below, "bottom center", "top center").tolist(),
        textfont_size=[16] + [13] * (len(words) - 1), customdata=_escaped(notes),
        hovertemplate="%{customdata}<extra></extra>",
        marker={"size": [17] + [9] * (len(words) - 1), "color": color}))
    return _plane(figure, points)
