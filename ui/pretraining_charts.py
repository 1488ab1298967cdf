"""Figures of the pretraining pages: curves of runs, and strips of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ui.charts import _BARE, _layout, _texts
from ui.html import DARK, LIGHT, Palette

#: What a measure looks like on its axis: tick format, whether it is a share, whether it starts at 0.
FORMATS = {"mlm_loss": ".1f", "mlm_accuracy": ".0%", "nsp_accuracy": ".0%", "nsp_loss": ".2f",
           "learning_rate": ".2~r", "tokens_per_second": ",.0f"}
SHARES = ("mlm_accuracy", "nsp_accuracy")
TIMES = {"minutes": lambda record: record["seconds"] / 60, "steps": lambda record: record["step"],
         "tokens": lambda record: record["tokens"]}


def run_colors(palette: Palette) -> list[str]:
    """Returns colours to tell runs apart, the first for the run that is watched."""
    return [palette.a, palette.b, palette.surprise, "#3d9a6a", "#9a6bc4", palette.soft]


def curves(runs: Sequence[tuple[str, list[dict]]], measure: str, *, time: str, unit: str, dark: bool = False) -> go.Figure:
    """Draws one measure of several runs.

    Args:
        runs: (name, metrics records) of each; the first is drawn on top.
        measure: a key of the records, one of `FORMATS`.
        time: what goes to the right, one of `TIMES`.
        unit: the word for it.
        dark: whether the page is dark.
    """
    palette = DARK if dark else LIGHT
    places = ".3~g" if time == "minutes" else ".3~s"
    figure = go.Figure()
    colored = list(zip(runs, run_colors(palette) * len(runs)))
    for (name, records), color in reversed(colored):
        label, y = _texts([name])[0], [record[measure] for record in records]
        figure.add_scatter(
            x=[TIMES[time](record) for record in records], y=y, name=label, mode="lines" if len(y) > 1 else "markers",
            line={"color": color, "width": 2.2 if len(y) < 150 else 1.8}, marker={"color": color, "size": 6},
            hovertemplate=f"<b>{label}</b><br>%{{x:{places}}} {unit}<br>%{{y:{FORMATS[measure]}}}<extra></extra>")
    axis = {"fixedrange": True, "gridcolor": palette.line, "zeroline": False, "ticks": "", "automargin": True,
            "tickfont": {"size": 12, "color": palette.soft}, "nticks": 5}
    figure.update_xaxes(**axis | {"showgrid": False}, rangemode="tozero", tickformat=places, showline=True,
                        linecolor=palette.line)
    figure.update_yaxes(**axis, tickformat="~s" if measure == "tokens_per_second" else FORMATS[measure],
                        range=[0, 1.02] if measure in SHARES else None,
                        rangemode="normal" if measure in SHARES else "tozero")
    figure = _layout(figure, palette, height=210)
    figure.update_layout(uirevision="kept", margin={"l": 4, "r": 10, "t": 8, "b": 4})
    return figure


def strips(rows: np.ndarray, labels: Sequence[str], *, dark: bool = False) -> go.Figure:
    """Draws a few vectors as strips of colour below each other, each number readable under the pointer.

    All have one scale of colours but the last, which has its own; the strongest 2% of the numbers look alike.

    Args:
        rows: float (n, H), n at least 2.
        labels: n names.
        dark: whether the page is dark.
    """
    palette = DARK if dark else LIGHT
    scale = np.full((len(rows), 1), max(np.quantile(np.abs(rows[:-1]), 0.98), 1e-6))
    scale[-1] = max(np.quantile(np.abs(rows[-1]), 0.98), 1e-6)
    figure = go.Figure(go.Heatmap(
        z=rows / scale, y=list(range(len(rows))), zmin=-1, zmax=1, ygap=6, showscale=False,
        colorscale=[[0, palette.b], [0.5, palette.faint], [1, palette.a]],
        customdata=[[(label, f"{value:.4f}") for value in row] for label, row in zip(_texts(labels), rows)],
        hovertemplate="<b>%{customdata[0]}</b> [%{x}] = %{customdata[1]}<extra></extra>"))
    figure.update_xaxes(**_BARE, tickfont={"size": 11, "color": palette.soft}, nticks=8)
    figure.update_yaxes(**_BARE, tickvals=list(range(len(rows))), ticktext=_texts(labels), autorange="reversed",
                        ticksuffix="  ")
    return _layout(figure, palette, height=40 + 42 * len(rows))
