"""Sentence pair: how probable is it that the second sentence follows the first?"""

import streamlit as st

from bert_tf.influence import influence_on_pair
from bert_tf.results import Influence
from ui import common, html, influence_view, models
from ui.examples import PAIRS
from ui.text import language, t


def set_pair(first: str, second: str) -> None:
    """Puts two sentences into the inputs."""
    st.session_state.first, st.session_state.second = first, second


def swap() -> None:
    """Exchanges the two inputs."""
    set_pair(st.session_state.second, st.session_state.first)


def in_words(probability: float) -> str:
    """Puts a probability into words."""
    borders = [(0.95, "pair.sure_yes"), (0.6, "pair.yes"), (0.4, "pair.unsure"), (0.05, "pair.no")]
    return t(next((key for border, key in borders if probability >= border), "pair.sure_no"))


def show_segments(encoding) -> None:
    """Draws every token on the colour of its sentence."""
    colors = common.palette()
    grounds = [html.tint(colors.b if segment else colors.a, 0.1 if token in ("[CLS]", "[SEP]") else 0.26)
               for token, segment in zip(encoding.tokens, encoding.segment_ids)]
    st.html(html.chips(encoding.tokens, grounds)
            + html.legend([(html.tint(colors.a, 0.26), t("pair.segment_a")),
                           (html.tint(colors.b, 0.26), t("pair.segment_b"))]))


@st.cache_data(max_entries=100, show_spinner=False)
def influence_of(stamp: tuple, first: str, second: str, _bert) -> Influence:
    """Returns what the verdict rests on, remembered."""
    return influence_on_pair(_bert, first, second)


common.start("pair")
common.examples("pair_example", PAIRS[language()], lambda pair: pair[0], lambda pair: set_pair(*pair[1:]))
first = common.text(st.text_input, t("pair.first"), key="first", live=True)
second = common.text(st.text_input, t("pair.second"), key="second", live=True)
st.button(t("pair.swap"), key="swap", on_click=swap, icon=":material/swap_vert:", type="tertiary",
          disabled=not (first.strip() and second.strip()))
model = models.current_model()
if not (first.strip() and second.strip()):
    common.hint("pair.empty")
if not model.bert.has_nsp_head:
    st.warning(t("pair.no_head"), icon=":material/info:")
    st.stop()

answer = model.ask("next_sentence", first, second)
turned = model.ask("next_sentence", second, first)
models.notes_on(model.bert, answer.encoding, first, second)
with st.container(border=True):
    st.html(html.verdict(in_words(answer.is_next), t("pair.probability", share=html.percent(answer.is_next)))
            + html.gauge(t("pair.a_then_b"), answer.is_next)
            + html.gauge(t("pair.b_then_a"), turned.is_next, small=True)
            + html.gauge_ends(t("pair.random"), t("pair.next")))
st.html(html.lead(t("pair.note")))
if st.toggle(t("influence.name"), value=True, key="pair_words", bind="query-params"):
    with common.friendly(stop=True), st.spinner(t("app.thinking")), st.container(border=True):
        influence_view.show("pair_words_table", influence_of(model.stamp, first, second, model.bert), [first, second],
                            t("pair.next"))
st.subheader(t("pair.reads"), anchor=False)
show_segments(answer.encoding)
models.show_tokens(answer.encoding)
