"""What goes in: text becomes sentence pairs with hidden tokens, vectors, and a loss."""

import random

import numpy as np
import streamlit as st

from bert_tf.data.everyday import everyday
from bert_tf.data.stories import story
from bert_tf.training.anatomy import FATES, Cost, Example, cost_of, draw_examples, embedding_parts
from ui import common, html, models, pretraining_charts, takeaway, training_pairs
from ui.text import t

PAIRS = 4
#: Texts to begin with: what kind, in which language.
TEXTS = ["stories_en", "stories_zh", "everyday_en", "everyday_zh"]
#: The first throw of the dice: it gives pairs of both labels in both languages.
DRAW = 27
RATES = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8]
PARTS = ["token", "position", "segment", "sum", "normed"]


def fate_colors() -> dict[str | None, str]:
    """Returns the ground of a token by what became of it."""
    colors = common.palette()
    return {"mask": html.tint(colors.a, 0.32), "random": html.tint(colors.surprise, 0.36),
            "kept": html.tint("#3d9a6a", 0.36), None: colors.faint}


def set_text(name: str) -> None:
    """Puts three new stories or three paragraphs of the everyday text into the input."""
    kind, code = name.split("_")
    told = [story(code, random.Random()) for _ in range(3)] if kind == "stories" else random.sample(everyday(code), 3)
    st.session_state.data_text = "\n\n".join("\n".join(one) for one in told)


@st.cache_data(max_entries=100, show_spinner=False)
def examples_of(text: str, vocabulary: str, draw: int, length: int, rate: float, whole: bool, _tokenizer) -> list[Example]:
    """Draws pairs, and remembers them."""
    return draw_examples(text, _tokenizer, count=PAIRS, draw=draw, sequence_length=length, mask_rate=rate,
                         whole_words=whole)


def roll() -> None:
    """Throws the dice again."""
    st.session_state.draw = int(st.session_state.get("draw", DRAW)) + 1


def ask_how(longest: int) -> tuple[int, int, float, bool]:
    """Draws the settings; returns draw, length, mask rate and whether words are hidden whole."""
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom", gap="medium")
    with left:
        rate = common.choice(st.select_slider, t("data.rate"), RATES, key="data_rate", default=0.15,
                             format_func=html.percent)
    with middle:
        lengths = [size for size in (16, 32, 64, 128) if size <= longest]
        length = common.choice(st.segmented_control, t("data.length"), lengths, key="data_length",
                               default=32 if 32 in lengths else lengths[0], required=True)
    with right:
        whole = st.toggle(t("data.whole"), key="data_whole", bind="query-params", help=t("data.whole_help"))
    draw = common.settle("draw", range(10_000), DRAW)
    st.query_params["draw"] = str(draw)
    st.button(t("data.roll"), icon=":material/casino:", key="roll", on_click=roll)
    return draw, length, rate, whole


def label(example: Example) -> tuple[str, str]:
    """Returns the words and the colour of a pair's label."""
    return (t("data.next"), common.palette().a) if example.is_next else (t("data.random"), common.palette().b)


def show_pairs(examples: list[Example], text: str, length: int, tokenizer) -> Example:
    """Draws all pairs with their labels; returns the one chosen."""
    rows, documents = [], training_pairs.documents_of(text, tokenizer)
    for example in examples:
        words, color = label(example)
        halves = [training_pairs.written(half, documents, tokenizer) for half in training_pairs.segments(example)]
        rows.append((words, color, *halves))
    number = common.choice(st.segmented_control, t("data.pair"), list(range(1, PAIRS + 1)), key="pair", default=1,
                           format_func={n: t("data.pair_number", number=n) for n in range(1, PAIRS + 1)}.get, required=True,
                           label_visibility="collapsed")
    st.html(training_pairs.pair_list(rows, number - 1))
    lower = [t("data.lowercase")] if tokenizer.lowercase and text != text.lower() else []
    st.caption(" ".join([t("data.pairs_note", length=length), *lower]))
    return examples[number - 1]


def show_tokens(example: Example) -> None:
    """Draws the tokens in the colours of their fates, the true piece below what was changed."""
    colors = fate_colors()
    notes = [original if fate else "\u00a0" for original, fate in zip(example.original, example.fates)]
    titles = [t("data.at", position=i, segment="AB"[segment]) for i, segment in enumerate(example.segment_ids)]
    st.html(html.chips(example.tokens, [colors[fate] for fate in example.fates], notes, titles))
    count = len(example.chosen)
    st.html(html.legend([(colors[fate], t(f"data.fate_{fate}", count=example.fates.count(fate))) for fate in FATES]))
    words, _ = label(example)
    st.caption(t("data.chosen", count=count, all=len(example.tokens), share=html.percent(count / len(example.tokens))))
    st.html(html.verdict(words, t("data.next_note" if example.is_next else "data.random_note")))


def show_vectors(example: Example, model) -> None:
    """Draws the three vectors that are added for one token."""
    last = len(example.tokens) - 1
    at = min(common.settle("place", range(512), 1), last)
    st.session_state.place = at
    at = st.select_slider(t("data.place"), list(range(last + 1)), key="place",
                          format_func=lambda place: f"{place} {common.plain(example.tokens[place])}")
    parts = embedding_parts(example, model, at)
    names = [t(f"data.part_{part}", token=example.tokens[at], place=at, segment="AB"[example.segment_ids[at]])
             for part in PARTS]
    figure = pretraining_charts.strips(np.stack([parts[part] for part in PARTS]), names, dark=common.dark())
    common.show_chart(figure, "vectors")
    st.caption(t("data.vectors_note", size=len(parts["sum"])))
    takeaway.offer("vectors", figure, {part: parts[part].astype(float).round(6) for part in PARTS}, name="vectors")


def show_cost(example: Example, cost: Cost) -> None:
    """Draws how the loss of this one example comes about."""
    rows = [[example.original[guess.position], t(f"data.shown_{example.fates[guess.position]}"),
             " · ".join(f"{best.token} {html.percent(best.probability)}" for best in guess.candidates),
             html.percent(guess.probability), f"{guess.loss:.2f}"] for guess in cost.guesses]
    st.html(html.table([t("data.true"), t("data.fate"), t("data.guesses"), t("data.probability"), t("data.loss")], rows))
    colors = common.palette()
    st.html(html.numbers([(f"{cost.mlm_loss:.2f}", t("data.mlm", count=len(rows)), colors.a),
                          (f"{cost.nsp_loss:.2f}", t("data.nsp", share=html.percent(
                              cost.is_next if example.is_next else 1 - cost.is_next)), colors.b),
                          (f"{cost.loss:.2f}", t("data.sum"), colors.ink)]))
    st.caption(t("data.loss_note"))
    takeaway.offer("cost", table={
        "position": [guess.position for guess in cost.guesses],
        "true": [example.original[guess.position] for guess in cost.guesses],
        "fate": [example.fates[guess.position] for guess in cost.guesses],
        "best": [guess.candidates[0].token for guess in cost.guesses],
        "best_probability": [round(guess.candidates[0].probability, 6) for guess in cost.guesses],
        "probability_of_true": [round(guess.probability, 6) for guess in cost.guesses],
        "loss_nats": [round(guess.loss, 4) for guess in cost.guesses]}, name="loss")


common.start("data")
common.examples("data_example", TEXTS, lambda name: t(f"data.{name}"), set_text)
text = common.text(st.text_area, t("data.text"), key="data_text", height=190)
model = models.current_model()
if not text.strip():
    common.hint("data.empty")
tokenizer = model.bert.tokenizer
how = ask_how(model.bert.max_length)
with common.friendly("data.cannot", stop=True), st.spinner(t("app.thinking")):
    examples = examples_of(text, tokenizer.vocab_hash, *how, tokenizer)
st.subheader(t("data.pairs"), anchor=False)
example = show_pairs(examples, text, how[1], tokenizer)
st.subheader(t("data.hidden"), anchor=False)
show_tokens(example)
st.subheader(t("data.vectors"), anchor=False)
show_vectors(example, model.bert.model)
st.subheader(t("data.cost"), anchor=False)
if model.bert.has_mlm_head and model.bert.has_nsp_head:
    with common.friendly():
        show_cost(example, cost_of(example, model.bert.model, tokenizer))
else:
    st.info(t("data.no_heads"), icon=":material/info:")
