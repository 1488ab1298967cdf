"""Measures on vectors and attention: cosines, projections, anisotropy, rollout. NumPy alone.

Letters in shapes: n vectors, d numbers in each, k components, L layers, N heads, T tokens, H hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def _matrix(vectors: np.ndarray, least: int = 1) -> np.ndarray:
    """Returns the vectors as float64 (n, d), or raises ValueError: wrong shape, too few, or not finite."""
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) < least or vectors.shape[1] < 1:
        raise ValueError(f"Expected at least {least} vectors as an array (n, d), got shape {vectors.shape}.")
    if not np.isfinite(vectors).all():
        raise ValueError("The vectors hold numbers that are not finite.")
    return vectors


def _directions(vectors: np.ndarray) -> np.ndarray:
    """Returns (n, d) scaled to length 1, or raises ValueError when one is zero: it has no direction."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)  # (n, 1)
    if not lengths.all():
        raise ValueError(f"Vector {int(np.argmin(lengths))} is zero: it has no direction, and no cosine.")
    return vectors / lengths


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the cosine of the angle between two vectors (d,), in [-1, 1].

    Example:
        cosine([1, 0], [1, 1]) = 1 / sqrt(2) = 0.707; the lengths do not matter, only the directions.

    Raises:
        ValueError: not two vectors of one length, a zero vector, or numbers that are not finite.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"Expected two vectors of one length, got shapes {a.shape} and {b.shape}.")
    return float(cosine_matrix(np.stack([a, b]))[0, 1])


def cosine_matrix(vectors: np.ndarray) -> np.ndarray:
    """Returns the cosines of all pairs.

    Args:
        vectors: (n, d), none of them zero.

    Returns:
        float64 (n, n), symmetric, in [-1, 1], with ones on the diagonal.

    Example:
        [[1, 0], [0, 2], [3, 3]] gives 0 for the first two, 0.707 for either with the third.

    Raises:
        ValueError: the shape is not (n, d), a vector is zero, or numbers are not finite.
    """
    directions = _directions(_matrix(vectors))
    cosines = np.clip(directions @ directions.T, -1.0, 1.0)  # (n, n)
    np.fill_diagonal(cosines, 1.0)
    return cosines


def nearest_neighbours(query: np.ndarray, vectors: np.ndarray, top_k: int = 5) -> list[tuple[int, float]]:
    """Finds the vectors that point the same way as the query.

    Args:
        query: (d,).
        vectors: (n, d).
        top_k: how many, at least 1; no more than n come back.

    Returns:
        Pairs (row of `vectors`, cosine), the nearest first; equal ones in the order of their rows.

    Raises:
        ValueError: shapes that do not fit, a zero vector, or top_k < 1.
    """
    vectors, query = _matrix(vectors), np.asarray(query, dtype=np.float64)
    if query.shape != vectors.shape[1:]:
        raise ValueError(f"Expected a query of {vectors.shape[1]} numbers, got shape {query.shape}.")
    if top_k < 1:
        raise ValueError(f"top_k must be at least 1, got {top_k}.")
    cosines = np.clip(_directions(vectors) @ _directions(_matrix(query[None]))[0], -1.0, 1.0)  # (n,)
    return [(int(row), float(cosines[row])) for row in np.argsort(-cosines, kind="stable")[:top_k]]


@dataclass(frozen=True)
class Projection:
    """Vectors seen along the few axes on which they differ most.

    Attributes:
        coordinates: float64 (n, k), the vectors on those axes.
        explained_variance_ratio: float64 (k,), the share of all variance on each axis, largest first;
            zeros if all vectors are equal.
        mean: float64 (d,), the point that became the origin.
        axes: float64 (k, d), of length 1 and at right angles to each other.
    """

    coordinates: np.ndarray
    explained_variance_ratio: np.ndarray
    mean: np.ndarray
    axes: np.ndarray

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """Puts further vectors (m, d) on the same axes; returns float64 (m, k).

        Raises:
            ValueError: the vectors are not (m, d) with the d that the axes were found in.
        """
        vectors = _matrix(vectors)
        if vectors.shape[1] != len(self.mean):
            raise ValueError(f"Expected vectors of {len(self.mean)} numbers, got shape {vectors.shape}.")
        return (vectors - self.mean) @ self.axes.T  # (m, d) @ (d, k)


def pca(vectors: np.ndarray, components: int = 2) -> Projection:
    """Finds the axes on which vectors differ most (principal component analysis).

    The sign of an axis is free; here its largest entry (the first one, if several are equally large) is
    positive, so that the same vectors always give the same picture.

    Args:
        vectors: (n, d), at least two.
        components: k, from 1 to the smaller of n and d.

    Example:
        (0, 0), (2, 2), (4, 4) lie on one line: mean (2, 2), first axis (0.707, 0.707), coordinates
        -2.83, 0, 2.83 on it and 0 on the second, shares of the variance 1 and 0.

    Raises:
        ValueError: the shape is not (n, d), or components is out of range.

    Source: Jolliffe 2002, "Principal Component Analysis", chapters 1 and 2.
    """
    vectors = _matrix(vectors, least=2)
    if not 1 <= components <= min(vectors.shape):
        raise ValueError(
            f"{vectors.shape[0]} vectors of {vectors.shape[1]} numbers have 1 to {min(vectors.shape)} "
            f"components, got {components}."
        )
    mean = vectors.mean(axis=0)  # (d,)
    if (vectors == vectors[0]).all():
        mean = vectors[0].copy()  # or the rounding of the mean passes for variance
    _, singular_values, axes = np.linalg.svd(vectors - mean, full_matrices=False)
    axes = axes[:components]  # (k, d)
    sizes = np.abs(axes)
    nearly_largest = sizes >= sizes.max(axis=1, keepdims=True) * (1 - 1e-6)  # equal ones differ by rounding
    largest = axes[np.arange(components), nearly_largest.argmax(axis=1)]  # (k,)
    axes = axes * np.sign(largest)[:, None]
    variances = singular_values**2  # (min(n, d),)
    total = variances.sum()
    ratio = variances[:components] / total if total > 0 else np.zeros(components)
    return Projection((vectors - mean) @ axes.T, ratio, mean, axes)


def random_pair_baseline(vectors: np.ndarray, pairs: int = 1000, seed: int = 0) -> float:
    """Returns the mean cosine of random pairs of different rows: what a cosine has to beat to mean anything.

    In a space where directions are used evenly it is about 0; in the upper layers of BERT it is well above.

    Args:
        vectors: (n, d), at least two.
        pairs: how many pairs to draw. If there are no more pairs than that, all of them count, once each.
        seed: equal seeds draw equal pairs.

    Example:
        [[1, 0], [1, 0], [0, 1]] has the cosines 1, 0 and 0: baseline 1/3.

    Raises:
        ValueError: the shape is not (n, d) with n at least 2, a vector is zero, or pairs < 1.

    Source: Ethayarajh 2019, section 4.1.
    """
    directions = _directions(_matrix(vectors, least=2))
    count = len(directions)
    if pairs < 1:
        raise ValueError(f"pairs must be at least 1, got {pairs}.")
    if count * (count - 1) // 2 <= pairs:
        first, second = np.triu_indices(count, k=1)
    else:
        random = np.random.default_rng(seed)
        first = random.integers(count, size=pairs)
        second = (first + random.integers(1, count, size=pairs)) % count  # never the same row
    return float(np.einsum("pd,pd->p", directions[first], directions[second]).mean())


def anisotropy(hidden_states: np.ndarray, pairs: int = 1000, seed: int = 0) -> np.ndarray:
    """Measures layer by layer how far all vectors lean the same way: the mean cosine of random pairs.

    Args:
        hidden_states: (L+1, n, H), for instance the tokens of many sentences behind each other.
        pairs, seed: as in `random_pair_baseline`; every layer sees the same pairs.

    Returns:
        float64 (L+1,).

    Raises:
        ValueError: the shape is not (L+1, n, H) with n at least 2, or a vector is zero.

    Source: Ethayarajh 2019, section 4.1.
    """
    hidden_states = np.asarray(hidden_states)
    if hidden_states.ndim != 3 or not len(hidden_states):
        raise ValueError(f"Expected hidden states as an array (L+1, n, H), got shape {hidden_states.shape}.")
    return np.array([random_pair_baseline(layer, pairs, seed) for layer in hidden_states])


def _attentions(attentions: np.ndarray) -> np.ndarray:
    """Returns float64 (L, N, T, T), or raises ValueError: wrong shape, or rows that are no probabilities."""
    attentions = np.asarray(attentions, dtype=np.float64)
    if attentions.ndim != 4 or attentions.shape[2] != attentions.shape[3] or not attentions.size:
        raise ValueError(f"Expected attention as an array (L, N, T, T), got shape {attentions.shape}.")
    # 0.02: half precision may come in. "not": NaN must fail as well.
    if not (np.abs(attentions.sum(axis=-1) - 1.0).max() <= 0.02 and attentions.min() >= 0):
        raise ValueError("Every row of attention must be probabilities that sum to 1.")
    return attentions


def average_attention(
    attentions: np.ndarray, layers: Sequence[int] | None = None, heads: Sequence[int] | None = None
) -> np.ndarray:
    """Returns the mean attention over some layers and heads.

    Args:
        attentions: (L, N, T, T), rows sum to 1.
        layers: which layers, counted from 0; None for all.
        heads: which heads, counted from 0; None for all.

    Returns:
        float64 (T, T); rows sum to 1.

    Raises:
        ValueError: the shape is wrong, rows do not sum to 1, or a layer or head is not there.
    """
    attentions = _attentions(attentions)
    chosen = []
    for name, wanted, count in (("layer", layers, attentions.shape[0]), ("head", heads, attentions.shape[1])):
        wanted = list(range(count)) if wanted is None else list(wanted)
        if not wanted or not all(0 <= index < count for index in wanted):
            raise ValueError(f"Choose one {name} or more from 0 to {count - 1}, got {wanted}.")
        chosen.append(wanted)
    return attentions[np.ix_(*chosen)].mean(axis=(0, 1))  # (layers, heads, T, T) -> (T, T)


def attention_entropy(attentions: np.ndarray) -> np.ndarray:
    """Measures how widely each head looks around: the entropy of its rows, averaged over the rows.

    Args:
        attentions: (L, N, T, T), rows sum to 1.

    Returns:
        float64 (L, N) in bits: 0 for a head that looks at one token only, log2(T) for one that looks at
        all alike.

    Example:
        Rows (1/2, 1/2, 0, 0) have 1 bit: as if the head chose between two tokens.

    Raises:
        ValueError: the shape is wrong, or rows do not sum to 1.

    Source: Clark et al. 2019, section 3.3 (there in nats).
    """
    attentions = _attentions(attentions)
    surprise = -np.log2(np.where(attentions > 0, attentions, 1.0))  # (L, N, T, T); 0 log 0 counts as 0
    return (attentions * surprise).sum(axis=-1).mean(axis=-1) + 0.0  # + 0.0: no minus zero


def attention_rollout(attentions: np.ndarray) -> np.ndarray:
    """Follows attention back to the input tokens, through all blocks below and past each of them.

    Heads are averaged; half of each row goes to the token itself, for the residual connection; the blocks
    are multiplied up: R_l = (A_l / 2 + I / 2) R_(l-1), R_0 = I.

    Args:
        attentions: (L, N, T, T), rows sum to 1.

    Returns:
        float64 (L, T, T): entry [l, i, j] is how much of token i after block l comes from input token j;
        rows sum to 1.

    Example:
        One block, one head, two tokens, A = [[0, 1], [0, 1]]: rollout [[0.5, 0.5], [0, 1]]. A second block
        with the same attention: [[0.25, 0.75], [0, 1]].

    Raises:
        ValueError: the shape is wrong, or rows do not sum to 1.

    Source: Abnar and Zuidema 2020, section 3.
    """
    means = _attentions(attentions).mean(axis=1)  # (L, T, T)
    with_residual = means + np.eye(means.shape[-1])
    with_residual /= with_residual.sum(axis=-1, keepdims=True)
    rollout = [with_residual[0]]
    for block in with_residual[1:]:
        rollout.append(block @ rollout[-1])
    return np.stack(rollout)
