"""The first page: what there is to see."""

from base64 import b64encode

import streamlit as st

from ui import common, html, models
from ui.text import t

PAGES = [
    ("fill", "fill_mask", ":material/edit_note:"),
    ("pair", "sentence_pair", ":material/compare_arrows:"),
    ("attention", "attention", ":material/hub:"),
    ("words", "words_in_context", ":material/scatter_plot:"),
]
MORE = [
    ("heads", "heads_at_work", ":material/toggle_off:"),
    ("onehead", "one_head", ":material/calculate:"),
    ("static", "static_words", ":material/linear_scale:"),
    ("data", "training_data", ":material/casino:"),
    ("pretraining", "pretraining", ":material/model_training:"),
    ("tune", "finetuning", ":material/school:"),
]
#: (from, to, weight) of the lines, and (x, y, sense) of the dots, in the small pictures.
LINES = [(0, 1, .5), (0, 3, .9), (1, 0, .35), (1, 1, .6), (2, 3, .95), (2, 1, .25), (3, 2, .8), (3, 3, .3)]
DOTS = [(30, 30, "a"), (58, 18, "a"), (52, 52, "a"), (86, 36, "a"), (178, 60, "b"), (206, 40, "b"),
        (222, 68, "b"), (238, 26, "b")]


def svg(shapes: str) -> str:
    """Returns a drawing as an image; st.html lets no svg element through."""
    drawing = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 260 84" width="260" height="84">'
               f"{shapes}</svg>")
    return f'<img alt="" src="data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}">'


def art(name: str) -> str:
    """Returns a small picture of what a page shows."""
    colors = common.palette()
    if name == "fill":
        words = t("home.art_words").split("|")
        strengths = [0.24 if word == "[MASK]" else 0.07 for word in words]
        inside = html.chips(words, [html.tint(colors.a, strength) for strength in strengths])
    elif name == "pair":
        inside = html.chips([t("home.art_first"), t("home.art_second")],
                            [html.tint(colors.a, 0.24), html.tint(colors.b, 0.24)])
    elif name == "attention":
        inside = svg("".join(
            f'<line x1="36" y1="{9 + 22 * i}" x2="224" y2="{9 + 22 * j}" stroke="{colors.a}" '
            f'stroke-width="3" stroke-opacity="{weight}"/>' for i, j, weight in LINES) + "".join(
            f'<rect x="{x}" y="{2 + 22 * i}" width="28" height="14" rx="4" fill="{colors.soft}" '
            f'fill-opacity=".35"/>'
            for x in (4, 228) for i in range(4)))
    else:
        inside = svg("".join(
            f'<circle cx="{x}" cy="{y}" r="9" fill="{getattr(colors, sense)}"/>' for x, y, sense in DOTS)
            + f'<circle cx="132" cy="42" r="13" fill="none" stroke="{colors.ink}" stroke-width="3"/>')
    return f'<div class="bt-art">{inside}</div>'


st.title(t("home.title"), anchor=False)
st.html(html.lead(t("home.lead")))
st.space("small")
for row in (PAGES[:2], PAGES[2:]):
    for column, (name, file, icon) in zip(st.columns(2, gap="medium"), row):
        with column.container(border=True, height="stretch", gap="xsmall", key=f"card_{name}"):
            st.html(art(name))
            st.page_link(f"ui/pages/{file}.py", label=f"**{t(f'{name}.name')}**", icon=icon)
            st.markdown(t(f"home.{name}"))
st.space("small")
st.subheader(t("home.more"), anchor=False)
for start in range(0, len(MORE), 3):
    for column, (name, file, icon) in zip(st.columns(3, gap="medium"), MORE[start:start + 3]):
        with column.container(gap="xxsmall", key=f"more_{name}"):
            st.page_link(f"ui/pages/{file}.py", label=f"**{t(f'{name}.name')}**", icon=icon)
            st.caption(t(f"home.{name}"))
models.current_model()  # opened while one looks around
