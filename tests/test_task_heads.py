"""Task heads and their folders against transformers; words, windows and spans by hand; figures against others."""

import json

import numpy as np
import pytest

from bert_tf import checkpoint, task_inputs
from bert_tf.task_folder import ARCHITECTURES, TaskSettings, load_task, read_settings, save_task, start_task
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.training import task_scores

LABELS = ("O", "B-PER", "I-PER")


def settings_for(task: str, **changes) -> TaskSettings:
    return TaskSettings(**{"task": task, "labels": () if task == "questions" else LABELS, "max_length": 64} | changes)


def inputs(tokenizer) -> dict[str, np.ndarray]:
    """A pair of texts, and one of them padded."""
    rows = [tokenizer.encode("The cat sat on the mat.", "我爱北京。"), tokenizer.encode("A dog is at the bank.")]
    batch = {key: np.zeros((2, 24), np.int32) for key in ("token_ids", "segment_ids", "padding_mask")}
    for i, row in enumerate(rows):
        batch["token_ids"][i, :len(row)], batch["segment_ids"][i, :len(row)] = row.token_ids, row.segment_ids
        batch["padding_mask"][i, :len(row)] = 1
    return batch


def transformers_outputs(model, batch) -> dict[str, np.ndarray]:
    import torch

    given = {key: torch.tensor(batch[ours]).long() for key, ours in (
        ("input_ids", "token_ids"), ("token_type_ids", "segment_ids"), ("attention_mask", "padding_mask"))}
    with torch.no_grad():
        found = model.eval()(**given)
    return {key: found[key].numpy() for key in ("logits", "start_logits", "end_logits") if key in found}


def assert_same(ours, theirs, batch):
    assert set(ours) == set(theirs)
    for key, value in theirs.items():
        real = batch["padding_mask"].astype(bool) if value.ndim == 3 or "_" in key else slice(None)
        np.testing.assert_allclose(np.asarray(ours[key])[real], value[real], atol=1e-4)


@pytest.mark.parametrize("task", ARCHITECTURES)
def test_our_folders_open_in_transformers(task, tiny_model_folder, tmp_path, randomise):
    import transformers

    loaded = start_task(tiny_model_folder, settings_for(task))
    assert loaded.new_parts == {"head"}
    randomise(loaded.model, seed=3)
    save_task(loaded.model, loaded.tokenizer, tmp_path, loaded.settings)
    theirs, info = getattr(transformers, ARCHITECTURES[task]).from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    batch = inputs(loaded.tokenizer)
    assert_same(loaded.model(batch), transformers_outputs(theirs, batch), batch)
    if task != "questions":
        assert theirs.config.id2label == dict(enumerate(LABELS))
        assert theirs.config.label2id["I-PER"] == 2
    assert load_task(tmp_path).settings == loaded.settings


@pytest.mark.parametrize("task", [task for task in ARCHITECTURES if task != "pairs"])
def test_folders_of_transformers_open_here(task, tiny_model_folder, tmp_path):
    import torch
    import transformers

    torch.manual_seed(0)
    names = {} if task == "questions" else {"id2label": dict(enumerate(LABELS)), "num_labels": 3}
    config = transformers.BertConfig.from_pretrained(tiny_model_folder, **names)
    theirs = getattr(transformers, ARCHITECTURES[task])(config)
    for parameter in theirs.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    theirs.save_pretrained(tmp_path)
    tokenizer = WordPieceTokenizer.from_folder(tiny_model_folder)
    tokenizer.save(tmp_path)
    loaded = load_task(tmp_path)
    assert loaded.settings == settings_for(task)
    batch = inputs(tokenizer)
    assert_same(loaded.model(batch), transformers_outputs(theirs, batch), batch)


def test_a_task_model_still_opens_as_an_encoder(tiny_model_folder, tmp_path):
    loaded = start_task(tiny_model_folder, settings_for("tagging"))
    save_task(loaded.model, loaded.tokenizer, tmp_path, loaded.settings)
    again = start_task(tmp_path, settings_for("classification"))
    assert again.new_parts == {"pooler", "head"}
    assert checkpoint.load(tmp_path).parts == {"encoder"}


def test_folders_that_do_not_fit_are_refused(tiny_model_folder, tmp_path):
    with pytest.raises(ValueError, match="not a fine-tuned model: its architecture is BertForPreTraining"):
        load_task(tiny_model_folder)
    loaded = start_task(tiny_model_folder, settings_for("classification"))
    save_task(loaded.model, loaded.tokenizer, tmp_path, loaded.settings)
    config = json.loads((tmp_path / "config.json").read_text())
    for change, message in (({"problem_type": "regression"}, "only one label"),
                            ({"id2label": {"0": "a", "1": "b"}}, "classifier.weight has shape"),
                            ({"id2label": {"x": "a"}}, "does not describe")):
        (tmp_path / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(ValueError, match=message):
            load_task(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({k: v for k, v in config.items() if k != "task_specific_params"}))
    assert read_settings(tmp_path) == settings_for("classification")


@pytest.mark.parametrize("task", ARCHITECTURES)
def test_losses_by_hand(task, tiny_model_folder, randomise):
    model = randomise(start_task(tiny_model_folder, settings_for(task)).model)
    batch = inputs(WordPieceTokenizer.from_folder(tiny_model_folder))
    y = {"classification": {"labels": np.array([2, 0])}, "pairs": {"labels": np.array([1, 1])},
         "tagging": {"tags": np.tile([1, 0, 2], (2, 8)), "weights": (np.arange(48) % 5 == 1).reshape(2, 24) * 1.0},
         "questions": {"starts": np.array([3, 0]), "ends": np.array([4, 0])}}[task]
    outputs = {key: np.asarray(value, np.float64) for key, value in model(batch).items()}

    def crossentropy(logits, labels):
        logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return -np.take_along_axis(logs, labels[..., None], axis=-1)[..., 0]

    if task == "questions":
        hidden = np.where(batch["padding_mask"], 0.0, -np.inf)
        expected = np.mean([crossentropy(outputs[f"{side}_logits"] + hidden, y[f"{side}s"])
                            for side in ("start", "end")])
    elif task == "tagging":
        expected = np.average(crossentropy(outputs["logits"], y["tags"]), weights=y["weights"])
    else:
        expected = crossentropy(outputs["logits"], y["labels"]).mean()
    model.compile(run_eagerly=True)
    found = model.test_on_batch(batch, y, return_dict=True)
    assert float(found["loss"]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("task", ARCHITECTURES)
def test_sample_weights_multiply_the_losses_of_examples(task, tiny_model_folder, randomise):
    model = randomise(start_task(tiny_model_folder, settings_for(task)).model)
    batch = inputs(WordPieceTokenizer.from_folder(tiny_model_folder))
    tokens = np.tile(np.arange(24) % 5 == 1, (2, 1)) * 1.0
    y = {"tagging": {"tags": np.tile([1, 0, 2], (2, 8)), "weights": tokens},
         "questions": {"starts": np.array([3, 1]), "ends": np.array([4, 2])}}.get(task, {"labels": np.array([2, 0])})
    model.compile(run_eagerly=True)

    def loss(rows, weights=None):
        taken = [{key: value[rows] for key, value in part.items()} for part in (batch, y)]
        return float(model.test_on_batch(*taken, sample_weight=weights, return_dict=True)["loss"])

    alone = [loss(slice(0, 1)), loss(slice(1, 2))]
    assert alone[0] != pytest.approx(alone[1], rel=1e-3)
    both = slice(0, 2)
    assert loss(both) == pytest.approx(np.mean(alone), rel=1e-5)
    assert loss(both, np.array([0.0, 1.0])) == pytest.approx(alone[1] / 2, rel=1e-5)
    assert loss(both, np.array([2.0, 0.5])) == pytest.approx(alone[0] + alone[1] / 4, rel=1e-5)
    history = model.fit(batch, y, sample_weight=np.zeros(2), batch_size=2, verbose=0)
    assert history.history["loss"] == [0.0]
    model.compile(run_eagerly=True)
    with pytest.raises(ValueError, match="one weight for each example"):
        loss(both, np.ones((2, 24)))


def test_labels_alone_will_do_for_texts(tiny_model_folder, randomise):
    model = randomise(start_task(tiny_model_folder, settings_for("classification")).model)
    batch, labels = inputs(WordPieceTokenizer.from_folder(tiny_model_folder)), np.array([2, 0])
    model.compile(run_eagerly=True)
    expected = model.evaluate(batch, {"labels": labels}, verbose=0)
    assert model.evaluate(batch, labels, verbose=0) == pytest.approx(expected)
    assert model.evaluate(batch, labels[:, None], verbose=0) == pytest.approx(expected)
    assert model.fit(batch, labels, verbose=0).history["loss"]
    tagger = start_task(tiny_model_folder, settings_for("tagging")).model
    tagger.compile(run_eagerly=True)
    with pytest.raises(ValueError, match="y should be a dict of tags and weights to train BertForTokenClassification"):
        tagger.fit(batch, labels, verbose=0)


def test_there_is_no_other_loss(tiny_model_folder, tmp_path):
    import keras

    model = start_task(tiny_model_folder, settings_for("classification")).model
    with pytest.raises(ValueError, match="computes its own loss and takes no other.*loss='mse'"):
        model.compile(loss="mse")
    model.compile(optimizer="adam", jit_compile=False, run_eagerly=True)
    batch, labels = inputs(WordPieceTokenizer.from_folder(tiny_model_folder)), np.array([2, 0])
    model.train_on_batch(batch, labels)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.evaluate(batch, labels, verbose=0) == pytest.approx(model.evaluate(batch, labels, verbose=0))
    assert again.optimizer.name == "adam" and again.jit_compile is False and again.run_eagerly is True


def test_words_are_cut_at_spaces_punctuation_and_chinese_characters():
    text = '"In" don\'t Rome, 北京，U.S.A 2，3'
    words = [text[start:end] for start, end in task_inputs.word_spans(text)]
    assert words == ['"', "In", '"', "don't", "Rome", ",", "北", "京", "，", "U.S.A", "2", "，", "3"]


def test_words_find_their_first_piece():
    offsets = [(0, 0), (0, 2), (2, 4), (5, 9), (0, 0)]  # [CLS] un ##do 1999 [SEP]
    assert task_inputs.piece_of_words([(0, 4), (5, 9), (10, 12)], offsets) == [1, 3, -1]
    by_character = [(i, i + 1) for i in range(9)]
    assert task_inputs.piece_of_words(by_character, offsets) == [1, 1, 2, 2, -1, 3, 3, 3, 3]
    tags = task_inputs.tags_of_words(by_character, offsets, ["O", "B-PER", "I-PER", "B-LOC", "O"])
    assert tags == ["B-PER", "I-PER", "I-PER", "I-PER", "O", "B-LOC", "I-LOC", "I-LOC", "I-LOC"]


def test_words_that_share_a_piece_are_one_entity():
    def tags_of(*tags):
        return task_inputs.tags_of_words([(0, 1), (1, 2), (2, 3), (3, 4)], [(0, 3), (3, 4)], tags)

    assert tags_of("S-PER", "S-PER") == ["B-PER", "I-PER", "I-PER", "S-PER"]
    assert tags_of("E-PER", "O") == ["I-PER", "I-PER", "I-PER", "O"]
    assert tags_of("NOUN", "VERB") == ["NOUN", "NOUN", "NOUN", "VERB"]
    assert task_inputs.entity_types(["O", "B-PER", "I-PER", "S-LOC", "NOUN"]) == ["PER", "LOC", "NOUN"]


def test_entities_are_counted_as_seqeval_does():
    from seqeval import metrics
    from seqeval.metrics.sequence_labeling import get_entities

    rng, tags = np.random.default_rng(0), ["O", "O", "B-A", "I-A", "B-B", "I-B"]
    expected = [list(rng.choice(tags, 9)) for _ in range(60)]
    predicted = [[tag if rng.random() < 0.7 else str(rng.choice(tags)) for tag in row] for row in expected]
    for row in expected:
        assert task_inputs.entities(row) == [(kind, first, last + 1) for kind, first, last in get_entities(row)]
    for sides in ("BIES", "BILU"):  # BILU by the names that seqeval knows
        tags = ["O", *(f"{side}-{kind}" for side in sides for kind in "AB")]
        for row in rng.choice(tags, (200, 9)).tolist():
            theirs = get_entities([tag.replace("L-", "E-").replace("U-", "S-") for tag in row])
            assert task_inputs.entities(row) == [(kind, first, last + 1) for kind, first, last in theirs]
    assert task_inputs.entities(["DET", "NOUN", "O", "X-Y"]) == [("DET", 0, 1), ("NOUN", 1, 2), ("X-Y", 3, 4)]
    figures = task_scores.entity_figures(expected, predicted)
    assert figures["entity_f1"] == pytest.approx(metrics.f1_score(expected, predicted))
    assert figures["entity_precision"] == pytest.approx(metrics.precision_score(expected, predicted))
    assert figures["entity_recall"] == pytest.approx(metrics.recall_score(expected, predicted))
    assert figures["accuracy"] == pytest.approx(metrics.accuracy_score(expected, predicted))
    report = metrics.classification_report(expected, predicted, output_dict=True)
    for row in figures["per_class"]:
        assert row["f1"] == pytest.approx(report[row["label"]]["f1-score"])


def test_class_figures_are_those_of_scikit_learn():
    from sklearn import metrics

    rng = np.random.default_rng(1)
    expected, predicted = rng.integers(0, 3, 100), rng.integers(0, 3, 100)
    figures = task_scores.class_figures(expected, predicted, ["a", "b", "c"])
    assert figures["accuracy"] == pytest.approx(metrics.accuracy_score(expected, predicted))
    assert figures["macro_f1"] == pytest.approx(metrics.f1_score(expected, predicted, average="macro"))
    assert figures["confusion"] == metrics.confusion_matrix(expected, predicted).tolist()


@pytest.mark.parametrize(("predicted", "answers", "exact", "f1"), [
    ("The Rome!", ["rome"], 1, 1), ("the glass blue bowl", ["a blue bowl"], 0, 0.8), ("Paris", ["Rome", "Paris"], 1, 1),
    ("北京大学", ["北京"], 0, 2 / 3), ("《北京》", ["北京"], 1, 1), ("", ["Rome"], 0, 0),
    ("in 1841", ["1841", "2"], 0, 2 / 3)])
def test_answers_are_compared_by_the_squad_definition(predicted, answers, exact, f1):
    assert task_scores.exact_match(predicted, answers) == exact
    assert task_scores.answer_f1(predicted, answers) == pytest.approx(f1)


def test_windows_cover_a_passage_and_find_the_answer(tiny_vocabulary):
    tokenizer = WordPieceTokenizer(tiny_vocabulary)
    passage = "the cat sat on the mat. " * 6 + "a dog sat by the river." + " we went by the bank" * 4
    windows = task_inputs.question_windows(tokenizer, "the dog?", passage, max_length=30, doc_stride=12)
    assert len(windows) > 3 and max(map(len, windows)) == 30
    pieces = tokenizer.pieces(passage)
    seen = [window.offsets[i] for window in windows for i in window.passage]
    assert set(seen) == {(start, end) for _, _, start, end in pieces}
    start = passage.index("dog sat")
    places = [(i, window.find(start, start + 7)) for i, window in enumerate(windows)]
    inside = {i: place for i, place in places if place != (0, 0)}
    assert inside
    for i, (first, last) in inside.items():
        assert (windows[i].offsets[first][0], windows[i].offsets[last][1]) == (start, start + 7)
    # the best span over all windows: the second window that holds it is the surer one
    starts, ends = ([np.zeros(32, np.float32) for _ in windows] for _ in range(2))
    for bonus, (i, (first, last)) in enumerate(inside.items(), 5):
        starts[i][first] = ends[i][last] = bonus
    starts[0][0] = ends[0][0] = 50.0  # [CLS] is no answer
    best, second = task_inputs.best_spans(windows, starts, ends, top_k=2)
    assert passage[best[0]:best[1]] == "dog sat" and best[2] > second[2]
    everything = task_inputs.best_spans(windows, starts, ends, top_k=10**6)
    assert sum(p for _, _, p in everything) == pytest.approx(1.0)
    assert len({span[:2] for span in everything}) == len(everything)


def test_answers_start_and_end_at_whole_words(tiny_vocabulary):
    tokenizer = WordPieceTokenizer(tiny_vocabulary)
    window, = task_inputs.question_windows(tokenizer, "the?", "cats sat", max_length=30, doc_stride=8)
    rows = [np.zeros(len(window), np.float32)] * 2
    spans = {(start, end) for start, end, _ in task_inputs.best_spans([window], rows[:1], rows[1:], top_k=99)}
    assert spans == {(0, 4), (5, 8), (0, 8)}


@pytest.mark.parametrize("answer", ["cafe\u0301", "आम में", "❤\ufe0f", "\u200fcat\u200d"])
def test_answers_keep_the_characters_that_the_tokenizer_drops(tiny_vocabulary, answer):
    tokenizer, passage = WordPieceTokenizer(tiny_vocabulary), f"the dog {answer}, we went"
    window, = task_inputs.question_windows(tokenizer, "the?", passage, max_length=40, doc_stride=8)
    first, last = window.find(8, 8 + len(answer))
    assert (window.offsets[first][0], window.offsets[last][1]) == (8, 8 + len(answer))
    assert task_scores.exact_match(answer, [answer.strip("\u200f\u200d")]) == 1
