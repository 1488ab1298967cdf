"""Words in context without a browser: what it asks for, cosines, word2vec beside it, examples."""

import re

import numpy as np
import pytest
from driving import GOOD, LANGUAGES, cells, figure, markup, open_page, said, type_into, whole, words

from ui.examples import WORD_SETS

pytestmark = pytest.mark.usefixtures("quick")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_word_in_no_sentence(lang):
    at = open_page("words_in_context", lang, word="zebra", sentences="the cat\nthe *dog*")
    assert words("words.missing", lang, word="zebra", sentences="the cat · the *dog*") in said(at)
    assert words("words.few", lang) in said(at) and not at.get("plotly_chart")


def test_word_in_all_sentences_but_one():
    at = open_page("words_in_context", word="bank", sentences="the bank\nthe banker\nmy bank\n\nthe bank\n")
    assert words("words.missing", "en", word="bank", sentences="the banker") in said(at)
    listed = re.findall(r">(\d)</i><span>(.*?)</span>", markup(at))
    assert listed == [("1", "the <mark>bank</mark>"), ("2", "my <mark>bank</mark>")]  # a line twice is one sentence
    assert len(at.get("plotly_chart")) == 3


def test_one_sentence_is_not_enough():
    at = open_page("words_in_context", word="bank", sentences="the bank")
    assert words("words.few", "en") in said(at) and not at.get("plotly_chart")


def test_too_long_sentence_whose_word_is_cut_off():
    at = open_page("words_in_context", word="bank", sentences="cat " * 100 + "bank\nthe bank\nmy bank")
    assert "cat cat" in at.info[0].value and len(at.get("plotly_chart")) == 3


def test_cosines_are_the_models_at_the_layer_chosen(tiny_bert):
    from bert_tf.analysis import cosine_matrix

    at = open_page("words_in_context", **GOOD["words_in_context"])
    slider = at.select_slider(key="word_layer")
    assert (slider.options, slider.value) == (["0", "1", "2"], 2)
    vectors = np.stack([tiny_bert.word_vectors(line, "bank")
                        for line in GOOD["words_in_context"]["sentences"].splitlines()])
    for layer in (2, 1, 0):
        at.select_slider(key="word_layer").set_value(layer)
        drawn = cells(figure(whole(at), "cosine_chart")["data"][0]["z"])
        np.testing.assert_allclose(drawn, cosine_matrix(vectors[:, layer]), atol=1e-4)


def test_word2vec_side():
    at = open_page("words_in_context", **GOOD["words_in_context"])
    near, word = figure(at, "static_chart")["data"]
    assert word["text"] == ["1–3"] and len(near["text"]) == 8 and "bank" not in near["text"]
    assert words("words.static_map", "en", count=3) in said(at)
    type_into(at, word="the")
    assert words("words.static_unknown", "en", word="the", count="12") in said(at)
    type_into(at, word="苹果", sentences="我爱苹果\n苹果好吃")
    assert words("words.static_none", "en") in said(at)


def test_averages_of_the_two_senses(tiny_bert):
    """The figures above the maps, against the cosines worked out by hand."""
    entry = WORD_SETS["en"][0]
    at = open_page("words_in_context", word=entry.word, sentences=entry.text())
    vectors = np.stack([tiny_bert.word_vectors(line, entry.word)[-1] for line in entry.text().splitlines()])
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    pairs = [(i, j) for i in range(8) for j in range(i)]
    same = np.mean([cosines[i, j] for i, j in pairs if (i < 4) == (j < 4)])
    different = np.mean([cosines[i, j] for i, j in pairs if (i < 4) != (j < 4)])
    figures = re.findall(r"<b>([\d.-]+)</b>", next(element.value for element in at.html if "bt-numbers" in element.value))
    assert figures[:2] == [f"{same:.2f}", f"{different:.2f}"] and figures[3] == "1.00"


def test_an_empty_line_begins_another_sense(tiny_bert):
    first, second = ["the bank of the river", "a river bank"], ["my bank is new", "the old bank", "no word here"]
    at = open_page("words_in_context", word="bank", sentences="\n".join([*first, " ", "", *second]))
    vectors = np.stack([tiny_bert.word_vectors(line, "bank")[-1] for line in [*first, *second[:2]]])
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    figures = re.findall(r"<b>([\d.-]+)</b>", next(element.value for element in at.html if "bt-numbers" in element.value))
    assert figures[:2] == [f"{(cosines[0, 1] + cosines[2, 3]) / 2:.2f}", f"{cosines[:2, 2:].mean():.2f}"]
    assert words("words.sense", "en", number=2) in markup(at) and words("words.sense", "en", number=3) not in markup(at)
    type_into(at, sentences="\n".join([*first, "", "no word here"]))  # the other stretch does not hold the word
    assert words("words.sense", "en", number=1) not in markup(at)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_word_sets(lang):
    at = open_page("words_in_context", lang)
    for index, entry in enumerate(WORD_SETS[lang]):
        at.pills(key="word_example").set_value(index)
        whole(at)
        assert at.text_input(key="word").value == entry.word
        assert at.text_area(key="sentences").value == entry.text()
        assert not any("“" in box.value and box.icon == ":material/search_off:" for box in at.info)  # none left out
        assert cells(figure(at, "cosine_chart")["data"][0]["z"]).shape == (8, 8)


def test_ready_words_come_apart_through_context_alone():
    """With the bundled model: before there is context nothing sets the senses apart, in the last layer each sentence is
    nearest to its own sense."""
    import bert_tf
    from bert_tf.finetune_command import BUNDLED_MODEL

    bert = bert_tf.load(BUNDLED_MODEL)
    for entry in (entry for entries in WORD_SETS.values() for entry in entries):
        vectors = np.stack([bert.word_vectors(line, entry.word) for line in entry.text().splitlines()], axis=1)
        first, *_, last = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)  # (8, H) each
        gaps = []
        for cosines in (first @ first.T, last @ last.T):
            same = np.arange(8)[:, None] // 4 == np.arange(8) // 4
            gaps.append(cosines[same & ~np.eye(8, dtype=bool)].mean() - cosines[~same].mean())
        assert gaps[0] < 0.02 and gaps[1] > gaps[0] + 0.02, (entry.word, gaps)


def test_word_sets_are_balanced():
    for entry in (entry for entries in WORD_SETS.values() for entry in entries):
        assert [len(group) for group in entry.sentences] == [4, 4] and len(set(entry.text().splitlines())) == 8


def test_labels_on_an_axis_hold_whole_words():
    from ui.word_reading import short_labels

    texts = ["She joined the cast of the new play.", "cast", "昨天他一个人在河边打水喝。", "antidisestablishment cast-offs"]
    spans = [(15, 19), (0, 4), (9, 10), (21, 25)]
    assert [text[start:end] for text, (start, end) in zip(texts, spans)] == ["cast", "cast", "打", "cast"]
    assert short_labels(texts, spans) == ["…the cast of the…  1", "cast  2", "…人在河边打水喝。  3", "…ishment cast-offs  4"]


def test_the_word_moves_from_layer_to_layer(tiny_bert):
    lines = GOOD["words_in_context"]["sentences"].splitlines()
    at = open_page("words_in_context", **GOOD["words_in_context"])
    at.button_group(key="words_view").set_value("layers")
    drawn = figure(whole(at), "film_chart")
    vectors = np.stack([tiny_bert.word_vectors(line, "bank") for line in lines]).astype(np.float64)  # (n, L+1, H)
    around = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(around[:, -1], full_matrices=False)
    assert [frame["name"] for frame in drawn["frames"]] == ["0", "1", "2"]
    for layer, frame in enumerate(drawn["frames"]):
        for name, axis in zip("xy", axes):
            shown, wanted = cells(frame["data"][0][name]), around[:, layer] @ axis
            sign = np.sign(shown @ wanted) or 1.0  # an axis may point either way
            np.testing.assert_allclose(shown * sign, wanted, atol=1e-4)
    assert len(drawn["layout"]["sliders"][0]["steps"]) == 3
