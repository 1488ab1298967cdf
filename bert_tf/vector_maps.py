"""Maps of vectors: two or three coordinates for each, by PCA, t-SNE or UMAP.

t-SNE loads scikit-learn when it is asked; the others are NumPy alone.
"""

from __future__ import annotations

import numpy as np

from bert_tf.analysis import pca
from bert_tf.sense_analysis import centred_directions
from bert_tf.umap_layout import umap

METHODS = ("pca", "tsne", "umap")
#: The fewest vectors that each can lay out.
LEAST = {"pca": 2, "tsne": 4, "umap": 4}


def map_points(vectors: np.ndarray, method: str = "pca", components: int = 2, *, seed: int = 0) -> np.ndarray:
    """Lays vectors out in the plane or in space.

    Args:
        vectors: (n, d), as many as `LEAST` says.
        method: one of `METHODS`. "pca" shows true distances along the axes of largest difference; "tsne" and "umap"
            keep neighbours together and nothing else, by direction from the mean.
        components: 2 or 3.
        seed: equal seeds give equal maps.

    Returns:
        float64 (n, components); axes that the vectors cannot fill are zero.

    Raises:
        ValueError: an unknown method, components other than 2 or 3, or too few vectors.

    Source: van der Maaten and Hinton 2008 (t-SNE); McInnes, Healy and Melville 2018 (UMAP).
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if method not in METHODS or components not in (2, 3):
        raise ValueError(f"Choose a method of {METHODS} and 2 or 3 components, got {method!r} and {components}.")
    if vectors.ndim != 2:
        raise ValueError(f"A map needs vectors as rows of an array (n, d), got shape {vectors.shape}.")
    if len(vectors) < LEAST[method]:
        raise ValueError(f"A map by {method} needs {LEAST[method]} vectors or more, got {len(vectors)}.")
    if method == "pca":
        points = pca(vectors, min(components, *vectors.shape)).coordinates
        return np.pad(points, [(0, 0), (0, components - points.shape[1])])
    centred = centred_directions(vectors)
    if method == "tsne":
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits

        perplexity = min(30.0, (len(vectors) - 1) / 3)
        with threadpool_limits(1):  # so little work; on a busy machine threads wait for each other for seconds
            layout = TSNE(components, perplexity=perplexity, init="random", random_state=seed).fit_transform(centred)
        return layout.astype(np.float64)
    neighbours = min(15, len(vectors) - 1)
    return umap(centred, min(components, *vectors.shape), neighbours=neighbours, seed=seed)
