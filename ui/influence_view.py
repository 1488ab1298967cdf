"""The words that an answer rests on: each on the colour of what hiding it does."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bert_tf.results import Influence
from ui import common, html, takeaway
from ui.text import t

#: Nats that get the deepest colour where no word weighs more.
LEAST_SCALE = 1.0


def show(key: str, found: Influence, texts: Sequence[str], label: str) -> None:
    """Draws each text with its words on colours, the heaviest word in a sentence, and the numbers to take away.

    Args:
        key: unlike any other on the page.
        found: what every word does.
        texts: the text, or both of a pair.
        label: the answer, in the visitor's words.
    """
    if not found.words:
        st.caption(t("influence.none"))
        return
    palette = common.palette()
    most = max(LEAST_SCALE, *(abs(word.weight) for word in found.words))
    for which, text in enumerate(texts):
        st.html(html.weighed_words(text, [
            (word.start, word.end,
             html.tint(palette.a if word.weight > 0 else palette.surprise, html.DEEPEST * abs(word.weight) / most),
             t("influence.without", label=label, share=html.percent(word.without)))
            for word in found.words if word.which == which]))
    st.html(html.legend([(html.tint(palette.a, html.DEEPEST), t("influence.for", label=label)),
                         (html.tint(palette.surprise, html.DEEPEST), t("influence.against"))]))
    heaviest = max(found.words, key=lambda word: abs(word.weight))
    st.caption(common.plain(t("influence.heaviest_of_pair" if len(texts) > 1 else "influence.heaviest",
                              word=heaviest.word, sentence="AB"[heaviest.which], label=label,
                              share=html.percent(found.probability), without=html.percent(heaviest.without))))
    takeaway.offer(key, table={
        "text": [word.which + 1 for word in found.words], "word": [word.word for word in found.words],
        "start": [word.start for word in found.words], "end": [word.end for word in found.words],
        "probability_without": [round(word.without, 6) for word in found.words],
        "weight_nats": [round(word.weight, 4) for word in found.words]}, name="words")
