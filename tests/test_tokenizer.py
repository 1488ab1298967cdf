"""WordPiece: hand-worked cases, a literal slow reference, and transformers' BertTokenizer."""

import itertools
import pickle
import random
import time

import numpy as np
import pytest
from tokenizer_reference import (
    POOLS,
    SPECIALS,
    VOCAB,
    fuzz_vocab,
    random_text,
    reference_pieces,
    reference_words,
    transformers_differs,
)

from bert_tf.tokenizer import WordPieceTokenizer, fitting


@pytest.fixture
def tokenizer():
    return WordPieceTokenizer(VOCAB)


def spans(tokenizer, text):
    return [(piece, start, end) for piece, _, start, end in tokenizer.pieces(text)]


@pytest.fixture(scope="module")
def vocab():
    return fuzz_vocab(random.Random(7))


# Hand-worked cases --------------------------------------------------------------------------------


def test_longest_piece_first(tokenizer):
    assert spans(tokenizer, "unwanted running") == [
        ("un", 0, 2), ("##want", 2, 6), ("##ed", 6, 8), ("run", 9, 12), ("##ning", 12, 16)
    ]
    # "cafe" wins over "caf"; "cafes" is covered; "cafx" cannot be, so the whole word goes.
    assert [piece for piece, *_ in spans(tokenizer, "CAFÉ cafés cafx")] == ["cafe", "cafe", "##s", "[UNK]"]


def test_the_longest_pieces_of_the_vocabulary_are_found():
    tokenizer = WordPieceTokenizer(SPECIALS + ["b", "##a", "##bababab", "babababab"])
    assert tokenizer.token_ids("babababab") == [8] and tokenizer.token_ids("bbababab") == [5, 7]
    assert tokenizer.token_ids("bababababbababab") == [8, 7]


def test_ids_are_line_numbers(tokenizer):
    assert tokenizer.token_ids("the cat") == [5, 6] and tokenizer.token_ids("") == []
    assert tokenizer.token_ids("我爱，") == [VOCAB.index(c) for c in "我爱，"]


def test_special_tokens_are_read_case_sensitively_anywhere(tokenizer):
    assert spans(tokenizer, "the[MASK]s [SEP]") == [
        ("the", 0, 3), ("[MASK]", 3, 9), ("[UNK]", 9, 10), ("[SEP]", 11, 16)
    ]
    assert tokenizer.token_ids("the[MASK]cat") == [5, tokenizer.mask_token_id, 6]
    assert tokenizer.mask_token_id not in tokenizer.token_ids("[mask] [ MASK ] [MA\u200bSK]")


def test_word_length_limit():
    vocab = SPECIALS + ["a", "##a"]
    assert WordPieceTokenizer(vocab).token_ids("a" * 200) == [5] + [6] * 199
    assert WordPieceTokenizer(vocab).token_ids("a" * 201) == [1]
    assert WordPieceTokenizer(vocab).pieces("x " + "á" * 201)[1:] == [("[UNK]", 1, 2, 203)]
    assert WordPieceTokenizer(vocab, max_characters_per_word=3).token_ids("aaa aaaa") == [5, 6, 6, 1]


def test_offsets_where_lengths_change():
    tokenizer = WordPieceTokenizer(SPECIALS + "i ##i ##s ß ##ß ας ##ς e ##e b ᄀ ##ᅡ ##ᆨ Α".split())
    assert spans(tokenizer, "İİs") == [("i", 0, 1), ("##i", 1, 2), ("##s", 2, 3)]  # i + a mark
    assert spans(tokenizer, " ßẞ") == [("ß", 1, 2), ("##ß", 2, 3)]
    assert spans(tokenizer, "ΑΣ ΑΣΣ") == [("ας", 0, 2), ("[UNK]", 3, 6)]
    assert spans(tokenizer, "e\u0301\u0301e b") == [("e", 0, 1), ("##e", 3, 4), ("b", 5, 6)]
    assert spans(tokenizer, "각b") == [("[UNK]", 0, 2)]
    assert spans(tokenizer, "각 b") == [("ᄀ", 0, 1), ("##ᅡ", 0, 1), ("##ᆨ", 0, 1), ("b", 2, 3)]
    assert spans(tokenizer, "e\x00\u200be") == [("e", 0, 1), ("##e", 3, 4)]


# Against the reference ----------------------------------------------------------------------------


@pytest.mark.parametrize("lowercase", [True, False])
def test_fuzz_against_the_reference(vocab, lowercase):
    tokenizer = WordPieceTokenizer(vocab, lowercase=lowercase)
    rng, seen = random.Random(f"reference {lowercase}"), set()
    for _ in range(4000):
        text = random_text(rng, list(POOLS))
        expected = reference_pieces(text, vocab, lowercase)
        assert [vocab[id] for id in tokenizer.token_ids(text)] == expected, repr(text)
        assert [piece for piece, *_ in tokenizer.pieces(text)] == expected, repr(text)
        seen.update(expected)
    assert len(seen) > 300  # the fuzz reaches the vocabulary, not just [UNK]


@pytest.mark.parametrize("lowercase", [True, False])
def test_offsets_point_at_what_the_piece_stands_for(vocab, lowercase):
    tokenizer = WordPieceTokenizer(vocab, lowercase=lowercase)
    rng, checked = random.Random(f"offsets {lowercase}"), 0

    def normalised(text):
        return "".join(reference_words(text, lowercase)).replace("ς", "σ")  # Σ alone is never a final one

    for _ in range(3000):
        text = random_text(rng, list(POOLS))
        found = tokenizer.pieces(text)
        starts, ends = [start for *_, start, _ in found], [end for *_, end in found]
        assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends)), repr(text)
        assert starts == sorted(starts) and ends == sorted(ends), repr(text)
        for index, (piece, _, start, end) in enumerate(found):
            shared = any(
                other[2] < end and start < other[3]
                for other in found[max(0, index - 3) : index] + found[index + 1 : index + 4]
            )
            if piece in SPECIALS:
                assert text[start:end] == piece or piece == "[UNK]"
            elif shared:  # one character gave several pieces (Hangul), or marks changed places
                assert piece.removeprefix("##").replace("ς", "σ") in normalised(text[start:end]), repr(text)
            else:
                assert piece.removeprefix("##").replace("ς", "σ") == normalised(text[start:end]), repr(text)
                checked += 1
        covered = {index for start, end in zip(starts, ends) for index in range(start, end)}
        left_out = "".join(text[index] for index in range(len(text)) if index not in covered)
        assert reference_words(left_out, lowercase) == [], repr(text)
    assert checked > 5000


# Against transformers -----------------------------------------------------------------------------

@pytest.mark.parametrize("lowercase", [True, False])
def test_fuzz_against_transformers(vocab, lowercase, tmp_path):
    transformers = pytest.importorskip("transformers")
    # Its words end at 100 characters.
    tokenizer = WordPieceTokenizer(vocab, lowercase=lowercase, max_characters_per_word=100)
    tokenizer.save(tmp_path)
    oracle = transformers.BertTokenizer.from_pretrained(tmp_path)
    rng, pools = random.Random(f"transformers {lowercase}"), [name for name in POOLS if name != "surrogate"]
    for _ in range(3000):
        text = "".join(c for c in random_text(rng, pools) if not transformers_differs(c))
        expected = oracle(text, add_special_tokens=False, return_offsets_mapping=True)
        assert tokenizer.token_ids(text) == expected["input_ids"], repr(text)
        if not set(text) & set(POOLS["reordered"]):  # marks that changed places share a span here
            assert [piece[2:] for piece in tokenizer.pieces(text)] == expected["offset_mapping"], repr(text)


# Encoding and decoding ----------------------------------------------------------------------------


def test_encode_one_text_and_a_pair(tokenizer):
    one = tokenizer.encode("The cat.")
    assert one.tokens == ["[CLS]", "the", "cat", ".", "[SEP]"] and one.cut == 0
    assert one.token_ids.dtype == np.int32 and one.token_ids.tolist() == [2, 5, 6, VOCAB.index("."), 3]
    assert one.segment_ids.dtype == np.int32 and one.segment_ids.tolist() == [0] * 5
    assert one.offsets == [(0, 0), (0, 3), (4, 7), (7, 8), (0, 0)]
    pair = tokenizer.encode("the", "我爱")
    assert pair.tokens == ["[CLS]", "the", "[SEP]", "我", "爱", "[SEP]"]
    assert pair.segment_ids.tolist() == [0, 0, 0, 1, 1, 1]
    assert pair.offsets == [(0, 0), (0, 3), (0, 0), (0, 1), (1, 2), (0, 0)]
    assert tokenizer.encode("", "").tokens == ["[CLS]", "[SEP]", "[SEP]"]


def test_pieces_go_one_by_one_from_the_end_of_the_longer_text():
    for first, second, room in itertools.product(range(10), range(10), range(12)):
        kept, tied = [first, second], 0 if first <= second else 1
        while sum(kept) > room:
            kept[tied if kept[0] == kept[1] else int(kept[1] > kept[0])] -= 1
        assert fitting([first, second], room + 3) == kept
        assert fitting([first], room + 2) == [min(first, room)]


def test_encode_cuts_the_longer_side_first(tokenizer):
    cut = tokenizer.encode("the cat sat on the mat", "我爱", max_length=8)
    assert cut.tokens == ["[CLS]", "the", "cat", "sat", "[SEP]", "我", "爱", "[SEP]"] and cut.cut == 3
    cut = tokenizer.encode("the cat", "我爱北京", max_length=6)
    assert cut.tokens == ["[CLS]", "the", "[SEP]", "我", "爱", "[SEP]"] and cut.cut == 3
    cut = tokenizer.encode("the cat sat", max_length=4)
    assert cut.tokens == ["[CLS]", "the", "cat", "[SEP]"] and cut.cut == 1
    assert tokenizer.encode("the cat", max_length=4).cut == 0
    with pytest.raises(ValueError, match="at least 3, not 2"):
        tokenizer.encode("the", "cat", max_length=2)


def test_pairs_are_cut_as_by_transformers(tokenizer, tmp_path):
    transformers = pytest.importorskip("transformers")
    tokenizer.save(tmp_path)
    oracle = transformers.BertTokenizer.from_pretrained(tmp_path)
    for first, second, length in itertools.product(range(1, 8), range(1, 8), range(3, 19)):
        texts = "the " * first, "cat " * second
        encoding = tokenizer.encode(*texts, max_length=length)
        assert encoding.token_ids.tolist() == oracle(*texts, max_length=length, truncation=True)["input_ids"]
        assert encoding.cut == first + second + 3 - len(encoding)


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_text_that_is_cut_is_the_beginning_of_the_whole(vocab, lowercase, monkeypatch):
    monkeypatch.setattr("bert_tf.tokenizer.STRETCH", 3)
    tokenizer = WordPieceTokenizer(vocab, lowercase=lowercase)
    rng = random.Random(f"cut {lowercase}")
    for _ in range(2000):
        text, room = random_text(rng, list(POOLS)), rng.randint(0, 9)
        whole, cut = tokenizer.pieces(text), tokenizer.encode(text, max_length=room + 2)
        assert cut.tokens[1:-1] == [piece for piece, *_ in whole[:room]], repr(text)
        assert cut.offsets[1:-1] == [piece[2:] for piece in whole[:room]], repr(text)
        assert cut.cut == max(0, len(whole) - room), repr(text)


@pytest.mark.parametrize("unit", ["the cat sat on the mat. ", "我爱北京，"])
def test_a_long_text_is_looked_at_closely_no_further_than_it_is_kept(tokenizer, unit, monkeypatch):
    seen, whole = [], WordPieceTokenizer._pieces
    monkeypatch.setattr(WordPieceTokenizer, "_pieces", lambda self, text, at: seen.append(text) or whole(self, text, at))
    encoding = tokenizer.encode(unit * 50_000, max_length=128)
    assert sum(map(len, seen)) < 5000
    assert encoding.cut == 50_000 * len(tokenizer.token_ids(unit)) - 126


def test_decode_reads_well(tokenizer):
    def again(text):
        encoding = tokenizer.encode(text)
        return tokenizer.decode(encoding.token_ids)

    assert again("The unwanted cat, on the mat!") == "[CLS] the unwanted cat, on the mat! [SEP]"
    assert again("我爱[MASK]北京，苹果。") == "[CLS] 我爱 [MASK] 北京，苹果。 [SEP]"
    assert again("don't (run) 5%") == "[CLS] don't (run) 5% [SEP]"
    assert again("我 sat 爱") == "[CLS] 我 sat 爱 [SEP]"
    assert tokenizer.decode([tokenizer.mask_token_id, tokenizer.token_to_id("##s")]) == "[MASK] ##s"
    assert tokenizer.decode([]) == ""


def test_ids_and_pieces_that_do_not_exist(tokenizer):
    assert tokenizer.id_to_token(5) == "the" and tokenizer.token_to_id("the") == 5
    for wrong in (-1, len(VOCAB)):
        with pytest.raises(ValueError, match="ids go from 0 to"):
            tokenizer.id_to_token(wrong)
        with pytest.raises(ValueError, match="ids go from 0 to"):
            tokenizer.decode([wrong])
    with pytest.raises(ValueError, match="'zebra'"):
        tokenizer.token_to_id("zebra")


# The vocabulary itself ----------------------------------------------------------------------------


def test_special_tokens_may_stand_anywhere():
    vocab = ["a", "[SEP]", "##b", "[MASK]", "[CLS]", "[UNK]", "c", "[PAD]"]
    tokenizer = WordPieceTokenizer(vocab)
    assert tokenizer.special_token_ids == (7, 5, 4, 1, 3)
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.cls_token_id) == (7, 5, 4)
    assert (tokenizer.sep_token_id, tokenizer.mask_token_id, tokenizer.vocab_size) == (1, 3, 8)
    assert tokenizer.encode("ab[MASK] x").token_ids.tolist() == [4, 0, 2, 3, 5, 1]


def test_hash_tells_tokenizers_apart(tokenizer):
    swapped = VOCAB[:-2] + [VOCAB[-1], VOCAB[-2]]
    others = [WordPieceTokenizer(vocab) for vocab in (swapped, VOCAB[:-1], VOCAB + ["lowercase=True"])]
    others.append(WordPieceTokenizer(VOCAB, lowercase=False))
    others.append(WordPieceTokenizer(VOCAB, max_characters_per_word=100))
    others.append(WordPieceTokenizer(VOCAB, lowercase=False, max_characters_per_word=100))
    assert len(tokenizer.vocab_hash) == 64 and tokenizer.vocab_hash == WordPieceTokenizer(VOCAB).vocab_hash
    assert len({tokenizer.vocab_hash, *(other.vocab_hash for other in others)}) == 7


def test_hash_stays_what_it_was(tokenizer):
    # Prepared corpora are known by it: should it change, all of them would have to be prepared again.
    assert tokenizer.vocab_hash == "135985acd9149771082948c501ad005cd0a1f477bb8378eea22611107acd9757"
    assert WordPieceTokenizer(VOCAB, lowercase=False).vocab_hash.startswith("5ed35614e90b9689ac9d6f20")


def test_hash_is_of_what_the_tokenizer_was_made_from():
    vocab = list(VOCAB)
    tokenizer = WordPieceTokenizer(vocab)
    vocab[5], vocab[6] = vocab[6], vocab[5]
    assert tokenizer.vocab_hash == WordPieceTokenizer(VOCAB).vocab_hash and tokenizer.vocab == VOCAB


@pytest.mark.parametrize(
    ("vocab", "message"),
    [
        (["[PAD]", "[UNK]", "[CLS]", "a"], r"\[SEP\], \[MASK\] missing"),
        (VOCAB + ["cat"], "'cat' is in the vocabulary twice, as 6 and as"),
        (VOCAB + [""], "piece 40 is ''"),
        (VOCAB + ["a\nb"], r"without line breaks"),
        (VOCAB + ["a\rb"], r"without line breaks"),
        (VOCAB + ["\ud800"], r"piece 40 is '\\ud800'.*surrogates"),
        (VOCAB + [7], "piece 40 is 7"),
        ("[PAD]", "not one string"),
        ([], r"\[PAD\], .* missing from the vocabulary of 0"),
    ],
)
def test_vocabularies_that_are_refused(vocab, message):
    with pytest.raises(ValueError, match=message):
        WordPieceTokenizer(vocab)


def test_options_that_are_refused():
    for wrong in ("False", 1, None):
        with pytest.raises(ValueError, match="lowercase should be True or False"):
            WordPieceTokenizer(VOCAB, lowercase=wrong)
    for wrong in (0, 1.5, True):
        with pytest.raises(ValueError, match="max_characters_per_word"):
            WordPieceTokenizer(VOCAB, max_characters_per_word=wrong)


def test_pickle_and_cache_limit(tokenizer, monkeypatch):
    expected = tokenizer.token_ids("the unwanted cat 我爱")
    other = pickle.loads(pickle.dumps(WordPieceTokenizer(VOCAB, lowercase=False, max_characters_per_word=7)))
    assert (other.vocab, other.lowercase, other.max_characters_per_word) == (VOCAB, False, 7)
    assert len(pickle.dumps(tokenizer)) == len(pickle.dumps(WordPieceTokenizer(VOCAB)))
    monkeypatch.setattr("bert_tf.tokenizer.CACHE_ENTRIES", 2)
    tokenizer = WordPieceTokenizer(VOCAB)
    for _ in range(3):
        assert tokenizer.token_ids("the unwanted cat 我爱") == expected
        assert len(tokenizer._chunk_cache) <= 2 and len(tokenizer._word_cache) <= 2


# Speed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "times"), [("english", 8), ("chinese", 2)])
def test_speed_of_token_ids(language, times):
    """The fast road beats the published algorithm, timed beside it, by far; words are spread as Zipf says."""
    rng = random.Random(3)
    if language == "english":
        units = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(30_000)]
        letters = [mark + letter for mark in ("", "##") for letter in "etaoinshrdlu"]
        join, vocab = " ", SPECIALS + letters + ["."] + units[:8000]
    else:
        units = [chr(0x4E00 + index) for index in rng.sample(range(0x5000), 4000)]
        join, vocab = "", SPECIALS + units[:3900] + list("，.")
    zipf = list(itertools.accumulate(1 / rank for rank in range(1, len(units) + 1)))
    lines = [join.join(rng.choices(units, cum_weights=zipf, k=20)).capitalize() + "." for _ in range(20_000)]
    vocab = list(dict.fromkeys(vocab))
    pieces = set(vocab)

    def seconds_a_line(tokenize, some) -> float:
        began = time.process_time()
        for line in some:
            tokenize(line)
        return (time.process_time() - began) / len(some)

    ours = min(seconds_a_line(WordPieceTokenizer(vocab).token_ids, lines) for _ in range(3))  # caches empty each time
    fifties = [" ".join(lines[start:start + 50]) for start in range(0, 2000, 50)]
    published = seconds_a_line(lambda text: reference_pieces(text, pieces, True), fifties) / 50
    assert published > times * ours, f"{published / ours:.1f} times as fast"
