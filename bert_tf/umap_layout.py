"""UMAP for some hundred vectors, in NumPy: a graph of near neighbours, then points pulled and pushed along it.

The reference implementation compiles itself for half a minute when it is first used; this one starts at once.
Letters in shapes: n vectors, d numbers in each, k components, m neighbours.
"""

from __future__ import annotations

import numpy as np

from bert_tf.analysis import pca

#: The curve 1 / (1 + a x^2b) that fits a smallest distance of 0.1 at a spread of 1.
CURVE_A, CURVE_B = 1.5769, 0.8951
#: Random points that a point is pushed from for each that it is pulled to.
PUSHES = 5
#: No step is longer than this.
LONGEST_STEP = 4.0


def umap(vectors: np.ndarray, components: int = 2, *, neighbours: int = 15, epochs: int = 200,
         seed: int = 0) -> np.ndarray:
    """Lays vectors out so that those near each other stay near each other.

    Args:
        vectors: (n, d), at least 4.
        components: k, at most the smaller of n and d.
        neighbours: how many count as near, the vector itself among them; at most n are used.
        epochs: how often every link of the graph is followed.
        seed: equal seeds give equal maps.

    Returns:
        float64 (n, k). Distances between far points and the sizes of groups mean little.

    Raises:
        ValueError: too few vectors, or a number out of range.

    Source: McInnes, Healy and Melville 2018, "UMAP", sections 3 and 4.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) < 4 or neighbours < 2 or epochs < 1:
        raise ValueError(f"Expected 4 vectors or more as an array (n, d), 2 neighbours or more and an epoch or more, got "
                         f"shape {vectors.shape}, {neighbours} neighbours and {epochs} epochs.")
    links = neighbour_graph(vectors, min(neighbours, len(vectors)))
    start = pca(vectors, components).coordinates
    random = np.random.default_rng(seed)
    start = start * 10 / max(np.abs(start).max(), 1e-12) + random.normal(scale=1e-4, size=start.shape)
    return _settle(start, links, epochs, random)


def neighbour_graph(vectors: np.ndarray, neighbours: int) -> np.ndarray:
    """Says how surely each two vectors belong together, float64 (n, n) in [0, 1], symmetric, 0 on the diagonal.

    Each vector measures distance in its own unit: the nearest other one counts 1, and the unit is such that its
    `neighbours` - 1 nearest others together count log2(neighbours). A pair belongs together if either says so:
    a + b - a b.

    Example: on a line at 0, 1 and 3, with 3 neighbours, 0 gives 1 to its nearest, and what is left to the other:
    log2(3) - 1 = 0.585.
    """
    squares = (vectors**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * vectors @ vectors.T, 0.0))  # (n, n)
    np.fill_diagonal(distances, np.inf)
    near = np.argsort(distances, axis=1, kind="stable")[:, :neighbours - 1]  # (n, m - 1)
    beyond = np.take_along_axis(distances, near, axis=1)
    beyond = beyond - beyond[:, :1]  # the nearest one is at 0
    low, high = np.zeros(len(vectors)), np.full(len(vectors), 1e6)
    for _ in range(64):  # the sum grows with the unit
        unit = (low + high) / 2
        too_much = np.exp(-beyond / np.maximum(unit, 1e-12)[:, None]).sum(axis=1) > np.log2(neighbours)
        low, high = np.where(too_much, low, unit), np.where(too_much, unit, high)
    smallest = 1e-3 * np.maximum(distances[np.isfinite(distances)].mean(), 1e-12)
    sure = np.zeros_like(distances)
    np.put_along_axis(sure, near, np.exp(-beyond / np.maximum(unit, smallest)[:, None]), axis=1)
    return sure + sure.T - sure * sure.T


def _settle(points: np.ndarray, links: np.ndarray, epochs: int, random: np.random.Generator) -> np.ndarray:
    """Pulls linked points together, as often as the link is sure, and pushes random ones apart."""
    count, rows = len(points), np.arange(len(points))
    order = np.argsort(-links, axis=1, kind="stable")[:, :int((links > 0).sum(axis=1).max())]  # (n, most links)
    chance = np.take_along_axis(links, order, axis=1) / links.max()
    for epoch in range(epochs):
        step = 1.0 - epoch / epochs
        for column in range(order.shape[1]):  # every point follows one of its links
            heads = rows[random.random(count) < chance[:, column]]  # no row twice
            tails = order[heads, column]
            apart = points[heads] - points[tails]  # (moved, k)
            squares = (apart**2).sum(axis=1, keepdims=True)
            power = np.power(np.maximum(squares, 1e-12), CURVE_B)
            pull = np.where(squares > 0, -2 * CURVE_A * CURVE_B * power / np.maximum(squares, 1e-12), 0.0)
            move = np.clip(pull / (1 + CURVE_A * power) * apart, -LONGEST_STEP, LONGEST_STEP) * step
            points[heads] += move
            np.add.at(points, tails, -move)
            others = random.integers(count, size=(len(heads), PUSHES))
            apart = points[heads, None] - points[others]  # (moved, pushes, k)
            squares = (apart**2).sum(axis=2, keepdims=True)
            push = 2 * CURVE_B / ((0.001 + squares) * (1 + CURVE_A * squares**CURVE_B))
            points[heads] += np.clip(push * apart, -LONGEST_STEP, LONGEST_STEP).sum(axis=1) * step
    return points
