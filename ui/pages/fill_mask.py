"""Fill in the blank: type a sentence with [MASK], or click a word to hide it, and see the answers."""

from zlib import crc32

import streamlit as st

from ui import common, fill_views, html, models, takeaway
from ui.blanks import MASK, flip, realign, word_spans
from ui.examples import FILL
from ui.text import language, t

VIEWS = ["answers", "words", "together", "layers", "surprise", "two"]


def set_text(text: str) -> None:
    """Puts a sentence into the input."""
    st.session_state.sentence = text


def clicked(key: str, text: str, spans: list[tuple[int, int]], hidden: list[int], fillers: list[str]) -> None:
    """Hides the word that was clicked, or brings back what a clicked [MASK] had hidden."""
    if st.session_state.sentence != text:  # typed on since the words were drawn
        return
    for index in list(set(hidden) ^ set(st.session_state[key]))[:1]:
        st.session_state.sentence, st.session_state.hidden_words = flip(
            st.session_state.sentence, spans[index], st.session_state.hidden_words, fillers)
        st.session_state.hidden_for = st.session_state.sentence


def show_chips(encoding, fillers: list[str]) -> None:
    """Draws the words to click; the hidden ones are lit."""
    spans = word_spans(encoding)
    words = [text[start:end] for start, end in spans]
    hidden = [number for number, word in enumerate(words) if word == MASK]
    key = f"words-{crc32(text.encode())}"
    st.pills(t("fill.click"), range(len(spans)), selection_mode="multi", key=key, default=hidden, on_change=clicked,
             args=(key, text, spans, hidden, fillers), format_func=common.told_apart(list(map(common.plain, words))).__getitem__)


def show_answers(answers) -> None:
    """Draws the sentence with the best guesses in it, and bars for every blank."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader(t("fill.best"), anchor=False, width="content")
        shown = common.choice(st.segmented_control, t("fill.top_k"), [5, 10, 20], key="top_k", default=5,
                              required=True, label_visibility="collapsed")
    st.html(html.filled_sentence(text, [candidates[0].token for candidates in answers]))
    columns = []
    for number, candidates in enumerate(answers):
        if number % 2 == 0:  # a pair a row: on a phone, where columns stand below each other, they keep their order
            columns = st.columns(2 if len(answers) > 1 else 1, gap="medium")
        with columns[number % 2].container(border=True):
            if len(answers) > 1:
                st.caption(t("fill.blank", number=number + 1))
            st.html(html.bars(candidates[:shown]))
    if len(answers) > 1:
        st.caption(t("fill.independent"))
    takeaway.offer("answers", table={
        "blank": [number + 1 for number, candidates in enumerate(answers) for _ in candidates],
        "token": [c.token for candidates in answers for c in candidates],
        "probability": [round(c.probability, 6) for candidates in answers for c in candidates]}, name="answers")


def show_positions(said) -> None:
    """Draws every token on the colour of its surprise, and the figures behind it."""
    colors = common.palette()
    st.html(html.lead(t("fill.everywhere_lead")))
    grounds, notes = [], []
    for position in said:
        hidden = position.token == MASK
        bits = html.surprise_bits(position.probability)
        grounds.append(html.tint(colors.a, 0.22) if hidden else html.surprise_ground(colors.surprise, bits))
        notes.append(position.candidates[0].token if hidden else f"{bits:.1f}")
    with st.container(border=True):
        st.html(html.chips([position.token for position in said], grounds, notes)
                + html.legend([(f"linear-gradient(90deg,{html.tint(colors.surprise, 0.05)},"
                                f"{html.surprise_ground(colors.surprise, 16)})",
                                f"{t('fill.expected')} → {t('fill.surprising')} · {t('fill.bits')}")]
                              + [(html.tint(colors.a, 0.22), t("fill.hidden"))] * (MASK in text)))
    with st.expander(t("fill.numbers"), icon=":material/table_rows:"):
        st.html(html.table(
            [t("app.position"), t("app.token"), t("fill.itself"), t("fill.alternatives")],
            [(p.position, p.token, "" if p.token == MASK else html.percent(p.probability),
              "   ".join(f"{c.token} {html.percent(c.probability)}" for c in p.candidates)) for p in said]))


common.start("fill")
common.examples("fill_example", FILL[language()], lambda text: text, set_text)
text = common.text(st.text_input, t("fill.input"), key="sentence", live=True,
                     placeholder=t("fill.placeholder"))
model = models.current_model()
if not text.strip():
    common.hint("fill.empty")
st.session_state.hidden_words = realign(st.session_state.get("hidden_for", ""), text,
                                        st.session_state.get("hidden_words", []))
st.session_state.hidden_for = text

encoding = model.encode(text)
able, blanks = model.bert.has_mlm_head, MASK in encoding.tokens
answers = model.ask("fill_mask", text, top_k=20) if able and blanks else []
show_chips(encoding, [candidates[0].token for candidates in answers])
models.notes_on(model.bert, encoding, text)
if not able:
    st.warning(t("fill.no_head"), icon=":material/info:")
else:
    view = common.choice(st.segmented_control, t("fill.view"), VIEWS, key="fill_view", default="answers", required=True,
                         format_func={name: t(f"fill.view_{name}") for name in VIEWS}.get, label_visibility="collapsed")
    if view in ("answers", "words", "together", "layers") and not blanks:
        st.info(t("fill.mask_cut") if MASK in text else t("fill.mask_written") if MASK in text.upper()
                else t("fill.no_mask"), icon=":material/ads_click:")
    elif view == "answers":
        show_answers(answers)
    elif view == "words":
        fill_views.show_words(model, text)
    elif view == "together":
        fill_views.show_together(model, text)
    elif view == "layers":
        fill_views.show_layers(model, text)
    if view == "surprise":
        fill_views.show_surprise(model, text, encoding)
    elif view == "two":
        fill_views.show_two(model, text, blanks)
    elif view == "answers" and st.toggle(t("fill.everywhere"), value=not blanks, bind="query-params",
                                         key="everywhere" if blanks else "everywhere_unhidden"):
        show_positions([position for position in model.ask("predict_positions", text, top_k=5)
                        if encoding.offsets[position.position][1] > 0])
models.show_tokens(encoding)
