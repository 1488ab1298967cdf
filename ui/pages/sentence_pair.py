"""Sentence pair: how probable is it that the second sentence follows the first?"""

import streamlit as st

from ui import common, html
from ui.examples import PAIRS
from ui.text import language, t


def set_pair(pair: tuple[str, str]) -> None:
    """Puts two sentences into the inputs."""
    st.session_state.first, st.session_state.second = pair


def swap() -> None:
    """Exchanges the two inputs."""
    set_pair((st.session_state.second, st.session_state.first))


def verdict(probability: float) -> str:
    """Puts a probability into words."""
    borders = [(0.95, "pair.sure_yes"), (0.6, "pair.yes"), (0.4, "pair.unsure"), (0.05, "pair.no")]
    return t(next((key for border, key in borders if probability >= border), "pair.sure_no"))


st.title(t("pair.name"))
st.markdown(t("pair.lead"))
common.examples("pair_example", PAIRS[language()], lambda pair: f"{pair[0]} / {pair[1]}", set_pair)
left, right = st.columns(2)
first = left.text_input(t("pair.first"), key="first", live=True, bind="query-params", help=t("app.link"))
second = right.text_input(t("pair.second"), key="second", live=True, bind="query-params")
st.button(t("pair.swap"), key="swap", on_click=swap, icon=":material/swap_horiz:",
          disabled=not (first.strip() and second.strip()))
bert = common.current_model()
if not (first.strip() and second.strip()):
    st.info(t("pair.empty"), icon=":material/edit:")
    st.stop()

with common.friendly(stop=True), st.spinner(t("app.thinking")):
    answer = bert.next_sentence(first, second)
st.html(html.verdict(verdict(answer.is_next), f"{html.percent(answer.is_next)} · {t('pair.probability')}",
                     answer.is_next, t("pair.random"), t("pair.next")))
common.notes_on(bert, answer.encoding, first, second)
st.caption(t("pair.reads"))
encoding = answer.encoding
st.html(html.chips(encoding.tokens, [html.tint(html.COLOR_B if segment else html.COLOR_A, 0.22)
                                     for segment in encoding.segment_ids],
                   ["AB"[segment] for segment in encoding.segment_ids]))
st.info(t("pair.note"), icon=":material/lightbulb:")
with st.expander(t("fill.reads"), icon=":material/table_rows:"):
    st.html(common.token_table(encoding))
