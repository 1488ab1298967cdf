"""The learning rate, against numbers worked by hand."""

import pytest

from bert_tf.training.pretraining_config import PretrainingConfig
from bert_tf.training.schedules import learning_rate


def recipe(**changes):
    return PretrainingConfig(**{"steps": 100, "peak_learning_rate": 1e-3, "warmup": 0.1} | changes)


@pytest.mark.parametrize(("progress", "expected"), [(0, 0), (0.05, 5e-4), (0.1, 1e-3), (0.55, 5e-4), (1, 0), (2, 0)])
def test_linear(progress, expected):
    assert learning_rate(recipe(), progress) == pytest.approx(expected)


@pytest.mark.parametrize(("progress", "expected"), [(0.05, 5e-4), (0.4, 1e-3), (0.75, 1e-3), (0.875, 5e-4), (1, 0)])
def test_trapezoid_stays_up_until_the_cooldown(progress, expected):
    config = recipe(schedule="trapezoid", cooldown=0.25)
    assert learning_rate(config, progress) == pytest.approx(expected)


def test_constant_stays_up():
    assert learning_rate(recipe(schedule="constant"), 1.0) == 1e-3


def test_no_warmup_starts_at_the_peak():
    assert learning_rate(recipe(warmup=0.0), 0.0) == 1e-3
