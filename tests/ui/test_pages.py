"""Every page without a browser, on a tiny model with random weights: good input, bad input, both languages."""

import html
import re
import shutil

import numpy as np
import pytest
import streamlit as st
from driving import (
    APP,
    LANGUAGES,
    NAMES,
    STRANGE,
    answers,
    cells,
    figure,
    letters,
    markup,
    nothing,
    open_page,
    said,
    type_into,
    whole,
    words,
)
from streamlit.testing.v1 import AppTest

from ui import bertviz_view, common
from ui import models as opened
from ui.examples import ATTENTION, FILL, FIRST, PAIRS, WORD_SETS
from ui.text import TEXT

pytestmark = pytest.mark.usefixtures("quick")
PAGES = ["fill_mask", "sentence_pair", "attention", "words_in_context"]
#: What a page needs before it answers.
GOOD = {
    "fill_mask": {"sentence": "the [MASK] sat on the mat."},
    "sentence_pair": {"first": "the cat sat.", "second": "我 爱 苹果。"},
    "attention": {"look": "the cat sat on the mat."},
    "words_in_context": {"word": "bank", "sentences": "the bank is old\nthe river bank\nmoney by the bank"},
}
#: Where a page's free text goes.
INPUT = {"fill_mask": "sentence", "sentence_pair": "first", "attention": "look", "words_in_context": "sentences"}


# ---- every page

@pytest.mark.parametrize("lang", LANGUAGES)
def test_start_page_names_every_page(lang):
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.query_params["lang"] = lang
    whole(at)
    assert at.title[0].value == words("home.title", lang)
    labels = " ".join(link.label for link in at.page_link)
    assert all(words(f"{key}.name", lang) in labels for key in set(NAMES.values()))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_page_without_input_asks_for_some(page, lang):
    at = open_page(page, lang, **nothing(page))
    assert at.title[0].value == words(f"{NAMES[page]}.name", lang)
    assert [box.value for box in at.info] == [words(f"{NAMES[page]}.empty", lang)]
    assert not answers(at)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_page_starts_with_its_first_example(page, lang):
    at = open_page(page, lang)
    for key, value in FIRST[lang][NAMES[page]].items():
        assert (at.text_area if key == "sentences" else at.text_input)(key=key).value == value
        assert not value or at.query_params[key] in (value, [value])  # so that the address opens the same again
    assert answers(at)
    at.segmented_control(key="lang").set_value("zh" if lang == "en" else "en")
    key, value = list(FIRST["zh" if lang == "en" else "en"][NAMES[page]].items())[0]
    assert whole(at).text_input(key=key).value == value  # nobody has typed: the example changes with the language


@pytest.mark.parametrize("blank", [" ", "\t  \u3000", "\u00a0"])
@pytest.mark.parametrize("page", PAGES)
def test_spaces_are_no_input(page, blank):
    at = open_page(page, **{key: blank for key in GOOD[page]})
    assert len(at.info) == 1 and not at.warning and not answers(at)


@pytest.mark.parametrize("page", PAGES)
def test_control_characters_alone_get_a_clear_word(page):
    at = open_page(page, **GOOD[page] | {INPUT[page]: "\x00\x07\u200b\x1b"})
    assert at.warning or at.info
    if page != "words_in_context":
        assert "holds no character" in said(at)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_page_answers_good_input(page, lang):
    at = open_page(page, lang, **GOOD[page])
    assert not at.warning
    assert answers(at)


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("page", PAGES)
def test_strange_text_is_answered_and_shown_letter_for_letter(page, name):
    text = STRANGE[name]
    values = GOOD[page] | {INPUT[page]: f"{text} bank\nbank {text}" if page == "words_in_context" else text}
    at = open_page(page, **values)
    assert not at.warning, said(at)
    assert "<script" not in markup(at) and "<img" not in markup(at)
    if page == "words_in_context":
        assert html.escape(text) in markup(at)
    if page == "fill_mask":
        type_into(at, sentence=f"{text} [MASK]")
        assert html.escape(text) in markup(at)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", ["fill_mask", "sentence_pair", "attention"])
def test_text_that_is_too_long_is_cut_and_said_so(page, lang):
    at = open_page(page, lang, **GOOD[page] | {INPUT[page]: "[MASK] " + "cat " * 100})
    limit = 64 - (3 if page == "sentence_pair" else 2)
    kept_of_second = 5 if page == "sentence_pair" else 0
    pieces = 101 + (int(bool(kept_of_second)) and len("我爱苹果。"))
    assert words("app.cut", lang, count=pieces - limit, longest=64) in said(at)


@pytest.mark.parametrize("page", ["fill_mask", "sentence_pair", "attention"])
def test_unknown_characters_are_named(page):
    at = open_page(page, **GOOD[page] | {INPUT[page]: "cat 😀 龘 *鑫* [MASK]"})
    assert words("app.unknown", "en", words="😀, 龘, *, 鑫") in said(at)


@pytest.mark.parametrize("page", PAGES)
def test_language_switch_changes_the_words_and_keeps_the_input(page):
    at = open_page(page, "en", **GOOD[page])
    at.segmented_control(key="lang").set_value("zh")
    whole(at)
    key, value = list(GOOD[page].items())[0]
    assert at.text_input(key=key).value == value
    assert re.search("[\u4e00-\u9fff]", at.title[0].value)
    assert at.query_params["lang"] in ("zh", ["zh"])


def test_unknown_language_in_the_address_is_english():
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.query_params["lang"] = "xx"
    assert whole(at).title[0].value == words("home.title", "en")


# ---- the model

def test_facts_and_card_of_the_model():
    at = open_page("fill_mask")
    facts = re.findall("<b>(.*?)</b>(.*?)</div>", "".join(element.value for element in at.sidebar.html))
    assert facts[:3] == [("2", "layers"), ("4", "heads a layer"), ("32", "numbers a vector")]
    at.button(key="card_button").click()
    assert "It knows nothing." in said(whole(at))


def test_a_card_shows_its_pictures_and_no_comments(models, tmp_path, monkeypatch):
    shutil.copytree(models, tmp_path / "models")
    folder = tmp_path / "models" / "tiny-random"
    (folder / "card.md").write_text("Before.\n\n<!-- measures -->\n\n![By layer](layers.svg)\n\nAfter.\n", encoding="utf-8")
    (folder / "layers.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', encoding="utf-8")
    monkeypatch.setenv("BERT_TF_MODELS", str(tmp_path / "models"))
    drawn = []
    monkeypatch.setattr(st, "image", lambda picture, *_, **__: drawn.append(picture))
    at = open_page("fill_mask")
    at.button(key="card_button").click()
    shown = said(whole(at))
    assert "Before." in shown and "After." in shown and "measures" not in shown and "layers.svg" not in shown
    assert drawn == [(folder / "layers.svg").read_text(encoding="utf-8")]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_without_any_model(page, lang, monkeypatch, tmp_path, models):
    monkeypatch.setenv("BERT_TF_MODELS", str(tmp_path))
    at = open_page(page, lang)
    assert words("app.no_models", lang) in [box.value for box in at.info]
    at.text_input(key="folder").input(str(models / "tiny-random"))
    at = type_into(at, **GOOD[page])
    assert answers(at)


def other(page: str, folder: str, **values: str) -> AppTest:
    """Opens a page on another folder."""
    at = open_page(page, **values)
    at.selectbox(key="model").set_value(opened.OTHER)
    whole(at)
    assert words("app.folder_hint", "en") in [box.value for box in at.info]
    at.text_input(key="folder").input(folder)
    return whole(at)


@pytest.mark.parametrize("page", PAGES)
def test_any_folder_can_be_named(page, models):
    at = other(page, f"  {models / 'tiny-random'} ", **GOOD[page])
    assert not at.warning and answers(at)


@pytest.mark.parametrize("name, word", [
    ("nowhere", "nowhere"), ("empty", "config.json"), ("truncated", "model.safetensors"), ("no-json", "config.json")])
@pytest.mark.parametrize("page", PAGES)
def test_folder_that_is_no_checkpoint(page, name, word, models):
    at = other(page, str(models.parent / name), **GOOD[page])
    assert at.warning and word in said(at) and words("app.cannot_open", "en") in said(at)
    key, value = list(GOOD[page].items())[0]
    assert at.text_input(key=key).value == value  # nothing typed is lost
    at.selectbox(key="model").set_value("tiny-random")
    whole(at)
    assert not at.warning and answers(at)


@pytest.mark.parametrize("path", ["x" * 5000, "a\x00b", __file__, "~", "/", "**bold** <b>x</b>"])
def test_impossible_folders(path):
    at = other("fill_mask", path, **GOOD["fill_mask"])
    assert at.warning


@pytest.mark.parametrize("page, key", [("fill_mask", "fill.no_head"), ("sentence_pair", "pair.no_head")])
def test_encoder_without_heads_says_what_it_lacks(page, key, models):
    at = other(page, str(models.parent / "encoder"), **GOOD[page])
    assert [box.value for box in at.warning] == [words(key, "en")]


@pytest.mark.parametrize("page", ["attention", "words_in_context"])
def test_encoder_without_heads_still_shows_its_inside(page, models):
    at = other(page, str(models.parent / "encoder"), **GOOD[page])
    assert not at.warning and (at.get("plotly_chart") or at.get("iframe"))


def test_model_that_changed_on_disk_is_opened_anew(models, tmp_path):
    folder = tmp_path / "changing"
    shutil.copytree(models / "tiny-random", folder)
    before = opened.open_model(folder).bert
    assert opened.open_model(folder).bert is before
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes())
    import os

    os.utime(weights, ns=(1, 1))
    assert opened.open_model(folder).bert is not before


def test_a_run_of_a_page_leaves_keras_alone():
    """Streamlit clears Keras after every run where it can; that would cost every key pressed half a second."""
    import keras

    at = open_page("fill_mask", **GOOD["fill_mask"])
    keras.backend.set_image_data_format("channels_last")
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("kept_by_test", 1)
    type_into(at, sentence="my [MASK]")
    assert keras.backend.clear_session.__module__ == "ui.models"


# ---- fill in the blank

def token_pills(at: AppTest):
    """The words to click; their key changes with the text."""
    return next(pills for pills in at.pills if pills.key.startswith("tokens-"))


def tokens_to_click(at: AppTest) -> list[str]:
    return [letters(option) for option in token_pills(at).options]


def click_token(at: AppTest, index: int) -> AppTest:
    """Clicks the n-th word: it joins those that are lit, or leaves them."""
    pills = token_pills(at)
    pills.set_value(sorted(set(pills.value) ^ {index + 1}))  # token 0 is [CLS], which is not drawn
    return whole(at)


def test_no_mask_invites_to_click():
    at = open_page("fill_mask", sentence="the cat sat")
    assert words("fill.no_mask", "en") in said(at)


def test_click_hides_a_word_and_brings_it_back():
    at = open_page("fill_mask", sentence="The cat  sat.")
    assert tokens_to_click(at) == ["the", "cat", "sat", "."]
    click_token(at, 0)
    assert at.text_input(key="sentence").value == "[MASK] cat  sat."
    click_token(at, 2)
    assert at.text_input(key="sentence").value == "[MASK] cat  [MASK]."
    click_token(at, 0)
    assert at.text_input(key="sentence").value == "The cat  [MASK]."  # the capital is back as well
    click_token(at, 2)
    assert at.text_input(key="sentence").value == "The cat  sat."


def test_click_knows_equal_words_apart():
    at = open_page("fill_mask", sentence="the cat sat on the mat")
    assert len(set(token_pills(at).options)) == 6
    click_token(at, 0)
    assert at.text_input(key="sentence").value == "[MASK] cat sat on the mat"
    click_token(at, 4)
    assert at.text_input(key="sentence").value == "[MASK] cat sat on [MASK] mat"
    click_token(at, 0)
    assert at.text_input(key="sentence").value == "the cat sat on [MASK] mat"


def test_click_on_a_typed_mask_puts_the_best_guess_in(tiny_bert):
    at = open_page("fill_mask", sentence="the [MASK] sat")
    best = tiny_bert.fill_mask("the [MASK] sat")[0][0].token
    click_token(at, 1)
    written = at.text_input(key="sentence").value
    assert written == (f"the{best[2:]} sat" if best.startswith("##") else f"the {best} sat")


def test_click_on_a_piece_and_on_chinese():
    at = open_page("fill_mask", sentence="dogs 我爱")
    assert tokens_to_click(at) == ["dog", "##s", "我", "爱"]
    click_token(at, 1)
    assert at.text_input(key="sentence").value == "dog[MASK] 我爱"
    click_token(at, 2)
    assert at.text_input(key="sentence").value == "dog[MASK] [MASK]爱"


def test_answers_are_the_models(tiny_bert):
    text = "the [MASK] sat on [MASK]."
    at = open_page("fill_mask", sentence=text)
    for candidates in tiny_bert.fill_mask(text, top_k=5):
        for candidate in candidates:
            token = html.escape(candidate.token)
            token = f"<s>##</s>{token[2:]}" if token.startswith("##") else token
            assert f"<b>{token}</b>" in markup(at)
            assert f"{100 * candidate.probability:.1f} %" in markup(at)
    assert words("fill.independent", "en") in said(at)
    assert [line.value for line in at.caption if "Blank" in line.value] == ["Blank 1", "Blank 2"]


def test_as_many_answers_as_asked_for():
    at = open_page("fill_mask", sentence="the [MASK] sat")
    assert markup(at).count("bt-track") == 5
    at.segmented_control(key="top_k").set_value(20)
    assert markup(whole(at)).count("bt-track") == 20


def test_every_position():
    at = open_page("fill_mask", sentence="the cat sat on [MASK].")
    assert html.escape(words("fill.everywhere_lead", "en")) in markup(at)
    table = next(element.value for element in at.html if words("fill.alternatives", "en") in element.value)
    assert table.count("<tr>") == 1 + 6
    at.toggle(key="everywhere").set_value(False)
    assert words("fill.alternatives", "en") not in markup(whole(at))


def test_mask_that_was_cut_off_is_said_so():
    at = open_page("fill_mask", sentence="cat " * 100 + "[MASK]")
    assert words("fill.no_mask", "en") in said(at) and words("app.cut", "en", count=39, longest=64) in said(at)


def test_token_table():
    at = open_page("fill_mask", sentence="The cat 我")
    table = next(element.value for element in at.html if "<td>[CLS]</td>" in element.value)
    rows = [re.findall("<td>(.*?)</td>", row) for row in table.split("<tr>")[2:]]
    assert [row[1] for row in rows] == ["[CLS]", "the", "cat", "我", "[SEP]"]
    assert [row[4] for row in rows] == ["", "0–3", "4–7", "8–9", ""]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_fill_examples(lang):
    at = open_page("fill_mask", lang)
    for index, text in enumerate(FILL[lang]):
        at.pills(key="fill_example").set_value(index)
        whole(at)
        assert at.text_input(key="sentence").value == text
        assert "bt-bars" in markup(at)
        assert at.pills(key="fill_example").value is None


# ---- sentence pair

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
    assert f"{100 * share:.1f} %" in markup(at)
    turned = tiny_bert.next_sentence(*reversed(GOOD["sentence_pair"].values())).is_next
    assert f"{100 * turned:.1f} %" in markup(at)
    grounds = re.findall(r'bt-chip" style="background:rgba\(([\d,]+),[\d.]+\)">', markup(at))
    assert [grounds.count(color) for color in dict.fromkeys(grounds)] == [6, 6]  # two colours, [SEP] with its sentence


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


# ---- attention

def heatmap(**values: str) -> AppTest:
    at = open_page("attention", **values)
    at.segmented_control(key="view").set_value("heatmap")
    return whole(at)


def test_lines_are_drawn_and_follow_the_switch():
    at = open_page("attention", **GOOD["attention"])
    frame = at.get("iframe")[0].proto
    assert "bertviz" in str(frame.srcdoc).lower()
    before = frame.srcdoc
    at.toggle(key="special").set_value(True)
    assert whole(at).get("iframe")[0].proto.srcdoc != before
    assert set(bertviz_view.LABELS) == {key.removeprefix("bertviz.") for key in TEXT if key.startswith("bertviz.")}


@pytest.mark.parametrize("measure, layer, head", [("one", 2, 3), ("layer_mean", 2, None), ("head_mean", None, 3),
                                                  ("all_mean", None, None), ("rollout", 1, None)])
def test_heatmap_shows_the_weights(measure, layer, head, tiny_bert):
    from bert_tf.analysis import attention_rollout

    at = heatmap(**GOOD["attention"])
    at.toggle(key="special").set_value(True)
    at.selectbox(key="measure").set_value(measure)
    whole(at)
    if layer:
        at.selectbox(key="layer").set_value(layer)
    if head:
        at.selectbox(key="head").set_value(head)
    whole(at)
    all_weights = tiny_bert.trace(GOOD["attention"]["look"]).attentions
    expected = {"one": lambda: all_weights[1, 2], "layer_mean": lambda: all_weights[1].mean(0),
                "head_mean": lambda: all_weights[:, 2].mean(0), "all_mean": lambda: all_weights.mean((0, 1)),
                "rollout": lambda: attention_rollout(all_weights)[0]}
    chart = figure(at, "attention_chart")
    np.testing.assert_allclose(cells(chart["data"][0]["z"]), expected[measure](), atol=1e-6)
    assert chart["layout"]["xaxis"]["ticktext"][0] == "[CLS]"
    assert (words("attention.rollout_note", "en") in said(at)) == (measure == "rollout")


@pytest.mark.parametrize("pairs, rows, columns", [
    ("all", ["the", "cat", "我", "爱"], ["the", "cat", "我", "爱"]), ("a_to_b", ["the", "cat"], ["我", "爱"]),
    ("b_to_a", ["我", "爱"], ["the", "cat"]), ("a_to_a", ["the", "cat"], ["the", "cat"]),
    ("b_to_b", ["我", "爱"], ["我", "爱"])])
def test_heatmap_of_a_part_of_a_pair(pairs, rows, columns):
    at = heatmap(look="the cat", look_second="我爱")
    at.segmented_control(key="pairs").set_value(pairs)
    layout = figure(whole(at), "attention_chart")["layout"]
    assert layout["yaxis"]["ticktext"] == rows and layout["xaxis"]["ticktext"] == columns


def test_share_of_the_hidden_tokens_is_told(tiny_bert):
    trace = tiny_bert.trace("the cat", "我爱")
    weights = trace.attentions[0, 0][[1, 2, 4, 5]]  # [CLS] the cat [SEP] 我 爱 [SEP]
    share = weights[:, [0, 3, 6]].sum() / weights.sum()
    at = heatmap(look="the cat", look_second="我爱")
    assert words("attention.hidden_note", "en", share=f"{100 * share:.1f} %") in said(at)
    at.toggle(key="special").set_value(True)
    assert "which are hidden" not in said(whole(at))


def test_part_of_a_pair_is_forgotten_with_the_second_sentence():
    at = heatmap(look="the cat", look_second="我爱")
    at.segmented_control(key="pairs").set_value("b_to_b")
    whole(at)
    type_into(at, look_second="")
    assert figure(at, "attention_chart")["layout"]["yaxis"]["ticktext"] == ["the", "cat"]


@pytest.mark.parametrize("view", ["bertviz", "heatmap"])
def test_text_of_special_tokens_alone(view):
    at = open_page("attention", look="cat")
    at.segmented_control(key="view").set_value(view)
    type_into(at, look="[CLS]")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_attention_examples(lang):
    at = open_page("attention", lang)
    for index, (first, second) in enumerate(ATTENTION[lang]):
        at.pills(key="attention_example").set_value(index)
        whole(at)
        assert (at.text_input(key="look").value, at.text_input(key="look_second").value) == (first, second)
        assert at.get("iframe")


# ---- words in context

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


def test_word_sets_are_balanced():
    for entry in (entry for entries in WORD_SETS.values() for entry in entries):
        assert [len(group) for group in entry.sentences] == [4, 4] and len(set(entry.text().splitlines())) == 8


# ---- what all pages share

@pytest.mark.parametrize("text", ["<b>x</b>", "**x**", "$x$", ":smile:", ":red[x]", "a -> b", "--", ":material/home:",
                                  "&lt;", "1. a", "# a", "`x`", "[a](b)", "~~x~~", "a\\b", "^x^", "<- >= <= ~="])
def test_plain_text_can_be_read_back(text):
    written = common.plain(text)
    assert letters(written) == text
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", written)
    assert not re.search(r"[!-/:-@\[-`{-~]", bare)  # no sign is left that Markdown could read
    assert not re.search(r"->|<-|--|>=|<=|~=|:\w", written.replace("\\", ""))  # nor one that Streamlit could


def test_told_apart():
    labels = common.told_apart(["the", "cat", "the", "the"])
    assert len(set(labels)) == 4 and [letters(label) for label in labels] == ["the", "cat", "the", "the"]


def test_choices_stand_in_the_address_under_plain_names():
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.query_params.update({"lang": "zh", "measure": "layer_mean", "view": "heatmap", "layer": "2"})
    whole(at).switch_page("ui/pages/attention.py")
    at.query_params.update({"lang": "zh", "measure": "layer_mean", "view": "heatmap", "layer": "2", "look": "猫"})
    whole(at)
    assert (at.selectbox(key="measure").value, at.selectbox(key="layer").value) == ("layer_mean", 2)
    at.segmented_control(key="view").set_value("bertviz")
    assert "view" not in whole(at).query_params  # what is chosen at first is left out


def test_warm_up_of_any_model(models):
    for folder in (models / "tiny-random", models.parent / "encoder"):
        from bert_tf import load

        COMPILE(load(folder))


COMPILE = opened._compile
