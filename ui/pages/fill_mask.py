"""Fill in the blank: type a sentence with [MASK], or click a word to hide it, and see the answers."""

import streamlit as st

from ui import common, html
from ui.examples import FILL
from ui.text import language, t

MASK = "[MASK]"


def set_text(text: str) -> None:
    """Puts a sentence into the input; nothing is hidden by hand in it yet."""
    st.session_state.sentence = text
    st.session_state.hidden_words = []


def flip(text: str, encoding) -> None:
    """Hides the token that was clicked, or brings back what a clicked [MASK] had hidden.

    `hidden_words` holds, for each [MASK] of the text in order, the characters it stands for (None if typed).
    """
    index = st.session_state.clicked_token
    st.session_state.clicked_token = None
    if index is None or st.session_state.sentence != text:  # typed on since the words were drawn
        return
    start, end = encoding.offsets[index]
    masks_before = text[:start].count(MASK)
    hidden = list(st.session_state.get("hidden_words", []))
    if len(hidden) != text.count(MASK):
        hidden = [None] * text.count(MASK)
    if text[start:end] == MASK:
        word = hidden.pop(masks_before)
        st.session_state.sentence = text[:start] + (word or "") + text[end:]
    else:
        hidden.insert(masks_before, text[start:end])
        st.session_state.sentence = text[:start] + MASK + text[end:]
    st.session_state.hidden_words = hidden


st.title(t("fill.name"))
st.markdown(t("fill.lead"))
common.examples("fill_example", FILL[language()], lambda text: text, set_text)
text = st.text_input(t("fill.input"), key="sentence", live=True, bind="query-params",
                     placeholder=t("fill.placeholder"), help=t("app.link"))
bert = common.current_model()
if not text.strip():
    st.info(t("fill.empty"), icon=":material/edit:")
    st.stop()

with common.friendly(stop=True):
    encoding = bert.encode(text)
real = [i for i, (start, end) in enumerate(encoding.offsets) if end > start]
labels = dict(zip(real, common.told_apart([common.plain(encoding.tokens[i]) for i in real])))
st.pills(t("fill.click"), real, key="clicked_token", on_change=flip, args=(text, encoding), format_func=labels.get)
common.notes_on(bert, encoding, text)

if MASK not in encoding.tokens:
    st.info(t("fill.no_mask"), icon=":material/ads_click:")
else:
    with common.friendly(stop=True), st.spinner(t("app.thinking"), show_time=False):
        answers = bert.fill_mask(text, top_k=10)
    st.caption(t("fill.best"))
    st.html(html.filled_sentence(text, [candidates[0].token for candidates in answers]))
    columns = st.columns(min(len(answers), 3), gap="large")
    for number, candidates in enumerate(answers):
        with columns[number % len(columns)]:
            if len(answers) > 1:
                st.markdown(f"**{t('fill.blank', number=number + 1)}**")
            st.html(html.bars(candidates[:8 if len(answers) == 1 else 5]))
    if len(answers) > 1:
        st.caption(t("fill.independent"))

with st.expander(t("fill.reads"), icon=":material/table_rows:"):
    st.html(common.token_table(encoding))

if st.toggle(t("fill.everywhere"), key="everywhere", bind="query-params"):
    with common.friendly(stop=True):
        said = bert.predict_positions(text)
    inside = [position for position in said if position.position in set(real)]
    st.caption(t("fill.everywhere_lead"))
    st.html(html.chips([p.token for p in inside],
                       [html.tint(html.COLOR_SURPRISE, 0 if p.token == MASK else 0.6 * (1 - p.probability))
                        for p in inside],
                       ["…" if p.token == MASK else html.percent(p.probability) for p in inside]))
    st.html(html.table(
        [t("app.token"), t("fill.itself"), t("fill.alternatives")],
        [(p.token, "…" if p.token == MASK else html.percent(p.probability),
          "   ".join(f"{c.token} {html.percent(c.probability)}".replace(" ", "\u00a0") for c in p.candidates))
         for p in inside]))
