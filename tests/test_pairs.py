"""Sentence pairs held against a corpus whose token ids say where they come from."""

import math
import pickle
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bert_tf.data.masking import mask
from bert_tf.data.pairs import PairSampler, _cut
from bert_tf.data.passes import PHASES
from bert_tf.data.shards import prepare

PAD, UNK, CLS, SEP, MASK = range(5)
ORDINARY = 5  # the first id that is not special
SPECIAL = dict(cls_token_id=CLS, sep_token_id=SEP, mask_token_id=MASK, pad_token_id=PAD,
               special_token_ids=(PAD, UNK, CLS, SEP, MASK))


class NumberTokenizer:
    """Takes a text of numbers for its own token ids."""

    vocab_size, vocab_hash = 60_000, "numbers"

    def token_ids(self, text):
        return [int(word) for word in text.split()]


class Corpus:
    """Shards in which every token has an id of its own, so that every piece of text can be traced.

    `lengths` is a list of shards, a shard a list of documents, a document a list of sentence lengths.
    """

    def __init__(self, folder, lengths):
        paths, next_id = [], ORDINARY
        self.shard, self.document, self.sentence = ({} for _ in range(3))  # by token id
        self.document_lengths, self.sentences = [], 0
        for number, shard in enumerate(lengths):
            documents = []
            for document in shard:
                lines = []
                for length in document:
                    ids = range(next_id, next_id + length)
                    self.shard.update(dict.fromkeys(ids, number))
                    self.document.update(dict.fromkeys(ids, len(self.document_lengths)))
                    self.sentence.update(dict.fromkeys(ids, self.sentences))
                    lines.append(" ".join(map(str, ids)))
                    next_id, self.sentences = next_id + length, self.sentences + 1
                self.document_lengths.append(len(document))
                documents.append("\n".join(lines))
            paths.append(folder / f"{number}.txt")
            paths[-1].write_text("\n\n".join(documents))
        self.total = next_id - ORDINARY
        self.shards = prepare(paths, NumberTokenizer(), folder / "tokens", processes=1)

    def sampler(self, **options):
        return PairSampler(self.shards, **{"seed": 1, **SPECIAL, **options})


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Two shards of documents of all sizes, many of a single sentence."""
    rng = np.random.default_rng(0)
    lengths = [[rng.integers(1, 40, rng.choice([1, 1, 2, 3, 8, 30])).tolist() for _ in range(120)]
               for _ in range(2)]
    return Corpus(tmp_path_factory.mktemp("mixed"), lengths)


def unmasked(batch):
    """Returns (B, T) token ids with the chosen tokens put back, from positions, ids and weights alone."""
    tokens = batch["token_ids"].copy()
    for row, positions, ids, weights in zip(tokens, batch["mask_positions"], batch["mask_ids"],
                                            batch["mask_weights"]):
        row[positions[weights == 1]] = ids[weights == 1]
    return tokens


def pairs(batch):
    """Yields (A, B, label), having checked the frame around them."""
    for tokens, segments, real, label in zip(unmasked(batch), batch["segment_ids"], batch["padding_mask"],
                                             batch["next_labels"]):
        length = real.sum()
        assert (real == (np.arange(len(real)) < length)).all() and (tokens[length:] == PAD).all()
        first, second = np.flatnonzero(tokens == SEP)
        assert tokens[0] == CLS and second == length - 1 and (tokens == CLS).sum() == 1
        assert (segments == ((np.arange(len(real)) > first) & (np.arange(len(real)) <= second))).all()
        a, b = tokens[1:first].tolist(), tokens[first + 1:second].tolist()
        assert a and b
        yield a, b, label


def runs(ids):
    return ids == list(range(ids[0], ids[0] + len(ids)))


def test_shapes_and_types(mixed):
    for sequence_length, slots in ((32, 5), (100, 15), (128, 20)):
        batch = mixed.sampler().batch(3, sequence_length=sequence_length, batch_size=6)
        assert {name: (value.dtype.name, value.shape) for name, value in batch.items()} == {
            "token_ids": ("int32", (6, sequence_length)), "segment_ids": ("int32", (6, sequence_length)),
            "padding_mask": ("int32", (6, sequence_length)), "mask_positions": ("int32", (6, slots)),
            "mask_ids": ("int32", (6, slots)), "mask_weights": ("float32", (6, slots)),
            "next_labels": ("int32", (6,))}


@pytest.mark.parametrize("sequence_length", [8, 32, 128])
def test_labels_tell_the_truth_about_the_corpus(mixed, sequence_length):
    sampler, whole = mixed.sampler(), 0
    for step in range(20):
        batch = sampler.batch(step, sequence_length=sequence_length, batch_size=64)
        for a, b, label in pairs(batch):
            assert runs(a) and runs(b)  # whole stretches of text, nothing skipped
            for segment in (a, b):
                assert len({mixed.document[token] for token in segment}) == 1
            assert mixed.shard[a[0]] == mixed.shard[b[0]]
            if label == 1:
                assert mixed.document[a[0]] != mixed.document[b[0]]
                continue
            assert mixed.document[a[0]] == mixed.document[b[0]] and b[0] > a[-1]
            if len(a) + len(b) + 3 < sequence_length:  # nothing was cut
                whole += 1
                assert b[0] == a[-1] + 1
                one_sentence = mixed.document_lengths[mixed.document[a[0]]] == 1
                assert (mixed.sentence[a[-1]] == mixed.sentence[b[0]]) == one_sentence  # split at a border
    assert whole > 50 or sequence_length == 8


@pytest.mark.parametrize("sequence_length", [8, 32, 128])
def test_labels_are_even_even_for_short_documents(mixed, sequence_length):
    sampler = mixed.sampler()
    labels, single = [], []
    for step in range(60):
        for a, _, label in pairs(sampler.batch(step, sequence_length=sequence_length, batch_size=64)):
            labels.append(label)
            if mixed.document_lengths[mixed.document[a[0]]] == 1:
                single.append(label)
    assert abs(np.mean(labels) - 0.5) < 4 * 0.5 / math.sqrt(len(labels))
    assert len(single) > 80 and abs(np.mean(single) - 0.5) < 4 * 0.5 / math.sqrt(len(single))


def test_foreign_segments_look_like_true_ones(mixed):
    """Where B begins in its document must not tell the label."""
    begins = {0: [], 1: []}
    sampler = mixed.sampler(short_rate=0.0)
    first = {}
    for token, document in mixed.document.items():
        first.setdefault(document, token)
    for step in range(100):
        for a, b, label in pairs(sampler.batch(step, sequence_length=128, batch_size=64)):
            begins[label].append(b[0] - first[mixed.document[b[0]]])
    for quantile in (0.1, 0.25, 0.5, 0.75, 0.9):
        true, foreign = (np.quantile(begins[label], quantile) for label in (0, 1))
        assert abs(true - foreign) <= 0.1 * max(true, foreign) + 3
    assert min(begins[1]) > 0  # never the first sentence of a document, as no true B is


def test_a_pass_covers_the_corpus(tmp_path):
    rng = np.random.default_rng(1)
    corpus = Corpus(tmp_path, [[rng.integers(3, 12, rng.integers(1, 40)).tolist() for _ in range(60)]])
    sampler = corpus.sampler(short_rate=0.0)
    seen, tokens, shares = set(), set(), []
    for step in range(3):  # a batch of about a pass each
        batch = sampler.batch(step, sequence_length=64, batch_size=round(sampler.examples_per_pass(64)))
        for a, b, _ in pairs(batch):
            tokens.update(a, b)
        seen = {corpus.sentence[token] for token in tokens}
        shares.append((len(seen) / corpus.sentences, len(tokens) / corpus.total))
    assert shares[0][0] > 0.93 and shares[0][1] > 0.9
    assert shares[2][0] > 0.995 and shares[2][1] > 0.99


def test_stretches_of_a_pass_leave_no_sentence_out(mixed):
    sampler = mixed.sampler(short_rate=0.0)
    for number in (0, 5, 13):
        cut = sampler._passes.get(number, 61)
        own = sampler._stretches(cut, np.arange(len(cut.anchors)), 61)
        covered = np.zeros(mixed.sentences, bool)
        for first, last in zip(own.sentence, own.last):
            covered[first:last] = True
        lengths = np.diff(sampler._sentences)
        usable = np.ones(mixed.sentences, bool)
        for document in np.flatnonzero(np.diff(sampler._documents) == 1):
            usable[sampler._documents[document]] = lengths[sampler._documents[document]] > 1
        assert (covered == usable).all()
        assert sorted(cut.order) == list(range(len(cut.anchors)))


def test_passes_differ_and_each_takes_every_document_once(tmp_path):
    corpus = Corpus(tmp_path, [[[6]] * 5 + [[3, 4]] + [[1]]])  # one anchor each, but for the single token
    sampler = corpus.sampler()
    assert sampler.examples_per_pass(128) == 6
    numbers = []
    for a, _, _ in pairs(sampler.batch(0, sequence_length=128, batch_size=6 * 40)):
        numbers.append(corpus.document[a[0]])
    passes = np.reshape(numbers, (40, 6))
    assert (np.sort(passes, axis=1) == np.arange(6)).all()
    assert len({tuple(row) for row in passes}) > 30


def test_cuts_of_long_text_shift_between_passes(mixed):
    passes = mixed.sampler()._passes
    anchors = [passes.get(number, 29).anchors.tolist() for number in range(PHASES)]
    assert len({tuple(each) for each in anchors}) == PHASES
    # Every place of every pass is found by its number, one after the other.
    counts = [len(each) for each in anchors]
    found, places = passes.locate(np.arange(3 * sum(counts)), 29)
    assert found.tolist() == np.repeat(np.arange(3 * PHASES), counts * 3).tolist()
    assert places.tolist() == [place for count in counts * 3 for place in range(count)]
    assert mixed.sampler().examples_per_pass(32) == np.mean(counts)


def test_a_batch_depends_on_seed_step_and_shape_alone(mixed):
    sampler, fresh = mixed.sampler(), mixed.sampler()
    shapes = [(step, *shape) for step in (0, 1, 2, 500, 12_345_678) for shape in ((32, 16), (64, 5))]

    def drawn(which, step, length, size):
        return which.batch(step, sequence_length=length, batch_size=size)

    batches = [drawn(sampler, *shape) for shape in shapes]
    copy = pickle.loads(pickle.dumps(mixed.shards))
    with ThreadPoolExecutor(4) as threads:
        threaded = list(threads.map(lambda shape: drawn(sampler, *shape), shapes * 4))[-len(shapes):]
    again = [drawn(fresh, *shape) for shape in reversed(shapes)][::-1]
    other = [drawn(PairSampler(copy, seed=1, **SPECIAL), *shape) for shape in shapes]
    for one, *others in zip(batches, threaded, again, other):
        for two in others:
            for name in one:
                np.testing.assert_array_equal(one[name], two[name])
    different = [drawn(mixed.sampler(seed=2), *shapes[0]), batches[2], batches[6]]
    for two in different:
        assert (batches[0]["token_ids"] != two["token_ids"]).mean() > 0.5


def test_80_10_10(mixed):
    sampler = mixed.sampler()
    masked = random = kept = 0
    random_ids = []
    for step in range(150):
        batch = sampler.batch(step, sequence_length=64, batch_size=64)
        used = batch["mask_weights"] == 1
        now = np.take_along_axis(batch["token_ids"], batch["mask_positions"], axis=1)[used]
        then = batch["mask_ids"][used]
        masked, kept = masked + (now == MASK).sum(), kept + (now == then).sum()
        changed = (now != MASK) & (now != then)
        random += changed.sum()
        random_ids.append(now[changed])
        untouched = np.ones_like(batch["token_ids"], bool)
        np.put_along_axis(untouched, batch["mask_positions"], False, axis=1)
        assert not (batch["token_ids"][untouched] == MASK).any()
    count = masked + random + kept
    assert count > 60_000
    for share, expected in ((masked, 0.8), (random, 0.1), (kept, 0.1)):
        assert abs(share / count - expected) < 5 * math.sqrt(expected * (1 - expected) / count)
    ids = np.concatenate(random_ids)
    assert ids.min() >= ORDINARY and ids.max() > 0.99 * 60_000  # from the whole vocabulary, evenly
    assert abs(ids.mean() / 60_000 - 0.5) < 5 * 0.29 / math.sqrt(len(ids))


def test_how_many_are_masked_and_where(mixed):
    sampler = mixed.sampler()
    spread = np.zeros(64)
    real = np.zeros(64)
    for step in range(50):
        batch = sampler.batch(step, sequence_length=64, batch_size=64)
        tokens = unmasked(batch)
        for row, used, positions, ids, length in zip(
                tokens, batch["mask_weights"] == 1, batch["mask_positions"], batch["mask_ids"],
                batch["padding_mask"].sum(axis=1)):
            count = min(10, max(1, round(0.15 * length)))
            assert used.tolist() == [True] * count + [False] * (10 - count)
            assert (positions[count:] == 0).all() and (ids[count:] == 0).all()
            assert (np.diff(positions[:count]) > 0).all()
            assert positions[0] > 0 and positions[count - 1] < length - 1
            assert (row[positions[:count]] >= ORDINARY).all()  # neither [CLS] nor [SEP] nor padding
            assert (ids[:count] == row[positions[:count]]).all()
            spread[positions[:count]] += 1
            real[:length] += 1
    rate = spread[1:40] / real[1:40]
    assert rate.std() / rate.mean() < 0.1  # everywhere alike, but for the [SEP]s in between


def test_masking_by_hand():
    is_ordinary = np.array([False] * 5 + [True] * 5)
    tokens = np.array([[CLS, 5, UNK, 6, SEP, 7, SEP, PAD], [CLS, UNK, UNK, UNK, SEP, UNK, SEP, PAD],
                       [CLS, 9, SEP, 5, SEP, PAD, PAD, PAD]], np.int32)
    real = (tokens != PAD).astype(np.int32)
    before = tokens.copy()
    result = mask(tokens, real, mask_rate=0.99, slots=4, is_ordinary=is_ordinary, mask_token_id=MASK,
                  rng=np.random.default_rng(0))
    # Every ordinary token is chosen, since the rate asks for more; nothing in the second row can be.
    assert result["mask_positions"].tolist() == [[1, 3, 5, 0], [0, 0, 0, 0], [1, 3, 0, 0]]
    assert result["mask_ids"].tolist() == [[5, 6, 7, 0], [0, 0, 0, 0], [9, 5, 0, 0]]
    assert result["mask_weights"].tolist() == [[1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0]]
    assert (tokens == before)[~is_ordinary[before]].all()


def google_cut(length_a, length_b, room):
    """The loop of the original recipe, on lengths."""
    while length_a + length_b > room:
        if length_a > length_b:
            length_a -= 1
        else:
            length_b -= 1
    return length_a, length_b


def test_long_pairs_lose_tokens_of_the_longer_segment():
    rng = np.random.default_rng(0)
    for room in (5, 12, 29):
        lengths = rng.integers(1, 3 * room, (3000, 2))
        start = rng.integers(0, 1000, (3000, 2))
        segments = np.stack([start, start + lengths], axis=2).reshape(-1, 4)
        cut = _cut(segments, room, rng)
        assert ((cut[:, 1::2] - cut[:, ::2]).tolist()
                == [list(google_cut(a, b, room)) for a, b in lengths.tolist()])
        assert (cut[:, ::2] >= segments[:, ::2]).all() and (cut[:, 1::2] <= segments[:, 1::2]).all()
        front, back = cut[:, ::2] - segments[:, ::2], segments[:, 1::2] - cut[:, 1::2]
        lost = (front + back) > 8
        shares = [(front[lost] == 0).mean(), (back[lost] == 0).mean()] if room > 5 else [0.36, 0.36]
        assert all(0.3 < share < 0.45 for share in shares)  # a third each, and what the rest rounds to
    cut = _cut(np.array([[0, 20, 50, 54], [0, 20, 50, 59]]), 12, rng)
    assert (cut[:, 1::2] - cut[:, ::2]).tolist() == [[8, 4], [6, 6]]


def test_short_pairs_come_at_their_rate(tmp_path):
    corpus = Corpus(tmp_path, [[[2] * 400, [2] * 400]])
    filled = {}
    for rate in (0.0, 0.5):
        sampler = corpus.sampler(short_rate=rate)
        lengths = np.concatenate([
            sampler.batch(step, sequence_length=64, batch_size=64)["padding_mask"].sum(axis=1)
            for step in range(20)])
        filled[rate] = (lengths >= 60).mean()
        assert lengths.max() == 64
    assert filled[0.0] > 0.85 and abs(filled[0.5] - filled[0.0] * 0.53) < 0.06
    assert len(set(lengths.tolist())) > 20


def test_single_sentences_come_alone_and_whole(mixed):
    """A single row is [CLS], a sentence of the corpus, whole where it fits, [SEP]; any sentence may come."""
    lengths, last = Counter(mixed.sentence.values()), {mixed.document[token]: token for token in mixed.document}
    alone, rows, seen = 0, 0, set()
    for step in range(20):
        batch = mixed.sampler(single_rate=0.4).batch(step, sequence_length=32, batch_size=64)
        single = batch["next_labels"] == -1
        alone, rows = alone + single.sum(), rows + 64
        list(pairs({key: value[~single] for key, value in batch.items()}))  # those that stay pairs are as they were
        assert (batch["mask_weights"].sum(axis=1) >= 1).all()
        for tokens, segments, real in zip(unmasked(batch)[single], batch["segment_ids"][single],
                                          batch["padding_mask"][single]):
            length = real.sum()
            text = tokens[1:length - 1].tolist()
            assert tokens[0] == CLS and tokens[length - 1] == SEP and not (tokens[length:] != PAD).any()
            assert (real == (np.arange(32) < length)).all() and not segments.any()
            assert text and runs(text) and len({mixed.sentence[token] for token in text}) == 1
            assert len(text) == min(lengths[mixed.sentence[text[0]]], 30)
            seen.add(mixed.sentence[text[0]])
    assert abs(alone / rows - 0.4) < 0.05
    endings = {mixed.sentence[token] for token in last.values()}  # of documents
    assert abs(len(seen & endings) / len(endings) - len(seen) / mixed.sentences) < 0.08  # no rarer than others


def test_a_shard_of_one_document_gives_far_text(tmp_path):
    corpus = Corpus(tmp_path, [[[5] * 60], [[7] * 3] * 4])
    seen = []
    for step in range(30):
        for a, b, label in pairs(corpus.sampler().batch(step, sequence_length=32, batch_size=32)):
            assert runs(a) and runs(b)
            if corpus.document[a[0]] == 0:
                seen.append(label)
                assert corpus.document[b[0]] == 0
                assert (b[0] == a[-1] + 1) == (label == 0) or (label == 0 and b[0] > a[-1])
                if label:
                    assert not set(a) & set(b)
    assert abs(np.mean(seen) - 0.5) < 0.1


def test_a_shard_of_one_pair_changes_places(tmp_path):
    corpus = Corpus(tmp_path, [[[3, 4]]])
    seen = set()
    for a, b, label in pairs(corpus.sampler(short_rate=0.0).batch(0, sequence_length=32, batch_size=64)):
        seen.add((tuple(corpus.sentence[token] for token in (a[0], b[0])), int(label)))
    assert seen == {((0, 1), 0), ((1, 0), 1)}


def test_very_long_sentences_are_seen_in_all_their_parts(tmp_path):
    corpus = Corpus(tmp_path, [[[500, 300], [400]], [[2, 900, 3]]])
    sampler, tokens = corpus.sampler(), set()
    for step in range(40):
        for a, b, _ in pairs(sampler.batch(step, sequence_length=32, batch_size=32)):
            assert len(a) + len(b) <= 29
            tokens.update(a, b)
    assert len(tokens) > 0.9 * corpus.total


def test_special_tokens_in_the_text_are_never_chosen(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\n\n".join(["4 3 2 1 0 7 8 9\n1 1 1 4 9 8 7"] * 5 + ["1 1\n1"] * 3))
    shards = prepare([path], NumberTokenizer(), tmp_path / "tokens", processes=1)
    sampler = PairSampler(shards, seed=0, **SPECIAL)
    batch = sampler.batch(0, sequence_length=32, batch_size=256)
    chosen = batch["mask_ids"][batch["mask_weights"] == 1]
    assert set(chosen.tolist()) == {7, 8, 9}
    assert (batch["mask_weights"].sum(axis=1) == 0).any()  # rows without any ordinary token predict nothing


def test_bad_values_are_refused(mixed, tmp_path):
    for options, message in (
            (dict(seed=-1), "seed should be an integer of at least 0"),
            (dict(mask_rate=0.0), "mask_rate should be"),
            (dict(mask_rate=1.0), "mask_rate should be"),
            (dict(short_rate=1.5), "short_rate is a share"),
            (dict(single_rate=1.1), "single_rate is a share"),
            (dict(mask_token_id=60_000), "do not fit a vocabulary of 60000"),
            (dict(special_token_ids=range(60_000)), "nothing but special")):
        with pytest.raises(ValueError, match=message):
            mixed.sampler(**options)
    for step, length, size, name in (
            (-1, 32, 4, "step"), (0, 7, 4, "sequence_length"), (0, 32, 0, "batch_size")):
        with pytest.raises(ValueError, match=f"{name} should be an integer"):
            mixed.sampler().batch(step, sequence_length=length, batch_size=size)
