"""Measures against numbers worked by hand, scikit-learn and plain sums."""

import json
import math

import numpy as np
import pytest

from bert_tf.__main__ import main
from bert_tf.evaluation import heldout, report, sets
from bert_tf.evaluation.command import word2vec_beside
from bert_tf.sense_sets import SenseSet, sense_sets
from bert_tf.static_vectors import StaticVectors

WORD = SenseSet("bank", "en", ("money", "river"), ({"en": "m", "zh": "m"}, {"en": "r", "zh": "r"}),
                (("the bank is old.", "money in the bank.", "a new bank."), ("the river bank.", "sat on the bank.",
                                                                             "water by the bank.")))


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "held-out.txt"
    path.write_text("the cat sat on the mat.\nit was a good day.\nthe dog is old.\nwater in the river.\n\n"
                    "我爱北京。\n今天天气好。\n你吃苹果吗？\n\n" * 12, encoding="utf-8")
    return path


def test_loss_and_rank_by_hand():
    losses, ranks = heldout.loss_and_rank(np.array([[0.0, math.log(3)], [5.0, 5.0]]), np.array([0, 1]))
    np.testing.assert_allclose(losses, [math.log(4), math.log(2)], rtol=1e-6)
    assert ranks.tolist() == [1, 0]


@pytest.mark.parametrize("alone", [False, True])
def test_held_out_figures_are_those_of_the_sampled_batches(tiny_bert, text, tmp_path, alone):
    figures = heldout.masked_words(tiny_bert, text, scratch=tmp_path, pairs=64, alone=alone)
    model, logs = tiny_bert.model, []
    model.compile()
    sampler = heldout._sampler(tiny_bert, text, tmp_path, **({"single_rate": 1.0} if alone else {}))
    for step in range(2):
        batch = sampler.batch(step, sequence_length=64, batch_size=32)
        assert ((batch["next_labels"] == -1) == alone).all() and (batch["segment_ids"].any() != alone)
        x = {key: batch[key] for key in ("token_ids", "segment_ids", "padding_mask", "mask_positions")}
        y = {key: batch[key] for key in ("mask_ids", "mask_weights", "next_labels")}
        logs.append((model.test_on_batch(x, y, return_dict=True), batch["mask_weights"].sum()))
    total = sum(weight for _, weight in logs)
    assert figures["predictions"] == total
    assert figures["loss"] == pytest.approx(sum(log["mlm_loss"] * weight for log, weight in logs) / total, rel=1e-4)
    assert figures["top_1"] == pytest.approx(sum(log["mlm_accuracy"] * weight for log, weight in logs) / total, abs=1e-4)
    assert figures["perplexity"] == pytest.approx(math.exp(figures["loss"]))
    assert figures["top_5"] >= figures["top_1"]


def test_short_pairs_are_judged_as_they_are_typed(tiny_bert, text, tmp_path):
    found = heldout.next_sentences(tiny_bert, text, scratch=tmp_path, pairs=32, kinds=["random"], longest=24)
    batch = heldout._sampler(tiny_bert, text, tmp_path, short_rate=0.0).batch(0, sequence_length=24, batch_size=32)
    right = 0
    for tokens, segments, real, label in zip(heldout.unmasked(batch)["token_ids"], batch["segment_ids"],
                                             batch["padding_mask"], batch["next_labels"]):
        first, second = (tiny_bert.tokenizer.decode(tokens[(segments == part) & (real == 1)][start:-1])
                         for part, start in ((0, 1), (1, 0)))
        right += (tiny_bert.next_sentence(first, second).is_next > 0.5) == (label == 0)
    assert list(found) == ["random"] and found["random"] == pytest.approx(right / 32, abs=0.04)  # [UNK] is not written back


def test_text_of_unknown_characters_alone_is_refused(tiny_bert, tmp_path):
    (tmp_path / "emoji.txt").write_text("😀 😀\n😀\n\n😀\n😀 😀\n", encoding="utf-8")
    with pytest.raises(ValueError, match="Nothing can be predicted in .*emoji.txt"):
        heldout.masked_words(tiny_bert, tmp_path / "emoji.txt", scratch=tmp_path, pairs=32)


def test_files_that_begin_alike_are_all_measured(tiny_bert, text, tmp_path, monkeypatch):
    monkeypatch.setattr(report.sets, "cloze", lambda *args: {})
    monkeypatch.setattr(report.sets, "senses", lambda *args, **options: {})
    monkeypatch.setattr(report, "crowding", lambda bert: [])
    other = tmp_path / "other" / text.name
    other.parent.mkdir()
    other.write_text("the cat sat on the mat.\nit was a good day.\n\n" * 20)
    found = report.measure_all(tiny_bert, [str(text), str(other)], scratch=tmp_path / "shards", pairs=32)["text"]
    assert list(found) == [f"{tmp_path.name}/held-out", "other/held-out"]
    alone = heldout.masked_words(tiny_bert, other, scratch=tmp_path / "alone", pairs=32)
    assert found["other/held-out"] | alone == found["other/held-out"]


def test_every_kind_of_negatives_is_measured_without_masks(tiny_bert, text, tmp_path):
    assert set(heldout.next_sentences(tiny_bert, text, scratch=tmp_path, pairs=32)) == {"random", "same_document", "swapped"}
    batch = heldout._sampler(tiny_bert, text, tmp_path).batch(0, sequence_length=64, batch_size=8)
    assert (batch["token_ids"] == tiny_bert.tokenizer.mask_token_id).any()
    assert not (heldout.unmasked(batch)["token_ids"] == tiny_bert.tokenizer.mask_token_id).any()


def test_separation_by_hand():
    apart = np.array([[1.0, 0.1], [1.0, -0.1], [0.1, 1.0], [-0.1, 1.0]])
    accuracy, silhouette = sets.separation(apart, [0, 0, 1, 1])
    # cosines: 0.99 / 1.01 to the other of one's kind; 0.1 / 1.01 on average to the other kind, -0.1 / 1.01 for two of the four
    inside, near, far = 1 - 0.99 / 1.01, 1 - 0.1 / 1.01, 1 + 0.1 / 1.01
    assert accuracy == 1.0 and silhouette == pytest.approx(((near - inside) / near + (far - inside) / far) / 2)
    assert sets.separation(np.ones((6, 3)), [0, 0, 0, 1, 1, 1]) == (0.5, 0.0)  # a vector that never moves


def test_senses_are_those_of_word_vectors(tiny_bert):
    found = sets.senses(tiny_bert, words=[WORD])["bank"]
    vectors = np.stack([tiny_bert.word_vectors(sentence, "bank") for sentence, _ in WORD.labelled()])
    labels = [label for _, label in WORD.labelled()]
    assert found["language"] == "en"
    for layer in range(3):
        accuracy, silhouette = sets.separation(vectors[:, layer], labels)
        assert found["accuracy"][layer] == pytest.approx(accuracy)
        assert found["silhouette"][layer] == pytest.approx(silhouette, abs=1e-4)


def test_word2vec_beside_uses_the_other_words_only():
    vectors = {"en": StaticVectors(["bank", "money", "river", "old", "new", "water", "sat"], np.array(
        [[9, 9], [1, 0], [0, 1], [1, 0.1], [1, 0.2], [0.1, 1], [0.2, 1]], np.float32))}
    assert sets.senses_by_neighbours(vectors, words=[WORD])["bank"]["accuracy"] == 1.0
    assert sets.senses_by_neighbours({}, words=[WORD]) == {}


def test_the_cloze_set_is_whole_and_counts_right_answers(tiny_bert):
    entries = sets.cloze_set()
    assert [sum(entry.language == language for entry in entries) for language in ("en", "zh")] == [100, 100]
    assert all(entry.sentence.count("[MASK]") == 1 and entry.answers for entry in entries)
    figures = sets.cloze(tiny_bert, "zh")
    hits = 0
    for entry in entries:
        if entry.language == "zh":
            hits += any(c.token in entry.answers for c in tiny_bert.fill_mask(entry.sentence, top_k=5)[0])
    assert figures["top_5"] == hits / 100 and figures["top_1"] <= figures["top_5"]


def test_the_command_measures_and_writes_the_card(model_copy, text, capsys):
    (model_copy / "card.md").write_text("# Mine\n\nAbout it.\n", encoding="utf-8")
    assert main(["evaluate", str(model_copy), str(text), "--pairs", "32", "--card"]) == 0
    shown = capsys.readouterr().out
    assert "held-out" in shown and "same document" in shown
    measures = json.loads((model_copy / report.MEASURES_FILE).read_text(encoding="utf-8"))
    assert set(measures["senses"]) == {entry.word for entry in sense_sets()} and len(measures["anisotropy"]) == 3
    report.save(measures, model_copy)  # again: the measures are replaced, not added
    card = (model_copy / "card.md").read_text(encoding="utf-8")
    assert card.startswith("# Mine\n\nAbout it.") and card.count("## Measures") == 1
    assert (model_copy / "layers.svg").read_text(encoding="utf-8").startswith("<svg")


def test_what_was_measured_of_the_same_weights_stays(model_copy, tiny_bert, tmp_path):
    def row(task, train, *figures):
        return {"task": task, "figure": "accuracy", "train": train, "dev": 8, "pretrained": list(figures), "scratch": [0.5]}

    senses = {"bank": {"language": "en", "accuracy": [0.5], "silhouette": [0.0]}}
    first = {"text": {"a": {}}, "cloze": {}, "senses": senses, "anisotropy": [0.1], "tasks": [row("x", 10, 0.6), row("x", 20, 0.7)]}
    second = {"text": {"b": {}}, "cloze": {}, "senses": senses, "anisotropy": [0.2], "tasks": [row("x", 20, 0.75, 0.85)]}
    both = report.joined(first, second)
    assert set(both["text"]) == {"a", "b"} and both["anisotropy"] == [0.2]
    assert both["tasks"] == [row("x", 10, 0.6), row("x", 20, 0.75, 0.85)]
    table = report.markdown({**both, "text": {}})
    assert "| x | 10 | 8 | 1 | accuracy | 60.0% | 50.0% |" in table
    assert "| x | 20 | 8 | 2 | accuracy | 80.0% (75.0% to 85.0%) | 50.0% |" in table
    assert "tasks" not in report.joined({}, {"text": {}})
    assert report.known(model_copy) == {}
    report.save({**both, "text": {}}, model_copy)
    assert report.known(model_copy)["tasks"] == both["tasks"]
    with (model_copy / "model.safetensors").open("r+b") as file:  # other weights
        file.seek(-1, 2)
        file.write(b"\x7f")
    assert report.known(model_copy) == {}
    (model_copy / report.MEASURES_FILE).write_text("{")
    with pytest.raises(ValueError, match="measures.json is not valid JSON"):
        report.known(model_copy)


def test_each_measure_needs_its_own_head(tiny_bert, text, tmp_path, monkeypatch):
    whole = heldout.masked_words(tiny_bert, text, scratch=tmp_path, pairs=32)
    monkeypatch.setattr(tiny_bert, "_parts", {"encoder", "mlm_head"})
    assert heldout.masked_words(tiny_bert, text, scratch=tmp_path, pairs=32) == whole
    with pytest.raises(ValueError, match="lacks the next-sentence head"):
        heldout.next_sentences(tiny_bert, text, scratch=tmp_path)
    measures = report.measure_all(tiny_bert, [text], scratch=tmp_path, pairs=32)
    short = heldout.masked_words(tiny_bert, text, scratch=tmp_path, pairs=32, alone=True)
    assert measures["text"]["held-out"] == whole | {"short": short} and "| – | – | – |" in report.markdown(measures)
    monkeypatch.setattr(tiny_bert, "_parts", {"encoder", "pooler"})
    with pytest.raises(ValueError, match="lacks the masked-word head"):
        heldout.masked_words(tiny_bert, text, scratch=tmp_path)


def test_a_model_of_one_segment_is_not_measured_on_pairs(tiny_bert, text, tmp_path, monkeypatch):
    monkeypatch.setattr(tiny_bert, "config", tiny_bert.config.replace(type_vocab_size=1))
    for measure in (heldout.masked_words, heldout.next_sentences):
        with pytest.raises(ValueError, match="cannot be measured on sentence pairs: it knows no second segment"):
            measure(tiny_bert, text, scratch=tmp_path)


def test_word2vec_is_found_beside_the_model_or_named(tmp_path):
    StaticVectors(["a"], np.ones((1, 2), np.float32)).save(tmp_path / "word2vec-en")
    assert set(word2vec_beside(str(tmp_path / "model"), None)) == {"en"}
    assert set(word2vec_beside("", [f"zh={tmp_path / 'word2vec-en'}"])) == {"zh"}
    with pytest.raises(ValueError, match="en=FOLDER"):
        word2vec_beside("", ["fr=x"])
    with pytest.raises(FileNotFoundError):
        word2vec_beside("", [f"en={tmp_path / 'nowhere'}"])


def test_fine_tuned_figures_are_those_of_the_run(tiny_model_folder, tmp_path, monkeypatch):
    from bert_tf.evaluation import tasks
    from bert_tf.training.finetuning_config import FinetuningConfig

    for part, count in (("train", 24), ("dev", 8)):
        rows = "".join(f"the {'good cat' if i % 2 else 'old dog'} sat\t{'yes' if i % 2 else 'no'}\n" for i in range(count))
        (tmp_path / f"pets-{part}.tsv").write_text(f"text\tlabel\n{rows}", encoding="utf-8")
    seen, seeds, real, create = [], [], tasks.finetune, tasks.create_finetuning
    monkeypatch.setattr(tasks, "finetune", lambda run, show: seen.append(real(run, show=show)) or seen[-1])
    monkeypatch.setattr(tasks, "create_finetuning",
                        lambda run, config, **files: seeds.append(config.seed) or create(run, config, **files))
    rows = tasks.fine_tuned(tiny_model_folder, [str(tmp_path / "pets-train.tsv")], amounts=(10, 0), draws=2,
                            config=FinetuningConfig(epochs=1, mixed_precision="float32", seed=3))
    assert [(row["task"], row["figure"], row["train"], row["dev"]) for row in rows] == [
        ("pets", "accuracy", 10, 8), ("pets", "accuracy", 24, 8)]
    for twin in ("pretrained", "scratch"):
        figures = [result["twins"][twin]["figures"]["accuracy"] for result in seen]
        assert [row[twin] for row in rows] == [figures[:2], figures[2:]]
    assert seeds == [3, 4, 3, 4]
    with pytest.raises(ValueError, match="1 draw or more, not 0"):
        tasks.fine_tuned(tiny_model_folder, [], draws=0)
    assert tasks.set_names(["a/pets-train.tsv", "a/x.train.csv"]) == ["pets", "x"]
    assert tasks.set_names(["a/x.en-train.tsv", "a/x.zh-train.tsv", "b/train.tsv"]) == ["x.en", "x.zh", "train"]
    assert tasks.set_names(["a/train.tsv", "b/train.tsv"]) == ["a", "b"]
    with pytest.raises(ValueError, match="train"):
        tasks.dev_file(tmp_path / "pets.tsv")
    with pytest.raises(FileNotFoundError, match="other-train"):
        tasks.dev_file(tmp_path / "other-train.tsv")


def test_a_fine_tuning_that_is_stopped_is_no_result(tmp_path, monkeypatch):
    from bert_tf.evaluation import tasks
    from bert_tf.training.finetuning_config import FinetuningConfig

    for name in ("a", "b"):
        for part in ("train", "dev"):
            (tmp_path / f"{name}-{part}.tsv").touch()
    twin = {"figures": {"accuracy": 0.5}}
    results = [{"state": state, "score_name": "accuracy", "examples": {"train": 3, "dev": 2},
                "twins": {"pretrained": twin, "scratch": twin}} for state in ("finished", "stopped")]
    monkeypatch.setattr(tasks, "create_finetuning", lambda *args, **options: None)
    monkeypatch.setattr(tasks, "finetune", lambda run, show: results.pop(0))
    files, seen = [str(tmp_path / f"{name}-train.tsv") for name in "ab"], []
    with pytest.raises(KeyboardInterrupt):
        tasks.fine_tuned("model", files, found=lambda rows: seen.append([row["task"] for row in rows]))
    assert seen == [["a"]]
    with pytest.raises(ValueError, match="twin is false"):
        tasks.fine_tuned("model", files, config=FinetuningConfig(twin=False))


def test_the_command_checks_first_and_tells_what_it_measured(model_copy, tmp_path, monkeypatch, capsys):
    from bert_tf.evaluation import tasks

    def fail(*args, **options):
        raise OSError(28, "No space left on device", "card.md")

    monkeypatch.setattr(report, "measure_all", lambda *args, **options: measured.append(1) or {})
    measured, command = [], ["evaluate", str(model_copy), "--card"]
    for part, label in (("train", "yes"), ("dev", "perhaps")):
        (tmp_path / f"a-{part}.tsv").write_text(f"text\tlabel\nx\tno\ny\t{label}\n")
    assert main([*command, "--tasks", str(tmp_path / "a-train.tsv")]) == 1
    assert "labels that the training file lacks: perhaps" in capsys.readouterr().err
    monkeypatch.setattr("tempfile.TemporaryFile", fail)
    assert main(command) == 1 and "No space left on device. Allow writing there, or leave" in capsys.readouterr().err
    assert not measured
    monkeypatch.undo()
    monkeypatch.setattr(report, "measure_all", lambda *args, **options: {"text": {}})
    monkeypatch.setattr(report, "markdown", lambda measures: f"measured {sorted(measures)}")
    monkeypatch.setattr(report, "save", fail)
    assert main(command) == 1
    said = capsys.readouterr()
    assert said.out == "measured ['text']\n" and "card.md: No space left on device" in said.err
    row = {"task": "a", "train": 5}
    monkeypatch.setattr(tasks, "fine_tuned", lambda *args, found, **options: found([row]) or fail())
    assert main(command[:-1]) == 1 and capsys.readouterr().out == "measured ['tasks', 'text']\n"
