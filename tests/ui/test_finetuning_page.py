"""The fine-tuning lab without a browser, on runs of each task that some process wrote down."""

import io
import json
import re
import shutil
import zipfile
from types import SimpleNamespace

import pytest
from driving import LANGUAGES, STRANGE, cells, figure, letters, markup, open_by_address, said, whole, words

from bert_tf.finetuned import load_finetuned
from bert_tf.task_folder import TaskSettings, save_task, start_task
from bert_tf.training import launch, run_states, task_scores
from bert_tf.training.finetuning import create_finetuning
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.run_folder import RunFolder
from ui import (
    finetuning_examples,
    finetuning_html,
    finetuning_preview,
    finetuning_runs,
    finetuning_start,
    finetuning_try,
    finetuning_views,
    html,
)
from ui.word_reading import is_chinese

LABELS = {"classification": ("negative", "positive"), "pairs": ("different", "same"),
          "tagging": ("O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER"), "questions": ()}
SET_OF = {"classification": "sentiment", "pairs": "pairs", "tagging": "entities", "questions": "questions"}
WRONG = {
    "classification": {"text": "the <b>cat</b>", "expected": "positive", "predicted": "negative", "probability": 0.75},
    "pairs": {"text": "the cat", "text_b": "the <b>dog</b>", "expected": "same", "predicted": "different",
              "probability": 0.75},
    "tagging": {"text": "Anna <b> went", "expected": [{"label": "PER", "start": 0, "end": 4, "text": "Anna"}],
                "predicted": [{"label": "LOC", "start": 5, "end": 8, "text": "<b>"}]},
    "questions": {"question": "Who?", "passage": "Anna met <b>Tom</b>.", "answers": ["Anna"], "predicted": "Tom",
                  "start": 12, "end": 15, "probability": 0.75, "f1": 0.0},
}


def figures_of(task: str, right: int) -> dict:
    """Figures of 100 cases, so many of them right."""
    if task == "questions":
        return {"examples": 100, "exact_match": right / 100, "f1": right / 100}
    if task == "tagging":
        wanted = [["B-PER", "O"]] * 100
        return {"examples": 100, **task_scores.entity_figures(wanted, wanted[:right] + [["O", "O"]] * (100 - right))}
    wanted = [0, 1] * 50
    given = [label if i < right else 1 - label for i, label in enumerate(wanted)]
    return {"examples": 100, **task_scores.class_figures(wanted, given, LABELS[task])}


@pytest.fixture(autouse=True)
def runs(quick, tmp_path, monkeypatch):
    """An empty folder of runs, in which no process is ever started."""
    monkeypatch.setattr(launch, "_spawn", lambda path: None)
    monkeypatch.setenv("BERT_TF_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def task_models(tmp_path_factory, tiny_model_folder):
    """A fine-tuned model for each task, with a head of random weights, made when it is wanted."""
    root, made = tmp_path_factory.mktemp("tasks"), {}

    def make(task):
        if task not in made:
            settings = TaskSettings(task=task, labels=LABELS[task], max_length=64, doc_stride=16)
            loaded = start_task(str(tiny_model_folder), settings, dtype="float32", dropout=0.0, pretrained=True)
            save_task(loaded.model, loaded.tokenizer, root / task, settings)
            made[task] = root / task
        return made[task]
    return make


@pytest.fixture
def wrote(runs, tiny_model_folder, task_models):
    """Writes a run as the trainer does: two epochs, a look at the dev examples after each."""
    def write(name="one", task="classification", *, state="finished", right=(90, 60), pid=2 ** 22 + 1, message="",
              twin=True):
        run, twins = RunFolder(runs / name), ("pretrained", "scratch") if twin else ("pretrained",)
        train, dev = (str(finetuning_start.EXAMPLES / file) for file in finetuning_start.SETS[SET_OF[task]])
        create_finetuning(run, FinetuningConfig(twin=twin), model=str(tiny_model_folder), train=train, dev=dev)
        if state != "preparing":
            for step in (5, 10):
                for number, one in enumerate(twins):
                    place = {"twin": one, "step": step, "epoch": step / 5, "progress": step / 10, "seconds": 6.0 * step}
                    run.append_metrics(place | {"learning_rate": 1e-3, "loss": 1.5 - step / 10 + number, "accuracy": 0.5,
                                                "examples_per_second": 1234.5})
                    run.append_metrics(place | {"best": True, "dev": figures_of(task, right[number] - 10 + step)})
            entry = {"step": 10, "epoch": 2.0, "seconds": 30.0, "stopped_early": False, "wrong": [WRONG[task]] * 12}
            score = {"tagging": "entity_f1", "questions": "f1"}.get(task, "accuracy")
            (run.path / "result.json").write_text(json.dumps({
                "state": state, "task": task, "labels": LABELS[task], "score_name": score, "step": 10, "total": 10,
                "seconds": 60.0, "examples": {"train": 400, "dev": 100}, "cut": {"train": 3, "dev": 0},
                "largest_class": 0.5 if task in ("classification", "pairs") else None, "new_parts": ["head"],
                "training": {"max_length": 64}, "twins": {one: entry | {"figures": figures_of(task, count),
                                                                        "last_figures": figures_of(task, count)}
                                                          for one, count in zip(twins, right)}}))
            shutil.copytree(task_models(task), run.path / "model")
        run.write_status(state, step=10, progress=1.0, message=message, pid=pid)
        return run.path
    return write


def lab(lang="en", **query):
    return open_by_address("finetuning", lang, **query)


# ---- the form

@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_runs_the_form_shows_what_is_in_a_set(lang):
    at = lab(lang)
    assert at.button(key="tune_start").label == words("tune.start", lang)
    assert words("tune.kind_PER", lang) in markup(at) and "bt-marked" in markup(at)
    assert at.selectbox(key="tune_epochs").value == 0 and at.text_input(key="tune_name_entities").value == "entities-1"
    at.segmented_control(key="tune_set").set_value("sentiment")
    shown = markup(whole(at))
    assert "486" in shown and "108" in shown and "negative" in shown and words("tune.task_classification", lang) in shown
    at.segmented_control(key="tune_set").set_value("questions")
    assert "<mark" in markup(whole(at)) and words("tune.task_questions", lang) in markup(at)
    at.segmented_control(key="tune").set_value("watch")
    assert words("tune.no_runs", lang) in said(whole(at))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", finetuning_start.SETS)
def test_examples_are_in_the_visitors_language(name, lang):
    cards = re.findall(r'<div class="bt-card">(.*?)(?:<span class="bt-said">|</div>)', markup(lab(lang, tune_set=name)))
    assert len(cards) == 4 and all(is_chinese(card) == (lang == "zh") for card in cards)
    assert name != "entities" or not any(" ." in card for card in cards)


def test_labels_of_the_bundled_sets_have_a_name_and_columns_are_not_told():
    at = lab("zh", tune_set="sentiment")
    assert "negative · 差评" in markup(at) and "positive · 好评" in markup(at) and "列：" not in said(at)


def test_spaces_before_punctuation_are_taken_out_and_marks_move_along():
    text, marks = finetuning_examples.closed_up("Ann , Bob and .NET left Rome .", [(6, 9, "red", ""), (24, 28, "blue", "")])
    assert text == "Ann, Bob and .NET left Rome."
    assert [text[start:end] for start, end, *_ in marks] == ["Bob", "Rome"]


def test_the_form_starts_what_was_asked_for(monkeypatch, runs, models):
    asked = {}

    def start(name, training, **options):
        asked.update(options, name=name, training=training)

    monkeypatch.setattr(launch, "start_finetuning", start)
    at = lab(tune_set="pairs", tune_rate="0.0001", tune_amount="100")
    at.selectbox(key="tune_epochs").set_value(3)
    at.select_slider(key="tune_frozen").set_value(1)
    at.select_slider(key="tune_clip").set_value(finetuning_start.NO_CLIPPING)
    at.toggle(key="tune_twin").set_value(False)
    at.text_input(key="tune_name_pairs").input("mine")
    whole(at).button(key="tune_start").click()
    whole(at)
    training = asked["training"]
    assert (training.task, training.epochs, training.frozen_blocks, training.twin) == ("pairs", 3, 1, False)
    assert (training.peak_learning_rate, training.most_train, training.clip_norm, training.max_length) == (1e-4, 100, 1e9, 64)
    assert asked["name"] == "mine" and asked["model"] == models / "tiny-random"
    assert [asked["train"].name, asked["dev"].name] == ["pairs-train.tsv", "pairs-dev.tsv"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_says_how_long_it_would_take(monkeypatch, lang):
    monkeypatch.setattr(finetuning_start, "speed", lambda: 1e6)  # a very slow computer
    before, after = words("tune.how_long", lang, minutes="|").split("|")

    def minutes(at) -> int:
        return int(said(at).split(before)[1].split(after)[0])

    at = lab(lang, tune_set="pairs", tune_amount="100")
    long = minutes(at)
    at.toggle(key="tune_twin").set_value(False)
    short = minutes(whole(at))
    at.selectbox(key="tune_epochs").set_value(2)
    assert long > 1.5 * short and short > 3 * minutes(whole(at)) > 0  # ten epochs before


def learnt_from(path, examples):
    """Lets a run that was written down have learnt from so many examples."""
    found = json.loads((path / "result.json").read_text())
    found["examples"]["train"] = examples
    (path / "result.json").write_text(json.dumps(found))
    return path


@pytest.mark.parametrize("lang", LANGUAGES)
def test_runs_on_one_set_make_a_curve_over_the_number_of_examples(wrote, lang):
    first = learnt_from(wrote("few", right=(70, 40)), 100)
    wrote("other", "pairs"), wrote("stopped", state="stopped")
    assert words("tune.by_examples_hint", lang) in said(lab(lang, tune_run="few"))
    wrote("all", right=(90, 60)), learnt_from(wrote("again", right=(80, 40)), 100)
    elsewhere = wrote("elsewhere")
    config = json.loads((elsewhere / "config.json").read_text())
    (elsewhere / "config.json").write_text(json.dumps(config | {"model": "/another/model"}))
    found = finetuning_runs.outcomes(first)
    assert [(one.examples, one.scores["pretrained"]) for one in found] in ([(100, 0.7), (100, 0.8), (400, 0.9)],
                                                                          [(100, 0.8), (100, 0.7), (400, 0.9)])
    at = lab(lang, tune_run="few")
    assert words("tune.by_examples_note", lang, count=3) in said(at)
    drawn = figure(at, "tune_by_examples")["data"]
    line = next(one for one in drawn if one["mode"] == "lines" and one["name"] == words("tune.pretrained", lang))
    assert list(cells(line["x"])) == [100, 400] and cells(line["y"]) == pytest.approx([0.75, 0.9])


def test_a_name_that_is_taken_is_refused(wrote):
    path = wrote("mine")
    at = lab(tune="new")
    at.text_input(key="tune_name_entities").input("mine")
    whole(at).button(key="tune_start").click()
    assert "already" in said(whole(at)) and (path / "result.json").is_file()


def upload(name: str, content: str | bytes, size: int | None = None):
    data = content if isinstance(content, bytes) else content.encode()
    return SimpleNamespace(name=name, file_id=f"{name}-{hash(data)}-{size}", size=size or len(data),
                           getvalue=lambda: data)


ANSWER = json.dumps({"data": [{"paragraphs": [{"context": "the sun is bright", "qas": [
    {"id": "1", "question": "what?", "answers": [{"text": "moon", "answer_start": 4}]}]}]}]})


@pytest.mark.parametrize(("file", "message"), [
    (upload("a.csv", b"\x89PNG\r\n\x00\x01"), "not text in UTF-8"),
    (upload("a.csv", "text\ngood\nbad\n"), "one column"),
    (upload("a.csv", "text,label\n" + "good,yes\n" * 20), "at least two"),
    (upload("a.jsonl", '{"tokens": ["a", "b"], "tags": ["O"]}\n'), "2 tokens, but 1 tags"),
    (upload("a.json", ANSWER), "does not stand in its passage"),
    (upload("a.csv", ""), "is empty"),
    (upload("a.csv", "x", size=201_000_000), "200 MB")])
def test_bad_files_are_named(file, message):
    with pytest.raises(ValueError, match=message):
        finetuning_preview.of_uploads([file], "auto", {})


def test_a_file_with_strange_columns_and_what_to_beware_of():
    rows = ["id,body,stars", *(f"{i},text number {i},{'five' if i else 'one'}" for i in range(30))]
    file = upload("b.csv", "\n".join(rows))
    assert finetuning_preview.columns_of(file) == ["id", "body", "stars"]
    seen = finetuning_preview.of_uploads([file], "auto", {"text": "body", "label": "stars"})
    alone = finetuning_preview.of_uploads([file], "auto", {})  # without being told
    assert seen.split and seen.some.examples == alone.some.examples and seen.train["columns"] == alone.train["columns"]
    assert seen.train["examples"] == 27 and seen.train["columns"] == {"text": "body", "label": "stars"}
    at = lab(tune_set="upload")
    assert words("tune.formats", "en").split(" with")[0] in said(at) and at.button(key="tune_start").disabled
    warned = finetuning_preview.warnings(seen)
    assert len(warned) >= 3  # few to learn from, few to measure on, one label nearly alone


# ---- the runs

@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("task", LABELS)
def test_a_finished_run_shows_both_twins(wrote, task, lang):
    wrote(task=task)
    at = lab(lang)
    shown = markup(at)
    assert "60.0%" in shown and words("tune.scratch", lang) in shown and "1,234" in shown
    score = figures_of(task, 90)[{"tagging": "entity_f1", "questions": "f1"}.get(task, "accuracy")]
    assert f"{score:.1%}" in shown
    charts = len(at.get("plotly_chart"))
    assert charts == 3 + 2 * (task in ("classification", "pairs"))
    lines = figure(at, "tune_curve_loss")["data"]
    assert {line["name"] for line in lines} == {words("tune.pretrained", lang), words("tune.scratch", lang)}
    at.segmented_control(key="tune_view").set_value("wrong")
    shown = markup(whole(at))
    assert shown.count("bt-card") == 10 and "<b>cat" not in shown and "&lt;b&gt;" in shown
    at.segmented_control(key="tune_page").set_value(2)
    assert markup(whole(at)).count("bt-card") == 2


def two_scores(mine: int, other: int) -> dict:
    """The result of twins that got so many of 100 right."""
    return {"score_name": "accuracy", "task": "classification", "largest_class": 0.5, "examples": {"dev": 100}, "twins": {
        "pretrained": {"figures": {"accuracy": mine / 100, "examples": 100}},
        "scratch": {"figures": {"accuracy": other / 100, "examples": 100}}}}


def reading(key: str, lang: str, mine: int, other: int, chance: str) -> str:
    return words(f"tune.reads_{key}", lang, gap=f"{abs(mine - other):.1f}", mine=f"{mine}.0%", other=f"{other}.0%",
                 score=words("tune.score_accuracy", lang), dev=100, chance=chance, largest="50.0%")


@pytest.mark.parametrize(("mine", "other", "key", "chance"), [
    (90, 80, "close", "10.0"), (90, 60, "ahead", "11.5"), (60, 90, "behind", "11.5"), (85, 80, "close", "10.7"),
    (53, 50, "guessing", "14.1")])
def test_the_worth_of_a_gap_by_hand(mine, other, key, chance):
    """90% and 80% of 100: 2 x sqrt(0.09 / 100 + 0.16 / 100) = 0.1."""
    found = two_scores(mine, other)
    apart = finetuning_runs.gap(found)
    assert apart.size == pytest.approx((mine - other) / 100) and apart.chance == pytest.approx(float(chance) / 100, abs=5e-4)
    assert apart.beats_guessing == (key != "guessing")
    assert finetuning_views.reading(found) == reading(key, "en", mine, other, chance)
    del found["twins"]["scratch"]
    assert finetuning_runs.gap(found) is None


def test_the_gap_is_read_honestly(wrote):
    wrote(right=(60, 90))
    assert reading("behind", "zh", 60, 90, "11.5") in said(lab("zh"))


@pytest.mark.parametrize(("task", "lang"), list(zip(LABELS, ("en", "zh", "zh", "en"), strict=True)))
def test_the_model_is_tried(wrote, task, lang):
    wrote(task=task)
    at = lab(lang, tune_view="try")
    assert words("tune.type", lang) not in said(at)  # an example stands there
    assert ("bt-marked" if task in ("tagging", "questions") else "bt-bars") in markup(at)
    assert ("bt-weighed" in markup(at)) == (task in ("classification", "pairs"))
    key = {"classification": "tune_text", "pairs": "tune_first", "tagging": "tune_names"}.get(task, "tune_question")
    for text in (STRANGE["script"], STRANGE["emoji"]):
        at.text_input(key=key).input(text)
        assert "<script>alert" not in markup(whole(at))
    if task in ("classification", "pairs"):
        assert words("app.unknown", lang, words="😀").split("😀")[0] + "😀" in said(at)
    at.text_input(key=key).input("")
    assert words("tune.type", lang) in said(whole(at))


def test_the_words_that_decided(wrote):
    bert = load_finetuned(wrote() / "model")
    at = lab(tune_view="try")
    at.text_input(key="tune_text").input("the <b> good cat")
    found = bert.influence("the <b> good cat")
    shown = markup(whole(at))
    assert shown.count("<mark") == len(found.words) == 6 and "&lt;</mark>" in shown and "<b> good" not in shown
    heaviest = max(found.words, key=lambda word: abs(word.weight))
    assert f"The heaviest here is “{heaviest.word}”" in said(at).replace("\\", "")
    for word in found.words:
        assert f"has {html.percent(word.without)}" in shown
    at.toggle(key="tune_words").set_value(False)
    assert "bt-weighed" not in markup(whole(at))


def test_the_words_are_those_of_the_top_label_until_one_is_chosen(wrote, monkeypatch):
    wrote()
    real, explained = finetuning_try.asked, []

    def three_labels(folder, question, *texts, **options):
        if question == "classify":
            return [SimpleNamespace(label=label, probability=0.3) for label in
                    (["*b*", "a", "c"] if "dog" in texts[0] else ["a", "*b*", "c"])]
        if question == "influence":
            explained.append(options.pop("label"))
        return real(folder, question, *texts, **options)

    monkeypatch.setattr(finetuning_try, "asked", three_labels)
    at = lab(tune_view="try")
    for text, pick, label in (("the cat", None, "a"), ("the dog", None, "*b*"), ("the cat", "c", "c"), ("a dog", None, "c")):
        at.text_input(key="tune_text").input(text)
        whole(at)
        if pick:
            at.pills(key="tune_label").set_value(pick)
            whole(at)
        assert explained[-1] == label
    assert letters(at.pills(key="tune_label").options[0]) == "*b*" != at.pills(key="tune_label").options[0]


def test_a_deleted_name_does_not_bring_its_examples_back(wrote):
    path = wrote()
    before = finetuning_runs.dev_examples(path)
    shutil.rmtree(path)
    assert finetuning_runs.dev_examples(wrote(task="questions")) != before


def test_the_model_as_a_zip(wrote):
    archive = zipfile.ZipFile(io.BytesIO(finetuning_runs.zipped(wrote() / "model", "mine")))
    assert {"mine/config.json", "mine/vocab.txt", "mine/model.safetensors"} <= set(archive.namelist())
    assert archive.testzip() is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_runs_at_work_and_runs_that_died(wrote, lang, monkeypatch):
    path = wrote("gone", state="running")
    (path / run_states.LOG_FILE).write_text("Killed: 9\n")
    wrote("new", state="preparing", message="network")
    wrote("broken", state="failed", message="The loss is NaN at step 7 (scratch).")
    at = lab(lang, tune_run="gone")
    assert words("tune.died", lang) in said(at) and at.code[-1].value == "Killed: 9" and "90.0%" in markup(at)
    assert "resume" not in {button.key for button in at.button}
    at.selectbox(key="tune_run").set_value("broken")
    assert words("pretraining.not_a_number", lang) in said(whole(at))
    monkeypatch.setattr(run_states, "at_work", lambda status: True)
    at.selectbox(key="tune_run").set_value("new")
    assert words("tune.doing_network", lang) in said(whole(at)) and words("tune.no_result", lang) in said(at)
    at.selectbox(key="tune_run").set_value("gone")
    assert whole(at).button(key="stop").label == words("pretraining.stop", lang)
    at.button(key="stop").click()
    assert (path / "STOP").exists() or (whole(at) and (path / "STOP").exists())


def test_renaming_deleting_and_a_run_without_twin(wrote, runs):
    wrote("first", twin=False)
    at = lab(tune_run="first")
    assert words("tune.reads_alone", "en", mine="90.0%", score="accuracy") in said(at)
    at.text_input(key="name_of_first").input("third")
    at.button(key="rename").click()
    assert whole(at).selectbox(key="tune_run").value == "third"
    at.button(key="delete").click()
    assert not (whole(at) and (runs / "third").exists())


def test_neither_kind_of_run_stands_among_the_other(wrote, runs):
    wrote("tuned")
    RunFolder(runs / "pre").create({"kind": "pretraining"})
    assert [run.name for run in run_states.list_runs()] == ["pre"]
    assert [run.name for run in run_states.list_runs(kind="finetuning")] == ["tuned"]
    every = {(run.name, run.kind) for run in run_states.list_runs(kind=None)}
    assert every == {("pre", "pretraining"), ("tuned", "finetuning")}
    assert not run_states.state_of(runs / "tuned").resumable


def test_marks_that_overlap_and_markup_inside():
    shown = finetuning_html.marked("a<b>c", [(1, 4, "red", "X"), (2, 5, "blue", "Y"), (0, 1, "green", "")])
    assert shown == ('<div class="bt-marked"><mark style="background:green">a</mark><mark style="background:red">'
                     '&lt;b&gt;<small>X</small></mark>c</div>')


@pytest.mark.parametrize(("start", "end", "expected"), [
    (0, 5, "Alpha bravo …"), (20, 25, "… charlie delta echo foxtrot"), (26, 30, "… delta echo foxtrot")])
def test_the_surroundings_of_an_answer_hold_whole_words(start, end, expected):
    passage = "Alpha bravo charlie delta echo foxtrot"
    shown, (first, last) = finetuning_examples.shortened(passage, start, end, around=13)
    assert shown == expected and shown[first:last] == passage[start:end]
    assert finetuning_examples.shortened("字" * 40, 20, 22, around=5) == ("… " + "字" * 12 + " …", (7, 9))
