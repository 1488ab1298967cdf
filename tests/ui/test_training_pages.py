"""The pretraining lab and "What goes in" without a browser, on runs that some process wrote down."""

import html
import json
import os
import shutil
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from driving import LANGUAGES, markup, open_by_address, open_page, said, whole, words

from bert_tf.data.everyday import everyday
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.training import launch, run_states
from bert_tf.training.anatomy import draw_examples
from bert_tf.training.run_folder import PROGRESS_FILE, RunFolder
from ui import pretraining_examples, pretraining_runs, pretraining_start, takeaway, training_pairs
from ui.pretraining_charts import curves, strips
from ui.pretraining_look import turned

pytestmark = pytest.mark.usefixtures("quick")
BUNDLED = Path(__file__).resolve().parents[2] / "saved_models" / "bert-small-en-zh"
FILL = "the [MASK] sat on the mat."


@pytest.fixture(autouse=True)
def runs(quick, tmp_path, monkeypatch):
    """An empty folder of runs."""
    monkeypatch.setenv("BERT_TF_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def wrote(runs, tiny_model_folder):
    """Writes a run with figures and two checkpoints."""
    def write(name, state="finished", message="", steps=(0, 20), loss=5.0):
        run = RunFolder(runs / name)
        run.create({"kind": "pretraining", "corpus": [], "training": {}})
        for step in range(10, steps[-1] + 1, 10):
            run.append_metrics({"step": step, "progress": step / 20, "seconds": 6.0 * step, "tokens": 100 * step,
                                "mlm_loss": loss - step / 10, "mlm_accuracy": step / 40, "nsp_accuracy": 0.75,
                                "nsp_loss": 0.5, "loss": loss, "learning_rate": 1e-3, "tokens_per_second": 1234.5})
        run.append_metrics({"step": steps[-1], "heldout": "unseen", "seconds": 120.0, "mlm_accuracy": 0.45,
                            "nsp_accuracy": 0.85})
        for step in steps:
            folder = run.checkpoints_path / f"step-{step:08d}"
            shutil.copytree(tiny_model_folder, folder)
            (folder / PROGRESS_FILE).write_text(json.dumps({"step": step}))
        run.write_status(state, step=steps[-1], progress=steps[-1] / 20, message=message, pid=2 ** 22 + 1)
        return run.path
    return write


def lab(lang="en", **query):
    return open_by_address("pretraining", lang, **query)


def type_into(at, **values):
    for key, value in values.items():
        (at.text_area if key in ("lab_fill", "lab_senses", "data_text") else at.text_input)(key=key).input(value)
    return whole(at)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_runs_the_form_stands_there(lang):
    at = lab(lang)
    assert at.button(key="start").label == words("pretraining.start", lang)
    assert at.text_input(key="new_name").value == "run-1" and at.number_input(key="minutes").value == 3.0
    at.segmented_control(key="lab").set_value("watch")
    assert words("pretraining.no_runs", lang) in said(whole(at))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_finished_run_shows_its_figures_and_answers(wrote, lang):
    wrote("first")
    at = type_into(lab(lang), lab_fill=FILL)
    shown = markup(at)
    for value in ("3.00", "50.0%", "75.0%", "1,234", "2:00"):
        assert value in shown
    assert words("pretraining.heldout", lang, name="unseen", step="20", mlm="45.0%", nsp="85.0%") in said(at)
    assert "bt-sentence" in shown and "sat on the mat." in shown
    assert at.select_slider(key="step").options == ["0", "20", words("pretraining.newest", lang)]
    assert len(at.get("plotly_chart")) == 5


def keys_offered(at):
    return {button.proto.id.split("-")[-1] for button in at.get("download_button")}


def test_what_the_lab_shows_can_be_taken_away(wrote):
    wrote("first"), wrote("second", loss=4.0)
    at = type_into(lab(run="first", compare="second"), lab_fill=FILL)
    assert {"curves_csv", "curves_json", "curves_html"} <= keys_offered(at)
    at.toggle(key="history").set_value(True)
    assert {"lab_history_csv", "lab_history_json"} <= keys_offered(whole(at))
    at.segmented_control(key="look_at").set_value("head")
    at = type_into(whole(at), lab_look="the cat sat")
    assert {"lab_head_csv", "lab_head_html"} <= keys_offered(at)
    at.segmented_control(key="look_at").set_value("senses")
    at = type_into(whole(at), lab_word="cat", lab_senses="the cat sat.\na cat is here.\nmy cat ran.")
    assert {"lab_senses_csv", "lab_senses_html"} <= keys_offered(at)


def test_several_figures_make_one_page():
    page = takeaway.as_one_page({"loss <1>": go.Figure(go.Scatter(y=[1.5, 2.5])), "right": go.Figure()}, "run & run")
    assert page.count("<h2>") == 2 and "loss &lt;1&gt;" in page and "<title>run &amp; run</title>" in page
    assert page.count("Plotly.newPlot(") == 2 and page.count("plotly.js v") == 1 and 'src="http' not in page


def test_looking_back_at_an_earlier_checkpoint_swaps_the_weights(wrote, runs):
    from safetensors.numpy import load_file, save_file

    wrote("first")
    file = runs / "first" / "checkpoints" / "step-00000000" / "model.safetensors"
    tensors = load_file(file)
    tensors["cls.predictions.bias"] = np.zeros_like(tensors["cls.predictions.bias"])
    tensors["cls.predictions.bias"][100] = 99.0
    save_file(tensors, file, metadata={"format": "pt"})
    at = type_into(lab(), lab_fill=FILL)
    newest = markup(at)
    at.select_slider(key="step").set_value(0)
    assert "100.0%" in markup(whole(at)) and "100.0%" not in newest
    at.select_slider(key="step").set_value("newest")
    assert markup(whole(at)) == newest
    at.toggle(key="history").set_value(True)
    assert FILL in markup(whole(at)) and markup(at).count("100.0%") == 1


def test_a_run_that_takes_the_place_of_a_deleted_one_answers_with_its_own_weights(wrote, runs):
    from safetensors.numpy import load_file, save_file

    wrote("first")
    folder = runs / "first" / "checkpoints" / "step-00000000"
    run_model, before = pretraining_runs.run_model(folder), pretraining_runs.run_model(folder).ask(folder, "fill_mask", FILL)
    tensors = load_file(folder / "model.safetensors")
    tensors["cls.predictions.bias"] = np.eye(len(tensors["cls.predictions.bias"]), dtype=np.float32)[100] * 99
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    os.utime(folder / "model.safetensors", (1e9, 1e9))
    after = run_model.ask(folder, "fill_mask", FILL)
    assert after[0][0].token_id == 100 != before[0][0].token_id


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_resumed_run_shows_no_figures_from_before(wrote, runs, lang, monkeypatch):
    path, run = wrote("first", "preparing", "starting"), RunFolder(runs / "first")
    (path / "config.json").write_text(json.dumps({"kind": "pretraining", "corpus": [], "training": {"minutes": 4.0}}))
    monkeypatch.setattr(run_states, "at_work", lambda status: True)
    old = ("3.00", "1,234", "2:00", "0:00")
    at = lab(lang)
    assert not any(figure in markup(at) for figure in old) and markup(at).count("–") >= 5
    assert words("pretraining.doing_starting", lang) in said(at)
    assert words("pretraining.goes_on_from", lang, step="20", tokens="2,000") in said(at)
    assert at.main.get("progress")[0].proto.value == 50  # two minutes of what are now four
    run.rewind_metrics(20)
    run.write_status("running", step=20, progress=0.5, message="")
    at = lab(lang)
    assert not any(figure in markup(at) for figure in old) and words("pretraining.doing_first", lang) in said(at)
    run.append_metrics(run.metrics()[1] | {"step": 30, "progress": 0.75, "seconds": 180.0, "learning_rate": 3.5e-4})
    at = lab(lang)
    assert "1:00" in markup(at) and "3.00" in markup(at) and "0.00035" in said(at)
    assert words("pretraining.doing_first", lang) not in said(at)
    (path / "STOP").touch()
    assert words("pretraining.doing_checkpoint", lang) in said(lab(lang))


def test_figures_are_as_old_as_the_checkpoint_while_a_run_goes_on(wrote, runs):
    path, run = wrote("first"), RunFolder(runs / "first")
    assert not pretraining_runs.goes_on_unheard(path)  # its last checkpoint was written after its last record
    run.rewind_metrics(20)
    assert pretraining_runs.goes_on_unheard(path)
    last = {"step": 20, "seconds": 120.0, "progress": 1.0}
    assert (pretraining_runs.share_done(last, (4.0, "minutes")), pretraining_runs.share_done(last, (80, "steps"))) == (0.5, 0.25)


def window(step, loss):
    return {"step": step, "seconds": 2.0 * step, "tokens": 100 * step, "tokens_per_second": 1.0, "learning_rate": 1 / step,
            **dict.fromkeys(pretraining_runs.MEANS, loss)}


def test_a_few_steps_left_over_are_no_window_of_their_own():
    whole_ones = [window(10, 4.0), window(20, 2.0), window(25, 1.0)]  # half a window stays
    assert pretraining_runs.whole_windows(whole_ones) == whole_ones and pretraining_runs.whole_windows([]) == []
    first, last = pretraining_runs.whole_windows([window(10, 4.0), window(20, 2.0), window(24, 9.0)])
    assert first == window(10, 4.0) and (last["step"], last["tokens"], last["learning_rate"]) == (24, 2400, 1 / 24)
    assert last["mlm_loss"] == pytest.approx((10 * 2 + 4 * 9) / 14) and last["tokens_per_second"] == pytest.approx(50.0)
    # it was trained on: the border that follows is near, too
    joined = pretraining_runs.whole_windows([window(10, 1.0), window(18, 2.0), window(20, 4.0), window(30, 3.0)])
    assert [record["step"] for record in joined] == [10, 20, 30] and joined[1]["loss"] == pytest.approx(2.4)
    assert pretraining_runs.whole_windows([window(3, 1.0)]) == [window(3, 1.0)]  # shorter than one window, it is all there is


def test_the_headline_of_a_run_is_no_mean_of_a_few_steps(wrote, runs):
    run = RunFolder(wrote("first"))
    run.append_metrics(run.metrics()[1] | {"step": 22, "progress": 1.0, "seconds": 132.0, "tokens": 2200, "mlm_loss": 9.0})
    shown = markup(lab())
    assert "4.00" in shown and "9.00" not in shown  # (10 * 3 + 2 * 9) / 12
    assert [record["step"] for record in pretraining_runs.figures(run.path)] == [10, 22]


def test_senses_and_a_head(wrote):
    wrote("first")
    at = lab(look_at="senses")
    type_into(at, lab_word="bank", lab_senses="the bank is old\nthe river bank\nmoney by the bank\nno such word")
    assert any("lab_sense_chart" in chart.proto.id for chart in at.get("plotly_chart"))
    assert words("words.sense", "en", number=1) not in markup(at)
    type_into(at, lab_senses="the bank is old\nmoney by the bank\n\nthe river bank\na bank by the sea")
    assert all(words("words.sense", "en", number=number) in markup(at) for number in (1, 2))
    assert words("words.same", "en") in markup(at)
    at.text_input(key="lab_word").input("zebra")
    assert words("pretraining.few_sentences", "en") in said(whole(at))
    at.segmented_control(key="look_at").set_value("head")
    type_into(at := whole(at), lab_look="the cat sat.")
    assert any("lab_head_chart" in chart.proto.id for chart in at.get("plotly_chart"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("state", "message", "key"), [
    ("failed", "The loss is no longer a number at step 7.", "pretraining.not_a_number"),
    ("failed", "No space left on device", "pretraining.failed"),
    ("running", "", "pretraining.died")])
def test_what_went_wrong_is_told(wrote, lang, state, message, key):
    path = wrote("broken", state, message)
    (path / run_states.LOG_FILE).write_text("Killed: 9\n")
    at = lab(lang)
    assert words(key, lang) in said(at) and (message or "Killed: 9") in said(at) + "".join(c.value for c in at.code)
    assert at.button(key="resume").label == words("pretraining.resume", lang)


def test_renaming_deleting_and_what_is_refused(wrote, runs):
    wrote("first"), wrote("second")
    at = lab(run="first")
    at.text_input(key="name_of_first").input("second")
    at.button(key="rename").click()
    assert "already" in said(whole(at)) and (runs / "first").is_dir()
    at.text_input(key="name_of_first").input("third")
    at.button(key="rename").click()
    assert whole(at).selectbox(key="run").value == "third"
    at.button(key="delete").click()
    assert not (whole(at) and (runs / "third").exists()) and at.selectbox(key="run").value == "second"


def test_runs_are_compared_and_stand_in_the_model_picker(wrote):
    wrote("first"), wrote("second", loss=4.0)
    at = lab(run="first")
    at.multiselect(key="compare").set_value(["second"])
    chart = next(json.loads(chart.proto.spec) for chart in whole(at).get("plotly_chart") if "curve_mlm_loss" in chart.proto.id)
    assert {line["name"] for line in chart["data"]} == {"first", "second"}
    at = open_page("fill_mask", sentence=FILL)
    assert at.selectbox(key="model").options[1:-1] == ["run: second", "run: first"] or \
        at.selectbox(key="model").options[1:-1] == ["run: first", "run: second"]
    at.selectbox(key="model").set_value("run: first")
    assert "bt-bars" in markup(whole(at))


def test_the_form_starts_what_was_asked_for(monkeypatch, runs):
    asked = {}

    def start(name, training, **options):
        asked.update(options, name=name, training=training)
        RunFolder(runs / name).create({"kind": "pretraining"})

    monkeypatch.setattr(launch, "start", start)
    at = lab()
    at.selectbox(key="size").select("mini")
    at.number_input(key="minutes").set_value(7.0)
    assert whole(at).select_slider(key="rate").value == pretraining_start.RATES["muon"]["mini"]
    at.segmented_control(key="optimizer").set_value("adamw")
    assert whole(at).select_slider(key="rate").value == pretraining_start.RATES["adamw"]["mini"]
    at.select_slider(key="mask_rate").set_value(0.2)
    at.toggle(key="word2vec").set_value(True)
    at.text_input(key="new_name").input("mine")
    whole(at).button(key="start").click()
    whole(at)
    training = asked["training"]
    assert (asked["name"], training.size, training.minutes, training.mask_rate) == ("mine", "mini", 7.0, 0.2)
    assert (training.optimizer, training.peak_learning_rate) == ("adamw", pretraining_start.RATES["adamw"]["mini"])
    assert asked["initial_embeddings"] == "word2vec" and [path.name for path in asked["corpus"]] == [
        "stories-en.txt", "stories-zh.txt"]
    assert at.selectbox(key="run").value == "mine"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_everyday_text_is_shown_and_learnt_from(monkeypatch, runs, lang):
    asked = {}

    def start(name, training, **options):
        asked.update(options)
        run = RunFolder(runs / name)
        run.create({"kind": "pretraining", "corpus": [str(path) for path in options["corpus"]]})
        run.append_metrics({"step": 5, "heldout": "heldout-zh", "seconds": 9.0, "mlm_accuracy": 0.25, "nsp_accuracy": 0.5})

    monkeypatch.setattr(launch, "start", start)
    at = lab(lang)
    at.segmented_control(key="corpus").set_value("everyday")
    text = said(whole(at))
    assert everyday("en")[0][0] in text and everyday("zh")[0][0] in text
    at.button(key="start").click()
    text = said(whole(at))
    assert [path.name for path in asked["corpus"]] == ["everyday-en.txt", "everyday-zh.txt"]
    assert [path.name for path in asked["heldout"]] == ["heldout-en.txt", "heldout-zh.txt"]
    assert words("pretraining.heldout", lang, name=words("data.everyday_zh", lang), step="5", mlm="25.0%", nsp="50.0%") in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_goes_on_from_the_model_in_the_sidebar(monkeypatch, runs, lang):
    asked = {}

    def start(name, training, **options):
        asked.update(options, training=training)
        RunFolder(runs / name).create({"kind": "pretraining"})

    monkeypatch.setattr(launch, "start", start)
    at = lab(lang)
    at.selectbox(key="size").select(pretraining_start.GO_ON)
    name = at.selectbox(key="model").value
    assert name in at.selectbox(key="size").options[-1] and name in said(whole(at))
    assert at.select_slider(key="rate").value == pretraining_start.RATES["muon"][pretraining_start.GO_ON]
    assert not [slider for slider in at.select_slider if slider.key == "vocabulary"]
    assert at.select_slider(key="length").options == ["16", "32", "64"]  # it takes no more
    whole(at).button(key="start").click()
    whole(at)
    assert asked["training"].size is None and asked["initial_model"].name == name


def test_a_name_that_is_taken_is_refused_and_the_run_is_left_alone(wrote, runs):
    wrote("mine")
    at = lab(lab="new")
    at.text_input(key="new_name").input("mine")
    whole(at).button(key="start").click()
    assert "already" in said(whole(at)) and (runs / "mine" / "metrics.jsonl").is_file()


# ---- what goes in

@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_lesson_from_text_to_loss(lang):
    at = open_page("training_data", lang)
    shown = markup(at)
    assert shown.count("bt-chip") > 10 and shown.count("<tr>") > 2 and len(at.get("plotly_chart")) == 1
    assert {"vectors_csv", "vectors_html", "cost_csv", "cost_json"} <= keys_offered(at)
    at.button(key="roll").click()
    assert markup(whole(at)) != shown
    at.toggle(key="data_whole").set_value(True)
    at.select_slider(key="data_rate").set_value(0.4)
    at.segmented_control(key="pair").set_value(3)
    whole(at)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_pairs_have_both_labels(lang):
    tokenizer = WordPieceTokenizer.from_folder(BUNDLED)
    drawn = draw_examples(pretraining_examples.TEXTS[lang], tokenizer, count=4, draw=27, sequence_length=32)
    assert [one.is_next for one in drawn].count(True) == 2
    at = open_page("training_data", lang)
    assert "27" in at.query_params["draw"] and words("data.pairs_note", lang, length=32) in said(at)
    assert (words("data.lowercase", lang) in said(at)) == (lang == "en")  # the Chinese text has no capitals


def test_where_a_segment_was_cut():
    documents = [[[1, 2, 3], [4, 5]], [[3, 4], [9]]]
    for segment, cuts in (([1, 2, 3], (False, False)), ([2, 3, 4, 5], (True, False)), ([1, 2, 3, 4], (False, True)),
                          ([2], (True, True)), ([3, 4], (False, False)), ([9], (False, False))):
        assert training_pairs.cut_ends(segment, documents) == cuts


def test_cut_segments_are_written_with_dots():
    tokenizer = WordPieceTokenizer.from_folder(BUNDLED)
    text = "小明去书店。\n店员给他看了地图。\n\nThe dog slept.\nIt was tired."
    documents = training_pairs.documents_of(text, tokenizer)
    assert [len(one) for one in documents] == [2, 2]
    first, second = documents[0]
    assert training_pairs.written(second[1:], documents, tokenizer) == "… 员给他看了地图。"
    assert training_pairs.written(first + second[:-1], documents, tokenizer) == "小明去书店。店员给他看了地图 …"
    assert training_pairs.written(documents[1][0], documents, tokenizer) == "the dog slept."
    shown = draw_examples(text, tokenizer, count=4, draw=0, sequence_length=16)
    for one in shown:  # [CLS] A [SEP] B [SEP]
        a, b = training_pairs.segments(one)
        assert len(a) + len(b) + 3 == len(one.tokens)


def test_stories_and_everyday_text_are_put_into_the_input():
    at = open_page("training_data")
    told = {code: {line for paragraph in everyday(code) for line in paragraph} for code in LANGUAGES}
    for index, (code, ours) in enumerate([("en", False), ("zh", False), ("en", True), ("zh", True)]):
        at.pills(key="data_example").set_value(index)
        paragraphs = whole(at).text_area(key="data_text").value.split("\n\n")
        assert len(paragraphs) == 3
        lines = {line for paragraph in paragraphs for line in paragraph.split("\n")}
        assert (lines <= told[code]) == ours
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in line) == (code == "zh") for line in lines)


@pytest.mark.parametrize(("text", "key"), [("", "data.empty"), (" \n ", "data.empty"), ("one", "data.cannot"),
                                           ("😀\n\n😀", "data.cannot"), ("😀\n😀", "app.problem")])
def test_text_that_gives_no_pairs_is_named(text, key):
    at = open_page("training_data")
    at.text_area(key="data_text").input(text)
    assert words(key, "en") in said(whole(at))


def test_markup_in_the_text_is_shown_letter_for_letter():
    at = open_page("training_data")
    at.text_area(key="data_text").input("<b>cat</b> & dog\n<script>alert(1)</script>\n\nthe cat sat.\nthe dog sat.")
    assert "<script>alert" not in markup(whole(at)) and html.escape("<") in markup(at)


# ---- figures

def test_curves_have_a_line_a_run_and_the_watched_one_on_top():
    records = [{"step": 10 * i, "seconds": 60.0 * i, "tokens": i, "mlm_loss": 1.0 / i} for i in (1, 2)]
    figure = curves([("a<b", records), ("c", records[:1])], "mlm_loss", time="minutes", unit="minutes")
    assert [line.name for line in figure.data] == ["c", "a&lt;b"] and list(figure.data[1].x) == [1.0, 2.0]
    assert figure.data[0].mode == "markers"  # one point alone would be no line


def test_strips_show_the_numbers_themselves():
    rows = np.array([[1.0, -2.0], [0.5, 0.25], [100.0, 50.0]])
    figure = strips(rows, ["a", "b", "c"])
    assert list(figure.data[0].customdata[2][0]) == ["c", "100.0000"] and np.abs(figure.data[0].z[:2]).max() < 1.1


def test_a_turned_map_is_the_same_map():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(7, 2))
    points -= points.mean(axis=0)
    angle = np.array([[0.6, -0.8], [0.8, 0.6]]) @ np.array([[1, 0], [0, -1]])
    np.testing.assert_allclose(turned(points @ angle, points), points, atol=1e-12)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_training_at_work_is_told_on_every_page(wrote, lang, monkeypatch):
    wrote("first", "running")
    note = words("app.training", lang)
    at = open_page("fill_mask", lang)
    assert note not in [caption.value for caption in at.sidebar.caption]  # its process is gone
    monkeypatch.setattr(run_states, "at_work", lambda status: True)
    assert note in [caption.value for caption in whole(at).sidebar.caption]
