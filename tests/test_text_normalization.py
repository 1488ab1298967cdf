"""BERT's text rules: hand-worked words, every code point against a slow reference, and `tokenizers`."""

import random
import unicodedata

import pytest
from tokenizer_reference import POOLS, random_text, reference_words, transformers_differs

from bert_tf.text_normalization import (
    SPECIAL_TOKENS,
    is_ideograph,
    is_punctuation,
    join_words,
    split_special_tokens,
    split_words,
    split_words_aligned,
)


def test_words_of_the_uncased_algorithm():
    assert split_words("  Café, NAÏVE\tResumé\n", True) == ["cafe", ",", "naive", "resume"]
    assert split_words("ab北京cd", True) == ["ab", "北", "京", "cd"]
    assert split_words("don't $5+5", True) == ["don", "'", "t", "$", "5", "+", "5"]
    assert split_words("a\x00b\ufffdc\u200bd e\u00a0f", True) == ["abcd", "e", "f"]
    assert split_words("Straße ＡＢ１", True) == ["straße", "ａｂ１"]  # neither ss nor half-width
    assert split_words("ΟΔΟΣ ΣΑ", True) == ["οδος", "σα"]
    assert split_words("각", True) == ["\u1100\u1161\u11a8"]
    assert split_words("ひらがな カタ", True) == ["ひらかな", "カタ"]  # kana stay together, the voicing mark goes
    assert split_words("a\u037eb", True) == ["a", ";", "b"]  # a sign that only decomposition brings out
    assert split_words("\u0301 \u0301", True) == []


def test_words_of_the_cased_algorithm():
    assert split_words("Café ÉCOLE北", False) == ["Café", "ÉCOLE", "北"]
    assert split_words("e\u0301", False) == ["e\u0301"]


def test_ideographs_are_googles_blocks():
    assert all(map(is_ideograph, "一\u9fff㐀\u4dbf\U00020000\U0002a6df\U0002b820\uf900\U0002fa1f"))
    assert not any(map(is_ideograph, "あアㄅ한，。a々\u4dc0\u33ff\U0002ceb0\U00030000"))


def test_punctuation_is_unicodes_and_every_ascii_sign():
    assert all(map(is_punctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~，。「」—…“”¿§"))
    assert not any(map(is_punctuation, "aZ09é北あ\u00a0 \n\x7f€©°½²×"))


def test_special_tokens_are_cut_out():
    text = "a[MASK][SEP] b [mask] [[CLS]]"
    parts = split_special_tokens(text)
    assert "".join(parts) == text
    assert [part for part in parts if part] == ["a", "[MASK]", "[SEP]", " b [mask] [", "[CLS]", "]"]
    assert split_special_tokens("") == [""] and parts[1] in SPECIAL_TOKENS


@pytest.mark.parametrize("lowercase", [True, False])
def test_every_code_point_against_the_reference(lowercase):
    for first in [*range(0, 0x32000, 0x800), 0xE0000, 0xF0000, 0x10F800]:  # all that is assigned
        text = " ".join(f"a{chr(code)}a" for code in range(first, first + 0x800))
        assert split_words(text, lowercase) == reference_words(text, lowercase), hex(first)


@pytest.mark.parametrize("lowercase", [True, False])
def test_aligned_words_are_the_words(lowercase):
    rng = random.Random(f"aligned {lowercase}")
    for _ in range(1500):
        text = random_text(rng, list(POOLS))
        words = split_words_aligned(text, lowercase, 10)
        joined = ["".join(character for character, _, _ in word) for word in words]
        assert joined == split_words(text, lowercase), repr(text)
        spans = [span for word in words for _, *span in word]
        assert all(10 <= start < end <= 10 + len(text) for start, end in spans) and spans == sorted(spans)


def test_aligned_words_of_characters_that_change_in_number():
    assert split_words_aligned("İé\x00Z 각", True) == [
        [("i", 0, 1), ("e", 1, 2), ("z", 3, 4)], [("ᄀ", 5, 6), ("ᅡ", 5, 6), ("ᆨ", 5, 6)]
    ]
    assert split_words_aligned("é", False, 3) == [[("é", 3, 4)]]


@pytest.mark.parametrize("lowercase", [True, False])
def test_every_assigned_character_against_transformers(lowercase):
    tokenizers = pytest.importorskip("tokenizers")
    normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lowercase)
    splitter = tokenizers.pre_tokenizers.BertPreTokenizer()
    newer = []
    for character in map(chr, [*range(0x32000), *range(0xE0000, 0xE0800)]):
        if transformers_differs(character):
            continue
        text = f"a{character}a"
        expected = [word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))]
        if split_words(text, lowercase) != expected:
            newer.append(character)
    # What is left are marks, signs and format characters younger than its tables (Unicode 8): letters to it.
    assert len(newer) < 600
    assert {unicodedata.category(character)[0] for character in newer} <= {"M", "P", "C", "S"}
    old = [c for c in newer if unicodedata.ucd_3_2_0.category(c) != "Cn"]
    assert all(unicodedata.ucd_3_2_0.category(c) != unicodedata.category(c) for c in old), old


def test_words_are_joined_as_people_write():
    assert join_words(["don", "'", "t", "(", "run", ")", "5", "%", "!"]) == "don't (run) 5%!"
    assert join_words(["我", "爱", "，", "cat", "北", "，", "。"]) == "我爱， cat 北，。"
    assert join_words(["[CLS]", "我", "[MASK]", "[SEP]"]) == "[CLS] 我 [MASK] [SEP]" and join_words([]) == ""
