"""What the words-in-context page shows of a word: the map, layer by layer, nearest occurrences, half a sentence, pieces.

Letters in shapes: n sentences, L layers, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import streamlit as st

from bert_tf.analysis import cosine, pca
from bert_tf.sense_sets import SenseSet, sense_set
from ui import charts, common, html, meaning_charts, meaning_html, models, takeaway
from ui.reading import bank_of, group, is_chinese, lay_out, read
from ui.text import language, t

METHODS = ["pca", "tsne", "umap"]
COLOURINGS = ["senses", "groups"]
COUNTS = ["auto", 2, 3, 4, 5, 6]


@dataclass(frozen=True)
class Lab:
    """A word in its sentences as the page shows it.

    Attributes:
        model: the `ui.models.Model` that read it.
        word: the word.
        reading: a `bert_tf.batch_vectors.WordReading`, of n texts.
        layer: the layer chosen.
        senses: n senses, None where nobody knows.
        names: what the senses are called.
        baseline: mean cosine of random words at that layer.
        colors: n CSS colours.
        legend: (CSS colour, words) for the colours.
        note: what the colours say in words, if they are groups.
    """

    model: models.Model
    word: str
    reading: object
    layer: int
    senses: list[int | None]
    names: list[str]
    baseline: float
    colors: list[str] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""

    @property
    def here(self) -> np.ndarray:
        """The vectors at the layer chosen, float32 (n, H)."""
        return self.reading.vectors[:, self.layer]

    @property
    def labelled(self) -> bool:
        """Whether there are two senses or more of at least two sentences each, which can be compared."""
        known = [sense for sense in self.senses if sense is not None]
        return len(set(known)) > 1 and min(map(known.count, set(known))) > 1


def prepare(lab: Lab) -> Lab:
    """Adds the colours that are chosen: of the senses, or of the groups found."""
    known = any(sense is not None for sense in lab.senses)
    default = "senses" if known else "groups"
    view = common.settle("words_view", ["map", "layers", "near", "one_way", "pieces"], "map")
    colouring = common.settle("words_color", COLOURINGS, default) if known and view == "map" else default
    wheel = meaning_charts.group_colors(common.palette())
    if colouring == "senses":
        unknown = common.palette().soft
        colors = [unknown if sense is None else wheel[sense] for sense in lab.senses]
        legend = list(zip(wheel, lab.names)) + [(unknown, t("words.own"))] * (None in lab.senses)
        return replace(lab, colors=colors, legend=legend)
    wanted = common.settle("words_groups", COUNTS, "auto")
    with common.friendly(stop=True):
        found = group(lab.here, None if wanted == "auto" or wanted > len(np.unique(lab.here, axis=0)) else wanted)
    legend = [(wheel[number], t("words.group", number=number + 1)) for number in range(found.count)]
    return replace(lab, colors=[wheel[label] for label in found.labels], legend=legend, note=group_note(lab, found))


def group_note(lab: Lab, found) -> str:
    """Says how many groups were found, how well apart they are, and how well they agree with the labels."""
    from bert_tf.sense_analysis import agreement

    note = t("words.groups_one") if found.count == 1 else t(
        "words.groups_note", count=found.count, silhouette=f"{found.silhouettes.get(found.count, 0):.2f}")
    rows = [i for i, sense in enumerate(lab.senses) if sense is not None]
    if len({lab.senses[i] for i in rows}) < 2:
        return note
    value = agreement(found.labels[rows], [lab.senses[i] for i in rows])
    return f"{note} {t('words.agreement', value=f'{value:.2f}')}"


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
    figure = meaning_charts.word_map(points, texts, lab.colors, mean=mean, dark=common.dark())
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


def show_layers(lab: Lab) -> None:
    """Draws what happens to the word from layer to layer."""
    from bert_tf.sense_analysis import cosines_by_layer, static_share

    found, colors = cosines_by_layer(lab.reading.vectors, lab.senses, lab.reading.crowd), common.palette()
    lines = [(t("words.same"), found.same, colors.a, "solid"), (t("words.different"), found.different, colors.b, "solid")]
    if found.same is None or found.different is None:
        lines = [(t("words.mean"), found.every, colors.a, "solid")]
    lines.append((t("words.random"), found.random, colors.soft, "dot"))
    st.subheader(t("words.by_layer"), anchor=False)
    figure = meaning_charts.layer_lines(lines, layer=t("words.layer"), chosen=lab.layer, dark=common.dark())
    common.show_chart(figure, "layer_chart")
    st.caption(t("words.by_layer_note"))
    takeaway.offer("by_layer", figure, {"layer": list(range(len(found.every)))} |
                   {name: values.round(5) for name, values, *_ in lines}, name="layers")
    count = len(lab.reading.texts)
    crowd = lab.reading.crowd[np.linspace(0, len(lab.reading.crowd) - 1, count).astype(int)]  # as many as sentences
    shares = [np.array([static_share(vectors[:, layer]) for layer in range(vectors.shape[1])])
              for vectors in (lab.reading.vectors, crowd)]
    st.subheader(t("words.share"), anchor=False)
    lines = [(t("words.share_word", word=lab.word), shares[0], colors.a, "solid"),
             (t("words.share_random"), shares[1], colors.soft, "dot")]
    figure = meaning_charts.layer_lines(lines, layer=t("words.layer"), chosen=lab.layer, percent=True, dark=common.dark())
    common.show_chart(figure, "share_chart")
    st.caption(t("words.share_note", share=html.percent(shares[0][lab.layer]), layer=lab.layer,
                 random=html.percent(shares[1][lab.layer])))
    takeaway.offer("static_share", figure, {"layer": list(range(len(shares[0]))), "word": shares[0].round(5),
                                            "random": shares[1].round(5)}, name="static-share")


def pick_sentence(lab: Lab) -> int:
    """Draws a choice of one of the sentences; returns its index."""
    numbers = list(range(1, len(lab.reading.texts) + 1))
    names = {number: f"{number}  {text}" for number, text in enumerate(lab.reading.texts, 1)}
    return common.choice(st.selectbox, t("words.at"), numbers, key="words_at", default=1, format_func=names.get) - 1


def bank_or_progress(lab: Lab):
    """Returns the bank of sentences; while it is being read, draws how far it is and returns None."""
    reader = bank_of(lab.model.stamp, lab.model.bert)
    reader.wait(0.4)
    if reader.problem is not None:
        raise reader.problem
    if reader.bank is None:
        @st.fragment(run_every=1.0)
        def progress() -> None:
            if reader.bank is not None or reader.problem is not None:
                st.rerun()
            st.progress(reader.done, t("words.bank_reading", share=html.percent(reader.done)))

        progress()
    return reader.bank


def labelled_order(names: Sequence[str], entry: SenseSet) -> list[int | None]:
    """Returns which of the senses on the page each sense of a hand-labelled set is; None for one that is not there.

    The examples name a sense by a word of its gloss ("水果" for "一种水果") and list the senses in an order of their own;
    if all but one are found so, that one is the one left over.
    """
    if not names or list(names) == [gloss[language()] for gloss in entry.glosses]:
        return list(range(len(entry.glosses)))
    order = [next((i for i, name in enumerate(names) if name in gloss[entry.language]), None) for gloss in entry.glosses]
    rest = [i for i in range(len(names)) if i not in order]
    return [rest[0] if i is None else i for i in order] if len(rest) == order.count(None) == 1 else order


def occurrence_colors(lab: Lab, found) -> tuple[list[str], list[tuple[str, str]]]:
    """Returns a colour for each occurrence, and what the colours mean.

    An occurrence of the word in a hand-labelled sentence has its sense's colour, as in the map; all others are grey.
    """
    wheel, soft = meaning_charts.group_colors(common.palette()), common.palette().soft
    labels = sense_set(lab.word)
    if labels is None:
        return [soft] * len(found), []
    order, colors = labelled_order(lab.names, labels), []
    for entry, _ in found:
        sense = labels.sense_of(entry.sentence) if entry.word.lower() == lab.word.lower() else None
        colors.append(soft if sense is None or order[sense] is None else wheel[order[sense]])
    names = lab.names or [gloss[language()] for gloss in labels.glosses]
    return colors, [*zip(wheel, names), (soft, t("words.near_other"))]


def show_near(lab: Lab) -> None:
    """Draws word2vec's nearest words beside the nearest occurrences in the bank of sentences."""
    index = pick_sentence(lab)
    others = st.toggle(t("words.others"), key="words_others", bind="query-params", help=t("words.others_help"))
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.subheader(t("words.near_static"), anchor=False)
        near = static_neighbours(lab.word, 10)
        if near:
            st.html(meaning_html.words(near))
            st.caption(t("words.near_static_note"))
    with right:
        st.subheader(t("words.near_bert"), anchor=False)
        bank = bank_or_progress(lab)
        if bank is None:
            return
        found = bank.nearest(lab.here[index], lab.layer, 10, but_word=lab.word if others else None,
                             but_sentences=[lab.reading.texts[index]])
        colors, legend = occurrence_colors(lab, found)
        st.html(meaning_html.occurrences(found, colors))
        if legend:
            st.html(html.legend(legend))
        st.caption(t("words.near_bert_note", count=f"{len(bank.occurrences):,}"))
        takeaway.offer("near", table={"word": [entry.word for entry, _ in found], "cosine": [round(c, 4) for _, c in found],
                                      "sentence": [entry.sentence for entry, _ in found]}, name="nearest")


def show_one_way(lab: Lab) -> None:
    """Draws what the word's vector would be if the model could not see what comes after it, or before it."""
    from bert_tf.sense_analysis import sense_accuracy

    with st.container(horizontal=True, vertical_alignment="bottom"):
        hide = common.choice(st.segmented_control, t("words.hide"), ["cut", "mask"], key="words_hide", default="cut",
                             format_func={"cut": t("words.hide_cut"), "mask": t("words.hide_mask")}.get, required=True)
        side = common.choice(st.segmented_control, t("words.seen"), ["left", "right"], key="words_side", default="left",
                             format_func={"left": t("words.seen_left"), "right": t("words.seen_right")}.get,
                             required=True)
    texts = tuple(lab.reading.texts)
    with common.friendly(stop=True), st.spinner(t("app.thinking")):
        parts = {name: read(lab.model.stamp, lab.word, texts, lab.model.bert, name, hide).vectors
                 for name in ("left", "right")}
    parts = {"full": lab.reading.vectors, **parts}
    colors = common.palette()
    look = {"full": (t("words.seen_full"), colors.a), "left": (t("words.seen_left"), colors.b),
            "right": (t("words.seen_right"), colors.soft)}
    if lab.labelled:
        rows = [i for i, sense in enumerate(lab.senses) if sense is not None]
        senses = [lab.senses[i] for i in rows]
        by_layer = {name: np.array([sense_accuracy(vectors[rows, layer], senses) for layer in range(vectors.shape[1])])
                    for name, vectors in parts.items()}
        key, note = "words.accuracy", t("words.accuracy_note", count=len(rows), chance=html.percent(1 / len(set(senses))))
    else:
        by_layer = {name: np.array([np.mean([cosine(a, b) for a, b in zip(vectors[:, layer], parts["full"][:, layer])])
                                    for layer in range(vectors.shape[1])]) for name, vectors in parts.items()}
        key, note = "words.kept", t("words.kept_note")
    st.html(html.numbers([(html.percent(by_layer[name][lab.layer]) if lab.labelled else f"{by_layer[name][lab.layer]:.2f}",
                           words, color) for name, (words, color) in look.items()]))
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t(key), anchor=False)
        figure = meaning_charts.layer_lines(
            [(words, by_layer[name], color, "solid") for name, (words, color) in look.items()], layer=t("words.layer"),
            chosen=lab.layer, percent=lab.labelled, dark=common.dark())
        common.show_chart(figure, "accuracy_chart")
        st.caption(note)
        takeaway.offer("accuracy", figure, {"layer": list(range(len(by_layer["full"])))} |
                       {name: values.round(5) for name, values in by_layer.items()}, name="half-sentences")
    with right:
        st.subheader(t("words.moved"), anchor=False)
        show_moved(lab, parts, side)
    show_half_neighbours(lab, parts)
    st.caption(t("words.one_way_caution"))


def show_moved(lab: Lab, parts: dict[str, np.ndarray], side: str) -> None:
    """Draws where every sentence's word goes with half of the sentence."""
    full, part = parts["full"][:, lab.layer], parts[side][:, lab.layer]
    points = pca(np.concatenate([full, part]), 2).coordinates
    figure = meaning_charts.moved_map(points[:len(full)], points[len(full):], lab.reading.texts, lab.colors,
                                      dark=common.dark())
    common.show_chart(figure, "moved_chart")
    st.caption(t("words.moved_note"))
    if lab.legend:
        st.html(html.legend(lab.legend))
    takeaway.offer("moved", figure, {"sentence": lab.reading.texts * 2, "seen": ["full"] * len(full) + [side] * len(full),
                                     "x": points[:, 0].round(5), "y": points[:, 1].round(5)}, name="moved")


def show_half_neighbours(lab: Lab, parts: dict[str, np.ndarray]) -> None:
    """Draws the nearest occurrences of one sentence's word with all of it, its left half and its right half."""
    st.subheader(t("words.half_near"), anchor=False)
    index = pick_sentence(lab)
    bank = bank_or_progress(lab)
    if bank is None:
        return
    text, (start, end) = lab.reading.texts[index], lab.reading.spans[index]
    seen = {"full": text, "left": f"{text[:end]} …", "right": f"… {text[start:]}"}
    for column, name in zip(st.columns(3, gap="medium"), seen):
        found = bank.nearest(parts[name][index, lab.layer], lab.layer, 5, but_sentences=[text])
        with column:
            st.markdown(f"**{common.plain(seen[name])}**")
            colors, legend = occurrence_colors(lab, found)
            st.html(meaning_html.occurrences(found, colors))
    if legend:
        st.html(html.legend(legend))


def show_pieces(lab: Lab) -> None:
    """Draws the vectors of the word's pieces beside their mean, which stands for the word everywhere else."""
    pieces, vectors = lab.reading.pieces, [every[:, lab.layer] for every in lab.reading.piece_vectors]
    longest, palette = max(pieces, key=len), common.palette()
    wheel = meaning_charts.group_colors(palette)[2:]  # the first two are the senses' in the other views
    if len(longest) == 1:
        st.html(html.chips(longest, [html.tint(palette.a, 0.16)]))
        st.caption(t("words.one_piece", word=common.plain(lab.word)))
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
    figure = meaning_charts.pieces_map(points, numbers, titles, dots, dark=common.dark())
    common.show_chart(figure, "pieces_chart")
    named = [*longest[:len(wheel) - 1], " ".join(longest[len(wheel) - 1:])]  # the last colour is that of all the rest
    st.html(html.legend([*zip(wheel, filter(None, named)), (palette.ink, t("words.pooled"))]))
    st.caption(t("words.pieces_map_note", layer=lab.layer))
    takeaway.offer("pieces", figure, {"sentence": numbers, "piece_and_sentence": titles, "x": points[:, 0].round(5),
                                      "y": points[:, 1].round(5)}, name="pieces")
