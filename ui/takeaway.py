"""Taking a picture away: its numbers as CSV or JSON, itself as a page that opens without a network.

    takeaway.offer("attention_chart", figure=figure, table={"from": [...], "to": [...], "weight": [...]})

draws one small button; behind it are the files. Nothing is written before somebody asks for a file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ui.charts import CONFIG
from ui.text import t

#: The button of a chart on a page of its own saves it as SVG, which stays sharp in print.
PAGE_CONFIG = {**CONFIG, "toImageButtonOptions": {"format": "svg"}}

#: Width of a chart on a page of its own, in pixels.
PAGE_WIDTH = 960

#: Column name -> its values, all equally many; or a function that gives that when a file is asked for.
Table = Mapping[str, Sequence]


def offer(key: str, figure=None, table: Table | Callable[[], Table] | None = None,
          html: str | Callable[[], str] | None = None, name: str = "attention") -> None:
    """Draws a button that opens the downloads of one picture.

    Args:
        key: unlike any other on the page; the buttons are `<key>_csv`, `<key>_json` and `<key>_html`.
        figure: a plotly figure, offered as a standalone page of about 5 MB with plotly inside.
        table: the numbers, offered as CSV (with the mark that spreadsheets know UTF-8 by) and as JSON.
        html: a standalone page, instead of a figure.
        name: what the files are called, without the ending.

    Raises:
        ValueError: nothing to offer, or both a figure and a page.
    """
    if figure is None and table is None and html is None:
        raise ValueError("offer needs a figure, a table or html.")
    if figure is not None and html is not None:
        raise ValueError("offer takes a figure or html, not both.")
    files = []
    if table is not None:
        files += [("csv", "text/csv", lambda: as_csv(_given(table))),
                  ("json", "application/json", lambda: as_json(_given(table)))]
    if figure is not None:
        files.append(("html", "text/html", lambda: as_page(figure)))
    if html is not None:
        files.append(("html", "text/html", lambda: _given(html)))
    with st.popover(t("takeaway.name"), icon=":material/download:", type="tertiary", key=f"{key}_away"):
        for ending, mime, write in files:
            label = "figure" if figure is not None and ending == "html" else ending
            st.download_button(t(f"takeaway.{label}"), write, file_name=f"{name}.{ending}", mime=mime,
                               key=f"{key}_{ending}", on_click="ignore", width="stretch")
        if figure is not None:
            st.caption(t("takeaway.png"))


def as_page(figure) -> str:
    """Writes a plotly figure as a page that opens without a network, of a size that suits paper and slides."""
    return _enlarged(figure).to_html(include_plotlyjs=True, config=PAGE_CONFIG)


def as_one_page(figures: Mapping[str, object], title: str) -> str:
    """Writes several plotly figures, each under its name, as one page that opens without a network.

    Lines get a legend where a figure has more than one.
    """
    parts = []
    for name, figure in figures.items():
        drawn = _enlarged(figure).update_layout(showlegend=len(figure.data) > 1)
        parts.append(f"<h2>{escape(name)}</h2>"
                     + drawn.to_html(full_html=False, include_plotlyjs=not parts, config=PAGE_CONFIG))
    return (f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
            f'<body style="font-family:sans-serif"><h1>{escape(title)}</h1>{"".join(parts)}</body></html>')


def _enlarged(figure) -> go.Figure:
    return go.Figure(figure).update_layout(width=PAGE_WIDTH, height=round(1.3 * (figure.layout.height or 450)))


def as_csv(table: Table) -> str:
    """Writes columns as CSV, with the byte order mark that makes spreadsheets read UTF-8.

    Example: {"token": ["a", "b"], "weight": [0.5, 1]} becomes "token,weight", "a,0.5", "b,1".

    Raises:
        ValueError: the columns are not equally long.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*map(_plain, table.values()), strict=True))
    return "\ufeff" + text.getvalue()


def as_json(table: Table) -> str:
    """Writes columns as a JSON object of lists."""
    return json.dumps({name: _plain(values) for name, values in table.items()}, ensure_ascii=False)


def matrix_table(weights: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> Table:
    """Returns a matrix (rows, columns) as one line a cell: both positions from 1, both tokens, the weight."""
    row, column = np.indices(weights.shape).reshape(2, -1)
    return {"row": row + 1, "column": column + 1, "from": [rows[i] for i in row],
            "to": [columns[j] for j in column], "weight": np.asarray(weights, dtype=float).ravel().round(6)}


def _given(source):
    return source() if callable(source) else source


def _plain(values: Sequence) -> list:
    """Returns a list of plain Python values."""
    return values.tolist() if isinstance(values, np.ndarray) else list(values)
