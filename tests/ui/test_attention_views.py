"""Attention without a browser: lines, heatmaps, parts of a pair, examples."""

import numpy as np
import pytest
from driving import GOOD, LANGUAGES, cells, figure, open_page, said, type_into, whole, words
from streamlit.testing.v1 import AppTest

from ui import bertviz_view
from ui.examples import ATTENTION
from ui.text import TEXT

pytestmark = pytest.mark.usefixtures("quick")


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
    at.selectbox(key="layer").set_value(1)
    at.selectbox(key="head").set_value(1)
    whole(at)
    assert words("attention.hidden_note", "en", share=f"{100 * share:.1f}%") in said(at)
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
    assert at.get("iframe") or whole(at).get("plotly_chart")
    type_into(at, look="[CLS]")
    assert "The text holds no character that the tokenizer keeps" in said(at)
    assert not at.get("iframe") and not at.get("plotly_chart")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_attention_examples(lang):
    at = open_page("attention", lang)
    for index, (first, second) in enumerate(ATTENTION[lang]):
        at.pills(key="attention_example").set_value(index)
        whole(at)
        assert (at.text_input(key="look").value, at.text_input(key="look_second").value) == (first, second)
        assert at.get("iframe")
