"""Words in context: one word's vector in several sentences, beside the one vector of word2vec."""

import numpy as np
import streamlit as st

from bert_tf.analysis import cosine_matrix, pca, random_pair_baseline
from ui import charts, common
from ui.examples import WORD_SETS
from ui.text import language, t


def set_words(example: tuple[str, list[str]]) -> None:
    """Puts a word and its sentences into the inputs."""
    st.session_state.word = example[0]
    st.session_state.sentences = "\n".join(example[1])


def read_sentences(bert, word: str, sentences: list[str]):
    """Traces every sentence that holds the word.

    Returns:
        The sentences kept, the word's vectors (n, L+1, H), the vectors of all real tokens (m, L+1, H), and
        the sentences left out.
    """
    kept, vectors, tokens, missing = [], [], [], []
    for sentence in sentences:
        try:
            positions = bert.word_positions(sentence, word)[0]
        except ValueError:
            missing.append(sentence)
            continue
        trace = bert.trace(sentence)
        kept.append(sentence)
        vectors.append(trace.hidden_states[:, positions].mean(axis=1))
        real = [i for i, (start, end) in enumerate(trace.offsets) if end > start]
        tokens.append(trace.hidden_states[:, real].transpose(1, 0, 2))
    if not kept:
        return kept, None, None, missing
    return kept, np.stack(vectors), np.concatenate(tokens), missing


def show_static(word: str, count: int) -> None:
    """Draws word2vec's side: one vector, and the words around it."""
    is_chinese = any("\u3400" <= letter <= "\u9fff" for letter in word)
    folder = common.MODELS_FOLDER / ("word2vec-zh" if is_chinese else "word2vec-en")
    if not folder.is_dir():
        st.caption(t("words.static_none"))
        return
    vectors = common.static_vectors(str(folder))
    if word not in vectors:
        st.caption(t("words.static_unknown", word=common.plain(word), count=f"{len(vectors.words):,}"))
        return
    near = vectors.nearest(word, 10)
    names = [word, *(name for name, _ in near)]
    st.markdown(t("words.static_same", count=count, word=common.plain(word)) + " "
                + ", ".join(f"{common.plain(name)} {value:.2f}" for name, value in near))
    points = pca(np.stack([vectors.vector(name) for name in names]), 2).coordinates
    notes = [word, *(f"{name}: {t('words.cosine')} {value:.2f}" for name, value in near)]
    st.caption(t("words.static_map", word=common.plain(word)))
    st.plotly_chart(charts.static_map(points, names, notes, dark=common.dark()), key="static_chart", config=charts.CONFIG)


st.title(t("words.name"))
st.markdown(t("words.lead"))
sets = WORD_SETS[language()]
common.examples("word_example", list(sets.values()), lambda example: example[0], set_words)
left, right = st.columns([1, 3])
word = left.text_input(t("words.word"), key="word", live=True, bind="query-params", help=t("app.link")).strip()
text = right.text_area(t("words.sentences"), key="sentences", bind="query-params", height=230)
sentences = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
bert = common.current_model()
if not word or not sentences:
    st.info(t("words.empty"), icon=":material/edit:")
    st.stop()
with common.friendly(stop=True), st.spinner(t("app.thinking")):
    kept, vectors, tokens, missing = read_sentences(bert, word, sentences)
if missing:
    st.info(t("words.missing", sentences=common.plain("; ".join(missing))), icon=":material/search_off:")
if len(kept) < 2:
    st.info(t("words.few"), icon=":material/edit:")
    st.stop()

top = bert.config.num_hidden_layers
layer = st.slider(t("words.layer"), 0, top, top, key="word_layer", help=t("words.layer_help"), bind="query-params")
here = vectors[:, layer]  # (n, H)
numbers = [str(i + 1) for i in range(len(kept))]
left, right = st.columns(2, gap="large")
with left:
    st.subheader(t("words.map"))
    if len(kept) > 2:
        projection = pca(here, 2)
        points, share = projection.coordinates, projection.explained_variance_ratio.sum()
        st.caption(t("words.map_note", share=f"{share:.0%}"))
    else:
        points = np.array([[-0.5, 0.0], [0.5, 0.0]]) * np.linalg.norm(here[0] - here[1])
    titles = [f"{n}. {s}" for n, s in zip(numbers, kept)]
    st.plotly_chart(charts.sense_map(points, numbers, titles, dark=common.dark()), key="sense_chart",
                    config=charts.CONFIG)
with right:
    st.subheader(t("words.matrix"))
    baseline = random_pair_baseline(tokens[:, layer])
    st.caption(t("words.baseline", value=f"{baseline:.2f}"))
    st.plotly_chart(charts.cosine_heatmap(cosine_matrix(here), numbers, kept, cosine=t("words.cosine"),
                                          dark=common.dark()), key="cosine_chart", config=charts.CONFIG)
st.markdown("\n".join(f"{n}. {common.plain(s)}" for n, s in zip(numbers, kept)))
st.subheader(t("words.static"))
with common.friendly():
    show_static(word, len(kept))
