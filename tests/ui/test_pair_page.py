"""Sentence pair without a browser: swapping, the probability in figures and in words, examples."""

import re

import numpy as np
import pytest
import streamlit as st
from driving import GOOD, LANGUAGES, markup, open_page, said, whole, words

from bert_tf.influence import influence_on_pair
from ui import html
from ui.examples import PAIRS

pytestmark = pytest.mark.usefixtures("quick")


def test_one_sentence_is_no_pair():
    at = open_page("sentence_pair", first="the cat sat")
    assert words("pair.empty", "en") in said(at)
    assert at.button(key="swap").disabled


def test_swap_swaps():
    at = open_page("sentence_pair", **GOOD["sentence_pair"])
    at.button(key="swap").click()
    whole(at)
    assert at.text_input(key="first").value == GOOD["sentence_pair"]["second"]
    assert at.text_input(key="second").value == GOOD["sentence_pair"]["first"]


def test_probability_is_the_models(tiny_bert):
    at = open_page("sentence_pair", **GOOD["sentence_pair"])
    share = tiny_bert.next_sentence(*GOOD["sentence_pair"].values()).is_next
    assert f"{100 * share:.1f}%" in markup(at)
    turned = tiny_bert.next_sentence(*reversed(GOOD["sentence_pair"].values())).is_next
    assert f"{100 * turned:.1f}%" in markup(at)
    grounds = re.findall(r'bt-chip" style="background:rgba\(([\d,]+),[\d.]+\)">', markup(at))
    assert [grounds.count(color) for color in dict.fromkeys(grounds)] == [6, 6]  # two colours, [SEP] with its sentence


def test_words_that_the_verdict_rests_on(tiny_bert):
    at = open_page("sentence_pair", **GOOD["sentence_pair"])
    found = influence_on_pair(tiny_bert, *GOOD["sentence_pair"].values())
    assert markup(at).count("<mark") == len(found.words) == 8
    for word in found.words:
        assert f"has {html.percent(word.without)}\">{word.word}</mark>" in markup(at)
    heaviest = max(found.words, key=lambda word: abs(word.weight))
    assert f"The heaviest here is “{heaviest.word}”" in said(at).replace("\\", "")
    at.toggle(key="pair_words").set_value(False)
    assert "<mark" not in markup(whole(at))


@pytest.mark.parametrize("share, key", [(1.0, "sure_yes"), (0.95, "sure_yes"), (0.94, "yes"), (0.6, "yes"),
                                        (0.5, "unsure"), (0.39, "no"), (0.05, "no"), (0.049, "sure_no"),
                                        (0.0, "sure_no")])
def test_probability_in_words(share, key, monkeypatch):
    from bert_tf.explore import Bert
    from bert_tf.results import NextSentence

    monkeypatch.setattr(Bert, "next_sentence", lambda self, a, b: NextSentence(
        is_next=share, logits=np.zeros(2, np.float32), encoding=self.encode(a, b)))
    st.cache_data.clear()
    at = open_page("sentence_pair", **GOOD["sentence_pair"])
    assert words(f"pair.{key}", "en") in markup(at)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pair_examples(lang):
    at = open_page("sentence_pair", lang)
    for index, (_, first, second) in enumerate(PAIRS[lang]):
        at.pills(key="pair_example").set_value(index)
        whole(at)
        assert (at.text_input(key="first").value, at.text_input(key="second").value) == (first, second)
        assert "bt-verdict" in markup(at)
