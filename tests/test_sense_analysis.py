"""Measures on senses against numbers worked by hand, and scikit-learn."""

import math

import numpy as np
import pytest

from bert_tf import sense_analysis as measures
from bert_tf.umap_layout import neighbour_graph
from bert_tf.vector_maps import map_points


def two_clouds(size=10, seed=0):
    noise = np.random.default_rng(seed).normal(size=(2 * size, 6)) * 0.1
    centres = np.repeat([[5, 1, 0, 0, 0, 0], [5, -1, 0, 0, 0, 0]], size, axis=0)
    return centres + noise, [0] * size + [1] * size


def test_centred_directions_by_hand():
    np.testing.assert_allclose(measures.centred_directions([[3, 1], [3, -1], [3, 0]]), [[0, 1], [0, -1], [0, 0]])
    assert not measures.centred_directions(np.full((4, 3), 0.1)).any()
    with pytest.raises(ValueError, match=r"\(n, d\)"):
        measures.centred_directions([1.0])


def test_groups_of_two_clouds():
    vectors, truth = two_clouds()
    found = measures.find_groups(vectors)
    assert found.count == 2 and found.labels.tolist() == truth
    assert set(found.silhouettes) == {2, 3, 4, 5} and max(found.silhouettes.values()) == found.silhouettes[2] > 0.5
    turned = measures.find_groups(vectors[::-1])
    assert turned.labels.tolist() == truth  # the first sentence's group is 0, whichever it is


def test_groups_that_were_asked_for():
    vectors, _ = two_clouds()
    assert measures.find_groups(vectors, 3).count == 3 and set(measures.find_groups(vectors, 3).silhouettes) == {3}
    assert measures.find_groups(vectors, 1).labels.tolist() == [0] * 20
    with pytest.raises(ValueError, match="1 to 20 groups, got 21"):
        measures.find_groups(vectors, 21)


@pytest.mark.parametrize("vectors", [[[1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]], np.ones((7, 3))])
def test_too_few_different_vectors_are_one_group(vectors):
    found = measures.find_groups(vectors)
    assert found.count == 1 and not found.labels.any() and not found.silhouettes


def test_sense_accuracy_by_hand():
    vectors = [[1, 0], [1, 0.1], [0, 1], [0.1, 1], [1, 0.2]]
    assert measures.sense_accuracy(vectors, [0, 0, 1, 1, 1]) == pytest.approx(4 / 5)
    assert measures.sense_accuracy([[1, 0], [0, 1], [1, 0], [0, 1]], [0, 1, 0, 1]) == 1.0
    assert measures.sense_accuracy(np.ones((4, 2)), [0, 0, 1, 1]) == 0.5  # all alike: a coin
    # (1, 0) has only (0, 1) in its own sense; of the other one it meets (1, 0), lost, or (0, 1), a tie: (0 + 1/2) / 2
    assert measures.sense_accuracy([[1, 0], [0, 1], [1, 0], [0, 1]], [0, 0, 1, 1]) == 0.25


def test_sense_accuracy_by_chance_is_one_half():
    random = np.random.default_rng(2)
    found = [measures.sense_accuracy(random.normal(size=(8, 3)) + [3, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]) for _ in range(200)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("vectors, senses, message", [
    (np.eye(3), [0, 0, 1], "at least two sentences each"),
    (np.eye(4), [0, 0, 0, 0], "two senses or more"),
    (np.eye(4), [0, 0, 1], "Expected vectors"),
    ([[1, 0], [0, 0], [0, 1], [1, 1]], [0, 0, 1, 1], "Vector 1 is zero"),
])
def test_sense_accuracy_refuses(vectors, senses, message):
    with pytest.raises(ValueError, match=message):
        measures.sense_accuracy(vectors, senses)


def test_pair_masks_by_hand():
    same, different = measures.pair_masks([0, 0, 1, None])
    assert np.argwhere(same).tolist() == [[0, 1]] and np.argwhere(different).tolist() == [[0, 2], [1, 2]]


def test_cosines_by_layer_by_hand():
    layer_0 = [[1, 0], [1, 0], [0, 1], [0, 1]]
    layer_1 = [[1, 0], [1, 1], [0, 1], [0, 1]]
    crowd = np.array([[[1, 0], [1, 1]], [[1, 0], [1, 1]], [[0, 1], [1, 1]]])  # three words
    found = measures.cosines_by_layer(np.stack([layer_0, layer_1], axis=1), [0, 0, 1, None], crowd)
    half = 1 / math.sqrt(2)
    np.testing.assert_allclose(found.same, [1, half])
    np.testing.assert_allclose(found.different, [0, half / 2])
    np.testing.assert_allclose(found.every, [2 / 6, (3 * half + 1) / 6])
    np.testing.assert_allclose(found.random, [1 / 3, 1])
    unknown = measures.cosines_by_layer(np.stack([layer_0, layer_1], axis=1), [None] * 4, crowd)
    assert unknown.same is None and unknown.different is None
    with pytest.raises(ValueError, match=r"\(n, L\+1, d\)"):
        measures.cosines_by_layer(np.eye(2), [0, 1], crowd)


def test_static_share_by_hand():
    assert measures.static_share([[1, 0], [1, 0], [0, 1]]) == pytest.approx(2 / 3)
    assert measures.static_share([[1, 2], [2, 4], [-3, -6]]) == pytest.approx(1)
    assert measures.static_share(np.eye(4)) == pytest.approx(1 / 4)
    with pytest.raises(ValueError, match="not all zero"):
        measures.static_share(np.zeros((2, 2)))


# Maps ---------------------------------------------------------------------------------------------


def nearest_is_of_the_same_cloud(points, truth):
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag([np.inf] * len(points))
    return (np.array(truth)[distances.argmin(axis=1)] == truth).mean()


@pytest.mark.parametrize("components", [2, 3])
@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_maps_keep_clouds_apart_and_repeat(method, components):
    vectors, truth = two_clouds()
    points = map_points(vectors, method, components)
    assert points.shape == (20, components) and np.isfinite(points).all()
    assert nearest_is_of_the_same_cloud(points, truth) >= (0.7 if components == 3 and method == "tsne" else 0.95)
    np.testing.assert_allclose(points, map_points(vectors, method, components))


def test_map_of_two_vectors_lies_on_a_line():
    np.testing.assert_allclose(map_points([[0, 0, 0], [3, 0, 4]], "pca", 3)[:, 0], [-2.5, 2.5])
    assert not map_points([[0, 0, 0], [3, 0, 4]], "pca", 3)[:, 1:].round(9).any()


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_few_vectors_have_a_map_by_neighbours(method):
    assert np.isfinite(map_points(np.eye(4), method, 3)).all()
    assert np.isfinite(map_points(np.ones((8, 3)), method, 2)).all()


def test_neighbour_graph_by_hand():
    """Three neighbours with the vector itself: the nearest counts 1, the other log2(3) - 1 = 0.585 for each."""
    rest = math.log2(3) - 1
    both = rest + rest - rest * rest
    # 0 and 1 are each other's nearest; 1 is the nearest of 3, whose other one is 0
    np.testing.assert_allclose(neighbour_graph(np.array([[0.0], [1.0], [3.0]]), 3), [[0, 1, both], [1, 0, 1], [both, 1, 0]],
                               atol=1e-6)


@pytest.mark.parametrize("count, options, message", [
    (5, {"method": "magic"}, "method"), (5, {"components": 4}, "components"), (1, {}, "2 vectors or more"),
    (3, {"method": "tsne"}, "4 vectors or more"), (3, {"method": "umap"}, "4 vectors or more")])
def test_maps_refuse(count, options, message):
    with pytest.raises(ValueError, match=message):
        map_points(np.eye(5)[:count], **options)
