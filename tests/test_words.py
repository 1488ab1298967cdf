"""Words among word pieces, and masks that hide them whole."""

import gzip
import lzma
import random

import numpy as np
import pytest

from bert_tf.data.masking import mask
from bert_tf.data.pairs import PairSampler
from bert_tf.data.shards import TokenShards, prepare
from bert_tf.data.vocabulary_start import sample_lines, vocabulary_for
from bert_tf.data.words import WordMarker, mark_words
from bert_tf.tokenizer import WordPieceTokenizer

VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##happy", "cat", "##s", *"我爱北京天安门大学生上课", "."]


@pytest.fixture
def tokenizer():
    return WordPieceTokenizer(VOCAB)


def test_english_goes_on_with_suffixes_and_chinese_with_the_words_of_jieba(tokenizer):
    import jieba

    text = "unhappy cats 我爱北京天安门. 大学生unhappy上课"
    continues = WordMarker(VOCAB).continues(tokenizer.token_ids(text))
    pieces = [VOCAB[i] for i in tokenizer.token_ids(text)]
    expected = []
    for run in ("unhappy", "cats", "我爱北京天安门", ".", "大学生", "unhappy", "上课"):
        if run.isascii():
            expected += [piece.startswith("##") for piece in
                         [VOCAB[i] for i in tokenizer.token_ids(run)]]
        else:
            expected += [i > 0 for word in jieba.lcut(run, HMM=False) for i in range(len(word))]
    assert pieces[:4] == ["un", "##happy", "cat", "##s"]
    assert continues.tolist() == expected
    assert [piece for piece, goes_on in zip(pieces, continues) if goes_on][:2] == ["##happy", "##s"]
    assert "京" in {piece for piece, goes_on in zip(pieces, continues) if goes_on}  # 北京 is one word


def test_unknown_characters_and_nothing_at_all(tokenizer):
    marker = WordMarker(VOCAB)
    assert marker.continues(np.zeros(0, int)).tolist() == []
    assert marker.continues(tokenizer.token_ids("龘北京龘")).tolist() == [False, False, True, False]


def test_marked_shards_are_opened_with_their_words_and_made_once(tmp_path, tokenizer, monkeypatch):
    (tmp_path / "a.txt").write_text("我爱北京天安门.\nunhappy cats\n\n大学生上课\ncats\n", encoding="utf-8")
    shards = prepare([tmp_path / "a.txt"], tokenizer, tmp_path / "shards", processes=1)
    assert shards.shards[0].words is None
    seen = []
    marked = mark_words(shards, tokenizer, processes=1, progress=lambda *amounts: seen.append(amounts)).shards[0]
    marker = WordMarker(VOCAB)
    expected = np.concatenate([marker.continues(marked.tokens[start:end])
                               for start, end in zip(marked.sentences[:-1], marked.sentences[1:])])
    assert marked.words.tolist() == expected.tolist() and expected.any()
    assert seen[-1] == (len(marked.tokens), len(marked.tokens))

    monkeypatch.setattr("bert_tf.data.words.run_jobs", None)  # nothing is left to do
    mark_words(shards, tokenizer)
    path = tmp_path / "shards" / "a.words.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="should have"):
        TokenShards.open(tmp_path / "shards")


def test_shards_made_anew_forget_their_words(tmp_path, tokenizer):
    path = tmp_path / "a.txt"
    path.write_text("我爱北京.\nunhappy cats\n", encoding="utf-8")
    mark_words(prepare([path], tokenizer, tmp_path / "shards", processes=1), tokenizer, processes=1)
    path.write_text("我爱北京大学生.\nunhappy cats\n", encoding="utf-8")
    assert prepare([path], tokenizer, tmp_path / "shards", processes=1).shards[0].words is None


def masked(continues, *, rate, slots, seed):
    continues = np.asarray(continues, bool)
    token_ids = np.arange(10, 10 + continues.size, dtype=np.int32).reshape(continues.shape)
    ordinary = np.ones(10 + continues.size, bool)
    ordinary[:10] = False
    return mask(token_ids, np.ones_like(token_ids), mask_rate=rate, slots=slots, is_ordinary=ordinary, mask_token_id=4,
                rng=np.random.default_rng(seed), continues=continues)


def test_words_are_hidden_whole_or_not_at_all():
    #            0  1  1  2  3  3  3  4  5  5
    continues = [0, 0, 1, 0, 0, 1, 1, 0, 0, 1]
    words = np.cumsum(~np.array(continues, bool)) - 1
    hidden_words = set()
    for seed in range(200):
        found = masked([continues], rate=0.4, slots=4, seed=seed)
        positions = found["mask_positions"][0][found["mask_weights"][0] == 1]
        chosen = words[positions]
        for word in set(chosen):
            assert (chosen == word).sum() == (words == word).sum()
        assert 1 <= len(positions) <= 4 and (found["mask_ids"][0][:len(positions)] == positions + 10).all()
        hidden_words |= set(chosen.tolist())
    assert hidden_words == set(range(6))


def test_a_word_that_is_too_long_is_cut_rather_than_nothing_hidden():
    found = masked([[0, 1, 1, 1, 1, 1]], rate=0.3, slots=2, seed=0)
    assert found["mask_weights"].sum() == 2 and found["mask_positions"].tolist() == [[0, 1]]


def test_single_tokens_are_chosen_as_without_words():
    for seed in range(5):
        with_words = masked(np.zeros((3, 12)), rate=0.25, slots=3, seed=seed)
        assert with_words["mask_weights"].sum() == 9


def test_the_sampler_hides_words_whole_and_insists_on_them(tmp_path, tokenizer):
    text = "我爱北京天安门. 大学生上课.\n北京大学生上课. unhappy cats\n\n"
    (tmp_path / "a.txt").write_text(text * 40, encoding="utf-8")
    shards = prepare([tmp_path / "a.txt"], tokenizer, tmp_path / "shards", processes=1)
    special = dict(cls_token_id=2, sep_token_id=3, mask_token_id=4, pad_token_id=0, special_token_ids=range(5))
    with pytest.raises(ValueError, match="--whole-words"):
        PairSampler(shards, seed=0, whole_words=True, **special)
    sampler = PairSampler(mark_words(shards, tokenizer, processes=1), seed=0, whole_words=True, mask_rate=0.2,
                          short_rate=0.0, **special)
    marker, whole, partly = WordMarker(VOCAB), 0, 0
    for step in range(5):
        batch = sampler.batch(step, sequence_length=40, batch_size=8)
        for row, segments, positions, ids, weights in zip(*(batch[key] for key in (
                "token_ids", "segment_ids", "mask_positions", "mask_ids", "mask_weights"))):
            hidden = positions[weights == 1]
            row[hidden] = ids[weights == 1]
            continues = marker.continues(row)
            words = np.cumsum(~continues)
            for word in set(words[hidden]):
                complete = set(np.flatnonzero(words == word)) <= set(hidden)
                whole, partly = whole + complete, partly + (not complete)
    assert whole > 100 and partly < whole / 10  # text cut inside a word may be read as another word


def test_a_vocabulary_is_trained_once_and_never_replaced(tmp_path, tokenizer):
    corpus = tmp_path / "a.txt"
    corpus.write_text("the cat sat on the mat\nunhappy cats\n" * 30, encoding="utf-8")
    first = vocabulary_for([str(corpus)], tmp_path / "tokenizer", vocab_size=120)
    assert vocabulary_for([str(corpus)], tmp_path / "tokenizer", vocab_size=130).vocab == first.vocab
    tokenizer.save(tmp_path / "other")
    with pytest.raises(ValueError, match="another vocabulary"):
        vocabulary_for([str(corpus)], tmp_path / "tokenizer", given=tmp_path / "other")
    assert vocabulary_for([], tmp_path / "copy", given=tmp_path / "other").vocab == VOCAB
    assert WordPieceTokenizer.from_folder(tmp_path / "copy").vocab == VOCAB


def test_a_new_vocabulary_gives_the_ids_of_transformers_for_long_words_too(tmp_path):
    transformers = pytest.importorskip("transformers")
    (tmp_path / "a.txt").write_text("abab ab ba.\nab ab.\n\n" * 9)
    vocabulary_for([str(tmp_path / "a.txt")], tmp_path / "tokenizer", vocab_size=120)
    ours, theirs = (kind(tmp_path / "tokenizer") for kind in (
        WordPieceTokenizer.from_folder, transformers.BertTokenizer.from_pretrained))
    for length in (99, 100, 101, 200, 201):
        assert ours.encode("a" * length).token_ids.tolist() == theirs("a" * length)["input_ids"]


@pytest.mark.parametrize("pack", ["plain", "xz", "gz"])
def test_a_vocabulary_is_trained_on_all_parts_of_a_file(tmp_path, pack):
    rng = random.Random(0)
    text = "".join(f"{'en' if i < 5000 else '中文'} {i} {rng.random()}.\nnext.\n\n" for i in range(10_000)).encode()
    path, packed = {"plain": ("a.txt", text), "xz": ("a.txt.xz", lzma.compress(text)),
                    "gz": ("a.txt.gz", gzip.compress(text))}[pack]
    (tmp_path / path).write_bytes(packed)
    (tmp_path / "b.txt").write_text("short.\n")
    sample = list(sample_lines([str(tmp_path / path), str(tmp_path / "b.txt")], 40_000))
    assert 19_000 < sum(map(len, sample)) < 22_000 and sample[-1] == "short."
    english = sum(line.startswith("en ") for line in sample)
    assert 0.35 < english / (len(sample) / 2) < 0.65
    assert int(sample[-3].split()[1]) > 8_000  # to the end
    assert len(list(sample_lines([str(tmp_path / path)], 4_000_000))) == 20_000  # all there is, if there is room
