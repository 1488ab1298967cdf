"""The meaning lab and the word2vec page in a real browser, with the bundled model."""

import itertools

import pytest

from bert_tf.sense_sets import sense_set

pytestmark = pytest.mark.browser


def test_a_word_from_the_ready_set_to_half_a_sentence_and_back(visit):
    tab = visit()
    page = tab.open("words_in_context", lang="en")
    page.locator(".st-key-ready_set input").click()
    page.get_by_role("option", name="crane").click()
    tab.expect(".bt-list", sense_set("crane").sentences[0][0])
    tab.settle()
    tab.holds("word", "crane")
    page.locator(".st-key-words_axes button", has_text="3-D").click()
    page.locator(".st-key-sense_chart .gl-container canvas").first.wait_for(state="attached")
    page.locator(".st-key-words_view button", has_text="Half a sentence").click()
    page.locator(".st-key-accuracy_chart .js-plotly-plot").wait_for()
    tab.at(words_view="one_way", words_axes="3")
    again = visit()
    again.page.goto(page.url)
    again.page.locator(".st-key-accuracy_chart .js-plotly-plot").wait_for()
    again.holds("word", "crane")


@pytest.mark.parametrize("lang, width", [("en", 390), ("en", 1280), ("zh", 390)])
def test_no_name_on_the_map_lies_on_another(lang, width, visit):
    tab = visit(width=width)
    tab.page.goto(f"{tab.site}/static_words?lang={lang}&static_view=map")
    names = tab.page.locator(".st-key-words_chart .textpoint text")
    names.nth(9).wait_for()
    tab.settle()
    boxes = [name.bounding_box() for name in names.all()]
    for one, other in itertools.combinations(boxes, 2):
        assert any(a[side] + a[size] <= b[side] for a, b in ((one, other), (other, one))
                   for side, size in (("x", "width"), ("y", "height"))), (one, other)


def test_word2vec_journey(visit):
    tab = visit()
    page = tab.page
    page.goto(f"{tab.site}/static_words?lang=zh")
    tab.expect("h1", "一词一向量")
    page.locator(".st-key-static_view button", has_text="类比").click()
    tab.expect(".bt-sentence mark", "母亲")
    page.locator(".st-key-static_analogy_example button", has_text="日本").click()
    tab.expect(".bt-sentence mark", "日元")
    tab.settle()
    tab.at(static_view="analogy", static_c="日本")
    page.locator(".st-key-static_view button", has_text="训练").click()
    tab.input("static_text").fill("国王统治国家。\n王后统治国家。\n" * 30)
    tab.input("static_text").press("ControlOrMeta+Enter")
    tab.settle()
    page.locator(".st-key-static_train button").click()
    page.locator("[data-testid=stAlert]").first.wait_for()
    tab.settle()
    page.locator(".st-key-static_view button", has_text="近邻").click()
    page.locator(".st-key-static_source button", has_text="在这里训练的").wait_for()
