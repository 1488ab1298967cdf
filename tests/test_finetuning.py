"""Fine-tuning from end to end on a tiny model: it learns, tells everything in the run folder, stops as it should."""

import json
import pickle

import numpy as np
import pytest

import bert_tf
from bert_tf import checkpoint
from bert_tf.__main__ import main, parser
from bert_tf.config import BertConfig
from bert_tf.finetune_command import BUNDLED_MODEL
from bert_tf.model import BertForPreTraining
from bert_tf.task_folder import LoadedTask, TaskSettings, save_task, start_task
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.training import finetuning, twins
from bert_tf.training.finetuning import create_finetuning, finetune
from bert_tf.training.finetuning_config import FinetuningConfig, suggested_epochs, suggested_learning_rate
from bert_tf.training.run_folder import RunFolder
from bert_tf.training.task_batches import collate, make_features, shuffled_batches
from bert_tf.training.task_evaluation import MOST_WRONG, Evaluation, evaluate_task
from bert_tf.training.task_files import read_task_file

SUBJECTS = ("the cat", "a dog", "he", "she", "猫", "我", "the old man", "they")
GOOD, BAD = ("is good", "sat in the sun", "爱吃水果"), ("is old", "went by the river", "去银行")


def sentiment(folder):
    rows = [f"{subject} {deed} {end}\t{label}" for subject in SUBJECTS for end in ("today", "now", "。")
            for label, deeds in (("good", GOOD), ("bad", BAD)) for deed in deeds]
    path = folder / "sentiment.tsv"
    path.write_text("text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def pairs(folder):
    rows = [f"{a}\t{b}\t{'same' if a == b else 'different'}" for a in SUBJECTS for b in SUBJECTS + (a,) * 6]
    path = folder / "pairs.tsv"
    path.write_text("text_a\ttext_b\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def tagged(folder):
    rows = [{"tokens": [*subject.split(), "went", "to", place, "."],
             "tags": ["O"] * len(subject.split()) + ["O", "O", "B-LOC", "O"]}
            for subject in SUBJECTS for place in ("bank", "river", "apple", "北")]
    path = folder / "tagged.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return str(path)


def questions(folder):
    paragraphs = []
    for subject in SUBJECTS:
        for place in ("bank", "river", "mat"):
            context = "the sun is bright. " * 3 + f"{subject} went to the {place}. " + "we sat on the mat. " * 3
            answer = {"text": f"the {place}", "answer_start": context.index(f"the {place}.", 40)}
            asked = {"id": "1", "question": f"{subject}?", "answers": [answer]}
            paragraphs.append({"context": context, "qas": [asked]})
    path = folder / "questions.json"
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), encoding="utf-8")
    return str(path)


def recipe(**changes) -> FinetuningConfig:
    values = dict(epochs=1, batch_size=16, peak_learning_rate=3e-3, mixed_precision="float32", log_every=2, dropout=0.0)
    return FinetuningConfig(**values | changes)


def do(folder, model, train, show=lambda record: None, **changes) -> tuple[RunFolder, dict]:
    run = RunFolder(folder)
    create_finetuning(run, recipe(**changes), model=str(model), train=train)
    return run, finetune(run, show=show)


@pytest.fixture(scope="module")
def sentiment_run(tmp_path_factory, tiny_model_folder):
    folder = tmp_path_factory.mktemp("sentiment")
    return do(folder / "run", tiny_model_folder, sentiment(folder), epochs=4, peak_learning_rate=1e-2)


def test_both_twins_learn_and_are_told_apart(sentiment_run):
    run, result = sentiment_run
    assert run.config()["kind"] == "finetuning"
    assert run.config()["data"]["train"]["examples"] + run.config()["data"]["dev"]["examples"] == 144
    assert run.status()["state"] == "finished" and run.status()["progress"] == 1.0
    records = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    for name in ("pretrained", "scratch"):
        steps = [r for r in records if r["twin"] == name and "loss" in r]
        looks = [r for r in records if r["twin"] == name and "dev" in r]
        assert [r["step"] for r in steps] == list(range(2, 37, 2)) and len(looks) == 4
        assert steps[-1]["loss"] < steps[0]["loss"] / 2
        assert {"accuracy", "learning_rate", "examples_per_second", "progress", "epoch", "seconds"} <= set(steps[0])
        assert result["twins"][name]["figures"]["accuracy"] == max(r["dev"]["accuracy"] for r in looks) > 0.9
        assert len(list((run.path / "tensorboard" / name).iterdir())) == 1
    assert max(r["learning_rate"] for r in records if "loss" in r) <= 1e-2
    assert records[-3]["learning_rate"] < 1e-3
    assert json.loads((run.path / "result.json").read_text()) == result
    assert result["state"] == "finished" and result["labels"] == ["bad", "good"]


def test_the_model_folder_is_the_best_pretrained_twin(sentiment_run):
    run, result = sentiment_run
    bert = bert_tf.load_finetuned(run.path / "model")
    assert (bert.task, bert.labels) == ("classification", ("bad", "good"))
    _, dev = finetuning.read_examples(recipe(), run.config()["train"], None, {})
    right = [bert.classify(example.text)[0].label == example.label for example in dev.examples]
    assert np.mean(right) == pytest.approx(result["twins"]["pretrained"]["figures"]["accuracy"], abs=1e-6)
    assert sum(label.probability for label in bert.classify("the cat is good now")) == pytest.approx(1.0)
    assert bert.encode("the cat " * 99).cut > 0
    with pytest.raises(ValueError, match="fine-tuned for classification, so it cannot find entities"):
        bert.tag("the cat")
    with pytest.raises(ValueError, match="text is empty"):
        bert.classify(" ")


def test_the_card_says_what_was_measured(sentiment_run):
    run, result = sentiment_run
    card = (run.path / "model" / "card.md").read_text(encoding="utf-8")
    for twin, words in (("pretrained", "this model"), ("scratch", "the same network from random weights")):
        row = next(line for line in card.splitlines() if line.startswith(f"| {words} |"))
        assert f" {100 * result['twins'][twin]['figures']['accuracy']:.1f}% |" in row
    assert "Labels: bad, good." in card and "BertForSequenceClassification" in card
    assert f"most frequent label would be right for {result['largest_class']:.1%}" in card


def test_wrong_examples_are_kept_to_read(sentiment_run):
    first = [r["dev"] for r in sentiment_run[0].metrics() if "dev" in r][0]
    assert first["per_class"][0]["label"] == "bad" and np.sum(first["confusion"]) == first["examples"] == 14
    for twin in sentiment_run[1]["twins"].values():
        figures, wrong = twin["figures"], twin["wrong"]
        assert len(wrong) == round((1 - figures["accuracy"]) * figures["examples"])
        assert all(set(row) == {"text", "expected", "predicted", "probability"} for row in wrong)


def test_pairs(tmp_path, tiny_model_folder):
    file = read_task_file(pairs(tmp_path))
    settings = TaskSettings(task=file.task, labels=file.labels, max_length=32)
    twin = twins.make_twin("pretrained", str(tiny_model_folder), settings, recipe())
    features = make_features(file, twin.loaded.tokenizer, settings)
    evaluation = evaluate_task(twin.model, features, file, settings, 0)
    wrong = round((1 - evaluation.figures["accuracy"]) * len(file.examples))
    assert 0 < len(evaluation.wrong) == min(wrong, MOST_WRONG)
    assert set(evaluation.wrong[0]) == {"text", "text_b", "expected", "predicted", "probability"}
    chances = [row["probability"] for row in evaluation.wrong]
    assert chances == sorted(chances, reverse=True)
    save_task(twin.model, twin.loaded.tokenizer, tmp_path / "model", settings)
    bert = bert_tf.load_finetuned(tmp_path / "model")
    assert bert.task == "pairs"
    wrong = evaluation.wrong[0]
    best = bert.classify(wrong["text"], wrong["text_b"])[0]
    assert (best.label, best.probability) == (wrong["predicted"], pytest.approx(wrong["probability"], abs=1e-4))
    with pytest.raises(ValueError, match="give a second one"):
        bert.classify("the cat")


def test_tags(tmp_path, tiny_model_folder):
    run, result = do(tmp_path / "run", tiny_model_folder, tagged(tmp_path), twin=False, epochs=8, batch_size=8,
                     peak_learning_rate=1e-2)
    assert result["twins"]["pretrained"]["figures"]["entity_f1"] == 1.0
    bert = bert_tf.load_finetuned(run.path / "model")
    entity, = bert.tag("He went to river.")
    assert (entity.text, entity.label, entity.start, entity.end) == ("river", "LOC", 11, 16) and 0.5 < entity.score <= 1
    text = "He went to river. " * 30  # longer than the 64 tokens that the model takes
    assert all(text[e.start:e.end] == e.text for e in bert.tag(text))
    assert bert._stretches([i for i in range(130) if i != 62], 130) == [
        (0, 61), (61, 123), (123, 130)]  # piece 62 goes on with the word of piece 61


def test_questions(tmp_path, tiny_model_folder):
    run, result = do(tmp_path / "run", tiny_model_folder, questions(tmp_path), twin=False, epochs=1, doc_stride=16,
                     max_length=40)
    assert {"exact_match", "f1"} <= set(result["twins"]["pretrained"]["figures"])
    bert = bert_tf.load_finetuned(run.path / "model")
    assert bert.max_length == 40
    passage = "the sun is bright. " * 30 + "the cat went to the river. " + "we sat on the mat. " * 30
    answers = bert.answer("the cat?", passage, top_k=3)
    assert len(answers) == 3 and all(passage[a.start:a.end] == a.text for a in answers)
    assert answers[0].score >= answers[1].score > 0
    with pytest.raises(ValueError, match="question is empty"):
        bert.answer("", passage)


def test_frozen_layers_stay_as_they_are(tmp_path, tiny_model_folder):
    settings = TaskSettings(task="classification", labels=("a", "b"))
    x = {key: np.full((2, 8), 7, np.int32) for key in ("token_ids", "segment_ids", "padding_mask")}
    x = {"token_ids": x["token_ids"], "segment_ids": x["segment_ids"] * 0, "padding_mask": x["padding_mask"] // 7}
    kept = {}
    for name in ("pretrained", "scratch"):
        twin = twins.make_twin(name, str(tiny_model_folder), settings, recipe(frozen_blocks=1))
        before = checkpoint.model_tensors(twin.model)
        twin.train(x, {"labels": np.array([0, 1], np.int32)}, 1e-2, 1)
        after = checkpoint.model_tensors(twin.model)
        kept[name] = {key for key, value in after.items() if np.array_equal(value, before[key])}
    assert kept["pretrained"] == {n for n in after if n.startswith(("bert.embeddings", "bert.encoder.layer.0"))}
    assert not any(n.endswith("dense.weight") for n in kept["scratch"])
    run = RunFolder(tmp_path / "run")
    with pytest.raises(ValueError, match="frozen_blocks is 3, but the model has 2"):
        create_finetuning(run, recipe(frozen_blocks=3), model=str(tiny_model_folder), train=sentiment(tmp_path))
    assert not run.path.exists()


@pytest.mark.parametrize("longest", [20, 100])
def test_batches_are_no_longer_than_the_model(tmp_path, tiny_vocabulary, longest):
    config = BertConfig(vocab_size=len(tiny_vocabulary), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=16, max_position_embeddings=longest)
    checkpoint.save(BertForPreTraining.from_shape(config), WordPieceTokenizer(tiny_vocabulary), tmp_path / "model")
    rows = [f"{'the cat sat ' * length}\t{label}" for length in (1, 7, 33) for label in ("x", "y")] * 4
    (tmp_path / "a.tsv").write_text("text\tlabel\n" + "\n".join(rows))
    run, result = do(tmp_path / "run", tmp_path / "model", str(tmp_path / "a.tsv"), twin=False)
    assert result["state"] == "finished" and result["cut"]["train"] > 0
    assert run.config()["training"]["max_length"] == longest


def test_features_of_texts_are_those_of_the_tokenizer(tmp_path, tiny_bert):
    file = read_task_file(pairs(tmp_path))
    settings = TaskSettings(task=file.task, labels=file.labels, max_length=8)
    for feature, example in zip(make_features(file, tiny_bert.tokenizer, settings), file.examples, strict=True):
        expected = tiny_bert.tokenizer.encode(example.text, example.text_b, max_length=8)
        np.testing.assert_array_equal(feature.token_ids, expected.token_ids)
        np.testing.assert_array_equal(feature.segment_ids, expected.segment_ids)
        assert feature.cut == expected.cut and feature.token_ids.dtype == feature.segment_ids.dtype == np.int32


@pytest.fixture
def one_segment(tmp_path, tiny_vocabulary):
    """A folder of a BERT that knows no second segment."""
    config = BertConfig(vocab_size=len(tiny_vocabulary), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=16, max_position_embeddings=64, type_vocab_size=1)
    checkpoint.save(BertForPreTraining.from_shape(config), WordPieceTokenizer(tiny_vocabulary), tmp_path / "one")
    return tmp_path / "one"


def test_two_texts_take_a_second_segment(tmp_path, one_segment):
    for write in (pairs, questions):
        with pytest.raises(ValueError, match="knows no second segment .type_vocab_size 1., so it cannot read"):
            create_finetuning(RunFolder(tmp_path / "run"), recipe(), model=str(one_segment), train=write(tmp_path))
    create_finetuning(RunFolder(tmp_path / "run"), recipe(), model=str(one_segment), train=sentiment(tmp_path))
    for task, ask in (("pairs", "classify"), ("questions", "answer")):
        settings = TaskSettings(task=task, labels=() if task == "questions" else ("a", "b"))
        loaded = start_task(one_segment, settings)
        save_task(loaded.model, loaded.tokenizer, tmp_path / task, settings)
        with pytest.raises(ValueError, match="knows no second segment"):
            getattr(bert_tf.load_finetuned(tmp_path / task), ask)("the cat?", "a dog")


def test_what_is_no_text_is_refused(tiny_model_folder, tmp_path):
    def opened(task):
        settings = TaskSettings(task=task, labels=() if task == "questions" else ("O", "B-A"))
        loaded = start_task(tiny_model_folder, settings)
        save_task(loaded.model, loaded.tokenizer, tmp_path / task, settings)
        return bert_tf.load_finetuned(tmp_path / task)

    tagger, reader, judge = opened("tagging"), opened("questions"), opened("classification")
    for deed, message in ((lambda: tagger.tag(None), "The text should be one string, not NoneType"),
                          (lambda: tagger.tag(["x"]), "The text should be one string, not list"),
                          (lambda: reader.answer("what", None), "The passage should be one string, not NoneType"),
                          (lambda: reader.answer(3, "the cat"), "The question should be one string, not int"),
                          (lambda: judge.classify(None), "The text should be one string, not NoneType")):
        with pytest.raises(ValueError, match=message):
            deed()


def test_a_fine_tuned_model_is_shown_and_sent(tiny_model_folder, tmp_path, monkeypatch):
    settings = TaskSettings(task="classification", labels=("a", "b"))
    loaded = start_task(tiny_model_folder, settings)
    save_task(loaded.model, loaded.tokenizer, tmp_path / "m", settings)
    monkeypatch.setenv("HOME", str(tmp_path))
    bert = bert_tf.load_finetuned("~/m")
    assert repr(bert) == (f"Finetuned('{tmp_path}/m': classification, 2 labels, 2 layers of 4 heads, hidden size 32, "
                          f"{bert.config.vocab_size} word pieces)")
    assert pickle.loads(pickle.dumps(bert)).classify("the cat") == bert.classify("the cat")


@pytest.mark.parametrize(("labels", "bias", "expected"), [
    (("O", "NOUN", "VERB"), (0, 1, 0), [("the", "NOUN"), ("cat", "NOUN"), ("北", "NOUN")]),
    (("LABEL_0", "LABEL_1"), (0, 1), [("the", "LABEL_1"), ("cat", "LABEL_1"), ("北", "LABEL_1")]),
    (("O", "S-PER", "B-PER"), (0, 1, 0), [("the", "PER"), ("cat", "PER"), ("北", "PER")]),
    (("O", "E-PER", "I-PER"), (0, 0, 1), [("the cat北", "PER")])])
def test_every_kind_of_tag_is_read(tiny_model_folder, tmp_path, labels, bias, expected):
    settings = TaskSettings(task="tagging", labels=labels)
    loaded = start_task(tiny_model_folder, settings)
    loaded.model.head.set_weights([loaded.model.head.kernel.numpy() * 0, np.array(bias, np.float32) * 9])
    save_task(loaded.model, loaded.tokenizer, tmp_path, settings)
    found = bert_tf.load_finetuned(tmp_path).tag("the cat北")
    assert [(entity.text, entity.label) for entity in found] == expected


def test_early_stop(tiny_model_folder):
    settings = TaskSettings(task="tagging", labels=("O", "B-A", "I-A"))
    twin = twins.Twin("pretrained", LoadedTask(None, None, settings))
    seen = [twin.judge(Evaluation({"entity_f1": f1}, []), step, patience=2) or twin.stopped
            for step, f1 in enumerate((0.1, 0.3, 0.2, 0.3))]
    assert seen == [True, True, False, True]
    assert (twin.best_step, twin.best.figures["entity_f1"], twin.stopped) == (1, 0.3, True)


def test_a_stop_file_ends_the_run_with_a_result(tmp_path, tiny_model_folder):
    run = RunFolder(tmp_path / "run")

    def show(record):
        if record.get("step") == 4 and "loss" in record:
            (run.path / "STOP").touch()

    _, result = do(run.path, tiny_model_folder, sentiment(tmp_path), show, twin=False)
    assert result["state"] == run.status()["state"] == "stopped" and result["step"] in (4, 5)
    assert (run.path / "model" / "config.json").is_file()
    with pytest.raises(ValueError, match="was started before.*another run folder"):
        finetune(run)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path, tiny_model_folder, monkeypatch):
    rate = finetuning.learning_rate
    monkeypatch.setattr(finetuning, "learning_rate", lambda c, p: float("nan") if p > 0.2 else rate(c, p))
    with pytest.raises(ValueError, match=r"The loss is NaN at step 4 \(pretrained\).*start again with a third of it"):
        do(tmp_path / "run", tiny_model_folder, sentiment(tmp_path), twin=False)
    status = RunFolder(tmp_path / "run").status()
    assert status["state"] == "failed" and "NaN" in status["message"]


def test_batches_hold_every_example_once(tmp_path, tiny_bert):
    file = read_task_file(sentiment(tmp_path))
    features = make_features(file, tiny_bert.tokenizer, TaskSettings(task=file.task, labels=file.labels))
    batches = list(shuffled_batches(features, 10, seed=1, epoch=0))
    seen = [f.example for batch in batches for f in batch]
    assert set(seen) == set(range(144)) and [len(batch) for batch in batches] == [10] * 15  # six of them twice
    x, y = collate(batches[0], 0, max_length=64)
    assert collate(batches[0], 0, max_length=15)[0]["token_ids"].shape == (10, 15)
    assert x["token_ids"].shape == x["padding_mask"].shape == (10, 16)
    assert y["labels"].tolist() == [file.labels.index(file.examples[f.example].label) for f in batches[0]]
    again = [f.example for f in next(shuffled_batches(features, 10, seed=1, epoch=0))]
    assert again == [f.example for f in batches[0]]


@pytest.mark.parametrize(("change", "message"), [
    ({"task": "poetry"}, "task should be auto"), ({"epochs": -1}, "epochs"), ({"dropout": 1.0}, "dropout"),
    ({"warmup": 1.0}, "warmup"), ({"twin": 1}, "twin should be true"),
    ({"mixed_precision": "int8"}, "mixed_precision")])
def test_recipes_are_checked(change, message):
    with pytest.raises(ValueError, match=message):
        FinetuningConfig(**change)


def test_wider_models_learn_more_slowly():
    rates = [suggested_learning_rate(width) for width in (128, 256, 512, 768, 1024)]
    assert rates == sorted(rates, reverse=True) and rates[-1] == 3e-5


def test_small_sets_are_seen_more_often():
    assert [suggested_epochs(examples) for examples in (50, 1200, 3000, 100_000)] == [10, 10, 4, 3]


def test_the_bundled_model_is_found_from_anywhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert parser().parse_args(["bench"]).model == str(BUNDLED_MODEL)
    assert (BUNDLED_MODEL / "config.json").is_file()
    assert main(["finetune", "--train", "none.csv", "--run", "run"]) == 1
    assert "none.csv does not exist" in capsys.readouterr().err  # the model is looked at before the examples


def test_the_commands(tmp_path, tiny_model_folder, capsys):
    arguments = ["finetune", "--model", str(tiny_model_folder), "--train", sentiment(tmp_path), "--run",
                 str(tmp_path / "run"), "--epochs", "1", "--no-twin", "--mixed-precision", "float32"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "always the same label" in said and "scratch" not in said
    assert main(arguments) == 1 and "already holds a run" in capsys.readouterr().err
    assert main(["finetune", "--run", str(tmp_path / "run")]) == 1 and "started before" in capsys.readouterr().err
    assert main(["finetune", "--run", str(tmp_path / "none")]) == 1 and "--train FILE" in capsys.readouterr().err
    for flags, name in ((["--epochs", "7"], "epochs"), (["--model", str(tmp_path)], "model"),
                        (["--columns", "text=label"], "columns"), (["--dev", "x"], "dev")):
        assert main(["finetune", "--run", str(tmp_path / "run"), *flags]) == 1
        assert f"which has another {name}. Leave" in capsys.readouterr().err
    assert main(["finetune", "--run", str(tmp_path / "run"), "--epochs", "1", "--model", str(tiny_model_folder)]) == 1
    assert "started before" in capsys.readouterr().err
    for most in ("0", "-1"):
        assert main(["predict", str(tmp_path / "run"), "the cat", "--top-k", most]) == 1
        assert "--top-k should be an integer of at least 1" in capsys.readouterr().err
    assert main(["predict", str(tmp_path / "run"), "the cat is good", "a dog"]) == 0
    assert capsys.readouterr().out.count("%") == 4
    assert main(["predict", str(tiny_model_folder), "x"]) == 1
    assert "not a fine-tuned model" in capsys.readouterr().err
