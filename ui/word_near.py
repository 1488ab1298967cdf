"""Words in context beside a bank of sentences: nearest occurrences, and what half a sentence tells.

Letters in shapes: n sentences, L layers, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from bert_tf.analysis import cosine, pca
from bert_tf.sense_sets import SenseSet, sense_set
from ui import common, html, takeaway, word_charts, word_html
from ui.text import comma, language, t
from ui.word_lab import Lab
from ui.word_reading import bank_of, read
from ui.word_views import static_neighbours


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
    wheel, soft = word_charts.group_colors(common.palette()), common.palette().soft
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
            st.html(word_html.words(near))
            st.caption(t("words.near_static_note"))
    with right:
        st.subheader(t("words.near_bert"), anchor=False)
        bank = bank_or_progress(lab)
        if bank is None:
            return
        found = bank.nearest(lab.here[index], lab.layer, 10, but_word=lab.word if others else None,
                             but_sentences=[lab.reading.texts[index]])
        colors, legend = occurrence_colors(lab, found)
        st.html(word_html.occurrences(found, colors))
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
    st.markdown(f"**{t(key)}{comma()}{t('words.at_layer', layer=lab.layer)}**")
    st.html(html.numbers([(html.percent(by_layer[name][lab.layer]) if lab.labelled else f"{by_layer[name][lab.layer]:.2f}",
                           words, color) for name, (words, color) in look.items()]))
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t(key), anchor=False)
        figure = word_charts.layer_lines(
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
    figure = word_charts.moved_map(points[:len(full)], points[len(full):], lab.reading.texts, lab.colors,
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
            st.html(word_html.occurrences(found, colors))
    if legend:
        st.html(html.legend(legend))
