"""What the words-in-context page shows of a word: the map, word2vec beside it, layer by layer, its pieces.

Letters in shapes: n sentences, L layers, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from bert_tf.analysis import pca
from bert_tf.tokenizer import UNK
from ui import charts, common, html, models, takeaway, word_charts
from ui.text import language, t
from ui.word_lab import COLOURINGS, COUNTS, Lab
from ui.word_reading import is_chinese, lay_out

METHODS = ["pca", "tsne", "umap"]


def map_controls(lab: Lab) -> tuple[str, int]:
    """Draws how to lay out and colour the map; returns the method and the number of axes."""
    known = any(sense is not None for sense in lab.senses)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        method = common.choice(st.segmented_control, t("words.method"), METHODS, key="words_method", default="pca",
                               format_func={name: t(f"words.{name}") for name in METHODS}.get, required=True,
                               label_visibility="collapsed")
        axes = common.choice(st.segmented_control, t("words.axes"), [2, 3], key="words_axes", default=2, required=True,
                             format_func={2: t("words.plane"), 3: t("words.space")}.get, label_visibility="collapsed")
        if known:
            common.choice(st.segmented_control, t("words.color"), COLOURINGS, key="words_color", default="senses",
                          format_func={name: t(f"words.color_{name}") for name in COLOURINGS}.get, required=True,
                          label_visibility="collapsed")
        if lab.note:
            common.choice(st.selectbox, t("words.groups"), COUNTS, key="words_groups", default="auto", width=190,
                          format_func={count: t("words.auto") if count == "auto" else
                                       t("words.groups_count", count=count) for count in COUNTS}.get,
                          label_visibility="collapsed")
    return method, axes


def show_map(lab: Lab, method: str, axes: int) -> None:
    """Draws the word's vectors in the plane or in space, laid out by one of the METHODS along so many axes."""
    texts, count = lab.reading.texts, len(lab.reading.texts)
    if method != "pca" and count < 4:
        st.info(t("words.too_few_for_map"), icon=":material/info:")
        method = "pca"
    with common.friendly(stop=True), st.spinner(t("words.laying_out")):
        points = lay_out(lab.here, method, axes)
    if count == 2:  # two dots and nothing to tell about their distance
        points = np.eye(axes)[:1] * [[-0.5], [0.5]]
    mean = t("words.mean_cross") if method == "pca" and count > 2 else None
    figure = word_charts.word_map(points, texts, lab.colors, mean=mean, dark=common.dark())
    common.show_chart(figure, "sense_chart")
    word, layer = common.plain(lab.word), lab.layer
    if method == "pca":
        share = float(pca(lab.here, min(axes, *lab.here.shape)).explained_variance_ratio.sum())
        notes = [t("words.map_note", word=word, layer=layer, share=html.percent(share))]
    else:
        notes = [t("words.map_near", word=word, layer=layer)]
    notes += [t("words.mean_note")] * (mean is not None) + [lab.note] * bool(lab.note)
    st.caption(" ".join(notes))
    takeaway.offer("sense", figure, lambda: map_table(lab, points), name="map")


def map_table(lab: Lab, points: np.ndarray) -> dict[str, Sequence]:
    """Returns the map as columns."""
    table = {"sentence": lab.reading.texts, "sense": ["" if s is None else lab.names[s] for s in lab.senses]}
    return table | {name: values for name, values in zip("xyz", points.T.round(5))}


def static_of(word: str):
    """Opens the word2vec vectors of the word's language; None where there are none."""
    folder = models.models_folder() / ("word2vec-zh" if is_chinese(word) else "word2vec-en")
    if not (folder / "words.txt").is_file():
        return None
    return models.static_vectors(str(folder), (folder / "words.txt").stat().st_mtime_ns)


def static_neighbours(word: str, count: int) -> list[tuple[str, float]] | None:
    """Returns the word's nearest words in word2vec; says why where there are none, and returns None."""
    vectors = static_of(word)
    if vectors is None:
        st.info(t("words.static_none"))
    elif word not in vectors:
        st.info(t("words.static_unknown", word=common.plain(word), count=f"{len(vectors.words):,}"))
    else:
        return vectors.nearest(word, count)
    return None


def show_static(word: str, count: int) -> None:
    """Draws word2vec's side: one vector, and the words around it."""
    near = static_neighbours(word, 8)
    if near is None:
        return
    vectors, names = static_of(word), [word, *(name for name, _ in near)]
    points = pca(np.stack([vectors.vector(name) for name in names]), 2).coordinates
    notes = [word, *(f"{name}: {t('words.cosine')} {value:.2f}" for name, value in near)]
    figure = charts.static_map(points, names, notes, badge=f"1–{count}", dark=common.dark())
    common.show_chart(figure, "static_chart")
    st.caption(t("words.static_map", count=count))
    between = "、" if language() == "zh" else ", "
    st.markdown(t("words.nearest", words=between.join(common.plain(name) for name in names[1:])))
    st.caption(t("words.nearest_note"))
    takeaway.offer("static", figure, {"word": names[1:], "cosine": [round(value, 4) for _, value in near]},
                   name="word2vec")


def film_points(vectors: np.ndarray) -> np.ndarray:
    """Lays vectors (n, L+1, H) out along the two axes of the last layer, each layer's mean in the middle: (L+1, n, 2)."""
    around = vectors - vectors.mean(axis=0)
    return around.swapaxes(0, 1) @ pca(vectors[:, -1], 2).axes.T


def show_film(lab: Lab) -> None:
    """Draws the map of the sentences as they move from layer to layer."""
    points = film_points(lab.reading.vectors)
    figure = word_charts.layer_film(points, lab.reading.texts, lab.colors, layer=t("words.layer"), play=t("words.play"),
                                       dark=common.dark())
    st.subheader(t("words.film"), anchor=False)
    common.show_chart(figure, "film_chart")
    if lab.legend:
        st.html(html.legend(lab.legend))
    st.caption(t("words.film_note", word=common.plain(lab.word)))
    layers, count = points.shape[:2]
    takeaway.offer("film", figure, {"layer": np.repeat(np.arange(layers), count), "sentence": lab.reading.texts * layers,
                                    "x": points[..., 0].ravel().round(5), "y": points[..., 1].ravel().round(5)}, name="film")


def show_layers(lab: Lab) -> None:
    """Draws what happens to the word from layer to layer."""
    from bert_tf.sense_analysis import cosines_by_layer, static_share

    show_film(lab)
    found, colors = cosines_by_layer(lab.reading.vectors, lab.senses, lab.reading.crowd), common.palette()
    lines = [(t("words.same"), found.same, colors.a, "solid"), (t("words.different"), found.different, colors.b, "solid")]
    if found.same is None or found.different is None:
        lines = [(t("words.mean"), found.every, colors.a, "solid")]
    lines.append((t("words.random"), found.random, colors.soft, "dot"))
    st.subheader(t("words.by_layer"), anchor=False)
    figure = word_charts.layer_lines(lines, layer=t("words.layer"), chosen=lab.layer, dark=common.dark())
    common.show_chart(figure, "layer_chart")
    st.caption(t("words.by_layer_alone" if len(lines) == 2 else "words.by_layer_note"))
    takeaway.offer("by_layer", figure, {"layer": list(range(len(found.every)))} |
                   {name: values.round(5) for name, values, *_ in lines}, name="layers")
    count = len(lab.reading.texts)
    crowd = lab.reading.crowd[np.linspace(0, len(lab.reading.crowd) - 1, count).astype(int)]  # as many as sentences
    shares = [np.array([static_share(vectors[:, layer]) for layer in range(vectors.shape[1])])
              for vectors in (lab.reading.vectors, crowd)]
    st.subheader(t("words.share"), anchor=False)
    lines = [(t("words.share_word", word=lab.word), shares[0], colors.a, "solid"),
             (t("words.share_random"), shares[1], colors.soft, "dot")]
    figure = word_charts.layer_lines(lines, layer=t("words.layer"), chosen=lab.layer, percent=True, dark=common.dark())
    common.show_chart(figure, "share_chart")
    st.caption(" ".join([t("words.share_note", share=html.percent(shares[0][lab.layer]), layer=lab.layer,
                           random=html.percent(shares[1][lab.layer])),
                         t("words.share_context" if lab.layer else "words.share_place")]))
    takeaway.offer("static_share", figure, {"layer": list(range(len(shares[0]))), "word": shares[0].round(5),
                                            "random": shares[1].round(5)}, name="static-share")


def show_pieces(lab: Lab) -> None:
    """Draws the vectors of the word's pieces beside their mean, which stands for the word everywhere else."""
    pieces, vectors = lab.reading.pieces, [every[:, lab.layer] for every in lab.reading.piece_vectors]
    longest, palette = max(pieces, key=len), common.palette()
    wheel = word_charts.group_colors(palette)[2:]  # the first two are the senses' in the other views
    if len(longest) == 1:
        st.html(html.chips(longest, [html.tint(palette.a, 0.16)]))
        note = "words.no_piece" if longest[0] == UNK else "words.one_piece"
        st.caption(t(note, word=common.plain(lab.word)))
        return
    colors = [wheel[min(i, len(wheel) - 1)] for i in range(len(longest))]
    st.html(html.chips(longest, [html.tint(color, 0.25) for color in colors]))
    st.caption(t("words.pieces_note", count=len(longest)))
    rows = [(number, f"{piece}  {text}", vector, color)
            for number, (names, group_, text) in enumerate(zip(pieces, vectors, lab.reading.texts), 1)
            for piece, vector, color in zip(names, group_, colors)]
    rows += [(number, f"{lab.word}  {text}", vector, palette.ink)
             for number, (text, vector) in enumerate(zip(lab.reading.texts, lab.here), 1)]
    numbers, titles, every, dots = zip(*rows)
    points = pca(np.stack(every), 2).coordinates
    figure = word_charts.pieces_map(points, numbers, titles, dots, dark=common.dark())
    common.show_chart(figure, "pieces_chart")
    named = [*longest[:len(wheel) - 1], " ".join(longest[len(wheel) - 1:])]  # the last colour is that of all the rest
    st.html(html.legend([*zip(wheel, filter(None, named)), (palette.ink, t("words.pooled"))]))
    st.caption(t("words.pieces_map_note", layer=lab.layer))
    takeaway.offer("pieces", figure, {"sentence": numbers, "piece_and_sentence": titles, "x": points[:, 0].round(5),
                                      "y": points[:, 1].round(5)}, name="pieces")
