"""Which words a label rests on, worked out again with transformers."""

import numpy as np
import pytest

from bert_tf.finetuned import load_finetuned
from bert_tf.influence import influence_on_blanks, influence_on_pair
from bert_tf.task_folder import TaskSettings, save_task, start_task

LABELS = ("bad", "good", "so-so")


@pytest.fixture(scope="module")
def folders(tmp_path_factory, tiny_model_folder, randomise):
    """A classifier of texts, one of pairs and a finder of names, with lively random weights."""
    found = {}
    for task in ("classification", "pairs", "tagging"):
        labels = ("O", "B-PER", "I-PER") if task == "tagging" else LABELS
        loaded = start_task(tiny_model_folder, TaskSettings(task=task, labels=labels, max_length=40))
        found[task] = tmp_path_factory.mktemp(task)
        save_task(randomise(loaded.model, seed=5), loaded.tokenizer, found[task], loaded.settings)
    return found


def log_odds(folder, encoding, hidden, label, kind="BertForSequenceClassification", score=lambda found: found.logits[0]):
    """What transformers gives a label, as ln(p / (1 - p)), with some positions behind [MASK]."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = getattr(transformers, kind).from_pretrained(folder).eval()
    ids = encoding.token_ids.copy()
    ids[hidden] = 4  # [MASK] in the tiny vocabulary
    with torch.no_grad():
        found = model(torch.tensor(ids[None]).long(), token_type_ids=torch.tensor(encoding.segment_ids[None]).long())
    probability = torch.softmax(score(found).double(), dim=-1)[label].item()
    return np.log(probability / (1 - probability)), probability


def test_weights_are_those_of_transformers(folders):
    bert = load_finetuned(folders["classification"])
    text = "A good caters, 北京的 bank!"  # caters is cut into cat ##er ##s
    found, encoding = bert.influence(text), bert.encode(text)
    assert [word.word for word in found.words] == ["A", "good", "caters", ",", "北京", "的", "bank", "!"]
    assert [text[word.start:word.end] for word in found.words] == [word.word for word in found.words]
    best = bert.classify(text)[0]
    assert (found.label, found.probability) == (best.label, pytest.approx(best.probability))
    label, position = LABELS.index(found.label), 1
    whole, _ = log_odds(folders["classification"], encoding, [], label)
    for word, count in zip(found.words, (1, 1, 3, 1, 2, 1, 1, 1), strict=True):
        odds, without = log_odds(folders["classification"], encoding, list(range(position, position + count)), label)
        assert word.weight == pytest.approx(whole - odds, abs=1e-3)
        assert word.without == pytest.approx(without, abs=1e-4)
        position += count


def test_more_words_than_one_batch_and_any_label(folders):
    bert = load_finetuned(folders["classification"])
    text = " ".join(["cat", "dog", "mat", "rain", "sun"] * 5)
    sums = {label: bert.influence(text, label=label) for label in LABELS}
    assert all(len(found.words) == 25 for found in sums.values())
    for words in zip(*(found.words for found in sums.values())):
        assert sum(word.without for word in words) == pytest.approx(1.0, abs=1e-5)
    with pytest.raises(ValueError, match="does not know the label 'great'; it knows bad, good, so-so"):
        bert.influence(text, label="great")


def test_both_texts_of_a_pair(folders):
    found = load_finetuned(folders["pairs"]).influence("the cat", "我爱北京")
    assert [(word.which, word.word, word.start) for word in found.words] == [
        (0, "the", 0), (0, "cat", 4), (1, "我", 0), (1, "爱", 1), (1, "北京", 2)]
    with pytest.raises(ValueError, match="give a second one"):
        load_finetuned(folders["pairs"]).influence("the cat")
    with pytest.raises(ValueError, match="cannot classify texts"):
        load_finetuned(folders["tagging"]).influence("the cat")


def test_blanks_are_weighed_as_transformers_does(tiny_bert, tiny_model_folder):
    text = "the [MASK] caters sat on [MASK], 北京"
    encoding = tiny_bert.encode(text)
    for found, answers, blank in zip(influence_on_blanks(tiny_bert, text), tiny_bert.fill_mask(text),
                                     np.flatnonzero(encoding.token_ids == 4), strict=True):
        assert (found.label, found.probability) == (answers[0].token, pytest.approx(answers[0].probability, abs=1e-5))
        assert [word.word for word in found.words] == ["the", "caters", "sat", "on", ",", "北京"]
        kind = {"kind": "BertForPreTraining", "score": lambda out: out.prediction_logits[0, blank]}
        whole, _ = log_odds(tiny_model_folder, encoding, [], answers[0].token_id, **kind)
        for word, hidden in ((found.words[1], [3, 4, 5]), (found.words[5], [10, 11])):
            odds, without = log_odds(tiny_model_folder, encoding, hidden, answers[0].token_id, **kind)
            assert (word.weight, word.without) == (pytest.approx(whole - odds, abs=1e-3), pytest.approx(without, abs=1e-4))
    with pytest.raises(ValueError, match=r"There is no \[MASK\]"):
        influence_on_blanks(tiny_bert, "the cat")
    assert influence_on_blanks(tiny_bert, "[MASK]")[0].words == []


def test_a_verdict_on_a_pair_is_weighed_as_transformers_does(tiny_bert, tiny_model_folder):
    found, encoding = influence_on_pair(tiny_bert, "the cat sat", "天空变亮"), tiny_bert.encode("the cat sat", "天空变亮")
    assert found.probability == pytest.approx(tiny_bert.next_sentence("the cat sat", "天空变亮").is_next)
    kind = {"kind": "BertForPreTraining", "score": lambda out: out.seq_relationship_logits[0]}
    whole, _ = log_odds(tiny_model_folder, encoding, [], 0, **kind)
    for word, hidden in ((found.words[1], [2]), (found.words[3], [5, 6])):
        odds, _ = log_odds(tiny_model_folder, encoding, hidden, 0, **kind)
        assert word.weight == pytest.approx(whole - odds, abs=1e-3)
    assert [(word.word, word.which) for word in found.words][2:4] == [("sat", 0), ("天空", 1)]


def test_the_command_names_the_words(folders, capsys):
    from bert_tf.__main__ import main

    assert main(["predict", str(folders["classification"]), "the good cat", "--words"]) == 0
    words = capsys.readouterr().out.splitlines()[1].split("  ")
    assert sorted(word.split(" ")[0] for word in words if word) == ["cat", "good", "the"]
    assert main(["predict", str(folders["tagging"]), "the good cat", "--words"]) == 1
    assert "--words explains a label" in capsys.readouterr().err
