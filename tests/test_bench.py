"""The bench: that both sides do the same work, and that the figures say what they claim."""

import importlib.util

import numpy as np
import pytest

import bert_tf
from bert_tf import bench
from bert_tf.bench import Measurement, Ours, made_text, random_batch, run_bench, text_of_length


@pytest.fixture(scope="module")
def sides(tiny_model_folder):
    from bert_tf.bench_torch import Theirs

    return Ours(bert_tf.load(tiny_model_folder)), Theirs(str(tiny_model_folder))


def test_ratio_is_how_many_times_as_fast():
    assert Measurement("a", "ms", ours=4.0, theirs=6.0).ratio == pytest.approx(1.5)
    assert Measurement("a", "tokens/s", ours=3_000.0, theirs=2_000.0).ratio == pytest.approx(1.5)
    assert Measurement("a", "ms", ours=4.0).ratio is None
    assert Measurement("a", "ms", ours=4.0).line().split() == ["a", "ms", "4.00", "-", "-"]


def test_figures_are_worked_out_from_turns():
    class Side:
        def __init__(self, *seconds):
            self.seconds = iter(seconds)

        def timed(self, method, argument, seconds):
            return [next(self.seconds)]

    def measured(tokens):  # the first turn, 99 seconds, does not count
        job = bench.Job("job", "method", iter([[0] * 10] * 4), 0.0, tokens)
        return bench.measure(job, [Side(99, 1, 2, 9), Side(99, 4, 5, 3)], turns=3)

    assert measured(None) == Measurement("job", "ms", 2_000.0, 4_000.0)
    assert measured(len) == Measurement("job", "tokens/s", pytest.approx(5.0), pytest.approx(2.5))


@pytest.mark.parametrize("length", (8, 16, 33, 64))
def test_text_has_the_length_asked_for(sides, length):
    encoding = sides[0].bert.encode(text_of_length(sides[0].bert.tokenizer, length))
    assert len(encoding) == length and encoding.tokens.count("[MASK]") == 1


def test_made_text_is_bilingual_and_new_with_every_seed(tiny_vocabulary):
    lines = made_text(tiny_vocabulary, 20, seed=1)
    assert len(lines) == 20 and lines == made_text(tiny_vocabulary, 20, seed=1)
    assert not set(lines) & set(made_text(tiny_vocabulary, 20, seed=2))
    assert sum(line.isascii() for line in lines) == 10 and all("。" in line for line in lines[1::2])


def test_both_sides_give_the_same_answers(sides):
    ours, theirs = sides
    text = text_of_length(ours.bert.tokenizer, 16)
    (candidates,), (others,) = ours.fill_mask(text), theirs.fill_mask(text)
    assert [c.token for c in candidates] == [token for token, _ in others]
    np.testing.assert_allclose([c.probability for c in candidates], [p for _, p in others], atol=1e-5)
    trace = ours.trace(text)
    for mine, other in zip((trace.hidden_states, trace.attentions, trace.pooled), theirs.trace(text)):
        np.testing.assert_allclose(mine, other, atol=1e-4)
    batch = random_batch(ours.bert.tokenizer, 3, 16)
    encoded, other = ours.forward(batch), theirs.forward(batch)
    for key in ("sequence_output", "pooled_output"):
        np.testing.assert_allclose(encoded[key], other[key], atol=1e-4)
    lines = made_text(ours.bert.tokenizer.vocab, 10, seed=0)
    assert ours.tokenize(lines) == theirs.tokenize(lines)


def test_both_sides_train_on_the_same_loss(sides, tiny_model_folder):
    from bert_tf.bench_torch import Trainee

    ours, _ = sides
    batch = random_batch(ours.bert.tokenizer, 8, 16)
    trainee = Trainee(str(tiny_model_folder), half=False)
    first, expected = ours.train(batch), trainee.step(batch)
    assert first == pytest.approx(expected, abs=0.1)  # ours is in bfloat16
    assert trainee.step(batch) < expected


def test_quick_bench_fills_the_table(tiny_model_folder):
    lines = []
    results = run_bench(tiny_model_folder, quick=True, show=lines.append)
    assert [result.name.split(",")[0] for result in results] == ["fill_mask", "trace", "forward", "train", "tokenize"]
    assert all(result.ours > 0 and result.theirs > 0 for result in results)
    assert "transformers" in lines[0] and len(lines) == 2 + len(results)


def test_without_pytorch_it_says_so_and_measures_itself(tiny_model_folder, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find(name, *rest))
    monkeypatch.setattr(Ours, "timed", lambda self, method, argument, seconds: [0.5])  # what it does is measured above
    lines = []
    results = run_bench(tiny_model_folder, quick=True, show=lines.append)
    assert any("torch not installed" in line for line in lines)
    assert len(results) == 5 and all(result.theirs is None and result.ours > 0 for result in results)
    assert all(line.split()[-2:] == ["-", "-"] for line in lines[3:]) and len(lines) == 3 + len(results)
