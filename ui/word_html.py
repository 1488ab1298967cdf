"""Small pieces of HTML for the meaning pages. Every text is escaped here."""

from __future__ import annotations

import html
from collections.abc import Sequence

from bert_tf.sentence_bank import Occurrence


def occurrences(found: Sequence[tuple[Occurrence, float]], colors: Sequence[str]) -> str:
    """Draws words in their sentences, each behind its cosine on a colour."""
    rows = [f'<i style="background:{color}">{cosine:.2f}</i><span>{html.escape(entry.sentence[:entry.start])}'
            f"<mark>{html.escape(entry.word)}</mark>{html.escape(entry.sentence[entry.end:])}</span>"
            for (entry, cosine), color in zip(found, colors)]
    return f'<div class="bt-list wide">{"".join(rows)}</div>'


def words(found: Sequence[tuple[str, float]]) -> str:
    """Draws words with their cosines as bars; the longest possible bar is 1."""
    rows = [f'<b>{html.escape(word)}</b><div class="bt-track"><div style="width:{100 * max(cosine, 0):.1f}%"></div></div>'
            f"<span>{cosine:.2f}</span>" for word, cosine in found]
    return f'<div class="bt-bars">{"".join(rows)}</div>'


def equation(a: str, b: str, c: str, answer: str) -> str:
    """Writes b − a + c ≈ answer, large."""
    left = f"{html.escape(b)} − {html.escape(a)} + {html.escape(c)} ≈ "
    return f'<div class="bt-sentence">{left}<mark>{html.escape(answer)}</mark></div>'
