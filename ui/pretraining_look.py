"""What a model answers while it learns: hidden words, a head, and the senses of a word, at any checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from bert_tf.analysis import cosine_matrix, pca
from bert_tf.explore import find_word
from bert_tf.results import Trace
from ui import charts, common, html, takeaway, word_charts
from ui.examples import LAB_SETS, WordSet
from ui.pretraining_runs import asked, checkpoint_at, checkpoint_steps, run_model
from ui.text import language, listed, t
from ui.word_reading import own_senses

VIEWS = ["fills", "senses", "head"]
NEWEST = "newest"
MOST_SENTENCES = 3


def show(path: Path) -> None:
    """Draws the panel for a run."""
    steps = checkpoint_steps(path)
    if not steps:
        st.info(t("pretraining.no_checkpoint"), icon=":material/hourglass_top:")
        return
    view = common.choice(st.segmented_control, t("pretraining.look"), VIEWS, key="look_at", default="fills",
                         format_func={name: t(f"pretraining.{name}") for name in VIEWS}.get, required=True,
                         label_visibility="collapsed")
    at = common.choice(st.select_slider, t("pretraining.checkpoint"), [*steps, NEWEST], key="step", default=NEWEST,
                       format_func={NEWEST: t("pretraining.newest"), **{step: f"{step:,}" for step in steps}}.get)
    with common.friendly():
        {"fills": show_fills, "senses": show_senses, "head": show_head}[view](path, None if at == NEWEST else at)


def lines(key: str) -> list[str]:
    """Returns the lines somebody typed, each once."""
    return list(dict.fromkeys(line.strip() for line in st.session_state.get(key, "").splitlines() if line.strip()))


def show_fills(path: Path, step: int | None) -> None:
    """Draws the answers to sentences with a hidden word, now and at every checkpoint before."""
    common.text(st.text_area, t("pretraining.sentences"), key="lab_fill", height=104,
                 help=t("pretraining.sentences_help"))
    sentences = [line for line in lines("lab_fill") if "[MASK]" in line][:MOST_SENTENCES]
    if not sentences:
        st.info(t("pretraining.no_mask"), icon=":material/edit:")
        return
    now = checkpoint_at(path, step)
    for column, sentence in zip(st.columns(len(sentences), gap="large"), sentences):
        with column:
            answers = asked(now, "fill_mask", sentence)
            st.html(html.filled_sentence(sentence, [candidates[0].token for candidates in answers]))
            st.html(html.bars(answers[0][:4]))
    if st.toggle(t("pretraining.history"), key="history", persist_state="session"):
        rows = []
        for at in reversed(checkpoint_steps(path)):
            checkpoint = checkpoint_at(path, at)
            rows.append([f"{at:,}"] + [first_answers(checkpoint, sentence) for sentence in sentences])
        st.html(html.table([t("pretraining.step"), *sentences], rows, whole=True))
        takeaway.offer("lab_history", table=dict(zip(["step", *sentences], zip(*rows))), name=f"{path.name}-answers")


def first_answers(checkpoint: Path, sentence: str) -> str:
    """Writes the best answer for every mask, with its probability."""
    return listed(f"{best[0].token} {html.percent(best[0].probability)}"
                     for best in asked(checkpoint, "fill_mask", sentence))


def show_head(path: Path, step: int | None) -> None:
    """Draws where one head looks."""
    common.text(st.text_input, t("pretraining.look_sentence"), key="lab_look")
    if not st.session_state.lab_look.strip():
        st.info(t("attention.empty"), icon=":material/edit:")
        return
    trace: Trace = asked(checkpoint_at(path, step), "trace", st.session_state.lab_look)
    layers, heads = trace.attentions.shape[:2]
    left, right = st.columns(2)
    with left:
        layer = common.choice(st.selectbox, t("attention.layer"), list(range(1, layers + 1)), key="lab_layer",
                              default=layers)
    with right:
        head = common.choice(st.selectbox, t("attention.head"), list(range(1, heads + 1)), key="lab_head", default=1)
    weights = trace.attentions[layer - 1, head - 1]  # (T, T)
    figure = charts.attention_heatmap(weights, trace.tokens, trace.tokens, weight=t("attention.weight"), dark=common.dark())
    common.show_chart(figure, "lab_head_chart")
    st.caption(t("attention.axes"))
    takeaway.offer("lab_head", figure, lambda: takeaway.matrix_table(weights, trace.tokens, trace.tokens),
                   name=f"{path.name}-head")


def set_word(example: WordSet) -> None:
    """Puts a word and its sentences into the inputs."""
    st.session_state.lab_word, st.session_state.lab_senses = example.word, example.text()


def show_senses(path: Path, step: int | None) -> None:
    """Draws a word's vectors in several sentences, coloured by sense."""
    common.examples("lab_word_example", LAB_SETS[language()] + LAB_SETS["zh" if language() == "en" else "en"],
                    lambda entry: f"{entry.word} ({' / '.join(entry.senses)})", set_word)
    left, right = st.columns([2, 3], gap="large")
    with left:
        word = common.text(st.text_input, t("words.word"), key="lab_word").strip()
        common.text(st.text_area, t("words.sentences"), key="lab_senses",
                     height=225)
    sentences = lines("lab_senses")
    checkpoints = [checkpoint_at(path, step), checkpoint_at(path, None)]
    read = {sentence: vector_of(checkpoints[0], sentence, word) for sentence in sentences if word}
    kept = [sentence for sentence, vector in read.items() if vector is not None]
    if len(kept) < 3:
        right.info(t("pretraining.few_sentences"), icon=":material/edit:")
        return
    here = np.stack([read[sentence] for sentence in kept])  # (n, H)
    last = np.stack([vector_of(checkpoints[1], sentence, word) for sentence in kept])
    points = turned(pca(here, 2).coordinates, pca(last, 2).coordinates)
    groups = word_charts.group_colors(common.palette())
    senses, names = own_senses(st.session_state.lab_senses, kept, len(groups)) or ready_senses(word, kept)
    colors = [common.palette().soft if sense is None else groups[sense] for sense in senses]
    with right:
        figure = charts.sense_map(points, kept, colors, dark=common.dark())
        common.show_chart(figure, "lab_sense_chart")
        if names:
            st.html(html.legend(list(zip(groups, names))))
        show_cosines(cosine_matrix(here), senses)
        takeaway.offer("lab_senses", figure, {
            "sentence": kept, "sense": [names[sense] if names and sense is not None else "" for sense in senses],
            "x": points[:, 0].round(5), "y": points[:, 1].round(5)}, name=f"{path.name}-senses")


def ready_senses(word: str, sentences: list[str]) -> tuple[list[int | None], list[str]]:
    """Returns what is known of the sentences of a ready word: the sense of each, and the senses' names."""
    ready = next((entry for entry in LAB_SETS["en"] + LAB_SETS["zh"] if entry.word == word.lower()), None)
    return [ready.sense_of(sentence) if ready else None for sentence in sentences], list(ready.senses) if ready else []


def show_cosines(cosines: np.ndarray, senses: list[int | None]) -> None:
    """Draws how alike the vectors (n, n) are within a sense and across."""
    known = np.array([-1 if sense is None else sense for sense in senses])
    pairs = np.triu((known[:, None] >= 0) & (known[None, :] >= 0), k=1)
    same = known[:, None] == known[None, :]
    if (pairs & same).any() and (pairs & ~same).any():
        st.html(html.numbers([(f"{cosines[pairs & same].mean():.2f}", t("words.same"), common.palette().a),
                              (f"{cosines[pairs & ~same].mean():.2f}", t("words.different"), common.palette().b)]))


def vector_of(checkpoint: Path, sentence: str, word: str) -> np.ndarray | None:
    """Returns the word's vector (H,) after the last layer; None where the sentence does not hold the word."""
    trace: Trace = asked(checkpoint, "trace", sentence)
    try:
        positions = find_word(trace.encoding, sentence, word, ignore_case=run_model(checkpoint).bert.tokenizer.lowercase)[0]
    except ValueError:
        return None
    return trace.hidden_states[-1, positions].mean(axis=0)


def turned(points: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Turns and mirrors a map so that it lies as much like another as it can.

    Args:
        points, like: float (n, 2), the same n things on both; centred on 0.

    Returns:
        float (n, 2): the points, distances unchanged. Source: Schönemann 1966 (orthogonal Procrustes).
    """
    u, _, v = np.linalg.svd(points.T @ like)  # (2, 2)
    return points @ u @ v
