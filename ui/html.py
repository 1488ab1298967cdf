"""Small pieces of HTML: word chips, probability bars, a gauge. Every text is escaped here.

Colours are mixed from the accent and transparency, so that they sit well on a light and on a dark page.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from bert_tf.results import Candidate

#: One accent for sentence A, one for sentence B, one for surprise; the charts use the same.
COLOR_A, COLOR_B, COLOR_SURPRISE = "#4f63d8", "#d9822b", "#c9405a"

#: Put on the page once, before anything else.
STYLE = """<style>
[data-testid="stMainBlockContainer"]{padding-top:3.2rem;padding-bottom:3rem;max-width:74rem}
@media (max-width:640px){[data-testid="stMainBlockContainer"]{padding-top:4.4rem}}
[data-testid="stMainBlockContainer"] h1{font-size:2.3rem;padding:0 0 .4rem}
[data-testid="stMainBlockContainer"] h3{font-size:1.2rem;padding:.6rem 0 .2rem}
.bt-row{display:flex;flex-wrap:wrap;gap:.3rem;align-items:flex-end;line-height:1.3}
.bt-chip{padding:.2rem .5rem;border-radius:.4rem;font-size:1.02rem;text-align:center;white-space:pre}
.bt-chip small{display:block;font-size:.7rem;opacity:.75;font-variant-numeric:tabular-nums}
.bt-bars{display:grid;grid-template-columns:minmax(3.5rem,max-content) 1fr 3.6rem;gap:.4rem .7rem;align-items:center}
.bt-bars b{font-weight:600;font-size:1.05rem;overflow-wrap:anywhere}
.bt-track{height:1.05rem;border-radius:.5rem;background:rgba(127,127,140,.14);overflow:hidden}
.bt-fill{height:100%;border-radius:.5rem;background:#4f63d8;min-width:2px}
.bt-bars span{font-variant-numeric:tabular-nums;text-align:right;opacity:.85}
.bt-sentence{font-size:1.3rem;line-height:1.7;margin:.2rem 0 .4rem}
.bt-sentence mark{background:rgba(79,99,216,.18);color:inherit;padding:.1rem .35rem;border-radius:.4rem;font-weight:600}
.bt-gauge{position:relative;height:1.5rem;border-radius:.75rem;background:rgba(127,127,140,.14);overflow:hidden}
.bt-gauge div{height:100%;border-radius:.75rem}
.bt-gauge i{position:absolute;left:50%;top:0;bottom:0;width:2px;background:rgba(127,127,140,.5)}
.bt-ends{display:flex;justify-content:space-between;font-size:.85rem;opacity:.75;margin-top:.25rem}
.bt-verdict{font-size:1.5rem;font-weight:650;line-height:1.35}
.bt-verdict em{font-style:normal;opacity:.65;font-weight:400;font-size:1.05rem;margin-left:.5rem}
.bt-table{border-collapse:collapse;font-size:.92rem;width:100%}
.bt-table th{text-align:left;font-weight:500;opacity:.65;padding:.25rem .8rem .25rem 0}
.bt-table td{white-space:pre-wrap}
.bt-table td{padding:.25rem .8rem .25rem 0;border-top:1px solid rgba(127,127,140,.2);font-variant-numeric:tabular-nums}
.bt-scroll{overflow-x:auto;max-width:100%}
</style>"""


def percent(value: float) -> str:
    """Writes a probability for people: 87.3 %, 0.4 %, <0.1 %."""
    if 0 < value < 0.001:
        return "<0.1 %"
    return f"{value:.1%}".replace("%", " %")


def tint(color: str, strength: float) -> str:
    """Returns a hex colour at a strength in [0, 1] as CSS rgba."""
    red, green, blue = (int(color[i:i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{max(0.0, min(strength, 1.0)):.3f})"


def chips(tokens: Sequence[str], colors: Sequence[str], notes: Sequence[str] | None = None,
          titles: Sequence[str] | None = None) -> str:
    """Draws tokens in a row, each on its colour, with a small note below and a tooltip."""
    parts = []
    for i, (token, color) in enumerate(zip(tokens, colors)):
        note = f"<small>{html.escape(notes[i])}</small>" if notes else ""
        title = f' title="{html.escape(titles[i], quote=True)}"' if titles else ""
        parts.append(f'<span class="bt-chip" style="background:{color}"{title}>{html.escape(token)}{note}</span>')
    return f'<div class="bt-row">{"".join(parts)}</div>'


def bars(candidates: Sequence[Candidate]) -> str:
    """Draws candidates as bars; the longest possible bar is 100 %."""
    rows = [f'<b>{html.escape(c.token)}</b><div class="bt-track"><div class="bt-fill" '
            f'style="width:{100 * c.probability:.2f}%;opacity:{max(0.35, 1 - 0.13 * i):.2f}"></div></div>'
            f"<span>{percent(c.probability)}</span>" for i, c in enumerate(candidates)]
    return f'<div class="bt-bars">{"".join(rows)}</div>'


def filled_sentence(text: str, answers: Sequence[str], mask: str = "[MASK]") -> str:
    """Writes the text with an answer marked in place of every [MASK]."""
    parts = text.split(mask)
    written = [html.escape(parts[0])]
    for answer, rest in zip(answers, parts[1:]):
        continues = answer.startswith("##")
        written[-1] = written[-1].rstrip() if continues else written[-1]
        written.append(f"<mark>{html.escape(answer.removeprefix('##'))}</mark>{html.escape(rest)}")
    return f'<div class="bt-sentence">{"".join(written)}</div>'


def verdict(words: str, aside: str, share: float, low: str, high: str) -> str:
    """Draws a verdict in words over a gauge from `low` (0) to `high` (1) with its middle marked."""
    color = COLOR_A if share >= 0.5 else COLOR_SURPRISE
    return (f'<div class="bt-verdict">{html.escape(words)}<em>{html.escape(aside)}</em></div>'
            f'<div class="bt-gauge"><div style="width:{100 * share:.1f}%;background:{color}"></div><i></i></div>'
            f'<div class="bt-ends"><span>{html.escape(low)}</span><span>{html.escape(high)}</span></div>')


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Draws a plain table that scrolls sideways on a narrow screen."""
    head = "".join(f"<th>{html.escape(str(cell))}</th>" for cell in headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="bt-scroll"><table class="bt-table"><tr>{head}</tr>{body}</table></div>'
