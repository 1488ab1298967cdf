"""Training a vocabulary: hand-worked merges, a slow reference, and what must always hold."""

import random
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bert_tf.tokenizer import SPECIAL_TOKENS, WordPieceTokenizer
from bert_tf.vocabulary import check_vocabulary, hash_vocabulary, train_vocabulary, word_symbols

#: [PAD] … [MASK], 32 signs, and 36 letters and digits in two forms.
LEAST = 5 + 32 + 2 * 36


def made_up_text(lines=1500, seed=5):
    """Lines of made-up English and Chinese whose words and characters are spread as Zipf says."""
    rng = random.Random(seed)
    english = ["".join(rng.choices("etaoinshrdlucmwfg", k=rng.randint(1, 9))) for _ in range(3000)]
    chinese = [chr(0x4E00 + index) for index in rng.sample(range(20_000), 600)]
    ranks = [1 / rank for rank in range(1, 3001)]
    text = []
    for _ in range(lines):
        words, characters = rng.choices(english, ranks, k=12), rng.choices(chinese, ranks[:600], k=20)
        text.append(" ".join(words) + ", " + "".join(characters) + "。")
    return text


def test_one_string_is_no_list_of_texts():
    with pytest.raises(ValueError, match="not one"):
        train_vocabulary("the cat sat on the mat", 200)


def reference_merges(counts, alphabet, merges):
    """Merges the most frequent pair, one at a time; among equals the pair whose parts came first."""
    order = {symbol: index for index, symbol in enumerate(alphabet)}
    words = {word: word_symbols(word) for word in counts}
    learnt = []
    while len(learnt) < merges:
        pairs = Counter()
        for word, symbols in words.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += counts[word]
        left, right = min(pairs, key=lambda pair: (-pairs[pair], order[pair[0]], order[pair[1]]))
        piece = left + right.removeprefix("##")
        if piece not in order:
            order[piece] = len(order)
            learnt.append(piece)
        for symbols in words.values():
            index = 0
            while index < len(symbols) - 1:
                if symbols[index : index + 2] == [left, right]:
                    symbols[index : index + 2] = [piece]
                index += 1
    return learnt


def test_hand_worked_merges():
    # Pairs: h+##u 15, ##u+##g 20 (10 hug, 5 pug, 5 hugs), p+##u 17, ##u+##n 16, b+##u 4, ##g+##s 5.
    # 1: ##ug. Then ##u+##n 16 -> ##un; h+##ug 15 -> hug; p+##un 12 -> pun.
    text = "hug " * 10 + "pug " * 5 + "pun " * 12 + "bun " * 4 + "hugs " * 5
    vocab = train_vocabulary([text], LEAST + 4)
    assert vocab[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert vocab[LEAST:] == ["##ug", "##un", "hug", "pun"]
    # Then, in order: p+##ug 5 and hug+##s 5 (the earlier piece first), b+##un 4; all words are whole now.
    assert train_vocabulary([text], 1000)[LEAST + 4 :] == ["pug", "hugs", "bun"]


def test_merges_equal_a_slow_reference():
    lines = made_up_text(60)
    vocab = train_vocabulary(lines, 900, min_frequency=1, max_characters=0)
    counts = Counter(word for line in lines for word in line.split(",")[0].split())
    assert len(vocab) == 900
    assert vocab[LEAST:] == reference_merges(counts, vocab[5:LEAST], 900 - LEAST)


@pytest.mark.parametrize("lowercase", [True, False])
def test_ascii_is_always_in(lowercase):
    vocab = train_vocabulary(["a"], 200, lowercase=lowercase)
    letters = string.ascii_lowercase if lowercase else string.ascii_letters
    inside = set(string.digits + letters)
    assert set(vocab) == {*SPECIAL_TOKENS, *string.punctuation, *inside, *("##" + c for c in inside)}
    assert len(vocab) == len(set(vocab)) == (LEAST if lowercase else LEAST + 52)


def test_exact_size_and_nothing_unknown():
    lines = made_up_text()
    vocab = train_vocabulary(lines, 2000)
    assert len(vocab) == len(set(vocab)) == 2000
    tokenizer = WordPieceTokenizer(vocab)
    ids = [id for line in lines for id in tokenizer.token_ids(line)]
    assert ids.count(tokenizer.unk_token_id) / len(ids) < 0.001
    assert len(set(ids)) > 1200  # the pieces are of use


def test_same_text_same_vocabulary_in_every_process():
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_vocabulary import made_up_text\n"
        "from bert_tf.vocabulary import train_vocabulary\n"
        "import hashlib; vocab = train_vocabulary(made_up_text(300), 1500)\n"
        "print(len(vocab), hashlib.sha256(' '.join(vocab).encode()).hexdigest())"
    )
    root = Path(__file__).parent.parent
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": threads, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, threads in (("1", "1"), ("2", "2"), ("3", "2"))
    }
    assert len(outputs) == 1 and outputs.pop().startswith("1500 ")


def test_rare_characters_do_not_eat_the_vocabulary():
    common, rare = "的一是不了", [chr(0x5000 + index) for index in range(3000)]
    lines = [common * 20_000, "the cat sat on the mat " * 100, "".join(rare)]
    vocab = train_vocabulary(lines, 400, min_frequency=1)
    characters = [piece for piece in vocab[LEAST:] if not piece.isascii()]
    assert set(common) <= set(characters) and len(characters) <= 0.45 * 400
    assert {"the", "cat"} <= set(vocab)
    assert [piece for piece in train_vocabulary(lines, 400) if piece in rare] == []  # seen once each
    limited = train_vocabulary(lines, 400, min_frequency=1, max_characters=7)
    assert len([piece for piece in limited if not piece.isascii()]) == 7


def test_inner_forms_only_where_they_can_occur():
    vocab = train_vocabulary(["éa aé 北京 北京 日本語の か，か。«x»"] * 3, 400)
    assert {"e", "北", "京", "日", "の", "か", "，", "。", "«", "»"} <= set(vocab)
    assert "é" not in vocab and not {"##北", "##京", "##，", "##«", "##."} & set(vocab)
    cased = train_vocabulary(["École état été Été"] * 3, 400, lowercase=False)
    assert {"É", "é", "##é", "École"} <= set(cased) and "##É" not in cased


def test_a_word_with_a_left_out_character_teaches_nothing():
    vocab = train_vocabulary(["qœz " * 50 + "cat " * 9], 400, max_characters=0)
    assert "cat" in vocab and not any("q" in piece and "z" in piece for piece in vocab)


def test_special_tokens_in_the_text_stay_single():
    vocab = train_vocabulary(["[MASK] [MASK] mask"] * 5, 300)
    assert vocab.count("[MASK]") == 1 and vocab.index("[MASK]") == 4 and "mask" in vocab


def test_progress_counts_characters(monkeypatch):
    monkeypatch.setattr("bert_tf.vocabulary.BATCH_CHARACTERS", 1000)
    lines, calls = ["the cat sat"] * 500, []
    train_vocabulary(iter(lines), 200, progress=calls.append)
    assert len(calls) >= 5 and calls == sorted(calls) and calls[-1] >= 500 * len("the cat sat")


def test_what_is_refused():
    for empty in ([], ["", " \n\t", "\x00\u200b"]):
        with pytest.raises(ValueError, match="no word"):
            train_vocabulary(empty, 1000)
    with pytest.raises(ValueError, match=f"at least {LEAST} .*got {LEAST - 1}"):
        train_vocabulary(["a"], LEAST - 1)
    with pytest.raises(ValueError, match="min_frequency"):
        train_vocabulary(["a"], 1000, min_frequency=0)
    with pytest.raises(ValueError, match="max_characters"):
        train_vocabulary(["a"], 1000, max_characters=-1)


def test_a_learnt_vocabulary_is_one():
    vocab = train_vocabulary(made_up_text(60), 500)
    check_vocabulary(vocab)
    with pytest.raises(ValueError, match="'\\[PAD\\]' is in the vocabulary twice, as 0 and as 500"):
        check_vocabulary(vocab + ["[PAD]"])


def test_hash_is_over_pieces_and_options():
    hashes = {
        hash_vocabulary(vocab, options)
        for vocab in (["a", "b"], ["b", "a"], ["ab"], ["a", "b", "lowercase=True"])
        for options in ({"lowercase": True}, {"lowercase": False})
    }
    assert len(hashes) == 8
