"""Attention: BertViz's lines, and a heatmap of any layer and head, for a sentence or a pair."""

import numpy as np
import streamlit as st

from bert_tf.analysis import attention_rollout
from ui import charts, common
from ui.bertviz_view import LABELS, head_view_html
from ui.examples import ATTENTION
from ui.text import language, t

PAIRS = ["all", "a_to_b", "b_to_a", "a_to_a", "b_to_b"]
MEASURES = ["one", "layer_mean", "all_mean", "rollout"]


def set_texts(pair: tuple[str, str]) -> None:
    """Puts a sentence, and perhaps a second one, into the inputs."""
    st.session_state.look, st.session_state.look_second = pair


def weights_of(trace, measure: str, layer: int, head: int) -> np.ndarray:
    """Returns the (T, T) weights that the heatmap shows; layer and head count from 1."""
    if measure == "one":
        return trace.attentions[layer - 1, head - 1]
    if measure == "layer_mean":
        return trace.attentions[layer - 1].mean(axis=0)
    if measure == "all_mean":
        return trace.attentions.mean(axis=(0, 1))
    return attention_rollout(trace.attentions)[layer - 1]


def shown(trace, pairs: str, with_special: bool) -> tuple[np.ndarray, np.ndarray]:
    """Returns the indices of the rows and columns to show."""
    special = np.array([end == start for start, end in trace.offsets])
    kept = np.full(len(special), True) if with_special else ~special
    rows, columns = kept.copy(), kept.copy()
    if pairs != "all":
        rows &= trace.segment_ids == "ab".index(pairs[0])
        columns &= trace.segment_ids == "ab".index(pairs[-1])
    return np.flatnonzero(rows), np.flatnonzero(columns)


st.title(t("attention.name"))
st.markdown(t("attention.lead"))
common.examples("attention_example", ATTENTION[language()], lambda pair: " / ".join(filter(None, pair)), set_texts)
left, right = st.columns(2)
text = left.text_input(t("attention.first"), key="look", live=True, bind="query-params", help=t("app.link"))
second = right.text_input(t("attention.second"), key="look_second", live=True, bind="query-params")
bert = common.current_model()
if not text.strip():
    st.info(t("attention.empty"), icon=":material/edit:")
    st.stop()
with common.friendly(stop=True), st.spinner(t("app.thinking")):
    trace = bert.trace(text, second if second.strip() else None)
common.notes_on(bert, trace.encoding, text, second)

view = st.segmented_control(t("attention.view"), ["bertviz", "heatmap"], key="view", default="bertviz", required=True,
                            format_func=lambda name: t(f"attention.{name}"), bind="query-params",
                            label_visibility="collapsed")
layers, heads = trace.attentions.shape[:2]
measure, layer, head, pairs = "one", 1, 1, "all"
if view == "heatmap":
    controls = st.columns(3)
    measure = controls[0].selectbox(t("attention.what"), MEASURES, key="measure", bind="query-params",
                                    format_func=lambda name: t(f"attention.{name}"))
    if measure != "all_mean":
        layer = controls[1].selectbox(t("attention.layer"), range(1, layers + 1), key="layer", bind="query-params")
    if measure == "one":
        head = controls[2].selectbox(t("attention.head"), range(1, heads + 1), key="head", bind="query-params")
    if second.strip():
        pairs = st.segmented_control(t("attention.pairs"), PAIRS, key="pairs", default="all", required=True,
                                     format_func=lambda name: t(f"attention.{name}"), bind="query-params")
special = st.toggle(t("attention.special"), key="special", bind="query-params")

rows, columns = shown(trace, pairs, special)
if not (len(rows) and len(columns)):
    st.info(t("attention.empty"), icon=":material/edit:")
elif view == "bertviz":
    with common.friendly(stop=True):
        st.iframe(head_view_html(trace, hide_special=not special, dark=common.dark(),
                                 labels={name: t(f"bertviz.{name}") for name in LABELS}))
    st.caption(t("attention.hint"))
else:
    weights = weights_of(trace, measure, layer, head)[np.ix_(rows, columns)]
    st.plotly_chart(charts.attention_heatmap(
        weights, [trace.tokens[i] for i in rows], [trace.tokens[i] for i in columns],
        looking=t("attention.from"), looked_at=t("attention.to"), weight=t("attention.weight"), dark=common.dark()),
        key="attention_chart", config=charts.CONFIG)
    if measure == "rollout":
        st.caption(t("attention.rollout_note"))
if not special:
    st.caption(t("attention.hidden_note"))
st.caption(t("attention.caution"))
