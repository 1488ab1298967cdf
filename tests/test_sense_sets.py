"""The hand-written senses as they are read, and the file they come from."""

import json

import pytest

from bert_tf.explore import fold
from bert_tf.sense_sets import SENSES_FILE, SenseSet, read_sense_sets, sense_set, sense_sets


def line(**changes) -> str:
    entry = {"language": "en", "word": "bank", "sense": "money", "gloss_en": "house of money", "gloss_zh": "银行",
             "sentence": "My bank is closed."}
    return json.dumps(entry | changes, ensure_ascii=False)


def test_the_sets_that_come_along():
    sets = sense_sets()
    assert len(sets) == 32 and [entry.language for entry in sets].count("zh") == 16
    for entry in sets:
        assert len(entry.senses) == len(entry.glosses) == len(entry.sentences) == 2
        assert all(len(group) == 8 for group in entry.sentences)
        assert all(set(gloss) == {"en", "zh"} for gloss in entry.glosses)
        sentences = [sentence for group in entry.sentences for sentence in group]
        assert len(set(sentences)) == 16
        assert all(fold(sentence, True)[0].count(entry.word) == 1 for sentence in sentences), entry.word


def test_every_line_of_the_file_is_in_a_set():
    lines = [json.loads(text) for text in SENSES_FILE.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == sum(len(entry.labelled()) for entry in sense_sets()) == 512
    for entry in lines:
        found = next(one for one in sense_sets() if (one.language, one.word) == (entry["language"], entry["word"]))
        sense = found.sense_of(entry["sentence"])
        assert found.senses[sense] == entry["sense"] and found.glosses[sense]["zh"] == entry["gloss_zh"]


def test_lines_of_a_word_are_brought_together(tmp_path):
    path = tmp_path / "senses.jsonl"
    path.write_text("\n".join([
        line(), line(word="light", sense="lamp", gloss_en="lamp", gloss_zh="灯", sentence="Light!"), "",
        line(sense="river", gloss_en="side", gloss_zh="岸", sentence="On the bank."), line(sentence="A bank.")]) + "\n",
        encoding="utf-8")
    bank, light = read_sense_sets(path)
    assert bank == SenseSet("bank", "en", ("money", "river"),
                            ({"en": "house of money", "zh": "银行"}, {"en": "side", "zh": "岸"}),
                            (("My bank is closed.", "A bank."), ("On the bank.",)))
    assert light.word == "light" and light.sentences == (("Light!",),)
    assert bank.labelled() == (("My bank is closed.", 0), ("A bank.", 0), ("On the bank.", 1))
    assert bank.sense_of("On the bank.") == 1 and bank.sense_of("elsewhere") is None


def test_byte_order_mark_and_other_line_ends_inside_a_sentence(tmp_path):
    path = tmp_path / "senses.jsonl"
    text = json.dumps(json.loads(line(sentence="My\u2028bank.")), ensure_ascii=False)
    path.write_text(f"{text}\r\n{line()}\n", encoding="utf-8-sig", newline="")
    assert read_sense_sets(path)[0].sentences == (("My\u2028bank.", "My bank is closed."),)


@pytest.mark.parametrize("text, message", [
    ("{", "line 2 is no JSON"),
    ("[]", "line 2: expected an object with the texts language, word"),
    (line(sentence=""), "line 2: expected"),
    (line(gloss_en=3), "line 2: expected"),
    (line(gloss_en="something else"), "'money' of 'bank' has another gloss above"),
])
def test_damaged_lines_are_refused(tmp_path, text, message):
    path = tmp_path / "senses.jsonl"
    path.write_text(f"{line()}\n{text}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_sense_sets(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="senses.jsonl does not exist"):
        read_sense_sets(tmp_path / "senses.jsonl")


def test_set_of_a_word():
    assert sense_set(" Bank ").language == "en" and sense_set("苹果").senses == ("company", "fruit")
    assert sense_set("zebra") is None
