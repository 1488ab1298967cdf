"""Probabilities and log sums beside SciPy's."""

import numpy as np
import pytest
from scipy import special

from bert_tf.logits import log_sum_exp, softmax


def test_hand_worked_numbers():
    assert softmax(np.array([0.0, np.log(3.0)])) == pytest.approx([0.25, 0.75])
    assert log_sum_exp(np.array([0.0, np.log(3.0)])) == pytest.approx(np.log(4.0))


@pytest.mark.parametrize("scale", [1.0, 1e4])  # e^10,000 is no number
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_equal_scipy_over_the_last_axis(scale, dtype):
    scores = (np.random.default_rng(0).normal(size=(3, 4, 7)) * scale).astype(dtype)
    found = softmax(scores)
    assert found.dtype == log_sum_exp(scores).dtype == np.float32
    wide = scores.astype(np.float64)
    assert found == pytest.approx(special.softmax(wide, axis=-1), abs=1e-6)
    assert log_sum_exp(scores) == pytest.approx(special.logsumexp(wide, axis=-1), rel=1e-6)
