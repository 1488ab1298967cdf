"""The views of the fill-in page, on the tiny model."""

import re
import shutil

import numpy as np
import pytest
from driving import APP, STRANGE, markup, open_page, said, whole, words
from streamlit.testing.v1 import AppTest

from bert_tf.filling import FillingLab
from bert_tf.influence import influence_on_blanks
from bert_tf.results import Candidate
from ui import fill_views, html
from ui.word_charts import _channels, contrast

pytestmark = pytest.mark.usefixtures("quick")
VIEWS = ["words", "together", "layers", "surprise", "two"]


def show(view: str, sentence: str, lang: str = "en") -> AppTest:
    at = open_page("fill_mask", lang, sentence=sentence)
    at.button_group(key="fill_view").set_value(view)
    return whole(at)


def test_together_shows_the_best_filling_and_its_fit(tiny_bert):
    text = "the [MASK] sat on [MASK] mat"
    at = show("together", text, "zh")
    lab = FillingLab(tiny_bert)
    best, alone = lab.together(text, beam=12, top_k=6)[0], lab.one_at_a_time(text)
    assert html.filled_sentence(text, best.tokens) in markup(at)
    assert f"<span>{best.fit:.2f}</span>" in markup(at) and f"<span>{alone.fit:.2f}</span>" in markup(at)


def test_words_that_each_blank_rests_on(tiny_bert):
    text = "the [MASK] sat on [MASK] 北京"
    at = show("words", text, "zh")
    for found in influence_on_blanks(tiny_bert, text):
        assert f"<b>{html.piece(found.label)}</b>" in markup(at)
        for word in found.words:
            title = words("influence.without", "zh", label=found.label, share=html.percent(word.without))
            assert f'title="{title}">{word.word}</mark>' in markup(at)
    assert markup(at).count("<mark") == 2 * 4 and "[MASK]" in markup(at)
    assert words("influence.none", "en") in said(show("words", "[MASK]"))


def test_layers_end_with_the_answer_of_the_model(tiny_bert):
    at = show("layers", "the [MASK] sat")
    answer = tiny_bert.fill_mask("the [MASK] sat", top_k=1)[0][0]
    first = markup(at).split("<tr>")[1]  # the last layer stands on top
    assert words("fill.layer", "en", layer=2) in first and html.piece(answer.token) in first
    assert html.percent(answer.probability) in first and "<u>" in first
    assert markup(at).split("</table>")[0].count("<tr>") == 3


@pytest.mark.parametrize("palette", [html.LIGHT, html.DARK], ids=["light", "dark"])
def test_every_probability_in_the_layer_table_can_be_read(palette, monkeypatch):
    monkeypatch.setattr(fill_views.common, "palette", lambda: palette)
    cells = fill_views._layer_table([[Candidate("cat", number, number / 10) for number in range(11)]])
    grounds = re.findall(r"rgba\((\d+),(\d+),(\d+),([\d.]+)\)", cells)
    assert len(grounds) == 11
    for *color, strength in grounds:
        ground = float(strength) * np.array(color, float) + (1 - float(strength)) * np.array(_channels(palette.paper))
        assert contrast(ground, np.array(_channels(palette.ink))) >= 4.5


def test_nothing_in_the_layer_table_is_greyer_than_its_words():
    css = html.style(html.LIGHT, upload="", upload_limit="")
    assert not re.search(r"\.bt-layers small[^{}]*\{[^}]*\bcolor:", css)


def test_surprise_sums_up_the_sentence(tiny_bert):
    at = show("surprise", "the cat sat on the mat.")
    found = FillingLab(tiny_bert).surprise("the cat sat on the mat.")
    assert f"{found.total:.1f}" in markup(at) and f"{found.perplexity:,.1f}" in markup(at)
    for value in -found.log_probabilities / np.log(2):
        assert f"<small>{value:.1f}</small>" in markup(at)


def test_two_models_answer_side_by_side(models, tiny_model_folder, tmp_path, monkeypatch):
    assert words("fill.two_none", "en") in said(show("two", "the [MASK] sat"))
    shutil.copytree(models, tmp_path / "models")
    shutil.copytree(tiny_model_folder, tmp_path / "models" / "second")
    monkeypatch.setenv("BERT_TF_MODELS", str(tmp_path / "models"))
    at = show("two", "the [MASK] sat")
    assert at.selectbox(key="other_model").value in ("second", "tiny-random")
    assert markup(at).count("bt-bars") == 2 and markup(at).count("bt-numbers") == 2
    assert "Blank" not in said(at)
    two = said(show("two", "the [MASK] sat on [MASK]"))
    assert [two.count(words("fill.blank", "en", number=number)) for number in (1, 2)] == [2, 2]


def test_two_models_of_other_vocabularies_need_a_blank(models, tiny_model_folder, tmp_path, monkeypatch):
    shutil.copytree(models, tmp_path / "models")
    shutil.copytree(tiny_model_folder, tmp_path / "models" / "second")
    vocabulary = tmp_path / "models" / "second" / "vocab.txt"
    vocabulary.write_text(vocabulary.read_text().replace("cat\n", "tac\n"))
    monkeypatch.setenv("BERT_TF_MODELS", str(tmp_path / "models"))
    at = show("two", "the dog sat")
    assert words("fill.no_mask", "en") in said(at) and words("fill.two_vocabularies", "en") not in said(at)
    at = show("two", "the [MASK] sat")
    assert words("fill.two_vocabularies", "en") in said(at) and markup(at).count("bt-bars") == 2


@pytest.mark.parametrize("name", ["markup", "emoji", "right to left", "nothing but unknown"])
@pytest.mark.parametrize("view", VIEWS)
def test_strange_text_is_no_trouble(view, name):
    at = show(view, f"[MASK] {STRANGE[name]}")
    assert markup(at)


def test_views_that_need_a_blank_ask_for_one():
    for view in ("together", "layers"):
        assert words("fill.no_mask", "en") in said(show(view, "the cat sat"))


def test_the_view_is_part_of_the_address():
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.query_params["lang"] = "en"
    at.run()
    at.query_params["fill_view"] = "surprise"
    at.query_params["sentence"] = "the cat sat."
    at.switch_page("ui/pages/fill_mask.py")
    assert "bt-numbers" in markup(whole(at))
