"""Fixed shares of a corpus, and negatives that the topic does not give away."""

import pytest
from test_pairs import Corpus, pairs, runs

from bert_tf.data.mixture import MixedSampler, parts_of


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Two shards of eight long documents of five-token sentences; every token has an id of its own."""
    return Corpus(tmp_path_factory.mktemp("books"), [[[5] * 200 for _ in range(8)] for _ in range(2)])


def kinds(corpus, batch):
    """Counts the pairs by what they are: next, another document, elsewhere, swapped."""
    counts = dict.fromkeys(("next", "other", "elsewhere", "swapped"), 0)
    for a, b, label in pairs(batch):
        assert runs(a) and runs(b)
        if label == 0:
            kind = "next"
            assert b[0] == a[-1] + 1 and corpus.document[a[0]] == corpus.document[b[0]]
        elif corpus.document[a[0]] != corpus.document[b[0]]:
            kind = "other"
        elif b[-1] + 1 == a[0]:
            kind = "swapped"
        else:
            kind = "elsewhere"
            assert not set(a) & set(b) and b[0] != a[-1] + 1
        counts[kind] += 1
    return counts


@pytest.mark.parametrize("elsewhere, swapped", [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.3, 0.3)])
def test_hard_negatives_come_in_their_shares(books, elsewhere, swapped):
    sampler = books.sampler(same_document_rate=elsewhere, swapped_rate=swapped, short_rate=0.0)
    counts = dict.fromkeys(("next", "other", "elsewhere", "swapped"), 0)
    for step in range(30):  # lengths of 43 - 3 tokens: whole sentences fit exactly, nothing is cut
        for kind, count in kinds(books, sampler.batch(step, sequence_length=43, batch_size=64)).items():
            counts[kind] += count
    negatives = sum(counts.values()) - counts["next"]
    assert counts["next"] == pytest.approx(negatives, rel=0.1)
    # text elsewhere may by chance stand right before the first segment: that looks swapped
    assert counts["elsewhere"] / negatives == pytest.approx(elsewhere, abs=0.06)
    assert counts["swapped"] / negatives == pytest.approx(swapped, abs=0.06)


def test_a_document_without_anything_else_falls_back_to_another(tmp_path):
    corpus = Corpus(tmp_path, [[[5, 5]] * 30])
    counts = kinds(corpus, corpus.sampler(same_document_rate=1.0, short_rate=0.0).batch(
        0, sequence_length=32, batch_size=64))
    assert counts["elsewhere"] == 0 and counts["other"] > 20


@pytest.mark.parametrize("rates", [dict(same_document_rate=-0.1), dict(swapped_rate=1.1),
                                   dict(same_document_rate=0.6, swapped_rate=0.6)])
def test_shares_of_negatives_that_cannot_be(books, rates):
    with pytest.raises(ValueError, match="rate"):
        books.sampler(**rates)


def test_every_batch_holds_its_shares_and_nothing_is_left_out(books):
    parts = parts_of(books.shards, {"0": 0.3, "1": 0.7})
    sampler = MixedSampler({name: books.__class__.sampler(_Part(part), seed=i) for i, (name, part) in
                            enumerate(parts.items())}, {"0": 0.3, "1": 0.7})
    total, seen = 0, set()
    for step in range(50):
        batch = sampler.batch(step, sequence_length=43, batch_size=16)
        shards = [books.shard[a[0]] for a, _, _ in pairs(batch)]
        assert len(shards) == 16 and shards.count(0) in (4, 5)
        total += shards.count(0)
        seen |= {a[0] for a, _, _ in pairs(batch)}
        again = sampler.batch(step, sequence_length=43, batch_size=16)
        assert all((again[key] == batch[key]).all() for key in batch)
    assert total == 240 and len(seen) > 500  # 0.3 of 50 x 16


class _Part:
    """Lends `Corpus.sampler` other shards."""

    def __init__(self, shards):
        self.shards = shards


def test_parts_that_do_not_fit_the_files(books):
    with pytest.raises(ValueError, match="belongs to none"):
        parts_of(books.shards, {"0": 1.0})
    with pytest.raises(ValueError, match="no text for the part zh"):
        parts_of(books.shards, {"0": 1.0, "1": 1.0, "zh": 1.0})
    sampler = books.sampler()
    with pytest.raises(ValueError, match="above 0"):
        MixedSampler({"en": sampler}, {"en": 0.0})
    with pytest.raises(ValueError, match="do not fit"):
        MixedSampler({"en": sampler}, {"zh": 1.0})
