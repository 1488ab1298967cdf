"""Measures on one word's vectors in many sentences: senses found and judged, and how much context moves them.

NumPy; grouping loads scikit-learn when it is asked.
Letters in shapes: n sentences, d numbers in a vector, k groups, L layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_tf.analysis import cosine_matrix, random_pair_baseline

#: Cosines that differ by less are equal: float32 vectors that should be equal differ by rounding.
TIE = 1e-6


def centred_directions(vectors: np.ndarray) -> np.ndarray:
    """Returns the directions in which vectors leave their mean, float64 (n, d); zero for one that is the mean.

    All vectors of a layer lean the same way; what is left without the mean is what tells them apart.

    Example: (3, 1), (3, -1), (3, 0) have the mean (3, 0) and become (0, 1), (0, -1), (0, 0).

    Raises:
        ValueError: the vectors are not an array (n, d) with n at least 1.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or not len(vectors):
        raise ValueError(f"Expected vectors as an array (n, d), got shape {vectors.shape}.")
    away = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(away, axis=1, keepdims=True)  # (n, 1)
    rounding = 1e-9 * np.linalg.norm(vectors, axis=1).max()
    return np.divide(away, lengths, out=np.zeros_like(away), where=lengths > rounding)


@dataclass(frozen=True)
class Grouping:
    """Sentences put into groups by their vectors.

    Attributes:
        labels: int (n,), the group of each sentence, 0 for the group of the first sentence and so on.
        count: k, how many groups there are.
        silhouettes: for every number of groups that was tried, how well apart they are, in [-1, 1].
    """

    labels: np.ndarray
    count: int
    silhouettes: dict[int, float]


def find_groups(vectors: np.ndarray, count: int | None = None, *, most: int = 5, seed: int = 0) -> Grouping:
    """Groups vectors by direction around their mean (k-means); the number of groups may be left open.

    Args:
        vectors: (n, d).
        count: how many groups; None for the number from 2 to `most` with the best silhouette.
        most: the largest number tried, less where there are few different vectors.
        seed: equal seeds give equal groups.

    Returns:
        The groups; one group with no silhouette where there are fewer than 3 different vectors and none was asked
        for.

    Raises:
        ValueError: the shape is wrong, or `count` is not from 1 to the number of different vectors.

    Source: Rousseeuw 1987 for the silhouette.
    """
    directions = centred_directions(vectors)
    different = len(np.unique(directions.round(9), axis=0))
    if count is not None and not 1 <= count <= different:
        raise ValueError(f"There are {different} different vectors: ask for 1 to {different} groups, got {count}.")
    tried = range(2, min(most, different - 1) + 1) if count is None else [count]
    best, scores = np.zeros(len(directions), int), {}
    for k in tried:
        labels = _k_means(directions, k, seed)
        scores[k] = _silhouette(directions, labels)
        if scores[k] == max(scores.values()):
            best = labels
    _, first, inverse = np.unique(best, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))  # the group of the first sentence becomes 0
    return Grouping(order[inverse], len(first), scores)


def _k_means(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # so little work; on a busy machine threads wait for each other for seconds
        return KMeans(k, n_init=10, random_state=seed).fit_predict(points)


def _silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    """Returns the silhouette; 0 where it says nothing: one group, or a group for each point."""
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(points, labels)) if 1 < len(set(labels.tolist())) < len(points) else 0.0


def sense_accuracy(vectors: np.ndarray, senses: Sequence[int]) -> float:
    """Tells how many sentences' senses can be read off: each goes to the sense whose other sentences are nearest.

    The mean of a sense's directions is compared by cosine, the sentence itself left out of it. One sentence is left
    out of every other sense too, each in turn: a mean of more sentences would be nearer to anything.

    Args:
        vectors: (n, d).
        senses: n senses, at least two different ones, of at least two sentences each.

    Returns:
        The share that goes to its own sense, in [0, 1]; a tie among some senses counts as one in that many. By
        chance it is 1/k.

    Example: (1, 0), (1, 0.1) of one sense and (0, 1), (0.1, 1), (1, 0.2) of another: the last one goes wrong, 4/5.

    Raises:
        ValueError: the shapes do not fit, a vector is zero, or a sense has fewer than two sentences.
    """
    vectors, senses = np.asarray(vectors, dtype=np.float64), np.asarray(senses)
    names, sizes = np.unique(senses, return_counts=True)
    if vectors.ndim != 2 or senses.shape != (len(vectors),) or len(names) < 2 or sizes.min() < 2:
        raise ValueError("Expected vectors (n, d) and two senses or more of at least two sentences each, got shape "
                         f"{vectors.shape} and senses of {sizes.tolist()} sentences.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError(f"Vector {int(np.argmin(lengths))} is zero: it has no direction.")
    directions = vectors / lengths
    members = [np.flatnonzero(senses == name) for name in names]
    sums = np.stack([directions[rows].sum(axis=0) for rows in members])  # (k, d)
    score = 0.0
    for own, rows in enumerate(members):
        for rank, row in enumerate(rows):
            for shift in range(sizes.max()):
                left_out = [row if sense == own else others[(rank + shift) % len(others)]
                            for sense, others in enumerate(members)]
                means = sums - directions[left_out]  # (k, d)
                cosines = means @ directions[row] / np.maximum(np.linalg.norm(means, axis=1), 1e-12)
                nearest = cosines >= cosines.max() - TIE
                score += nearest[own] / nearest.sum()
    return float(score / len(senses) / sizes.max())


@dataclass(frozen=True)
class LayerCosines:
    """Mean cosines of pairs of sentences, layer by layer; each float64 (L+1,).

    Attributes:
        same: pairs of one sense; None where no sense has two sentences.
        different: pairs of two senses; None where there is one sense only.
        every: all pairs.
        random: random pairs of words of these sentences.
    """

    same: np.ndarray | None
    different: np.ndarray | None
    every: np.ndarray
    random: np.ndarray


def cosines_by_layer(vectors: np.ndarray, senses: Sequence[int | None], crowd: np.ndarray) -> LayerCosines:
    """Compares a word's vectors within a sense, across senses, and with random words, at every layer.

    Args:
        vectors: (n, L+1, d), n at least 2.
        senses: n senses; None where nobody knows.
        crowd: (m, L+1, d), the vectors of words in general.

    Raises:
        ValueError: the shapes do not fit, or a vector is zero.

    Source: Ethayarajh 2019, sections 3.3 and 4.1.
    """
    vectors, crowd = np.asarray(vectors), np.asarray(crowd)
    if vectors.ndim != 3 or len(vectors) < 2 or crowd.ndim != 3 or crowd.shape[1:] != vectors.shape[1:]:
        raise ValueError(f"Expected arrays (n, L+1, d) and (m, L+1, d), got {vectors.shape} and {crowd.shape}.")
    same, different = pair_masks(senses)
    above = np.triu(np.ones((len(vectors),) * 2, bool), k=1)
    means = {name: [] for name in ("same", "different", "every")}
    for layer in range(vectors.shape[1]):
        cosines = cosine_matrix(vectors[:, layer])
        for name, mask in (("same", same), ("different", different), ("every", above)):
            means[name].append(cosines[mask].mean() if mask.any() else np.nan)
    random = np.array([random_pair_baseline(crowd[:, layer]) for layer in range(vectors.shape[1])])
    return LayerCosines(np.array(means["same"]) if same.any() else None,
                        np.array(means["different"]) if different.any() else None, np.array(means["every"]), random)


def pair_masks(senses: Sequence[int | None]) -> tuple[np.ndarray, np.ndarray]:
    """Returns which pairs (row < column) are of one sense and which of two, bool (n, n) each.

    Example: senses 0, 0, 1, None: the pair (0, 1) is of one sense, (0, 2) and (1, 2) of two.
    """
    known = np.array([sense is not None for sense in senses])
    names = np.array([-1 if sense is None else sense for sense in senses])
    counted = np.triu(known[:, None] & known[None], k=1)
    equal = names[:, None] == names[None]
    return counted & equal, counted & ~equal


def static_share(vectors: np.ndarray) -> float:
    """Tells how much of a word's vectors one single vector could stand for: the most, over all vectors.

    It is the share of the first singular value, squared; the mean is not taken off.

    Args:
        vectors: (n, d), not all zero.

    Returns:
        A number in (0, 1]; 1 where all vectors are multiples of one.

    Example: (1, 0), (1, 0), (0, 1): the squared singular values are 2 and 1, so 2/3.

    Raises:
        ValueError: the shape is not (n, d), or all vectors are zero.

    Source: Ethayarajh 2019, section 3.3 (maximum explainable variance).
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or not vectors.any():
        raise ValueError(f"Expected vectors (n, d), not all zero, got shape {vectors.shape}.")
    squares = np.linalg.svd(vectors, compute_uv=False) ** 2
    return float(squares[0] / squares.sum())
