"""The model in the sidebar: its facts and card, other folders, broken ones, one that changes on disk."""

import gc
import os
import re
import shutil

import pytest
import streamlit as st
from driving import GOOD, LANGUAGES, answers, open_page, said, type_into, whole, words
from streamlit import config
from streamlit.testing.v1 import AppTest

from ui import models as opened

pytestmark = pytest.mark.usefixtures("quick")


def test_facts_and_card_of_the_model():
    at = open_page("fill_mask")
    facts = re.findall("<b>(.*?)</b>(.*?)</div>", "".join(element.value for element in at.sidebar.html))
    assert facts[:3] == [("2", "layers"), ("4", "heads per layer"), ("32", "numbers per vector")]
    at.button(key="card_button").click()
    assert "It knows nothing." in said(whole(at))


def test_a_chinese_visitor_finds_a_chinese_summary_first(models, tmp_path, monkeypatch):
    folder = tmp_path / "models" / "told"
    shutil.copytree(models / "tiny-random", folder)
    (folder / "card.zh.md").write_text("# 一个很小的 BERT\n\n它什么都不懂。\n", encoding="utf-8")
    monkeypatch.setenv("BERT_TF_MODELS", str(tmp_path / "models"))
    for lang, order in (("zh", ["它什么都不懂", "It knows nothing."]), ("en", ["It knows nothing."])):
        at = open_page("fill_mask", lang)
        at.button(key="card_button").click()
        shown = said(whole(at))
        assert [shown.index(text) for text in order] == sorted(shown.index(text) for text in order)
        assert ("它什么都不懂" in shown) == (lang == "zh")


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
@pytest.mark.parametrize("page", GOOD)
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


@pytest.mark.parametrize("page", GOOD)
def test_any_folder_can_be_named(page, models):
    at = other(page, f"  {models / 'tiny-random'} ", **GOOD[page])
    assert not at.warning and answers(at)


@pytest.mark.parametrize("name, word", [
    ("nowhere", "nowhere"), ("empty", "config.json"), ("truncated", "model.safetensors"), ("no-json", "config.json")])
@pytest.mark.parametrize("page", GOOD)
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

    os.utime(weights, ns=(1, 1))
    assert opened.open_model(folder).bert is not before


def test_a_run_of_a_page_leaves_keras_alone():
    """Streamlit clears Keras after every run where it can; that would cost every key pressed half a second."""
    import keras

    at = open_page("fill_mask", **GOOD["fill_mask"])
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("kept_by_test", 1)
    type_into(at, sentence="my [MASK]")
    assert keras.backend.clear_session.__module__ == "ui.models"
    assert global_state.get_global_attribute("kept_by_test") == 1


def test_no_run_of_a_page_looks_for_garbage_everywhere():
    """With TensorFlow imported a full collection takes 0.3 s, in which no answer leaves the server."""
    open_page("fill_mask", **GOOD["fill_mask"])
    assert gc.get_freeze_count() > 100_000  # Keras and TensorFlow are out of the collector's sight
    assert config.get_option("runner.postScriptGC") is False


def test_warm_up_of_any_model(models):
    for folder in (models / "tiny-random", models.parent / "encoder"):
        from bert_tf import load

        COMPILE(load(folder))


COMPILE = opened._compile


def test_the_size_of_a_trace_is_known_beforehand(tiny_bert):
    for texts in (("the cat sat",), ("the cat", "我爱苹果。")):
        trace = tiny_bert.trace(*texts)
        assert opened.Model(tiny_bert, ("", 0)).trace_bytes(*texts) == trace.attentions.nbytes + trace.hidden_states.nbytes
