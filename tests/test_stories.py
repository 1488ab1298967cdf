"""The teaching corpus: the same every time, whole, consistent, and in the format that the corpus reader wants."""

import re

import pytest

from bert_tf.data.corpus import read_documents
from bert_tf.data.stories import LANGUAGES, TWO_SENSES, _frames, _tables, stories, write_stories

MANY = {language: stories(language, 4000, seed=1) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_and_frames_fit_each_other(language):
    columns = [column for table in _tables(language) for column in table[0]]
    assert len(columns) == len(set(columns))
    used = set(re.findall(r"{(\w+)}", LANGUAGES[language].FRAMES))
    people = {"name", "friend", "he", "him", "his", "He", "His", "she", "her", "hers"}
    assert used <= {*columns, *people} and set(columns) <= used | {"other", "color", "number"}
    assert len(_frames(language)) == 42 and len(set(_frames(language))) == 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_stories_are_whole(language):
    for told in MANY[language]:
        assert len(told) >= 3
        for sentence in told:
            assert re.search(r"[.。]$", sentence) and not re.search(r"[{}/|?]| {2}|^\W", sentence), sentence
            assert not re.search(r"\b[Aa] [aeio]|\bno an? |一只[马牛]|一架[^钢]|个[^，。]?(葡萄|樱桃|草莓|香蕉)", sentence), sentence
            assert (language == "zh") == bool(re.search(r"[\u4e00-\u9fff]", sentence))


@pytest.mark.parametrize("language", LANGUAGES)
def test_stories_differ(language):
    assert len({tuple(told) for told in MANY[language]}) > 3000


def test_the_same_seed_tells_the_same():
    assert stories("zh", 20, seed=3) == stories("zh", 20, seed=3) != stories("zh", 20, seed=4)


def test_people_keep_their_pronouns():
    for told in MANY["en"]:
        text = " ".join(told)
        if re.match(r"Anna had a \w+\.", text):
            assert not re.search(r"\b(He|he|him|his)\b", text), text
    assert any("Anna had a" in told[0] for told in MANY["en"])


def test_a_baker_bakes_from_first_to_last():
    bakers = [" ".join(told) for told in MANY["en"] if "is a baker" in told[0]]
    assert bakers and not any(re.search("hospital|school|fish|corn", text) for text in bakers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_two_senses_stand_in_stories_of_two_kinds(language):
    clues = {"bank": ("money|coins", "river"), "bat": ("cave", "ball"), "mouse": ("cheese", "computer"),
             "match": ("candle", "team|goal"), "spring": ("clock", "flowers"), "苹果": ("蛋糕", "手机"),
             "小米": ("粥", "手机"), "杜鹃": ("花", "飞"), "包袱": ("衣服", "考")}
    for word in TWO_SENSES[language]:
        told = [" ".join(one) for one in MANY[language] if word in " ".join(one)]
        for clue in clues[word]:
            assert sum(bool(re.search(clue, text)) for text in told) > 10, (word, clue)


def test_files_are_what_the_reader_of_corpora_wants_and_nothing_held_out_is_trained_on(tmp_path):
    files = write_stories(tmp_path, count=300, heldout=100, seed=2)
    assert [path.name for path in files["corpus"]] == ["stories-en.txt", "stories-zh.txt"]
    for corpus, heldout in zip(files["corpus"], files["heldout"]):
        trained, kept = list(read_documents(corpus)), list(read_documents(heldout))
        assert len(trained) == 300 and 90 <= len(kept) <= 100
        assert not {tuple(one) for one in trained} & {tuple(one) for one in kept}


def test_bad_requests_are_named(tmp_path):
    with pytest.raises(ValueError, match="en and zh"):
        stories("fr", 1, seed=0)
    with pytest.raises(ValueError, match="count"):
        stories("en", -1, seed=0)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match="Choose another folder"):
        write_stories(tmp_path / "file", count=1)
