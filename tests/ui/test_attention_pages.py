"""The pages about attention without a browser: every view in both languages, on ordinary and on strange texts."""

import csv
import io
import json
from dataclasses import replace
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest
from driving import LANGUAGES, STRANGE, answers, cells, figure, markup, open_by_address, open_page, said, whole, words

from bert_tf.head_arithmetic import head_arithmetic
from bert_tf.head_roles import head_roles
from bert_tf.interventions import Change, Interventions
from ui import head_charts, takeaway
from ui.attention_inputs import telling_head
from ui.html import percent

pytestmark = pytest.mark.usefixtures("quick")
SENTENCE = "the cat sat on the mat."
MASKED = "the [MASK] sat on the mat."
TEXTS = {"one word": "cat", "128 tokens": "the cat " * 80, "pieces": "playing zebras", "masks": "[MASK] sat on [MASK].",
         **{name: STRANGE[name] for name in ("emoji", "right to left", "markup", "nothing but unknown")}}
ATTENTION_VIEWS = ["bertviz", "model", "neuron", "grid", "heatmap"]
HEAD_VIEWS = ["roles", "off", "hide", "rank"]


def choose(at, **values):
    """Sets segmented controls, pills and select boxes by key, one after the other."""
    for key, value in values.items():
        widget = next(widget for kind in (at.segmented_control, at.selectbox, at.pills, at.toggle)
                      for widget in kind if widget.key == key)
        widget.set_value(value)
        whole(at)
    return at


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_view_of_attention(lang):
    at = open_page("attention", lang, look=SENTENCE, look_second="我 爱 苹果。")
    for view in ATTENTION_VIEWS:
        choose(at, view=view)
        assert bool(at.get("iframe")) == (view in ("bertviz", "model", "neuron")), view
        assert bool(at.get("plotly_chart")) == (view in ("grid", "heatmap")), view
        assert words("attention.caution", lang) in said(at), view


@pytest.mark.parametrize("text", [TEXTS["one word"], TEXTS["128 tokens"], TEXTS["masks"], " ".join(
    TEXTS[name] for name in ("pieces", "emoji", "right to left", "markup", "nothing but unknown"))],
    ids=["one word", "128 tokens", "masks", "all that is strange"])
def test_views_of_attention_take_any_text(text):
    at = open_page("attention", look=text)
    for view in ATTENTION_VIEWS:
        assert answers(choose(at, view=view)), view
    for shape in ("sums", "row"):
        choose(at, shape=shape)


@pytest.mark.parametrize("name", TEXTS)
def test_heads_take_any_text(name):
    text = TEXTS[name] if "[MASK]" in TEXTS[name] else "[MASK] " + TEXTS[name]
    at = open_page("heads_at_work", work_text=text)
    for view in HEAD_VIEWS:
        choose(at, **{"try": view})
        assert "bt-" in markup(at)


@pytest.mark.parametrize("name", TEXTS)
def test_one_head_takes_any_text(name):
    assert markup(open_page("one_head", look=TEXTS[name])).count("bt-step") == 4


def test_small_pictures_show_every_head(tiny_bert):
    at = choose(open_page("attention", look=SENTENCE), view="grid", special=True, layer=2, head=3)
    weights = tiny_bert.trace(SENTENCE).attentions
    drawn = cells(figure(at, "heads_grid")["data"][0]["z"])
    count, gap = weights.shape[-1], 1
    for (layer, head), row, column in [((0, 0), 0, 0), ((1, 2), count + gap, 2 * (count + gap))]:
        picture = drawn[row:row + count, column:column + count]
        np.testing.assert_allclose(picture / 200, weights[layer, head] / weights[layer, head].max(), atol=0.003)
    np.testing.assert_allclose(cells(figure(at, "attention_chart")["data"][0]["z"]), weights[1, 2], atol=1e-6)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures_of_heads_that_rest_on_hidden_tokens_are_pale(lang, tiny_bert, monkeypatch):
    def resting(bert, *texts):
        trace = ask(bert, *texts)
        weights = trace.attentions.copy()
        weights[0, 1] = np.eye(len(trace.tokens))[0] * 0.9 + 0.1 / len(trace.tokens)  # 90% and more on [CLS]
        return replace(trace, attentions=weights)

    ask = type(tiny_bert).trace
    monkeypatch.setattr(type(tiny_bert), "trace", resting)
    at = choose(open_page("attention", lang, look="the sky is bright."), view="grid")
    lost = 0.9 + 2 * 0.1 / 7  # five words between [CLS] and [SEP]
    assert words("attention.pale", lang, heads=f"1.2\u00a0({lost:.0%})") in said(at)
    assert figure(at, "heads_grid")["layout"]["xaxis"]["ticktext"] == ["1", "2", "3", "4"]  # so narrow that none overlap
    for hidden, darkest in ((True, 200 * head_charts.PALE), (False, 200)):
        drawn = cells(figure(choose(at, special=not hidden), "heads_grid")["data"][0]["z"])
        size = 5 if hidden else 7
        pictures = [drawn[:size, start:start + size] for start in (0, size + 1)]
        assert [picture.max() for picture in pictures] == pytest.approx([200, darkest])
    assert "1.2\u00a0" not in said(at)


def test_small_pictures_of_a_long_text_are_coarser():
    weights = np.random.default_rng(0).random((12, 12, 128, 127)).astype(np.float32)
    block = head_charts.cells_along(weights)
    small = head_charts.coarser(weights, block)
    assert small.size <= head_charts.MOST_CELLS and block == 7
    assert small[3, 4, 1, 2] == weights[3, 4, 7:14, 14:21].max()
    assert small[0, 0, -1, -1] == weights[0, 0, 126:, 126:].max()
    assert len(head_charts.heads_grid(weights, [[""] * 12] * 12, layer="L", head="H").to_json()) < 1e6


def test_what_goes_to_hidden_tokens_is_said_of_what_is_shown(tiny_bert):
    weights = tiny_bert.trace(SENTENCE).attentions  # (L, N, T, T); [CLS] stands first, [SEP] last
    lost = weights[:, :, 1:-1][..., [0, -1]].sum(axis=-1)  # (L, N, T-2)
    at = open_page("attention", look=SENTENCE)

    def note(share) -> str:
        return words("attention.hidden_note", "en", share=percent(float(share)))

    assert note(lost.mean()) in said(at)
    assert words("attention.hidden_note", "en", share="").split(" of ")[1] not in said(choose(at, special=True))
    choose(at, special=False, view="heatmap", layer=2, head=1)
    assert note(lost[1, 0].mean()) in said(at)
    choose(at, shape="row", token=4)
    assert note(lost[1, 0, 2]) in said(at)


def test_sums_and_rows_are_those_of_the_matrix(tiny_bert):
    weights = tiny_bert.trace(SENTENCE).attentions[1, 0]
    at = choose(open_page("attention", look=SENTENCE), view="heatmap", special=True, layer=2, head=1, shape="sums")
    shown = markup(at)
    assert all(f"<small>{percent(float(share)).replace('<', '&lt;')}</small>" in shown for share in weights.mean(0))
    assert shown.count("<small>100.0%</small>") == len(weights)
    choose(at, shape="row", token=4)
    shown = markup(at)
    assert all(f"<small>{percent(float(share)).replace('<', '&lt;')}</small>" in shown for share in weights[3])
    assert all(f"<small>{percent(float(share)).replace('<', '&lt;')}</small>" in shown for share in weights[:, 3])


def test_the_first_head_shown_is_one_where_words_look_far(tiny_bert):
    trace = tiny_bert.trace(SENTENCE)
    weights = trace.attentions[:, :, 1:-1, 1:-1]  # without [CLS] and [SEP]
    found = {(layer + 1, head + 1): sum(weights[layer, head, i, j] ** 2 for i in range(weights.shape[2])
                                        for j in range(weights.shape[3]) if abs(i - j) > 1)
             for layer in range(2) for head in range(4)}
    layer, head = max(found, key=found.get)
    assert (layer, head) != (1, 1)
    for at in (open_by_address("one_head", look=SENTENCE), open_by_address("attention", look=SENTENCE, view="heatmap")):
        assert (at.selectbox(key="layer").value, at.selectbox(key="head").value) == (layer, head)
        assert "layer" not in at.query_params


def test_neighbours_and_special_tokens_make_no_head_telling():
    weights = np.zeros((2, 2, 6, 6))  # [CLS], four words, [SEP]
    weights[0, 0, range(5), range(1, 6)] = 1.0  # every token looks at the next one
    weights[0, 1, :, 0] = 1.0  # all look at [CLS]
    weights[1, 0, range(6), range(6)] = 1.0  # each looks at itself
    weights[1, 1, 1, 4] = 0.5  # one word looks at one far away
    trace = SimpleNamespace(attentions=weights, offsets=[(0, 0), (0, 1), (1, 2), (2, 3), (3, 4), (0, 0)])
    assert telling_head(trace) == (2, 2)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_heads_are_named(lang, tiny_bert):
    roles = head_roles(tiny_bert.trace(SENTENCE))
    at = open_page("heads_at_work", lang, work_text=SENTENCE)
    shown = markup(at)
    for role in set(roles.roles.ravel()):
        assert words(f"heads.role_{role}", lang) in shown
    assert all(percent(roles.measure(i, j)) in shown for i in range(2) for j in range(4))
    choose(at, **{"try": "off"})
    assert at.info[0].value == words("heads.needs_answer", lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_changes_when_something_is_off(lang, tiny_bert):
    lab = Interventions(tiny_bert)
    at = choose(open_page("heads_at_work", lang, work_text=MASKED, work_second="我 爱 苹果。"), **{"try": "off"})
    for picks, change in [({"layer": 2, "head": 3}, Change(heads=((1, 2),))),
                          ({"off": "edge", "from": 4, "to": 2}, Change(edges=((1, 2, 3, 1),))),
                          ({"off": "layer_off"}, Change(heads=tuple((1, head) for head in range(4))))]:
        choose(at, **picks)
        effect = lab.effects(MASKED, "我 爱 苹果。", changes=[change])[0]
        shown = markup(at)
        for word in effect.words[0][:3]:
            assert f"<span>{percent(word.before)} → {percent(word.after)}</span>" in shown
        answer = effect.words[0][0]
        assert words("heads.moved", lang, word=answer.token, before=percent(answer.before), after=percent(answer.after),
                     share=percent(effect.moved[0])) in unescape(shown)
        assert percent(effect.is_next[1]) in shown


def test_a_split_word_is_hidden_whole(tiny_bert):
    text = "the [MASK] reads zebras."
    at = choose(open_page("heads_at_work", work_text=text), **{"try": "hide"})
    tokens = tiny_bert.encode(text).tokens
    pills = at.pills(key="hidden")
    assert [option.replace("\u2060", "").replace("\\", "") for option in pills.options] == ["the", "reads", "zebras", "."]
    start = tokens.index("z")
    choose(at, hidden=start + 1, hide_by="attention")
    end = next(i for i in range(start + 1, len(tokens)) if not tokens[i].startswith("##"))
    change = Change(words=tuple(range(start, end)), hide_by="attention")
    effect = Interventions(tiny_bert).effects(text, changes=[change])[0]
    assert percent(effect.words[0][0].after) in markup(at)


def test_heads_and_words_are_ranked(tiny_bert):
    at = choose(open_page("heads_at_work", work_text=MASKED), **{"try": "rank"})
    lab = Interventions(tiny_bert)
    changes = [Change(heads=((i, j),)) for i in range(2) for j in range(4)]
    effects = lab.effects(MASKED, changes=changes)
    shown = markup(at).replace("&lt;", "<")
    assert all(percent(effect.strength) in shown for effect in effects)
    strongest = max(effects, key=lambda effect: effect.strength).change.heads[0]
    listed = shown.split("bt-table")[-1]
    assert f"Layer {strongest[0] + 1} · Head {strongest[1] + 1}" in listed.split("</tr>")[1]
    choose(at, rank="words")
    assert all(percent(effect.strength) in markup(at).replace("&lt;", "<")
               for effect in lab.effects(MASKED, changes=[Change(words=(token,)) for token in lab.hideable(MASKED)]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_head_writes_down_its_arithmetic(lang, tiny_bert):
    at = choose(open_page("one_head", lang, look=SENTENCE), layer=2, head=4, token=3, key=5)
    steps = head_arithmetic(tiny_bert, tiny_bert.trace(SENTENCE), 1, 3, 2)
    shown = markup(at).replace("−", "-")
    q, k = steps.query, steps.keys[4]
    assert f"({q[0]:.2f} × {k[0]:.2f})" in shown and f"… = {steps.dots[4]:.2f}" in shown
    assert f"/ √8 = {steps.dots[4]:.2f} / 2.83 = {steps.scores[4]:.2f}" in shown
    assert all(percent(float(weight)) in shown.replace("&lt;", "<") for weight in steps.weights)


def test_an_encoder_without_heads_says_so(models, monkeypatch):
    monkeypatch.setenv("BERT_TF_MODELS", str(models.parent))
    at = open_page("heads_at_work", work_text=MASKED)
    choose(at, model="encoder", **{"try": "off"})
    assert at.warning and "head for it" in at.warning[0].value.replace("\\", "")


def test_tables_as_csv_and_json():
    table = takeaway.matrix_table(np.array([[0.25, 0.75], [1, 0]]), ["a,b", '"'], ["词", "😀"])
    text = takeaway.as_csv(table)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert rows[0] == ["row", "column", "from", "to", "weight"] and rows[2] == ["1", "2", "a,b", "😀", "0.75"]
    assert json.loads(takeaway.as_json(table))["from"] == ["a,b", "a,b", '"', '"']
    with pytest.raises(ValueError):
        takeaway.as_csv({"a": [1], "b": []})
    with pytest.raises(ValueError, match="needs"):
        takeaway.offer("x")


def test_every_picture_can_be_taken_away():
    at = open_page("attention", look=SENTENCE)
    for view in ATTENTION_VIEWS:
        names = {button.proto.label for button in choose(at, view=view).get("download_button")}
        assert {words("takeaway.csv", "en"), words("takeaway.json", "en")} <= names
        assert names & {words("takeaway.html", "en"), words("takeaway.figure", "en")}


def test_words_are_hidden_whole():
    at = choose(open_page("heads_at_work", work_text="the caters [MASK] 我爱北京"), **{"try": "hide"})
    assert at.pills(key="hidden").options == ["the", "caters", "我", "爱", "北京"]
