"""Attention: BertViz's three views, all heads as small pictures, and one picture of any layer and head."""

import numpy as np
import streamlit as st

from bert_tf.analysis import attention_rollout
from bert_tf.head_arithmetic import head_vectors
from bert_tf.head_roles import PLACES, head_roles
from ui import attention_inputs, bertviz_page, charts, common, head_charts, html, models, takeaway
from ui.bertviz_inside import model_view_html, neuron_view_html, weakest_line
from ui.bertviz_view import LABELS, MOST_WEIGHTS, PAIRS, head_view_html
from ui.examples import ATTENTION
from ui.text import comma, language, t

#: Heads that give so much of their weight to hidden tokens show little of it; so many of them are named.
RESTING, MOST_NAMED = 0.8, 6
VIEWS = ["bertviz", "model", "neuron", "grid", "heatmap"]
MEASURES = ["one", "layer_mean", "head_mean", "all_mean", "rollout"]
SHAPES = ["matrix", "sums", "row"]


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


def lost_on_special(trace, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Returns how much of what these rows of weights (..., T, T) give out goes to [CLS] and [SEP], (...), in [0, 1]."""
    special = [i for i, (start, end) in enumerate(trace.offsets) if start == end]
    given = weights[..., rows, :]
    return given[..., special].sum(axis=(-2, -1)) / given.sum(axis=(-2, -1))


def pick_part(trace) -> str:
    """Draws which sentence looks at which, where there are two."""
    if not trace.segment_ids.any():
        return "all"
    return common.choice(st.segmented_control, t("attention.pairs"), list(PAIRS), key="pairs", default="all",
                         format_func={name: t(f"bertviz.{name}") for name in PAIRS}.get, required=True,
                         label_visibility="collapsed", wrap=True)


def pick_head(trace) -> tuple[int, int]:
    """Draws the choice of a layer and a head; both count from 1."""
    columns = st.columns([1, 1, 2])
    (layers, heads), first = trace.attentions.shape[:2], attention_inputs.telling_head(trace)
    return (attention_inputs.number(columns[0], t("attention.layer"), "layer", layers, default=first[0]),
            attention_inputs.number(columns[1], t("attention.head"), "head", heads, default=first[1]))


def show_bertviz(view: str, trace, bert, pairs: str, with_special: bool) -> None:
    """Draws one of BertViz's views in the page's language and colours."""
    options = {"pairs": pairs, "hide_special": not with_special, "dark": common.dark(),
               "labels": {name: t(f"bertviz.{name}") for name in LABELS}}
    layer, head = pick_head(trace) if view == "neuron" else attention_inputs.telling_head(trace)
    with common.friendly(stop=True):
        if view == "bertviz":
            page = head_view_html(trace, layer=layer - 1, head=head - 1, **options)
            least = bertviz_page.weakest_drawn(trace.attentions, MOST_WEIGHTS)
        elif view == "model":
            page, least = model_view_html(trace, **options), weakest_line(trace)
        else:
            vectors = head_vectors(bert, trace, layer - 1, head - 1)
            page, least = neuron_view_html(trace, vectors, layer - 1, head - 1, **options), 0.01
    with st.container(border=True):
        st.iframe(page, alt=t(f"attention.{view}"))
    left_out = [t("attention.left_out", least=html.percent(least))] if least else []
    st.caption(" ".join([t(f"attention.{view}_hint"), *left_out]))
    if not with_special:
        rows = shown(trace, pairs, False)[0]
        say_hidden(trace, rows, (layer - 1, head - 1) if view == "neuron" else None)
    takeaway.offer("bertviz", table=lambda: all_weights(trace), html=page, name=f"attention-{view}")


def say_hidden(trace, rows: np.ndarray, place: tuple[int, int] | None, resting: str = "attention.resting") -> None:
    """Says how much of what is shown goes to hidden tokens, and which heads show little because nearly all theirs does.

    Args:
        trace: of the text.
        rows: the tokens shown.
        place: (layer, head) of the one head shown; None where all are.
        resting: key of the text that names those heads.
    """
    shares = lost_on_special(trace, trace.attentions, rows)  # (L, N)
    note = t("attention.hidden_note", share=html.percent(float(shares[place] if place else shares.mean())))
    order = np.argsort(-shares, axis=None, kind="stable")[:np.count_nonzero(shares >= RESTING)]
    if len(order) and not place:
        named = ("、" if language() == "zh" else ", ").join(
            f"{layer + 1}.{head + 1}\u00a0({shares[layer, head]:.0%})"
            for layer, head in zip(*np.unravel_index(order[:MOST_NAMED], shares.shape)))
        if len(order) > MOST_NAMED:
            named = t("attention.and_more", heads=named, count=len(order) - MOST_NAMED)
        note += " " + t(resting, heads=named)
    st.caption(note)


def all_weights(trace) -> dict:
    """Returns every weight of every head as columns; layers, heads and tokens count from 1."""
    layer, head, row, column = np.indices(trace.attentions.shape).reshape(4, -1)
    tokens = np.array(trace.tokens, dtype=object)
    return {"layer": layer + 1, "head": head + 1, "row": row + 1, "column": column + 1, "from": tokens[row],
            "to": tokens[column], "weight": trace.attentions.ravel().astype(float).round(6)}


def enlarge() -> None:
    """Chooses the head whose small picture was clicked."""
    points = st.session_state.heads_grid.selection.points
    if points:
        layer, head = points[0]["customdata"][:2]
        st.session_state.update(layer=int(layer) + 1, head=int(head) + 1)


def show_grid(trace, with_special: bool) -> None:
    """Draws all heads as small pictures, and one of them large below."""
    pairs = pick_part(trace)
    rows, columns = shown(trace, pairs, with_special)
    weights = trace.attentions[:, :, rows][:, :, :, columns]
    layers, heads = weights.shape[:2]
    first = attention_inputs.telling_head(trace)
    chosen = tuple(common.settle(key, list(range(1, count + 1)), default) - 1
                   for key, count, default in zip(("layer", "head"), (layers, heads), first))
    roles = head_roles(trace)
    notes = [[f"{t('attention.layer')} {i + 1} · {t('attention.head')} {j + 1}: {role_note(roles, i, j)}"
              for j in range(heads)] for i in range(layers)]
    pale = None if with_special else lost_on_special(trace, trace.attentions, rows) >= RESTING
    figure = head_charts.heads_grid(weights, notes, layer=t("attention.layer"), head=t("attention.head"), pale=pale,
                                    chosen=chosen, dark=common.dark())
    with st.container(border=True):
        st.plotly_chart(figure, key="heads_grid", config=charts.CONFIG, theme=None, on_select=enlarge,
                        selection_mode="points")
    block = head_charts.cells_along(weights)
    coarse = [t("attention.coarse", count=block)] if block > 1 else []
    st.caption(" ".join([t("attention.grid_hint"), *coarse]))
    if not with_special:
        say_hidden(trace, rows, None, "attention.pale")
    takeaway.offer("grid", figure=figure, table=lambda: all_weights(trace), name="attention-heads")
    layer, head = pick_head(trace)
    st.caption(role_note(roles, layer - 1, head - 1))
    draw_matrix(trace, weights_of(trace, "one", layer, head), rows, columns)


def role_note(roles, layer: int, head: int) -> str:
    """Says in words what a head does on this text."""
    role = str(roles.roles[layer, head])
    share = html.percent(roles.measure(layer, head))
    return f"{t(f'heads.role_{role}')}{comma()}{t('heads.of_weight' if role in PLACES else 'heads.of_breadth', share=share)}"


def draw_matrix(trace, weights: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Draws weights as a heatmap; returns the tokens whose weights these are."""
    cut, names = weights[np.ix_(rows, columns)], ([trace.tokens[i] for i in rows], [trace.tokens[i] for i in columns])
    figure = charts.attention_heatmap(cut, *names, weight=t("attention.weight"), dark=common.dark())
    with st.container(border=True):
        common.show_chart(figure, "attention_chart")
    takeaway.offer("matrix", figure=figure, table=lambda: takeaway.matrix_table(cut, *names), name="attention-matrix")
    return rows


def draw_chips(trace, kept: np.ndarray, shares: np.ndarray, heading: str, *, most: float | None = None) -> None:
    """Draws tokens, each as dark as its share of `most`, by default the largest."""
    palette, most = common.palette(), max(most or float(shares.max(initial=0)), 1e-9)
    with st.container(gap="xsmall"):
        st.markdown(f"**{heading}**")
        st.html(html.chips([trace.tokens[i] for i in kept],
                           [html.tint(palette.a, 0.5 * share / most) for share in shares],
                           [html.percent(float(share)) for share in shares]))


def draw_sums(trace, weights: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Draws what every token receives from those shown, on average, and how much of its own it gives to them.

    Returns:
        The tokens whose weights these are.
    """
    cut = weights[np.ix_(rows, columns)]
    received, given = cut.mean(axis=0), cut.sum(axis=1)
    with st.container(border=True, gap="medium"):
        draw_chips(trace, columns, received, t("attention.received"))
        draw_chips(trace, rows, given, t("attention.given"))
    st.caption(t("attention.sums_note"))
    takeaway.offer("sums", table={"token": [trace.tokens[i] for i in (*columns, *rows)],
                                  "what": ["received"] * len(columns) + ["given"] * len(rows),
                                  "share": np.concatenate([received, given]).astype(float).round(6)},
                   name="attention-sums")
    return rows


def draw_row(trace, weights: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Draws one token's row, and its column: where it looks, and who looks at it; returns that token."""
    place = attention_inputs.token(st.columns([1, 2])[0], t("attention.token"), "token", trace.tokens, default=2)
    most = float(max(weights[place, columns].max(initial=0), weights[rows, place].max(initial=0)))
    with st.container(border=True, gap="medium"):
        draw_chips(trace, columns, weights[place, columns], t("attention.looks_at"), most=most)
        draw_chips(trace, rows, weights[rows, place], t("attention.looked_at_by"), most=most)
    takeaway.offer("row", table={"token": [trace.tokens[i] for i in (*columns, *rows)],
                                 "what": ["looks at"] * len(columns) + ["looked at by"] * len(rows),
                                 "weight": np.concatenate([weights[place, columns], weights[rows, place]])
                                 .astype(float).round(6)}, name="attention-row")
    return np.array([place])


def show_heatmap(trace, with_special: bool) -> None:
    """Draws the weights of a head, an average or the rollout: as a matrix, as sums, or one token's row."""
    pairs = pick_part(trace)
    (layers, heads), first = trace.attentions.shape[:2], attention_inputs.telling_head(trace)
    columns = st.columns([2, 1, 1])
    with columns[0]:
        measure = common.choice(st.selectbox, t("attention.what"), MEASURES, key="measure", default="one",
                                format_func={name: t(f"attention.{name}") for name in MEASURES}.get)
    free = iter(columns[1:])
    layer = (attention_inputs.number(next(free), t("attention.layer"), "layer", layers,
                                     default=layers if measure == "rollout" else first[0])
             if measure in ("one", "layer_mean", "rollout") else 1)
    head = (attention_inputs.number(next(free), t("attention.head"), "head", heads, default=first[1])
            if measure in ("one", "head_mean") else 1)
    shape = common.choice(st.segmented_control, t("attention.shape"), SHAPES, key="shape", default="matrix",
                          format_func={name: t(f"attention.{name}") for name in SHAPES}.get, required=True,
                          label_visibility="collapsed")
    weights, (rows, kept) = weights_of(trace, measure, layer, head), shown(trace, pairs, with_special)
    rows = {"matrix": draw_matrix, "sums": draw_sums, "row": draw_row}[shape](trace, weights, rows, kept)
    notes = [t("attention.axes")] * (shape == "matrix") + [t("attention.rollout_note")] * (measure == "rollout")
    if notes:
        st.caption(" ".join(notes))
    if not with_special:
        note = "attention.hidden_sum" if measure == "rollout" else "attention.hidden_note"
        st.caption(t(note, share=html.percent(float(lost_on_special(trace, weights, rows)))))


common.start("attention")
texts = attention_inputs.two_texts("attention", ATTENTION, ("look", "look_second"))
model = models.current_model()
trace = model.ask("trace", *texts)
models.notes_on(model.bert, trace.encoding, *texts)

with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    view = common.choice(st.segmented_control, t("attention.view"), VIEWS, key="view", default="bertviz",
                         format_func={name: t(f"attention.{name}") for name in VIEWS}.get, required=True,
                         label_visibility="collapsed", wrap=True)
    special = st.toggle(t("attention.special"), key="special", bind="query-params")
part = common.settle("pairs", list(PAIRS), "all") if len(texts) == 2 else "all"
if not all(len(indices) for indices in shown(trace, part, special)):
    common.hint("attention.nothing")
if view in ("grid", "heatmap"):
    {"grid": show_grid, "heatmap": show_heatmap}[view](trace, special)
else:
    show_bertviz(view, trace, model.bert, part, special)
st.caption(t("attention.caution"))
models.show_tokens(trace.encoding)
