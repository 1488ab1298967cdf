"""Figures of the fine-tuning lab: curves of both twins, their dev figures, who is taken for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ui.charts import _BARE, _layout, _scale, _texts
from ui.finetuning_runs import Outcome
from ui.html import DARK, LIGHT, Palette

#: Labels beyond which the cells of a confusion matrix hold no numbers.
MOST_NUMBERED = 12


def twin_color(twin: str, palette: Palette) -> str:
    """Returns the colour of a twin: `pretrained` or `scratch`."""
    return palette.a if twin == "pretrained" else palette.b


def curves(records: Mapping[str, Sequence[dict]], measure: str, names: Mapping[str, str], *, epoch: str,
           share: bool, floor: tuple[float, str] | None = None, dots: bool = False, dark: bool = False) -> go.Figure:
    """Draws one measure of the twins over the epochs, the pretrained one on top.

    Args:
        records: twin -> records with `epoch` and the measure.
        measure: key of the records.
        names: twin -> what it is called.
        epoch: the word for "epoch".
        share: whether the measure is in [0, 1].
        floor: height and name of a dotted line to compare with.
        dots: mark every point, for measures that are taken now and then.
        dark: whether the page is dark.
    """
    palette, form = DARK if dark else LIGHT, ".1%" if share else ".3f"
    figure = go.Figure()
    if floor:
        _draw_floor(figure, floor, palette)
    for twin, found in reversed(records.items()):
        label, color = _texts([names[twin]])[0], twin_color(twin, palette)
        figure.add_scatter(
            x=[record["epoch"] for record in found], y=[record[measure] for record in found], name=label,
            mode="lines+markers" if dots or len(found) == 1 else "lines", line={"color": color, "width": 2},
            marker={"color": color, "size": 7}, hovertemplate=f"<b>{label}</b><br>{epoch} %{{x:.2f}}<br>%{{y:{form}}}"
                                                              "<extra></extra>")
    axis = {"fixedrange": True, "gridcolor": palette.line, "zeroline": False, "ticks": "", "automargin": True,
            "tickfont": {"size": 12, "color": palette.soft}, "nticks": 6}
    figure.update_xaxes(**axis | {"showgrid": False}, rangemode="tozero", showline=True, linecolor=palette.line,
                        title={"text": epoch, "font": {"size": 12, "color": palette.soft}, "standoff": 4})
    figure.update_yaxes(**axis, tickformat=".0%" if share else ".1f", range=[0, 1.02] if share else None,
                        rangemode="normal" if share else "tozero")
    figure = _layout(figure, palette, height=225)
    figure.update_layout(uirevision="kept", margin={"l": 4, "r": 10, "t": 8, "b": 4})
    return figure


def by_examples(found: Sequence[Outcome], names: Mapping[str, str], *, unit: str, score: str,
                floor: tuple[float, str] | None = None, dark: bool = False) -> go.Figure:
    """Draws the score of each run over the number of examples it learnt from, and a line through the means.

    Args:
        found: the runs.
        names: twin -> what it is called; the first is drawn on top.
        unit: the word for the examples.
        score: what the score is called.
        floor: height and name of a dotted line to compare with.
        dark: whether the page is dark.
    """
    palette, figure = DARK if dark else LIGHT, go.Figure()
    if floor:
        _draw_floor(figure, floor, palette)
    amounts = sorted({outcome.examples for outcome in found})
    for twin in reversed(names):
        color, label = twin_color(twin, palette), _texts([names[twin]])[0]
        runs = [outcome for outcome in found if twin in outcome.scores]
        scores = {amount: [run.scores[twin] for run in runs if run.examples == amount] for amount in amounts}
        means = {amount: sum(values) / len(values) for amount, values in scores.items() if values}
        figure.add_scatter(x=list(means), y=list(means.values()), mode="lines", line={"color": color, "width": 2},
                           hoverinfo="skip", name=label)
        figure.add_scatter(
            x=[run.examples for run in runs], y=[run.scores[twin] for run in runs], mode="markers", name=label,
            marker={"color": color, "size": 8}, customdata=_texts([run.run for run in runs]),
            hovertemplate=f"<b>{label}</b>, %{{customdata}}<br>%{{x:,}} {unit}<br>{score} %{{y:.1%}}<extra></extra>")
    axis = {"fixedrange": True, "gridcolor": palette.line, "zeroline": False, "ticks": "", "automargin": True,
            "tickfont": {"size": 12, "color": palette.soft}}
    figure.update_xaxes(**axis | {"showgrid": False}, type="log", tickvals=amounts, ticktext=[f"{n:,}" for n in amounts],
                        showline=True, linecolor=palette.line,
                        title={"text": unit, "font": {"size": 12, "color": palette.soft}, "standoff": 4})
    figure.update_yaxes(**axis, tickformat=".0%", range=[0, 1.02], nticks=6)
    return _layout(figure, palette, height=260)


def _draw_floor(figure: go.Figure, floor: tuple[float, str], palette: Palette) -> None:
    """Draws a dotted line with its name, to compare with."""
    figure.add_hline(y=floor[0], line={"color": palette.soft, "width": 1.2, "dash": "dot"},
                     annotation={"text": _texts([floor[1]])[0], "font": {"size": 11, "color": palette.soft}},
                     annotation_position="bottom right")


def confusion(counts: Sequence[Sequence[int]], labels: Sequence[str], *, expected: str, predicted: str,
              dark: bool = False) -> go.Figure:
    """Draws a confusion matrix: what is right down, what was answered across, coloured by the share of its row.

    Args:
        counts: C rows of C.
        labels: C names.
        expected, predicted: words for the two axes.
        dark: whether the page is dark.
    """
    palette, matrix = DARK if dark else LIGHT, np.asarray(counts)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    names, numbered = _texts(labels), len(labels) <= MOST_NUMBERED
    figure = go.Figure(go.Heatmap(
        z=shares, zmin=0, zmax=1, x=list(range(len(names))), y=list(range(len(names))), colorscale=_scale(palette),
        showscale=False, xgap=2, ygap=2, text=matrix, texttemplate="%{text}" if numbered else None,
        textfont={"size": 14}, customdata=[[(row, column) for column in names] for row in names],
        hovertemplate=f"{expected} <b>%{{customdata[0]}}</b><br>{predicted} <b>%{{customdata[1]}}</b><br>%{{text}} "
                      "(%{z:.0%})<extra></extra>"))
    size = 13 if numbered else 9
    title = {"font": {"size": 12, "color": palette.soft}, "standoff": 6}
    figure.update_xaxes(**_BARE, tickvals=list(range(len(names))), ticktext=names, side="top", tickfont_size=size,
                        title=title | {"text": predicted})
    figure.update_yaxes(**_BARE, tickvals=list(range(len(names))), ticktext=names, autorange="reversed",
                        tickfont_size=size, ticksuffix=" ", title=title | {"text": expected})
    return _layout(figure, palette, height=int(np.clip(120 + 44 * len(names), 190, 700)))
