"""HTML of the pretraining pages; every text is escaped here."""

from __future__ import annotations

import html
from collections.abc import Sequence


def pair_list(rows: Sequence[tuple[str, str, str, str]], chosen: int) -> str:
    """Draws sentence pairs with their labels, one of them marked.

    Args:
        rows: (label, CSS colour of the label, first text, second text) of each pair.
        chosen: which pair is marked.
    """
    parts = []
    for number, (label, color, first, second) in enumerate(rows):
        ground = "color-mix(in srgb,var(--bt-a) 7%,transparent)" if number == chosen else "none"
        parts.append(
            f'<div style="background:{ground};border-radius:.5rem;padding:.35rem .7rem;line-height:1.5">'
            f'<span style="color:{color};font-weight:600">{number + 1} · {html.escape(label)}</span><br>'
            f"<b>A</b> {html.escape(first)} <b style=\"margin-left:.6rem\">B</b> {html.escape(second)}</div>")
    return f'<div style="display:grid;gap:.3rem;overflow-wrap:anywhere">{"".join(parts)}</div>'
