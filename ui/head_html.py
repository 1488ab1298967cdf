"""Small pieces of HTML about heads: a grid of named heads, words before and after, numbers as strips of colour."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_tf.interventions import WordShift
from ui.html import Palette, percent, piece, tint


@dataclass(frozen=True)
class Cell:
    """One head in a grid: its name, a figure below it, the colour behind both, and a tooltip."""

    name: str
    figure: str
    color: str
    title: str = ""
    framed: bool = False


def head_grid(rows: Sequence[Sequence[Cell]], *, layer: str, head: str) -> str:
    """Draws a cell for every head, layers downwards, counted from 1; it scrolls sideways where it is too wide."""
    count = len(rows[0])
    top = "<i></i>" + "".join(f"<i>{html.escape(head)} {j + 1}</i>" for j in range(count))
    body = "".join(f"<i>{html.escape(layer)} {i + 1}</i>" + "".join(_cell(cell) for cell in row)
                   for i, row in enumerate(rows))
    return (f'<div class="bt-scroll"><div class="bt-heads" style="grid-template-columns:max-content '
            f'repeat({count},minmax(var(--bt-narrowest),1fr))">{top}{body}</div></div>')


def _cell(cell: Cell) -> str:
    frame = ";outline:2px solid var(--bt-b)" if cell.framed else ""
    return (f'<div style="background:{cell.color}{frame}" title="{html.escape(cell.title, quote=True)}">'
            f"{html.escape(cell.name)}<small>{html.escape(cell.figure)}</small></div>")


def shifts(words: Sequence[WordShift]) -> str:
    """Draws each word's probability before (grey) and after (in colour) as two bars, with both figures."""
    rows = [f'<b>{piece(word.token)}</b><div class="bt-two"><div style="width:{100 * word.before:.2f}%"></div>'
            f'<div style="width:{100 * word.after:.2f}%"></div></div>'
            f"<span>{percent(word.before)} → {percent(word.after)}</span>" for word in words]
    return f'<div class="bt-bars bt-shifts">{"".join(rows)}</div>'


def strip(numbers: np.ndarray, palette: Palette, largest: float) -> str:
    """Draws numbers as a row of cells: the accent for positive ones, the second colour for negative ones.

    Args:
        numbers: (D,).
        palette: the colours of the page.
        largest: the size that gets the full colour.
    """
    cells = "".join(f'<i style="background:{tint(palette.a if number >= 0 else palette.b, abs(number) / largest)}" '
                    f'title="{i + 1}: {number:.3f}"></i>' for i, number in enumerate(numbers.tolist()))
    return f'<div class="bt-strip">{cells}</div>'


def strips(rows: Sequence[tuple[str, np.ndarray, str]], palette: Palette, largest: float | None = None) -> str:
    """Draws (name, numbers, note) as strips below each other on one scale."""
    largest = largest or max([float(np.abs(numbers).max()) for _, numbers, _ in rows] + [1e-9])
    lines = "".join(f"<b>{html.escape(name)}</b>{strip(numbers, palette, largest)}<span>{html.escape(note)}</span>"
                    for name, numbers, note in rows)
    return f'<div class="bt-strips">{lines}</div>'


def step(number: int, title: str, text: str) -> str:
    """Draws the heading of a step: its number, what is done, and why."""
    return (f'<div class="bt-step"><i>{number}</i><div><b>{html.escape(title)}</b>'
            f"<p>{html.escape(text)}</p></div></div>")


def formula(text: str) -> str:
    """Draws a calculation with its numbers, on a ground of its own."""
    return f'<div class="bt-formula">{html.escape(text)}</div>'


def scores(rows: Sequence[tuple[str, float, float, float, float]], headers: Sequence[str], chosen: int) -> str:
    """Draws what becomes of every token's score: token, dot product, score, exponential, weight with a bar."""
    head = "".join(f"<th>{html.escape(header)}</th>" for header in headers)
    body = "".join(
        f'<tr{" class=chosen" if i == chosen else ""}><td>{html.escape(token)}</td><td>{signed(dot)}</td>'
        f"<td>{signed(score)}</td><td>{exponential:.3f}</td>"
        f'<td><div class="bt-share"><div style="width:{100 * weight:.1f}%"></div></div></td>'
        f"<td>{percent(weight)}</td></tr>" for i, (token, dot, score, exponential, weight) in enumerate(rows))
    return f'<div class="bt-scroll whole"><table class="bt-table bt-scores"><tr>{head}<th></th></tr>{body}</table></div>'


def signed(number: float, digits: int = 2) -> str:
    """Writes a number with a real minus sign."""
    return f"{number:.{digits}f}".replace("-", "−") if math.isfinite(number) else "–"
