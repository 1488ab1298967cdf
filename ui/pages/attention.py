"""Attention: BertViz's lines, and a heatmap of any layer and head, for a sentence or a pair."""

import numpy as np
import streamlit as st

from bert_tf.analysis import attention_rollout
from ui import charts, common, html, models
from ui.bertviz_view import LABELS, head_view_html
from ui.examples import ATTENTION
from ui.text import language, t

PAIRS = ["all", "a_to_b", "b_to_a", "a_to_a", "b_to_b"]
VIEWS = ["bertviz", "heatmap"]
MEASURES = ["one", "layer_mean", "head_mean", "all_mean", "rollout"]


def set_texts(pair: tuple[str, str]) -> None:
    """Puts a sentence, and perhaps a second one, into the inputs."""
    st.session_state.look, st.session_state.look_second = pair


def weights_of(trace, measure: str, layer: int, head: int) -> np.ndarray:
    """Returns the (T, T) weights that the heatmap shows; layer and head count from 1."""
    if measure == "one":
        return trace.attentions[layer - 1, head - 1]
    if measure == "layer_mean":
        return trace.attentions[layer - 1].mean(axis=0)
    if measure == "head_mean":
        return trace.attentions[:, head - 1].mean(axis=0)
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


def lost_on_special(trace, weights: np.ndarray, rows: np.ndarray) -> float:
    """Returns how much of what these rows give out goes to [CLS] and [SEP], in [0, 1]."""
    special = [i for i, (start, end) in enumerate(trace.offsets) if start == end]
    return float(weights[np.ix_(rows, special)].sum() / weights[rows].sum())


def show_lines(trace, pairs: str, with_special: bool) -> None:
    """Draws BertViz's head view in the page's language and colours."""
    with common.friendly(stop=True):
        view = head_view_html(trace, pairs=pairs, hide_special=not with_special, dark=common.dark(),
                              labels={name: t(f"bertviz.{name}") for name in LABELS})
    with st.container(border=True):
        st.iframe(view, alt=t("attention.bertviz"))
    st.caption(t("attention.hint"))


def pick_number(column, name: str, count: int) -> int:
    """Draws a choice from 1 to `count`."""
    with column:
        return common.choice(st.selectbox, t(f"attention.{name}"), list(range(1, count + 1)), key=name,
                             default=1)


def show_heatmap(trace, pairs: str, with_special: bool) -> None:
    """Draws the weights of a head, an average or the rollout."""
    if trace.segment_ids.any():
        pairs = common.choice(st.segmented_control, t("attention.pairs"), PAIRS, key="pairs", default="all",
                              format_func={name: t(f"bertviz.{name}") for name in PAIRS}.get, required=True,
                              label_visibility="collapsed", wrap=True)
    layers, heads = trace.attentions.shape[:2]
    columns = st.columns([2, 1, 1])
    with columns[0]:
        measure = common.choice(st.selectbox, t("attention.what"), MEASURES, key="measure", default="one",
                                format_func={name: t(f"attention.{name}") for name in MEASURES}.get)
    free = iter(columns[1:])
    layer = pick_number(next(free), "layer", layers) if measure in ("one", "layer_mean", "rollout") else 1
    head = pick_number(next(free), "head", heads) if measure in ("one", "head_mean") else 1
    weights, (rows, kept) = weights_of(trace, measure, layer, head), shown(trace, pairs, with_special)
    with st.container(border=True):
        common.show_chart(charts.attention_heatmap(
            weights[np.ix_(rows, kept)], [trace.tokens[i] for i in rows], [trace.tokens[i] for i in kept],
            weight=t("attention.weight"), dark=common.dark()), "attention_chart")
    st.caption(" ".join([t("attention.axes")] + [t("attention.rollout_note")] * (measure == "rollout")))
    if not with_special:
        st.caption(t("attention.hidden_note", share=html.percent(lost_on_special(trace, weights, rows))))


common.start("attention")
common.examples("attention_example", ATTENTION[language()], lambda pair: " / ".join(filter(None, pair)),
                set_texts)
left, right = st.columns(2)
text = left.text_input(t("attention.first"), key="look", live=True, bind="query-params")
second = right.text_input(t("attention.second"), key="look_second", live=True, bind="query-params")
model = models.current_model()
if not text.strip():
    common.hint("attention.empty")
texts = (text, second) if second.strip() else (text,)
trace = model.ask("trace", *texts)
models.notes_on(model, trace.encoding, *texts)

with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    view = common.choice(st.segmented_control, t("attention.view"), VIEWS, key="view", default="bertviz",
                         format_func={name: t(f"attention.{name}") for name in VIEWS}.get, required=True,
                         label_visibility="collapsed")
    special = st.toggle(t("attention.special"), key="special", bind="query-params")
part = common.settle("pairs", PAIRS, "all") if len(texts) == 2 else "all"
if not all(len(indices) for indices in shown(trace, part, special)):
    common.hint("attention.nothing")
(show_lines if view == "bertviz" else show_heatmap)(trace, part, special)
st.caption(t("attention.caution"))
models.show_tokens(trace.encoding)
