"""The everyday corpus: well formed, written once, and not made of what models are measured on."""

import re

import pytest

from bert_tf.data.corpus_check import check_corpus
from bert_tf.data.everyday import copy_everyday, everyday, everyday_files
from bert_tf.evaluation.sets import cloze_set
from bert_tf.sense_sets import sense_sets

#: Words (English) or characters (Chinese) in a row that a sentence may not share with a measuring set.
RUN = {"en": 5, "zh": 6}
HAN = re.compile("[\u4e00-\u9fff]")


def runs_of(sentence, language):
    units = re.findall("[a-z']+", sentence.lower()) if language == "en" else HAN.findall(sentence)
    return {tuple(units[i:i + RUN[language]]) for i in range(len(units) - RUN[language] + 1)} or {tuple(units)}


def sentences_of(path):
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def test_files_are_corpora_in_their_language_and_without_repetition():
    for language, *paths in zip(("en", "zh"), *everyday_files().values()):
        lines = [line for path in paths for line in sentences_of(path)]
        assert len(lines) == len(set(lines)) > 2000
        assert all(bool(HAN.search(line)) == (language == "zh") and line == line.strip() for line in lines)
        assert check_corpus(paths[0]).documents == len(everyday(language)) > 600
        assert check_corpus(paths[1]).documents == 30
        assert all(len(paragraph) > 1 for paragraph in everyday(language))
    with pytest.raises(ValueError, match="en and zh, not in 'fr'"):
        everyday("fr")


def test_no_sentence_gives_an_answer_of_the_measuring_sets_away():
    measured = {"en": set(), "zh": set()}
    for entry in cloze_set():
        for answer in entry.answers:
            measured[entry.language] |= runs_of(entry.sentence.replace("[MASK]", answer), entry.language)
    for entry in sense_sets():
        for sentence, _ in entry.labelled():
            measured[entry.language] |= runs_of(sentence, entry.language)
    for language, *paths in zip(("en", "zh"), *everyday_files().values()):
        assert not [line for path in paths for line in sentences_of(path) if runs_of(line, language) & measured[language]]


def test_the_corpus_is_copied_into_a_run(tmp_path):
    copied = copy_everyday(tmp_path / "run" / "corpus")
    for kind, paths in everyday_files().items():
        assert [path.read_bytes() for path in copied[kind]] == [path.read_bytes() for path in paths]
        assert all(path.parent == tmp_path / "run" / "corpus" for path in copied[kind])
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="Cannot write into .*file"):
        copy_everyday(tmp_path / "file")
