"""Plotly figures of the meaning pages: maps in the plane and in space, and lines by layer.

Letters in shapes: n sentences or words, L layers.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence

import numpy as np
import plotly.graph_objects as go

from ui.charts import _BARE, _layout, _plane, _texts, sense_map, within
from ui.html import DARK, LIGHT, Palette
from ui.label_places import label_places

#: With more dots than this, numbers on them would lie on top of each other.
NUMBERED = 40


def palette_of(dark: bool) -> Palette:
    """Returns the colours of a dark or a light page."""
    return DARK if dark else LIGHT


def group_colors(palette: Palette) -> list[str]:
    """Returns colours that tell groups apart, the two main ones first."""
    more = ("#4bb3a4", "#d678c8", "#9bbf4d") if palette is DARK else ("#1f8a7a", "#9b3f8f", "#6c8a1f")
    return [palette.a, palette.b, *more, palette.surprise]


def word_map(points: np.ndarray, titles: Sequence[str], colors: Sequence[str], *, mean: str | None = None,
             dark: bool = False) -> go.Figure:
    """Draws one dot a sentence, in the plane or in space.

    Args:
        points: (n, 2) or (n, 3).
        titles: n sentences for the tooltips.
        colors: n CSS colours.
        mean: a tooltip for a cross at the mean of the dots; None for no cross.
        dark: whether the page is dark.
    """
    palette = palette_of(dark)
    if points.shape[1] == 3:
        return _space(points, titles, colors, mean, palette)
    if len(points) <= NUMBERED:
        figure = sense_map(points, titles, colors, dark=dark)
    else:
        figure = _plane(go.Figure(go.Scatter(
            x=points[:, 0], y=points[:, 1], mode="markers", customdata=_numbered(titles), cliponaxis=False,
            hovertemplate="%{customdata}<extra></extra>",
            marker={"size": 11, "color": list(colors), "opacity": 0.85, "line": {"width": 1, "color": palette.paper}})),
            points, palette)
    if mean is not None:
        centre = points.mean(axis=0)
        figure.add_scatter(x=centre[:1], y=centre[1:], mode="markers", customdata=_texts([mean]),
                           hovertemplate="%{customdata}<extra></extra>",
                           marker={"size": 17, "symbol": "x-thin", "line": {"width": 4, "color": palette.ink}})
    return figure


def layer_film(points: np.ndarray, titles: Sequence[str], colors: Sequence[str], *, layer: str, play: str,
               dark: bool = False) -> go.Figure:
    """Draws a map whose dots move from layer to layer, with a button to play it and a slider.

    Args:
        points: (L+1, n, 2), where each sentence's dot is after each layer, 0 the embeddings.
        titles: n sentences for the tooltips.
        colors: n CSS colours.
        layer, play: the words for them.
        dark: whether the page is dark.
    """
    palette = palette_of(dark)
    figure = _plane(word_map(points[-1], titles, colors, dark=dark), points.reshape(-1, 2), palette)
    names = [str(number) for number in range(len(points))]
    figure.frames = [go.Frame(name=name, data=[go.Scatter(x=at[:, 0], y=at[:, 1])], traces=[0])
                     for name, at in zip(names, points)]
    moves = {"frame": {"duration": 1400, "redraw": False}, "transition": {"duration": 1000, "easing": "cubic-in-out"},
             "mode": "immediate"}
    figure.update_layout(
        margin_b=96, height=480,
        updatemenus=[{"type": "buttons", "showactive": False, "x": 0, "xanchor": "left", "y": -0.06, "yanchor": "top",
                      "bgcolor": palette.paper, "bordercolor": palette.line, "font": {"color": palette.ink, "size": 14},
                      "pad": {"t": 10}, "buttons": [{"label": f"▶ {play}", "method": "animate", "args": [names, moves]}]}],
        sliders=[{"active": len(points) - 1, "x": 0.22, "len": 0.78, "y": -0.02, "pad": {"t": 8},
                  "currentvalue": {"prefix": f"{layer} ", "font": {"color": palette.soft, "size": 13}},
                  "bgcolor": palette.faint, "bordercolor": palette.line, "activebgcolor": palette.a,
                  "font": {"color": palette.soft, "size": 12},
                  "steps": [{"label": name, "method": "animate", "args": [[name], moves]} for name in names]}])
    return figure


def _numbered(titles: Sequence[str]) -> list[str]:
    return _texts([f"{number}  {title}" for number, title in enumerate(titles, 1)])


def _space(points: np.ndarray, titles: Sequence[str], colors: Sequence[str], mean: str | None,
           palette: Palette) -> go.Figure:
    few = len(points) <= NUMBERED
    figure = go.Figure(go.Scatter3d(
        x=points[:, 0], y=points[:, 1], z=points[:, 2], mode="markers+text" if few else "markers",
        text=[str(i + 1) for i in range(len(points))] if few else None, textposition="top center",
        textfont={"size": 12, "color": palette.soft}, customdata=_numbered(titles),
        hovertemplate="%{customdata}<extra></extra>", marker={"size": 6 if few else 4, "color": list(colors)}))
    if mean is not None:
        centre, arm = points.mean(axis=0), 0.05 * np.ptp(points, axis=0)
        ends = np.concatenate([[centre - step, centre + step, np.full(3, np.nan)] for step in np.diag(arm)])  # (9, 3)
        figure.add_scatter3d(x=ends[:, 0], y=ends[:, 1], z=ends[:, 2], mode="lines", text=_texts([mean]) * 9,
                             hovertemplate="%{text}<extra></extra>", line={"width": 6, "color": palette.ink})
    return _room(figure, palette, height=440)


def _room(figure: go.Figure, palette: Palette, height: int) -> go.Figure:
    """Takes the numbers off the axes of a map in space: only nearness means something."""
    axis = {"showticklabels": False, "title": "", "gridcolor": palette.line, "zeroline": False, "showspikes": False,
            "backgroundcolor": "rgba(0,0,0,0)"}
    figure.update_layout(scene={"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "cube"})
    return _layout(figure, palette, height=height)


def label_map(points: np.ndarray, labels: Sequence[str], *, dark: bool = False) -> go.Figure:
    """Draws words in the plane (n, 2) or in space (n, 3), each beside its dot."""
    palette = palette_of(dark)
    shared = {"mode": "markers+text", "text": _texts(labels), "hovertemplate": "%{text}<extra></extra>"}
    if points.shape[1] == 3:
        figure = go.Figure(go.Scatter3d(
            x=points[:, 0], y=points[:, 1], z=points[:, 2], marker={"size": 4, "color": palette.a},
            textposition="top center", textfont={"size": 12, "color": palette.ink}, **shared))
        return _room(figure, palette, height=560)
    figure = go.Figure(go.Scatter(x=points[:, 0], y=points[:, 1], cliponaxis=False, marker={"size": 8, "color": palette.a},
                                  textfont={"size": 13, "color": palette.ink}, **shared))
    return place_names(_plane(figure, points, palette).update_layout(height=520))


def place_names(figure: go.Figure, arrows: Sequence[tuple[int, int]] = ()) -> go.Figure:
    """Puts each name of a `label_map` in the plane on a side of its dot where it is clear of all else, arrows too."""
    dots = figure.data[0]
    every = np.ones(len(dots.text))
    places = label_places(within(np.stack([dots.x, dots.y], axis=-1)), [html.unescape(name) for name in dots.text],
                          figure.layout.height, sizes=every * dots.textfont.size, radii=every * dots.marker.size / 2,
                          arrows=arrows)
    return figure.update_traces(textposition=places)


def set_off(figure: go.Figure, asked: Collection[int], answer: int | None, *, dark: bool = False) -> go.Figure:
    """Makes some words of a `label_map` in the plane stand out; the others step back.

    Args:
        figure: the map.
        asked: indices of the words asked about.
        answer: index of the answer; None where there is none.
        dark: whether the page is dark.
    """
    palette, main = palette_of(dark), {*asked} | ({answer} - {None})
    every = range(len(figure.data[0].text))
    figure.update_traces(
        marker={"color": [palette.b if i == answer else palette.a if i in main else palette.soft for i in every],
                "size": [14 if i in main else 7 for i in every], "opacity": 1, "line": {"width": 0}},
        textfont={"color": [palette.ink if i in main else palette.soft for i in every],
                  "size": [16 if i in main else 13 for i in every], "weight": [700 if i in main else 400 for i in every]})
    return place_names(figure)


def add_arrows(figure: go.Figure, pairs: Sequence[tuple[int, int]], *, dark: bool = False) -> go.Figure:
    """Draws an arrow from dot to dot of a `label_map` in the plane, for each pair (start, end) of different dots."""
    dots, pairs = figure.data[0], [(start, end) for start, end in pairs if start != end]
    for start, end in pairs:
        figure.add_annotation(x=dots.x[end], y=dots.y[end], ax=dots.x[start], ay=dots.y[start], xref="x", yref="y",
                              axref="x", ayref="y", text="", arrowhead=2, arrowwidth=2, standoff=9, startstandoff=9,
                              arrowcolor=palette_of(dark).ink, opacity=0.7)
    return place_names(figure, pairs)


def pieces_map(points: np.ndarray, numbers: Sequence[int], titles: Sequence[str], colors: Sequence[str], *,
               dark: bool = False) -> go.Figure:
    """Draws one dot a piece in the plane, with the number of its sentence.

    Args:
        points: (n, 2).
        numbers: n numbers of sentences, from 1.
        titles: n tooltips.
        colors: n CSS colours.
        dark: whether the page is dark.
    """
    few = len(points) <= 1.5 * NUMBERED
    return sense_map(points, titles, colors, dark=dark).update_traces(
        text=[str(number) for number in numbers], mode="markers+text" if few else "markers",
        marker_size=21 if few else 11, textfont_size=12)


def clear_digits(figure: go.Figure) -> go.Figure:
    """Writes the numbers of a heatmap anew, each in the colour that stands out most against its cell.

    Plotly chooses between white and dark grey by brightness alone: on a middling blue neither may be readable.
    """
    cells = figure.data[0]
    values = np.asarray(cells.z, dtype=float)
    stops, scale = zip(*((stop, _channels(color)) for stop, color in cells.colorscale))
    shares = np.clip((values - cells.zmin) / (cells.zmax - cells.zmin), 0, 1)
    fills = np.stack([np.interp(shares, stops, channel) for channel in zip(*scale)], axis=-1)  # (n, n, 3)
    inks = ("#ffffff", "#000000")
    ratios = np.stack([contrast(fills, np.array(_channels(ink))) for ink in inks], axis=-1)  # (n, n, 2)
    rows, columns = np.indices(values.shape).reshape(2, -1)
    figure.add_scatter(x=columns, y=rows, mode="text", text=[text for row in cells.text for text in row],
                       textfont={"size": 13, "color": [inks[i] for i in ratios.argmax(axis=-1).ravel()]},
                       hoverinfo="skip")
    figure.data[0].update(text=None, texttemplate=None)
    return figure


def _channels(color: str) -> tuple[int, int, int]:
    """Splits a colour like #4454c4 into red, green and blue, 0 to 255."""
    red, green, blue = (int(color[i:i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns the WCAG contrast of colours (..., 3), 0 to 255: from 1 (none) to 21 (black on white)."""
    def luminance(color: np.ndarray) -> np.ndarray:
        part = np.asarray(color) / 255
        return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    dark, light = np.sort(np.stack(np.broadcast_arrays(luminance(one), luminance(other))), axis=0)
    return (light + 0.05) / (dark + 0.05)


def layer_lines(lines: Sequence[tuple[str, np.ndarray, str, str]], *, layer: str, chosen: int | None = None,
                percent: bool = False, dark: bool = False) -> go.Figure:
    """Draws numbers by layer.

    Args:
        lines: (name, L+1 numbers, CSS colour, plotly dash) each.
        layer: the word for "layer" below the axis.
        chosen: a layer to mark with a line.
        percent: whether the numbers are shares.
        dark: whether the page is dark.
    """
    palette = palette_of(dark)
    figure = go.Figure([go.Scatter(
        x=list(range(len(values))), y=values, name=name, mode="lines+markers", line={"color": color, "width": 2.5, "dash": dash},
        marker={"size": 7}, hovertemplate=f"%{{y:{'.0%' if percent else '.3f'}}}  {name}<extra></extra>")
        for name, values, color, dash in lines])
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": palette.line, "width": 9}, layer="below")
    figure.update_xaxes(title={"text": layer, "font": {"size": 13, "color": palette.soft}}, dtick=1, **_BARE)
    figure.update_yaxes(**{**_BARE, "showgrid": True}, gridcolor=palette.line, tickformat=".0%" if percent else None)
    figure = _layout(figure, palette, height=340)
    return figure.update_layout(hovermode="x unified", showlegend=True, margin={"l": 4, "r": 12, "t": 8, "b": 4},
                                legend={"orientation": "h", "y": -0.25, "x": 0, "font": {"size": 13}})


def moved_map(full: np.ndarray, part: np.ndarray, titles: Sequence[str], colors: Sequence[str], *,
              dark: bool = False) -> go.Figure:
    """Draws where a word goes when it sees less: a line from the hollow dot (part) to the full one.

    Args:
        full, part: (n, 2), the same axes.
        titles: n sentences for the tooltips.
        colors: n CSS colours.
        dark: whether the page is dark.
    """
    palette = palette_of(dark)
    nothing = np.full(len(full), np.nan)
    figure = go.Figure(go.Scatter(
        x=np.stack([part[:, 0], full[:, 0], nothing], axis=1).ravel(), mode="lines", hoverinfo="skip",
        y=np.stack([part[:, 1], full[:, 1], nothing], axis=1).ravel(), line={"color": palette.line, "width": 2}))
    for points, fill in ((part, palette.paper), (full, None)):
        figure.add_scatter(
            x=points[:, 0], y=points[:, 1], mode="markers", customdata=_numbered(titles),
            hovertemplate="%{customdata}<extra></extra>", cliponaxis=False,
            marker={"size": 13, "color": fill or list(colors), "line": {"width": 2.5, "color": list(colors)}})
    return _plane(figure, np.concatenate([full, part]), palette)
