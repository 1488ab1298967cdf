"""From scores to probabilities, in NumPy and without overflow."""

from __future__ import annotations

import numpy as np


def log_sum_exp(scores: np.ndarray) -> np.ndarray:
    """Returns ln of the sum of e^score over the last axis, float32, in the shape without it.

    Example: scores (0, ln 3) give ln 4.
    """
    scores = np.asarray(scores, np.float32)
    top = scores.max(axis=-1, keepdims=True)
    return top[..., 0] + np.log(np.exp(scores - top).sum(axis=-1))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Returns the probabilities of scores over the last axis, float32, in their shape.

    Example: scores (0, ln 3) give 0.25 and 0.75.
    """
    scores = np.asarray(scores, np.float32)
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
