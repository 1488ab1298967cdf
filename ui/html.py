"""Small pieces of HTML: word chips, probability bars, gauges, tables. Every text is escaped here."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from bert_tf.results import Candidate

_CSS = Path(__file__).parent / "assets" / "app.css"

#: The strongest tint behind words: on more of it they could not be read.
DEEPEST = 0.52


@dataclass(frozen=True)
class Palette:
    """The colours of a light or a dark page, for HTML and charts alike.

    Attributes:
        ink, soft: text, and text in the second row.
        line, faint, paper: hairlines, the ground of bars, the page.
        a, b, surprise: sentence A (and the accent), sentence B, surprise.
        scale: from nothing to most, for heatmaps.
    """

    ink: str
    soft: str
    line: str
    faint: str
    paper: str
    a: str
    b: str
    surprise: str
    scale: tuple[tuple[float, str], ...]


LIGHT = Palette(ink="#20242e", soft="#5c6170", line="#e4e2da", faint="#ebeae4", paper="#fcfcf9", a="#4454c4",
                b="#c96f1e", surprise="#c9405a",
                scale=((0, "#f4f4ef"), (0.3, "#c3c9f0"), (0.65, "#6f7fdc"), (1, "#262c7c")))
DARK = Palette(ink="#e8e9ee", soft="#a4a8b6", line="#2e323d", faint="#2a2d38", paper="#14161c", a="#8e9bff",
               b="#eb9a50", surprise="#f0708a",
               scale=((0, "#1b1e27"), (0.3, "#323a7a"), (0.65, "#6675dd"), (1, "#dfe3ff")))


def style(palette: Palette, *, upload: str, upload_limit: str) -> str:
    """Returns the style element that all pages share.

    Args:
        palette: the colours.
        upload, upload_limit: what stands in place of Streamlit's own English words on its upload button and beside it.
    """
    names = {"ink": palette.ink, "soft": palette.soft, "line": palette.line, "faint": palette.faint,
             "paper": palette.paper, "a": palette.a, "b": palette.b, "s": palette.surprise}
    names |= {"upload": f"'{upload}'", "upload-limit": f"'{upload_limit}'"}
    variables = ";".join(f"--bt-{name}:{value}" for name, value in names.items())
    return f"<style>:root{{{variables}}}\n{_CSS.read_text(encoding='utf-8')}</style>"


def percent(value: float) -> str:
    """Writes a probability for people: 87.3%, 0.4%, <0.1%."""
    if 0 < value < 0.001:
        return "<0.1%"
    return f"{value:.1%}"


def tint(color: str, strength: float) -> str:
    """Returns a hex colour at a strength in [0, 1] as CSS rgba."""
    red, green, blue = (int(color[i:i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{max(0.0, min(strength, 1.0)):.3f})"


def surprise_ground(color: str, bits: float) -> str:
    """Returns the ground of a token that is so surprising, 16 bits or more the deepest."""
    return tint(color, DEEPEST * min(bits, 16) / 16)


def surprise_bits(probability: float) -> float:
    """Returns how surprising a probability is, in bits, at most 20: 1/2 gives 1, 1/4 gives 2."""
    return min(20.0, -math.log2(max(probability, 2 ** -20)))


def lead(text: str) -> str:
    """Draws the lines below a title; `**` marks what is important."""
    parts = html.escape(text).split("**")
    marked = [f"<b>{part}</b>" if i % 2 else part for i, part in enumerate(parts)]
    return f'<p class="bt-lead">{"".join(marked)}</p>'


def chips(tokens: Sequence[str], colors: Sequence[str], notes: Sequence[str] | None = None,
          titles: Sequence[str] | None = None) -> str:
    """Draws tokens in a row, each on its colour, with a small note below and a tooltip."""
    parts = []
    for i, (token, color) in enumerate(zip(tokens, colors)):
        note = f"<small>{html.escape(notes[i])}</small>" if notes else ""
        title = f' tabindex="0" title="{html.escape(titles[i], quote=True)}"' if titles and titles[i] else ""
        parts.append(f'<span class="bt-chip" style="background:{color}"{title}>'
                     f"{html.escape(token)}{note}</span>")
    return f'<div class="bt-row">{"".join(parts)}</div>'


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Draws (CSS background, words) pairs as a legend; a gradient gets a wider patch."""
    parts = [f'<span><i class="{"wide" if "gradient" in color else ""}" style="background:{color}"></i>'
             f"{html.escape(words)}</span>" for color, words in entries]
    return f'<div class="bt-legend">{"".join(parts)}</div>'


def piece(token: str) -> str:
    """Writes a word piece, the ## of a continued word in grey."""
    if token.startswith("##"):
        return f"<s>##</s>{html.escape(token[2:])}"
    return html.escape(token)


def bars(candidates: Sequence[Candidate]) -> str:
    """Draws candidates as bars; the longest possible bar is 100%."""
    rows = [f'<b>{piece(c.token)}</b><div class="bt-track"><div style="width:{100 * c.probability:.2f}%;'
            f'opacity:{max(0.45, 1 - 0.1 * i):.2f}"></div></div><span>{percent(c.probability)}</span>'
            for i, c in enumerate(candidates)]
    return f'<div class="bt-bars">{"".join(rows)}</div>'


def filled_sentence(text: str, answers: Sequence[str], mask: str = "[MASK]") -> str:
    """Writes the text with an answer marked in place of every [MASK]; one that was cut off stays."""
    parts = text.split(mask)
    written = [html.escape(parts[0])]
    for rest, answer in zip_longest(parts[1:], answers[:len(parts) - 1]):
        answer = mask if answer is None else answer
        if answer.startswith("##"):
            written[-1] = written[-1].rstrip()
        written.append(f"<mark>{html.escape(answer.removeprefix('##'))}</mark>{html.escape(rest)}")
    return f'<div class="bt-sentence">{"".join(written)}</div>'


def weighed_words(text: str, marks: Sequence[tuple[int, int, str, str]]) -> str:
    """Draws a text with (start, end, CSS background, tooltip) of its words, in order, close together on their colours."""
    parts, place = [], 0
    for start, end, color, title in marks:
        parts.append(f'{html.escape(text[place:start])}<mark style="background:{color}" '
                     f'tabindex="0" title="{html.escape(title, quote=True)}">{html.escape(text[start:end])}</mark>')
        place = end
    return f'<div class="bt-marked bt-weighed">{"".join(parts)}{html.escape(text[place:])}</div>'


def verdict(words: str, aside: str) -> str:
    """Draws an answer in words."""
    return f'<div class="bt-verdict"><b>{html.escape(words)}</b><span>{html.escape(aside)}</span></div>'


def gauge(name: str, share: float, *, small: bool = False) -> str:
    """Draws where a probability stands between 0 and 1."""
    return (f'<div class="bt-gauge{" small" if small else ""}"><b>{html.escape(name)}</b>'
            f'<div><i style="left:{100 * share:.1f}%"></i></div><span>{percent(share)}</span></div>')


def gauge_ends(low: str, high: str) -> str:
    """Names the two ends of the gauges above it."""
    return (f'<div class="bt-gauge ends"><b></b><div><span>{html.escape(low)}</span>'
            f"<span>{html.escape(high)}</span></div><span></span></div>")


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], *, whole: bool = False) -> str:
    """Draws a plain table that scrolls where it is too wide, and where it is too high unless the `whole` is wanted."""
    head = "".join(f"<th>{html.escape(str(cell))}</th>" for cell in headers)
    lines = ["".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="bt-scroll{" whole" if whole else ""}"><table class="bt-table"><tr>{head}</tr>{body}</table></div>'


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Draws (value, name) pairs in two columns."""
    cells = "".join(f"<div><b>{html.escape(value)}</b>{html.escape(name)}</div>" for value, name in pairs)
    return f'<div class="bt-facts">{cells}</div>'


def marked_list(sentences: Sequence[str], spans: Sequence[tuple[int, int]], colors: Sequence[str]) -> str:
    """Draws numbered sentences, each number on its colour and the stretch `span` of each in bold."""
    rows = [f'<i style="background:{color}">{number}</i><span>{html.escape(sentence[:start])}'
            f"<mark>{html.escape(sentence[start:end])}</mark>{html.escape(sentence[end:])}</span>"
            for number, (sentence, (start, end), color) in enumerate(zip(sentences, spans, colors), 1)]
    return f'<div class="bt-list">{"".join(rows)}</div>'


def numbers(entries: Sequence[tuple[str, str, str]]) -> str:
    """Draws (value, words, CSS colour) as large figures side by side."""
    cells = "".join(f'<div style="border-color:{color}"><b>{html.escape(value)}</b>{html.escape(words)}</div>'
                    for value, words, color in entries)
    return f'<div class="bt-numbers">{cells}</div>'
