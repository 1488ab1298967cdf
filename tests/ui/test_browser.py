"""The main journeys in a real browser, on the bundled model: typing, links, languages, narrow screens."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PAGES = ["", "fill_mask", "sentence_pair", "attention", "heads_at_work", "one_head", "words_in_context", "static_words",
         "training_data", "pretraining", "finetuning"]


@pytest.mark.parametrize("lang, text, beginning", [
    ("en", "My old [MASK] barks at night.", "My old"), ("zh", "昨天我去医[MASK]看病。", "昨天我去医")])
def test_fill_in_the_blank_answers_while_one_types(visit, lang, text, beginning):
    tab = visit()
    page = tab.open("fill_mask", lang=lang)
    tab.type("sentence", text)
    tab.expect(".bt-sentence", beginning)
    tab.expect(".bt-sentence", text.split("[MASK]")[1])
    expect(page.locator(".bt-sentence mark")).to_have_count(1)
    expect(page.locator(".bt-bars span").first).to_have_text(re.compile(r"^<?\d+\.\d%$"))
    tab.at(sentence=text)
    again = visit()
    page = again.open("fill_mask", sentence=text, lang=lang)
    again.expect(".bt-sentence", beginning)
    again.holds("sentence", text)


def test_click_hides_the_word_that_was_clicked_and_brings_it_back(visit):
    tab = visit()
    page = tab.open("fill_mask", lang="en", sentence="The cat sat on the mat.")
    words = page.locator("[class*=st-key-words-] button")
    for index, expected in [(4, "The cat sat on [MASK] mat."), (0, "[MASK] cat sat on [MASK] mat."),
                            (4, "[MASK] cat sat on the mat."), (0, "The cat sat on the mat.")]:
        words.nth(index).click()
        page.wait_for_function("text => document.querySelector('.st-key-sentence input').value === text", arg=expected)
        tab.settle()


def test_sentence_pair_answers_while_one_types(visit):
    first, second = "The train was late again.", "We waited an hour on the platform."
    tab = visit()
    page = tab.open("sentence_pair", lang="en")
    tab.type("first", first)
    tab.type("second", second)
    tab.expect(".bt-chip", "platform")
    before = page.locator(".bt-gauge span").all_inner_texts()
    page.locator(".st-key-swap button").click()
    page.wait_for_function("text => document.querySelector('.st-key-first input').value === text", arg=second)
    tab.settle()
    tab.holds("second", first)
    gauges = page.locator(".bt-gauge span")
    for place in (0, 1):  # the two gauges have changed places
        expect(gauges.nth(place)).to_have_text(before[1 - place])


def test_bertviz_draws_lines_for_what_one_types(visit):
    text, piece = "小河在流。", "河"
    tab = visit()
    page = tab.open("attention", lang="zh")
    tab.type("look", text)
    tab.type("look_second", "")
    tab.input("look_second").press("Backspace")
    frame = page.frame_locator("[data-testid=stIFrame]")
    frame.locator("svg text", has_text=piece).first.wait_for()
    tab.settle()
    lines = page.frames[-1].evaluate("document.querySelectorAll('svg line, svg path').length")
    assert lines > 20
    page.locator(".st-key-view button").last.click()
    page.locator(".st-key-attention_chart .js-plotly-plot .hm").first.wait_for()
    tab.at(view="heatmap")
    page.locator("[class*=st-key-link_] button").first.click()
    expect(page.locator(".bt-link input")).to_have_value(page.url)
    again = visit()
    again.page.goto(page.url)  # the address opens the same view
    again.page.locator(".st-key-attention_chart .js-plotly-plot .hm").first.wait_for()
    again.holds("look", text)


def test_words_in_context(visit):
    word, sentences = "打", ["他在打电话。", "别打人。", "我们去打球。"]
    tab = visit()
    page = tab.open("words_in_context", lang="zh")
    tab.input("sentences").fill("\n".join(sentences))
    tab.type("word", word)
    tab.expect(".bt-list", sentences[-1])
    tab.settle()
    expect(page.locator(".bt-list mark")).to_have_text([word] * 3)
    numbers = page.locator(".st-key-sense_chart .textpoint")
    numbers.nth(2).wait_for()
    expect(numbers).to_have_text(["1", "2", "3"])


def test_text_is_shown_letter_for_letter(visit):
    text = "<b>x</b> **x** $x$ :smile: `x` a -> b -- &lt; :material/home: <script>alert(1)</script>"
    tab = visit()
    page = tab.open("words_in_context", lang="en", word="bank", sentences=f"{text}\nthe bank {text}\na bank {text}")
    tab.settle()
    missing = page.locator("[data-testid=stAlert]").first.inner_text().replace("\u2060", "")
    assert text in missing
    assert page.locator(".bt-list span").first.inner_text() == f"the bank {text}"
    tab.open("fill_mask", lang="en", sentence=f"[MASK] {text}")
    assert page.locator(".bt-sentence").inner_text().endswith(text)


def test_language_switch_stays_from_page_to_page(visit):
    tab = visit()
    page = tab.open("fill_mask", lang="en", sentence="The [MASK] sat.")
    page.locator(".st-key-lang button", has_text="中文").click()
    tab.expect("h1", "完形填空")
    tab.holds("sentence", "The [MASK] sat.")  # what was typed stays
    for path, name in [("sentence_pair", "句子对"), ("pretraining", "预训练"), ("", "看见 BERT")]:
        tab.turn_to(path)
        tab.expect("h1", name)
        tab.at(lang="zh")
    page.reload()
    tab.expect("h1", "看见 BERT")


def test_options_take_over_new_words(visit):
    tab = visit()
    page = tab.open("pretraining", lang="en", lab="new")
    size = page.locator(".st-key-size input")
    expect(size).to_have_value(re.compile("2 layers of 128"))
    page.locator(".st-key-lang button", has_text="中文").click()
    expect(size).to_have_value(re.compile("2 层"))
    page.locator(".st-key-corpus button", has_text="自己的文本").click()  # sends every choice back to the app
    page.locator(".st-key-files").wait_for()
    expect(size).to_have_value(re.compile("2 层"))


def test_what_was_typed_goes_along_from_page_to_page(visit):
    tab = visit()
    page = tab.open("attention", lang="en")
    tab.type("look", "Dogs chase the cat.")
    # the browser writes the address; only the answer shows that the app has got the text
    page.frame_locator("[data-testid=stIFrame]").locator("svg text", has_text="chase").first.wait_for()
    tab.at(look="Dogs chase the cat.")
    tab.turn_to("one_head")
    tab.expect(".bt-step", "dogs")
    tab.holds("look", "Dogs chase the cat.")
    tab.turn_to("fill_mask")
    tab.type("sentence", "A [MASK] day.")
    tab.expect(".bt-sentence", "day.")
    tab.at(sentence="A [MASK] day.")
    tab.turn_to("attention")
    tab.holds("look", "Dogs chase the cat.")
    tab.turn_to("fill_mask")
    tab.expect(".bt-sentence", "day.")
    tab.holds("sentence", "A [MASK] day.")


def test_the_back_button_brings_each_page_back_as_it_was(visit):
    tab = visit()
    page = tab.open("fill_mask", lang="en")
    tab.type("sentence", "A [MASK] day.")
    tab.expect(".bt-sentence", "day.")
    page.locator(".st-key-fill_view button", has_text="Surprise").click()
    tab.at(sentence="A [MASK] day.", fill_view="surprise")
    tab.turn_to("attention")
    page.locator(".st-key-view button").last.click()
    tab.at(view="heatmap")
    tab.turn_to("sentence_pair")
    tab.settle()
    for name, wanted in [("Attention", {"view": "heatmap"}), ("Fill in the blank", {"sentence": "A [MASK] day.",
                                                                                    "fill_view": "surprise"})]:
        page.go_back()
        tab.expect("h1", name)
        tab.settle()
        tab.at(**wanted)
    tab.holds("sentence", "A [MASK] day.")
    page.reload()
    tab.holds("sentence", "A [MASK] day.")
    page.go_forward()
    tab.expect("h1", "Attention")
    tab.at(view="heatmap")


def test_a_chinese_browser_finds_chinese(visit):
    tab = visit(locale="zh-CN")
    tab.page.goto(f"{tab.site}/fill_mask")
    tab.expect("h1", "完形填空")


@pytest.mark.parametrize("lang, scheme, widths", [("en", "light", (1280, 390)), ("zh", "dark", (390,))])
def test_nothing_sticks_out_on_wide_and_narrow_screens(visit, lang, scheme, widths):
    tab = visit(color_scheme=scheme)
    page = tab.open("", lang=lang)
    for name in PAGES:
        tab.turn_to(name)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            main = page.locator("[data-testid=stMain]")
            assert main.evaluate("box => box.scrollWidth - box.clientWidth") <= 0, f"{name or 'start'} at {width}"
            outside = main.evaluate(OUTSIDE, width)
            assert not outside, f"{name or 'start'} at {width}: {outside}"
            assert page.locator("h1").is_visible()
        shown = page.locator("body").inner_text()
        assert not re.search(r"Traceback|Error\b|Exception\b", shown), shown


#: Visible elements with text of their own that reach over the edge, if no box of theirs scrolls.
OUTSIDE = """(main, width) => [...main.querySelectorAll(
    'p, h1, h2, h3, label, button, input:not([type=range]), span, td')]
  .filter(item => item.checkVisibility() && item.getBoundingClientRect().right > width + 1
          && item.getBoundingClientRect().width > 1 && !item.closest('.bt-scroll'))
  .map(item => item.outerHTML.slice(0, 120))"""
