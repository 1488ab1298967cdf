"""Words in context: one word's vector in several sentences, beside the one vector of word2vec."""

import numpy as np
import streamlit as st

from bert_tf.analysis import cosine_matrix, pca, random_pair_baseline
from ui import charts, common, html, models
from ui.examples import WORD_SETS, WordSet, word_set
from ui.reading import Reading, is_chinese, read
from ui.text import language, t


def set_words(example: WordSet) -> None:
    """Puts a word and its sentences into the inputs."""
    st.session_state.word, st.session_state.sentences = example.word, example.text()


def sense_colors(senses: list[int | None]) -> list[str]:
    """Returns a colour for each sentence: one a sense; the accent where no sense is known at all."""
    colors = common.palette()
    unknown = colors.soft if any(sense is not None for sense in senses) else colors.a
    return [unknown if sense is None else (colors.a, colors.b)[sense] for sense in senses]


def show_map(here: np.ndarray, reading: Reading, colors: list[str], word: str, layer: int) -> None:
    """Draws the word's vectors (n, H) in the plane."""
    points, share = np.array([[-0.5, 0.0], [0.5, 0.0]]), 1.0
    if len(here) > 2:
        projection = pca(here, 2)
        points, share = projection.coordinates, float(projection.explained_variance_ratio.sum())
    common.show_chart(charts.sense_map(points, reading.sentences, colors, dark=common.dark()), "sense_chart")
    st.caption(t("words.map_note", word=common.plain(word), layer=layer, share=f"{share:.0%}"))


def show_static(word: str, count: int) -> None:
    """Draws word2vec's side: one vector, and the words around it."""
    folder = models.models_folder() / ("word2vec-zh" if is_chinese(word) else "word2vec-en")
    if not (folder / "words.txt").is_file():
        st.info(t("words.static_none"))
        return
    vectors = models.static_vectors(str(folder), (folder / "words.txt").stat().st_mtime_ns)
    if word not in vectors:
        st.info(t("words.static_unknown", word=common.plain(word), count=f"{len(vectors.words):,}"))
        return
    near = vectors.nearest(word, 8)
    names = [word, *(name for name, _ in near)]
    points = pca(np.stack([vectors.vector(name) for name in names]), 2).coordinates
    notes = [word, *(f"{name}: {t('words.cosine')} {value:.2f}" for name, value in near)]
    common.show_chart(charts.static_map(points, names, notes, badge=f"1–{count}", dark=common.dark()),
                      "static_chart")
    st.caption(t("words.static_map", count=count))
    st.markdown(f"{t('words.nearest')} " + ", ".join(common.plain(name) for name in names[1:]))


def show_figures(cosines: np.ndarray, senses: list[int | None], baseline: float) -> None:
    """Draws the averages of the cosine matrix (n, n) that say whether senses come apart."""
    colors, line = common.palette(), []
    known = np.array([-1 if sense is None else sense for sense in senses])
    above = np.triu(np.ones_like(cosines, dtype=bool), k=1)
    both = (known[:, None] >= 0) & (known[None, :] >= 0) & above
    same = known[:, None] == known[None, :]
    if (both & same).any() and (both & ~same).any():
        line += [(f"{cosines[both & same].mean():.2f}", t("words.same"), colors.a),
                 (f"{cosines[both & ~same].mean():.2f}", t("words.different"), colors.b)]
    else:
        line += [(f"{cosines[above].mean():.2f}", t("words.mean"), colors.a)]
    line += [(f"{baseline:.2f}", t("words.baseline"), colors.soft),
             ("1.00", t("words.static_cosine"), colors.ink)]
    st.html(html.numbers(line))


common.start("words")
common.examples("word_example", WORD_SETS[language()],
                lambda entry: f"{entry.word} ({' / '.join(entry.senses)})", set_words)
left, right = st.columns([1, 3])
word = left.text_input(t("words.word"), key="word", live=True, bind="query-params").strip()
text = right.text_area(t("words.sentences"), key="sentences", bind="query-params", height=225)
sentences = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
model = models.current_model()
if not word or not sentences:
    common.hint("words.empty")
with common.friendly(stop=True), st.spinner(t("app.thinking")):
    reading = read(model.stamp, word, sentences, model.bert)
if reading.missing:
    st.info(t("words.missing", word=common.plain(word), sentences=common.plain(" · ".join(reading.missing))),
            icon=":material/search_off:")
if len(reading.sentences) < 2:
    common.hint("words.few")

ready = word_set(word)
senses = [ready.sense_of(sentence) if ready else None for sentence in reading.sentences]
colors, top = sense_colors(senses), model.bert.config.num_hidden_layers
with left:
    layer = common.choice(st.select_slider, t("words.layer"), list(range(top + 1)), key="word_layer",
                          default=top, help=t("words.layer_help"))
here = reading.vectors[:, layer]  # (n, H)
cosines = cosine_matrix(here)
show_figures(cosines, senses, random_pair_baseline(reading.tokens[:, layer]))

left, right = st.columns(2, gap="large")
with left:
    st.subheader(t("words.map"), anchor=False)
    show_map(here, reading, colors, word, layer)
with right:
    st.subheader(t("words.static"), anchor=False)
    with common.friendly():
        show_static(word, len(reading.sentences))
left, right = st.columns([5, 4], gap="large")
with left:
    st.subheader(t("words.matrix"), anchor=False)
    common.show_chart(charts.cosine_heatmap(cosines, reading.labels(), reading.sentences,
                                            cosine=t("words.cosine"), dark=common.dark()), "cosine_chart")
    st.caption(t("words.matrix_note"))
with right:
    st.subheader(t("words.list"), anchor=False)
    st.html(html.marked_list(reading.sentences, reading.spans, colors))
    if ready and any(sense is not None for sense in senses):
        entries = list(zip((common.palette().a, common.palette().b), ready.senses))
        st.html(html.legend(entries + [(common.palette().soft, t("words.own"))] * (None in senses)))
