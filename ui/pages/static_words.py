"""Static word vectors: neighbours, analogies, a map of words, and training on one's own text."""

import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from bert_tf.analysis import pca
from bert_tf.data.stories import stories
from bert_tf.sentence_bank import content_words
from ui import common, html, models, takeaway, word_charts, word_html
from ui.static_examples import ANALOGIES, LISTS, NEAR
from ui.text import language, listed, t
from ui.word_reading import is_chinese, lay_out

VIEWS = ["near", "analogy", "map", "train"]
METHODS = ["pca", "tsne", "umap"]
#: Stories to learn word vectors from.
STORIES = 800
SOURCES = {"en": "static.english", "zh": "static.chinese", "own": "static.own"}
ANALOGY_KEYS = ("static_a", "static_b", "static_c")


def bundled(code: str):
    """Opens the bundled vectors of a language; None where there are none."""
    folder = models.models_folder() / f"word2vec-{code}"
    if not (folder / "words.txt").is_file():
        return None
    return models.static_vectors(str(folder), (folder / "words.txt").stat().st_mtime_ns)


def pick_vectors():
    """Draws the choice of vectors; returns (source, vectors), or (None, None) where there are none."""
    own = st.session_state.get("static_trained")
    with common.friendly(stop=True):
        found = {code: bundled(code) for code in ("en", "zh")} | {"own": own}
    sources = [source for source, vectors in found.items() if vectors is not None]
    if not sources:
        st.info(t("static.none"), icon=":material/info:")
        return None, None
    source = common.choice(st.segmented_control, t("static.vectors"), sources, key="static_source",
                           default=language() if language() in sources else sources[0],
                           format_func={name: t(SOURCES[name]) for name in sources}.get, required=True, label_visibility="collapsed")
    vectors = found[source]
    st.caption(t("static.size", count=f"{len(vectors):,}", dimensions=vectors.dimensions))
    return source, vectors


def say_unknown(vectors, words: list[str]) -> bool:
    """Says which words have no vector; returns whether there are any."""
    unknown = [word for word in words if word not in vectors]
    if unknown:
        other = t("static.chinese" if is_chinese(unknown[0]) else "static.english")
        elsewhere = bundled("zh" if is_chinese(unknown[0]) else "en")
        known = elsewhere is not None and elsewhere is not vectors and all(word in elsewhere for word in unknown)
        hint = " " + t("static.elsewhere", vectors=other) if known else ""
        st.info(t("static.unknown", words=common.plain(listed(unknown))) + hint, icon=":material/search_off:")
    return bool(unknown)


def show_near(source: str, vectors) -> None:
    """Draws a word's nearest words, as bars and as a map."""
    if source != "own":
        common.examples("static_near_example", NEAR[source], str, lambda word: st.session_state.update(static_word=word))
    word = common.text(st.text_input, t("static.word"), key="static_word", live=True).strip()
    if not word:
        common.hint("static.empty")
    if say_unknown(vectors, [word]):
        return
    found = vectors.nearest(word, 12)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(word_html.words(found))
        st.caption(t("static.near_note", word=common.plain(word)))
        takeaway.offer("static_near", name="neighbours",
                       table={"word": [name for name, _ in found], "cosine": [round(value, 4) for _, value in found]})
    with right:
        show_words_map(vectors, [word, *(name for name, _ in found)], "pca", 2,
                       lambda figure: word_charts.set_off(figure, [0], None, dark=common.dark()))


def set_analogy(example: tuple[str, ...]) -> None:
    """Puts the first three words of an example into the inputs."""
    st.session_state.update(zip(ANALOGY_KEYS, example))


def show_analogy(source: str, vectors) -> None:
    """Draws the answers to "a is to b as c is to ..."."""
    if source != "own":
        common.examples("static_analogy_example", ANALOGIES[source], lambda x: f"{x[0]} : {x[1]} = {x[2]} : ?", set_analogy)
    columns = st.columns(3)
    a, b, c = (common.text(column.text_input, t(label), key=key, live=True).strip() for column, label, key in
               zip(columns, ("static.a", "static.b", "static.c"), ANALOGY_KEYS))
    if not (a and b and c):
        common.hint("static.analogy_empty")
    if say_unknown(vectors, [a, b, c]):
        return
    with common.friendly(stop=True):
        found = vectors.analogy(a, b, c, 10)
    if not found:
        common.hint("static.analogy_few")
    st.html(word_html.equation(a, b, c, found[0][0]))
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(word_html.words(found))
        st.caption(t("static.analogy_note"))
        takeaway.offer("static_analogy", name="analogy",
                       table={"answer": [name for name, _ in found], "cosine": [round(value, 4) for _, value in found]})
    with right:
        show_parallelogram(vectors, a, b, c, [name for name, _ in found[:4]])


def show_parallelogram(vectors, a: str, b: str, c: str, answers: list[str]) -> None:
    """Draws the words of an analogy, with arrows from a to b and from c to the best of the answers."""
    words = list(dict.fromkeys([a, b, c, *answers]))
    place, colors, dark = words.index, common.palette(), common.dark()

    def mark(figure) -> None:
        word_charts.set_off(figure, {place(a), place(b), place(c)}, place(answers[0]), dark=dark)
        word_charts.add_arrows(figure, [(place(a), place(b)), (place(c), place(answers[0]))], dark=dark)

    legend = [(colors.a, t("static.asked")), (colors.b, t("static.answer")), (colors.soft, t("static.others"))]
    show_words_map(vectors, words, "pca", 2, mark, legend, t("static.arrows"))


def show_words_map(vectors, words: list[str], method: str, axes: int, mark: Callable | None = None,
                   legend: Sequence[tuple[str, str]] = (), note: str = "") -> None:
    """Draws words by their vectors.

    Args:
        vectors: a `bert_tf.static_vectors.StaticVectors` that has the words.
        words: the words.
        method: one of METHODS.
        axes: 2 or 3.
        mark: adds to the figure before it is shown.
        legend: (CSS colour, words) for the colours; none where there is one colour.
        note: what else to say below the map.
    """
    rows = np.stack([vectors.vector(word) for word in words])
    with common.friendly(stop=True):
        points = lay_out(rows, method, axes)
    figure = word_charts.label_map(points, words, dark=common.dark())
    if mark is not None:
        mark(figure)
    common.show_chart(figure, "words_chart")
    if legend:
        st.html(html.legend(legend))
    if method == "pca":
        share = pca(rows, min(axes, *rows.shape)).explained_variance_ratio.sum()
        st.caption(t("static.map_plane" if axes == 2 else "static.map_space", share=html.percent(share)) + f" {note}")
    else:
        st.caption(t("static.map_near"))
    takeaway.offer("words_map", figure, {"word": words} | dict(zip("xyz", points.T.round(5))), name="words")


def show_list(source: str, vectors) -> None:
    """Draws a map of a list of words."""
    if source != "own":
        common.examples("static_list_example", LISTS[source], lambda words: " ".join(words.split()[:4]) + " …",
                        lambda words: st.session_state.update(static_list=words))
    text = common.text(st.text_area, t("static.list"), key="static_list", height=90)
    words = list(dict.fromkeys(filter(None, re.split(r"[\s,;，、；。]+", text))))
    say_unknown(vectors, words)
    known = [word for word in words if word in vectors]
    with st.container(horizontal=True, gap="small"):
        method = common.choice(st.segmented_control, t("words.method"), METHODS, key="static_method", default="pca",
                               format_func={name: t(f"words.{name}") for name in METHODS}.get, required=True,
                               label_visibility="collapsed")
        axes = common.choice(st.segmented_control, t("words.axes"), [2, 3], key="static_axes", default=2, required=True,
                             format_func={2: t("words.plane"), 3: t("words.space")}.get, label_visibility="collapsed")
    if len(known) < 3:
        common.hint("static.list_few")
    if method != "pca" and len(known) < 4:
        method = "pca"
    show_words_map(vectors, known, method, axes)


def use_sentences() -> None:
    """Puts the hand-written sentences of the page's language into the text."""
    told = stories(language(), STORIES, seed=0)
    st.session_state.static_text = "\n".join(sentence for story in told for sentence in story)


def show_train() -> None:
    """Draws the text to learn from and the settings; trains when asked."""
    st.button(t("static.text_use", count=f"{STORIES:,}"), key="static_use", on_click=use_sentences, icon=":material/content_paste:")
    text = st.text_area(t("static.text"), key="static_text", height=200, persist_state="session")
    columns = st.columns(4)
    dimensions = columns[0].slider(t("static.dimensions"), 10, 200, 50, 10, key="static_dimensions")
    epochs = columns[1].slider(t("static.epochs"), 1, 100, 30, key="static_epochs")
    window = columns[2].slider(t("static.window"), 1, 10, 5, key="static_window")
    min_count = columns[3].slider(t("static.min_count"), 1, 10, 2, key="static_min_count")
    code = "zh" if is_chinese(text) else "en"
    if st.button(t("static.train"), type="primary", key="static_train", icon=":material/model_training:"):
        if not text.strip():
            common.hint("static.train_empty")
        with common.friendly(stop=True):
            train(text, code, dimensions=dimensions, epochs=epochs, window=window, min_count=min_count)
    if "static_trained" in st.session_state:
        st.success(t("static.trained", count=f"{len(st.session_state.static_trained):,}",
                     seconds=f"{st.session_state.static_seconds:.1f}"), icon=":material/check:")
        shown = st.session_state.static_trained.words[:500]
        if st.session_state.get("static_look") not in shown:
            st.session_state.static_look = telling_word(shown)
        word = st.selectbox(t("static.look"), shown, key="static_look")
        st.html(word_html.words(st.session_state.static_trained.nearest(word, 8)))
    st.caption(t("static.train_note"))


def telling_word(words: Sequence[str]) -> str:
    """Returns the first word, the commonest, that carries a meaning of its own; the very first where none does.

    English words of three letters ("one", "new") say little of what the text is about.
    """
    return next((word for word in words if content_words(word) and (is_chinese(word) or len(word) > 3)), words[0])


def train(text: str, code: str, **settings: int) -> None:
    """Learns word vectors from a text, shows how far it is, and keeps them for this visitor."""
    from bert_tf.word2vec import train_word2vec

    bar, epochs, passed, begin = st.progress(0.0, t("static.cutting")), settings["epochs"], 0, time.monotonic()

    def tell(message: str) -> None:
        nonlocal passed
        if message.startswith("epoch"):
            passed += 1
            bar.progress(passed / epochs, t("static.training", epoch=passed, epochs=epochs))

    with tempfile.TemporaryDirectory(prefix="words-") as folder:
        path = Path(folder) / "text.txt"
        path.write_text(text, encoding="utf-8")
        vectors = train_word2vec([path], code, sample=1e-3, progress=tell, **settings)
    bar.empty()
    st.session_state.static_trained, st.session_state.static_seconds = vectors, time.monotonic() - begin
    st.session_state.static_source = "own"
    st.session_state.pop("static_look", None)  # a word of the text before
    st.rerun()


common.start("static")
view = common.choice(st.segmented_control, t("static.view"), VIEWS, key="static_view", default="near", required=True,
                     format_func={name: t(f"static.view_{name}") for name in VIEWS}.get, label_visibility="collapsed",
                     wrap=True)
if view == "train":
    show_train()
else:
    chosen, word_vectors = pick_vectors()
    if word_vectors is not None:
        {"near": show_near, "analogy": show_analogy, "map": show_list}[view](chosen, word_vectors)
