"""Every page without a browser, on a tiny model with random weights: good input, bad input, both languages."""

import html
import re

import pytest
from driving import (
    APP,
    GOOD,
    LANGUAGES,
    NAMES,
    STRANGE,
    answers,
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

from ui import common
from ui.examples import FIRST

pytestmark = pytest.mark.usefixtures("quick")
#: Where a page's free text goes.
INPUT = {"fill_mask": "sentence", "sentence_pair": "first", "attention": "look", "words_in_context": "sentences"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_start_page_names_every_page(lang):
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.query_params["lang"] = lang
    whole(at)
    assert at.title[0].value == words("home.title", lang)
    labels = " ".join(link.label for link in at.page_link)
    assert all(words(f"{key}.name", lang) in labels for key in set(NAMES.values()))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", GOOD)
def test_page_without_input_asks_for_some(page, lang):
    at = open_page(page, lang, **nothing(page))
    assert at.title[0].value == words(f"{NAMES[page]}.name", lang)
    assert [box.value for box in at.info] == [words(f"{NAMES[page]}.empty", lang)]
    assert not answers(at)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", GOOD)
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
@pytest.mark.parametrize("page", GOOD)
def test_spaces_are_no_input(page, blank):
    at = open_page(page, **{key: blank for key in GOOD[page]})
    assert len(at.info) == 1 and not at.warning and not answers(at)


@pytest.mark.parametrize("page", GOOD)
def test_control_characters_alone_get_a_clear_word(page):
    at = open_page(page, **GOOD[page] | {INPUT[page]: "\x00\x07\u200b\x1b"})
    assert at.warning or at.info
    if page != "words_in_context":
        assert "holds no character" in said(at)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", GOOD)
def test_page_answers_good_input(page, lang):
    at = open_page(page, lang, **GOOD[page])
    assert not at.warning
    assert answers(at)


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("page", GOOD)
def test_strange_text_is_answered_and_shown_letter_for_letter(page, name):
    text = STRANGE[name]
    values = GOOD[page] | {INPUT[page]: f"{text} bank\nbank {text}" if page == "words_in_context" else text}
    at = open_page(page, **values)
    assert not at.warning, said(at)
    assert "<script>alert" not in markup(at) and "<img" not in markup(at)
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


@pytest.mark.parametrize("page", GOOD)
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
