"""One attention head's arithmetic, step by step, from a trace and the head's own weights.

Letters in shapes: T tokens, H hidden, D head size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bert_tf.results import Trace

if TYPE_CHECKING:
    from bert_tf.explore import Bert


@dataclass(frozen=True)
class HeadVectors:
    """What one head makes of every token before it compares them.

    Attributes:
        queries, keys, values: float32 (T, D): what a token looks for, what it is found by, what it hands over.
    """

    queries: np.ndarray
    keys: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class HeadArithmetic:
    """How one head decides where one token looks, and what the token gets from there.

    Attributes:
        query: float32 (D,), of the token that looks.
        keys, values: float32 (T, D), of all tokens.
        products: float32 (T, D), query times key, number by number.
        dots: float32 (T,), the sums of these products: the raw scores.
        scores: float32 (T,), dots / sqrt(D).
        exponentials: float32 (T,), e to the power of (score minus the largest score); the largest is 1.
        weights: float32 (T,), exponentials over their sum: the attention.
        weighted: float32 (T, D), each token's value times its weight.
        output: float32 (D,), their sum: what the head hands on for the token.
    """

    query: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    products: np.ndarray
    dots: np.ndarray
    scores: np.ndarray
    exponentials: np.ndarray
    weights: np.ndarray
    weighted: np.ndarray
    output: np.ndarray


def head_vectors(bert: Bert, trace: Trace, layer: int, head: int) -> HeadVectors:
    """Returns queries, keys and values of one head for the tokens of a trace.

    Args:
        bert: the model that made the trace.
        trace: hidden_states[layer] (T, H) is what block `layer` reads.
        layer, head: counted from 0.

    Raises:
        ValueError: the layer or the head is not there, or the trace is another model's.
    """
    config = bert.config
    for name, index, count in (("layer", layer, config.num_hidden_layers), ("head", head, config.num_attention_heads)):
        if not 0 <= index < count:
            raise ValueError(f"{name} should be from 0 to {count - 1}, but is {index}.")
    hidden, size = trace.hidden_states[layer], config.head_size
    if len(trace.hidden_states) != config.num_hidden_layers + 1 or hidden.shape[-1] != config.hidden_size:
        raise ValueError(f"The trace has hidden states {trace.hidden_states.shape}, which is not what {bert.name} "
                         "gives: pass a trace of the same model.")
    kernel, bias = bert.model.encoder.blocks[layer].attention.query_key_value.get_weights()  # (H, 3H), (3H,)
    own = slice(head * size, (head + 1) * size)
    parts = (hidden @ matrix[:, own] + offset[own]  # (T, H) @ (H, D)
             for matrix, offset in zip(np.split(kernel, 3, axis=1), np.split(bias, 3)))
    return HeadVectors(*(part.astype(np.float32) for part in parts))


def head_arithmetic(bert: Bert, trace: Trace, layer: int, head: int, token: int) -> HeadArithmetic:
    """Follows one head for one token, with the model's real numbers.

    Args:
        bert, trace, layer, head: as in `head_vectors`.
        token: the token that looks, counted from 0.

    Example: query (1, 2) and keys (3, 1) and (0, 1) give products (3, 2) and (0, 2), dots 5 and 2, scores
        5 / sqrt(2) = 3.54 and 1.41, exponentials 1 and e^-2.12 = 0.12, weights 0.89 and 0.11.

    Raises:
        ValueError: the layer, the head or the token is not there, or the trace is another model's.

    Source: Vaswani et al. 2017, section 3.2.1.
    """
    if not 0 <= token < len(trace.tokens):
        raise ValueError(f"token should be from 0 to {len(trace.tokens) - 1}, but is {token}.")
    vectors = head_vectors(bert, trace, layer, head)
    return attend(vectors.queries[token], vectors.keys, vectors.values)


def attend(query: np.ndarray, keys: np.ndarray, values: np.ndarray) -> HeadArithmetic:
    """Does the arithmetic of attention for one query (D,), keys (T, D) and values (T, D)."""
    products = query * keys  # (T, D)
    dots = products.sum(axis=-1)
    scores = dots / np.float32(math.sqrt(len(query)))
    exponentials = np.exp(scores - scores.max())
    weights = exponentials / exponentials.sum()
    weighted = weights[:, None] * values  # (T, D)
    return HeadArithmetic(query, keys, values, products, dots, scores, exponentials, weights, weighted,
                          weighted.sum(axis=0))
