"""Fill in the blank without a browser: clicking words, answers, every position, examples."""

import html
import re

import pytest
from driving import LANGUAGES, letters, markup, open_page, said, whole, words
from streamlit.testing.v1 import AppTest

from ui.examples import FILL

pytestmark = pytest.mark.usefixtures("quick")


def word_pills(at: AppTest):
    """The words to click; their key changes with the text."""
    return next(pills for pills in at.pills if pills.key.startswith("words-"))


def words_to_click(at: AppTest) -> list[str]:
    return [letters(option) for option in word_pills(at).options]


def click_word(at: AppTest, index: int) -> AppTest:
    """Clicks the n-th word: it joins those that are lit, or leaves them."""
    pills = word_pills(at)
    pills.set_value(sorted(set(pills.value) ^ {index}))
    return whole(at)


def test_no_mask_invites_to_click():
    at = open_page("fill_mask", sentence="the cat sat")
    assert words("fill.no_mask", "en") in said(at)


def test_click_hides_a_word_and_brings_it_back():
    at = open_page("fill_mask", sentence="The cat  sat.")
    assert words_to_click(at) == ["The", "cat", "sat", "."]
    click_word(at, 0)
    assert at.text_input(key="sentence").value == "[MASK] cat  sat."
    click_word(at, 2)
    assert at.text_input(key="sentence").value == "[MASK] cat  [MASK]."
    click_word(at, 0)
    assert at.text_input(key="sentence").value == "The cat  [MASK]."  # the capital is back as well
    click_word(at, 2)
    assert at.text_input(key="sentence").value == "The cat  sat."


def test_click_knows_equal_words_apart():
    at = open_page("fill_mask", sentence="the cat sat on the mat")
    assert len(set(word_pills(at).options)) == 6
    click_word(at, 0)
    assert at.text_input(key="sentence").value == "[MASK] cat sat on the mat"
    click_word(at, 4)
    assert at.text_input(key="sentence").value == "[MASK] cat sat on [MASK] mat"
    click_word(at, 0)
    assert at.text_input(key="sentence").value == "the cat sat on [MASK] mat"


def test_click_on_a_typed_mask_puts_the_best_guess_in(tiny_bert):
    at = open_page("fill_mask", sentence="the [MASK] sat")
    best = tiny_bert.fill_mask("the [MASK] sat")[0][0].token
    click_word(at, 1)
    written = at.text_input(key="sentence").value
    assert written == (f"the{best[2:]} sat" if best.startswith("##") else f"the {best} sat")


def test_a_word_of_several_pieces_is_hidden_whole_and_chinese_by_the_character():
    at = open_page("fill_mask", sentence="Dogs 我爱")
    assert words_to_click(at) == ["Dogs", "我", "爱"]
    click_word(at, 0)
    assert at.text_input(key="sentence").value == "[MASK] 我爱"
    click_word(at, 1)
    assert at.text_input(key="sentence").value == "[MASK] [MASK]爱"
    click_word(at, 0)
    assert at.text_input(key="sentence").value == "Dogs [MASK]爱"


def test_blanks_come_in_their_order_on_a_phone():
    at = open_page("fill_mask", sentence="[MASK] [MASK] [MASK] sat on [MASK]")
    shown = [caption.value for caption in at.caption if caption.value.startswith("Blank")]
    assert shown == [words("fill.blank", "en", number=number) for number in (1, 2, 3, 4)]


def test_answers_are_the_models(tiny_bert):
    text = "the [MASK] sat on [MASK]."
    at = open_page("fill_mask", sentence=text)
    for candidates in tiny_bert.fill_mask(text, top_k=5):
        for candidate in candidates:
            token = html.escape(candidate.token)
            token = f"<s>##</s>{token[2:]}" if token.startswith("##") else token
            assert f"<b>{token}</b>" in markup(at)
            assert f"{100 * candidate.probability:.1f}%" in markup(at)
    assert words("fill.independent", "en") in said(at)
    assert [line.value for line in at.caption if "Blank" in line.value] == ["Blank 1", "Blank 2"]


def test_as_many_answers_as_asked_for():
    at = open_page("fill_mask", sentence="the [MASK] sat")
    assert markup(at).count("bt-track") == 5
    at.segmented_control(key="top_k").set_value(20)
    assert markup(whole(at)).count("bt-track") == 20


def test_every_position():
    at = open_page("fill_mask", sentence="the cat sat on [MASK].")
    assert words("fill.alternatives", "en") not in markup(at)  # where there is a blank, its answers come first
    at.toggle(key="everywhere").set_value(True)
    whole(at)
    assert html.escape(words("fill.everywhere_lead", "en")) in markup(at)
    table = next(element.value for element in at.html if words("fill.alternatives", "en") in element.value)
    assert table.count("<tr>") == 1 + 6
    at = open_page("fill_mask", sentence="the cat sat")
    assert words("fill.alternatives", "en") in markup(at)
    at.toggle(key="everywhere_unhidden").set_value(False)
    assert words("fill.alternatives", "en") not in markup(whole(at))


def test_mask_that_was_cut_off_is_said_so():
    at = open_page("fill_mask", sentence="cat " * 100 + "[MASK]")
    assert words("fill.mask_cut", "en") in said(at) and words("app.cut", "en", count=39, longest=64) in said(at)


def test_how_a_blank_is_written_is_said():
    at = open_page("fill_mask", sentence="the [mask] sat")
    assert words("fill.mask_written", "en") in said(at) and words("fill.no_mask", "en") not in said(at)


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
