"""HTML of the fine-tuning lab; every text is escaped here."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ui.html import Palette, tint

#: (start, end, CSS background, note or nothing) of a stretch of text.
Mark = tuple[int, int, str, str]


def kind_colors(kinds: Sequence[str], palette: Palette) -> dict[str, str]:
    """Returns a colour for each kind of entity, in the order of their names."""
    colors = [palette.a, palette.b, "#3d9a6a", "#9a6bc4", palette.surprise, "#2f8fa8", "#a08a2c", palette.soft]
    return {kind: tint(colors[i % len(colors)], 0.28) for i, kind in enumerate(sorted(set(kinds)))}


def marked(text: str, marks: Sequence[Mark], *, small: bool = False) -> str:
    """Draws a text with stretches of it on colour, each with a small note; of stretches that overlap, the first.

    Args:
        text: the text.
        marks: stretches.
        small: in the size of running text.
    """
    parts, place = [], 0
    for start, end, color, note in sorted(marks):
        if start < place or end <= start:
            continue
        name = f"<small>{html.escape(note)}</small>" if note else ""
        parts.append(f'{html.escape(text[place:start])}<mark style="background:{color}">'
                     f"{html.escape(text[start:end])}{name}</mark>")
        place = end
    size = " small" if small else ""
    return f'<div class="bt-marked{size}">{"".join(parts)}{html.escape(text[place:])}</div>'


def label_bars(rows: Sequence[tuple[str, float, str]]) -> str:
    """Draws (label, length of its bar in [0, 1], note behind it) as bars."""
    lines = [f'<b>{html.escape(label)}</b><div class="bt-track"><div style="width:{100 * share:.2f}%"></div></div>'
             f"<span>{html.escape(note)}</span>" for label, share, note in rows]
    return f'<div class="bt-bars">{"".join(lines)}</div>'


def card(*parts: str) -> str:
    """Draws pieces of HTML below each other, with a line above."""
    return f'<div class="bt-card">{"".join(parts)}</div>'


def said(name: str, value: str, color: str) -> str:
    """Draws a name in grey and what it says in a colour."""
    return f'<span class="bt-said">{html.escape(name)} <b style="color:{color}">{html.escape(value)}</b></span>'


def paragraph(text: str) -> str:
    """Draws a text as it is."""
    return f"<p>{html.escape(text)}</p>"


def comparison(headers: Sequence[str], rows: Sequence[Sequence[str]], colors: Sequence[str]) -> str:
    """Draws a table of figures whose rows begin with a name on a colour."""
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in headers)
    lines = "".join(
        f'<tr><td><i style="background:{color}"></i>{html.escape(row[0])}</td>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:]) + "</tr>" for row, color in zip(rows, colors))
    return f'<div class="bt-scroll"><table class="bt-table bt-twins"><tr>{head}</tr>{lines}</table></div>'
