"""What runs were asked for, and in what they differ."""

import pytest
from driving import APP, LANGUAGES, markup, open_by_address, said, whole, words
from streamlit.testing.v1 import AppTest

from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.pretraining_config import PretrainingConfig, Stage
from bert_tf.training.run_folder import RunFolder
from ui import run_settings
from ui.run_settings import differing, settings_of
from ui.run_state import decimal


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """An empty folder of runs."""
    monkeypatch.setenv("BERT_TF_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def pretraining(path, *, corpus=("/x/stories-en.txt", "/x/stories-zh.txt"), vocab_size=3000, initial_model=None,
                initial_embeddings="random", **training):
    usual = {"size": "tiny", "minutes": 3.0, "stages": (Stage(sequence_length=32, batch_size=64),)}
    RunFolder(path).create({"kind": "pretraining", "training": PretrainingConfig(**usual | training).to_dict(),
                            "corpus": list(corpus), "vocab_size": vocab_size, "initial_model": initial_model,
                            "initial_embeddings": initial_embeddings})
    return path


def test_a_pretraining_in_words(runs):
    found = settings_of(pretraining(runs / "a", peak_learning_rate=0.00035, optimizer="muon", mask_rate=0.2, dropout=0.25,
                                    initial_embeddings="word2vec"))
    assert list(found.items())[:11] == [
        ("What it reads", "Teaching stories"), ("Size", "tiny (2 × 128)"), ("Minutes", "3"), ("Optimizer", "Muon"),
        ("Learning rate", "0.00035"), ("Sentence pairs per step", "64"), ("Tokens in a pair", "32"),
        ("Hidden tokens", "20.0%"), ("Hide whole words", "no"), ("Word pieces", "3,000"), ("Start from word2vec", "yes")]
    assert found["--dropout"] == "0.25" and found["--seed"] == "0"
    assert not {"--steps", "--minutes", "--save-minutes", "--stages"} & set(found)


def test_a_pretraining_that_goes_on(runs):
    stages = (Stage(sequence_length=128, batch_size=32, until=0.9), Stage(sequence_length=512, batch_size=8))
    found = settings_of(pretraining(runs / "b", corpus=["/y/mine.txt", "/y/more.txt"], size=None, minutes=0.0, steps=12_000,
                                    stages=stages, initial_model="/r/first/checkpoints/step-00000020"))
    assert found["What it reads"] == "mine.txt, more.txt" and found["Size"] == "go on from first, step-00000020"
    assert found["steps"] == "12,000" and "Minutes" not in found and "Word pieces" not in found
    assert (found["Sentence pairs per step"], found["Tokens in a pair"]) == ("32 → 8", "128 → 512")


def test_a_fine_tuning_in_words(runs):
    recipe = FinetuningConfig(task="tagging", peak_learning_rate=1e-4, epochs=7, clip_norm=1e9, frozen_blocks=2, seed=5)
    RunFolder(runs / "c").create({"kind": "finetuning", "training": recipe.to_dict(), "model": "/m/bert-small-en-zh",
                                  "train": "/b/examples/finetuning/entities-train.jsonl",
                                  "data": {"train": {"examples": 1200}}})
    found = settings_of(runs / "c")
    expected = {"What should it learn?": "Names in a text", "Task": "Find entities", "Model": "bert-small-en-zh",
                "Examples to learn from": "1,200", "Learning rate": "0.0001", "Frozen layers": "2",
                "Gradient clipping": "off", "--seed": "5"}
    assert {label: found.get(label) for label in expected} == expected


def test_only_what_differs_is_told():
    tiny = {"Size": "tiny", "Minutes": "3"}
    ours = [tiny, {"Size": "mini", "Minutes": "3", "steps": "9"}, tiny]
    assert differing(ours) == {"Size": ["tiny", "mini", "tiny"], "steps": ["–", "9", "–"]}
    assert differing(ours[:1] * 2) == {}


def test_runs_of_an_older_program_can_still_be_read(runs):
    RunFolder(runs / "old").create({"kind": "pretraining", "training": {"minutes": 2}})
    assert settings_of(runs / "old")["Minutes"] == "2"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_compared_runs_say_how_they_differ(runs, lang):
    pretraining(runs / "one"), pretraining(runs / "two", size="mini"), pretraining(runs / "same")
    at = open_by_address("pretraining", lang, run="one", compare="two")
    assert "mini (4 × 256)" in markup(at) and words("settings.differ", lang) in said(at)
    at = open_by_address("pretraining", lang, run="one", compare="same")
    assert words("settings.same", lang) in said(at) and "mini (" not in markup(at)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_link_to_what_is_gone_says_so(runs, lang):
    pretraining(runs / "one")
    at = open_by_address("pretraining", lang, run="gone-1", compare="gone-2")
    for name in ("gone-1", "gone-2"):
        assert words("app.gone", lang, names=name) in said(at)
    assert at.selectbox(key="run").value == "one"
    at.run()
    assert not [name for name in ("gone-1", "gone-2") if name in said(at)]  # once is enough


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_model_that_is_gone_is_missed(lang):
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.query_params["lang"], at.query_params["model"] = lang, "run: gone-3"
    assert words("app.gone", lang, names=words("app.run", lang, name="gone-3")) in said(whole(at))
    assert at.selectbox(key="model").value == at.selectbox(key="model").options[0]


@pytest.mark.usefixtures("quick")
def test_who_deletes_a_run_need_not_be_told(runs):
    pretraining(runs / "one"), pretraining(runs / "two")
    at = open_by_address("pretraining", run="one")
    at.button(key="delete").click()
    assert at.run().selectbox(key="run").value == "two" and "one" not in said(at)


def test_small_numbers_have_no_exponent():
    assert [decimal(value) for value in (0.000351, 1e-6, 4.4e-8, 0.0)] == ["0.00035", "0.000001", "< 0.000001", "0"]


def test_the_texts_of_the_program_are_known():
    for name in ("stories", "everyday"):
        assert run_settings.ready_text({"corpus": [f"/a/{name}-en.txt", f"/a/{name}-zh.txt"]}) == name
    assert run_settings.ready_text({"corpus": ["/a/stories-en.txt"]}) is None and run_settings.ready_text({}) is None
