"""One head, step by step: the arithmetic of attention for one token, with the model's own numbers."""

import math

import numpy as np
import streamlit as st

from bert_tf.head_arithmetic import head_arithmetic
from ui import attention_inputs, common, head_html, html, models, takeaway
from ui.examples import ATTENTION
from ui.text import t

#: So many values are drawn one by one; the others are added up.
VALUES_SHOWN = 5


def pick(trace) -> tuple[int, int, int]:
    """Draws the choice of layer, head and token; all returned from 0."""
    layers, heads = trace.attentions.shape[:2]
    columns = st.columns([1, 1, 2])
    first = attention_inputs.telling_head(trace)
    layer = attention_inputs.number(columns[0], t("onehead.layer"), "layer", layers, default=first[0])
    head = attention_inputs.number(columns[1], t("onehead.head"), "head", heads, default=first[1])
    return layer - 1, head - 1, attention_inputs.token(columns[2], t("onehead.token"), "token", trace.tokens, default=2)


def show_query(steps, name: str, hidden: int) -> None:
    """Step 1: the query."""
    st.html(head_html.step(1, t("onehead.query_title", token=name),
                           t("onehead.query_text", hidden=hidden, size=len(steps.query))))
    st.html(head_html.strips([(t("onehead.query"), steps.query, "")], common.palette()))
    st.caption(t("onehead.colors"))


def show_dot(steps, tokens: list[str]) -> int:
    """Step 2: a key and the dot product; returns the token whose key is shown."""
    heading = st.container()
    best = int(np.argmax(steps.weights)) + 1
    key = attention_inputs.token(st.columns([1, 1])[0], t("onehead.key"), "key", tokens, default=best)
    heading.html(head_html.step(2, t("onehead.key_title", token=tokens[key]), t("onehead.key_text")))
    largest = float(max(np.abs(steps.query).max(), np.abs(steps.keys[key]).max()))
    st.html(head_html.strips([(t("onehead.query"), steps.query, ""), (t("onehead.key_of"), steps.keys[key], "")],
                             common.palette(), largest)
            + head_html.strips([(t("onehead.product"), steps.products[key], "")], common.palette()))
    first = " + ".join(f"({head_html.signed(q)} × {head_html.signed(k)})"
                       for q, k in zip(steps.query[:3], steps.keys[key][:3]))
    st.html(head_html.formula(f"q · k = {first} + … = {head_html.signed(steps.dots[key])}"))
    return key


def show_scores(steps, tokens: list[str], key: int) -> None:
    """Step 3: scaling and softmax, for all tokens."""
    size, largest = len(steps.query), head_html.signed(float(steps.scores.max()))
    largest = f"({largest})" if largest.startswith("−") else largest
    st.html(head_html.step(3, t("onehead.score_title", size=size), t(
        "onehead.score_text", largest=largest, total=f"{float(steps.exponentials.sum()):.2f}")))
    dot, score = steps.dots[key], steps.scores[key]
    dot_text, score_text, total = head_html.signed(dot), head_html.signed(score), f"{steps.exponentials.sum():.2f}"
    st.html(head_html.formula(f"{dot_text} / √{size} = {dot_text} / {math.sqrt(size):.2f} = {score_text}"))
    st.html(head_html.formula(
        f"e^({score_text} − {largest}) / {total} = {steps.exponentials[key]:.3f} / {total} = "
        f"{html.percent(float(steps.weights[key]))}"))
    rows = list(zip(tokens, *(part.tolist() for part in (steps.dots, steps.scores, steps.exponentials, steps.weights))))
    headers = [t("app.token"), t("onehead.dot"), t("onehead.score"), t("onehead.power", largest=largest),
               t("onehead.weight")]
    st.html(head_html.scores(rows, headers, key))


def show_values(steps, tokens: list[str], name: str) -> None:
    """Step 4: the weighted sum of the values, the heaviest ones on their own."""
    st.html(head_html.step(4, t("onehead.value_title"), t("onehead.value_text", token=name)))
    order = np.argsort(-steps.weights, kind="stable")
    single, rest = order[:VALUES_SHOWN], order[VALUES_SHOWN:]
    rows = [(tokens[i], steps.weighted[i], f"× {html.percent(float(steps.weights[i]))}") for i in single]
    if len(rest):
        rows.append((t("onehead.others", count=len(rest)), steps.weighted[rest].sum(axis=0),
                     f"× {html.percent(float(steps.weights[rest].sum()))}"))
    st.html(head_html.strips([*rows, (t("onehead.output"), steps.output, "")], common.palette()))
    st.caption(t("onehead.after"))


common.start("onehead")
texts = attention_inputs.two_texts("onehead", ATTENTION, ("look", "look_second"))
model = models.current_model()
trace = model.ask("trace", *texts)
models.notes_on(model.bert, trace.encoding, *texts)
layer, head, place = pick(trace)
with common.friendly(stop=True):
    steps = head_arithmetic(model.bert, trace, layer, head, place)
with st.container(border=True, gap="small"):
    show_query(steps, trace.tokens[place], trace.hidden_states.shape[-1])
with st.container(border=True, gap="small"):
    compared = show_dot(steps, trace.tokens)
with st.container(border=True, gap="small"):
    show_scores(steps, trace.tokens, compared)
with st.container(border=True, gap="small"):
    show_values(steps, trace.tokens, trace.tokens[place])
takeaway.offer("steps", table={
    "token": trace.tokens, "dot": steps.dots, "score": steps.scores, "exponential": steps.exponentials,
    "weight": steps.weights, "query": [steps.query.tolist()] * len(trace.tokens),
    "key": steps.keys.tolist(), "value": steps.values.tolist()}, name="one-head")
