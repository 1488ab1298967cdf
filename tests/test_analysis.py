"""Measures against numbers worked by hand, loops, and scikit-learn."""

import math

import numpy as np
import pytest

from bert_tf import analysis


def random_attention(layers=3, heads=2, tokens=5, seed=0):
    scores = np.random.default_rng(seed).normal(size=(layers, heads, tokens, tokens)) * 2
    weights = np.exp(scores)
    return weights / weights.sum(axis=-1, keepdims=True)


# Cosines ------------------------------------------------------------------------------------------


def test_cosine_by_hand():
    assert analysis.cosine([1, 0], [1, 1]) == pytest.approx(1 / math.sqrt(2))
    assert analysis.cosine([3, 4], [-6, -8]) == pytest.approx(-1)
    assert analysis.cosine([1, 2, 2], [2, 1, -2]) == pytest.approx(0)  # 2 + 2 - 4
    assert analysis.cosine([1, 2, 2], [2, 3, 6]) == pytest.approx(20 / 21)  # lengths 3 and 7


def test_cosine_matrix_by_hand():
    half = 1 / math.sqrt(2)
    expected = [[1, 0, half], [0, 1, half], [half, half, 1]]
    np.testing.assert_allclose(analysis.cosine_matrix([[1, 0], [0, 2], [3, 3]]), expected, atol=1e-12)


def test_cosine_matrix_against_loops():
    vectors = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    matrix = analysis.cosine_matrix(vectors)
    for i, a in enumerate(vectors.tolist()):
        for j, b in enumerate(vectors.tolist()):
            dot = sum(x * y for x, y in zip(a, b))
            assert matrix[i, j] == pytest.approx(dot / math.hypot(*a) / math.hypot(*b), abs=1e-9)
    assert (np.diag(matrix) == 1).all() and (matrix == matrix.T).all()
    assert analysis.cosine_matrix(np.full((50, 7), 0.1)).max() == 1.0  # never above, by rounding


@pytest.mark.parametrize(
    "vectors, message",
    [
        ([1.0, 2.0], r"\(n, d\), got shape \(2,\)"),
        (np.zeros((0, 3)), "at least 1"),
        ([[1.0, 0.0], [0.0, 0.0]], "Vector 1 is zero"),
        ([[1.0, np.nan]], "finite"),
    ],
)
def test_cosine_matrix_refuses(vectors, message):
    with pytest.raises(ValueError, match=message):
        analysis.cosine_matrix(vectors)


def test_cosine_refuses_other_shapes():
    with pytest.raises(ValueError, match="one length"):
        analysis.cosine([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="one length"):
        analysis.cosine([[1, 2]], [[1, 2]])


def test_nearest_neighbours_order_ties_and_limits():
    vectors = [[0, 5], [1, 1], [7, 0], [-1, 0], [0.1, 0]]
    found = analysis.nearest_neighbours([2, 0], vectors, top_k=3)
    assert [row for row, _ in found] == [2, 4, 1]  # rows 2 and 4 are equally near: the lower one first
    assert [value for _, value in found] == pytest.approx([1, 1, 1 / math.sqrt(2)])
    assert analysis.nearest_neighbours([2, 0], vectors, top_k=99)[-1] == (3, -1.0)
    with pytest.raises(ValueError, match="top_k"):
        analysis.nearest_neighbours([2, 0], vectors, top_k=0)
    with pytest.raises(ValueError, match="2 numbers"):
        analysis.nearest_neighbours([2, 0, 0], vectors)


# Projection ---------------------------------------------------------------------------------------


def test_pca_by_hand():
    seen = analysis.pca([[0, 0], [2, 2], [4, 4]])
    np.testing.assert_allclose(seen.mean, [2, 2])
    np.testing.assert_allclose(seen.axes[0], [1 / math.sqrt(2)] * 2)
    np.testing.assert_allclose(seen.coordinates, [[-math.sqrt(8), 0], [0, 0], [math.sqrt(8), 0]], atol=1e-12)
    np.testing.assert_allclose(seen.explained_variance_ratio, [1, 0], atol=1e-12)


def test_pca_against_scikit_learn():
    from sklearn.decomposition import PCA

    random = np.random.default_rng(2)
    vectors = random.normal(size=(30, 6)) @ random.normal(size=(6, 6)) + 5
    oracle = PCA(n_components=3, svd_solver="full").fit(vectors)
    seen = analysis.pca(vectors, components=3)
    signs = np.sign((oracle.components_ * seen.axes).sum(axis=1))  # free; ours follow a rule of their own
    np.testing.assert_allclose(seen.axes, oracle.components_ * signs[:, None], atol=1e-9)
    np.testing.assert_allclose(seen.coordinates, oracle.transform(vectors) * signs, atol=1e-9)
    np.testing.assert_allclose(seen.explained_variance_ratio, oracle.explained_variance_ratio_, atol=1e-12)
    further = random.normal(size=(4, 6))
    np.testing.assert_allclose(seen.project(further), oracle.transform(further) * signs, atol=1e-9)
    np.testing.assert_allclose(seen.project(vectors), seen.coordinates, atol=1e-9)


def test_pca_signs_do_not_depend_on_the_order_of_the_vectors():
    random = np.random.default_rng(3)
    for _ in range(20):
        vectors = random.normal(size=(12, 5))
        order = random.permutation(12)
        seen, again = analysis.pca(vectors), analysis.pca(vectors[order])
        np.testing.assert_allclose(again.axes, seen.axes, atol=1e-9)
        np.testing.assert_allclose(again.coordinates, seen.coordinates[order], atol=1e-9)
        assert (seen.axes[np.arange(2), np.abs(seen.axes).argmax(axis=1)] > 0).all()


def test_pca_of_equal_vectors_shows_no_variance():
    seen = analysis.pca(np.full((4, 3), 0.1))
    assert (seen.coordinates == 0).all() and (seen.explained_variance_ratio == 0).all()


def test_pca_refuses():
    with pytest.raises(ValueError, match="at least 2 vectors"):
        analysis.pca([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="1 to 2 components, got 3"):
        analysis.pca(np.eye(3)[:2], components=3)
    with pytest.raises(ValueError, match="got 0"):
        analysis.pca(np.eye(3), components=0)
    with pytest.raises(ValueError, match="3 numbers"):
        analysis.pca(np.eye(3)).project([[1.0, 2.0]])


# Baseline and anisotropy --------------------------------------------------------------------------


def test_baseline_by_hand_counts_every_pair_once():
    assert analysis.random_pair_baseline([[1, 0], [1, 0], [0, 1]]) == pytest.approx(1 / 3)


def test_baseline_never_pairs_a_row_with_itself():
    # On the axes all different pairs have cosine 0; a row with itself would add 1.
    assert analysis.random_pair_baseline(np.eye(40), pairs=500, seed=7) == 0.0


def test_baseline_is_near_the_mean_over_all_pairs_and_repeats():
    vectors = np.random.default_rng(4).normal(size=(200, 8)) + 0.5
    truth = analysis.cosine_matrix(vectors)[np.triu_indices(200, k=1)].mean()
    drawn = analysis.random_pair_baseline(vectors, pairs=5000, seed=1)
    assert drawn == pytest.approx(truth, abs=0.03) and truth > 0.1
    assert drawn == analysis.random_pair_baseline(vectors, pairs=5000, seed=1)
    assert drawn != analysis.random_pair_baseline(vectors, pairs=5000, seed=2)


def test_baseline_refuses():
    with pytest.raises(ValueError, match="at least 2"):
        analysis.random_pair_baseline([[1.0, 2.0]])
    with pytest.raises(ValueError, match="pairs"):
        analysis.random_pair_baseline(np.eye(3), pairs=0)


def test_anisotropy_by_layer():
    cone = [[1.0, 1.0], [1.0, 1.0], [2.0, 2.0]]
    spread = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    opposite = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]
    np.testing.assert_allclose(analysis.anisotropy([cone, spread, opposite]), [1, 1 / 3, -1 / 3], atol=1e-12)
    with pytest.raises(ValueError, match=r"\(L\+1, n, H\)"):
        analysis.anisotropy(cone)


# Attention ----------------------------------------------------------------------------------------


def test_rollout_by_hand():
    block = [[[0.0, 1.0], [0.0, 1.0]]]  # one head
    expected = [[[0.5, 0.5], [0, 1]], [[0.25, 0.75], [0, 1]]]
    np.testing.assert_allclose(analysis.attention_rollout([block, block]), expected)


def test_rollout_by_hand_multiplies_the_upper_block_from_the_left():
    lower, upper = [[0.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]
    # upper/2 + I/2 = [[1, 0], [.5, .5]]; times [[.5, .5], [0, 1]] = [[.5, .5], [.25, .75]]
    np.testing.assert_allclose(analysis.attention_rollout([[lower], [upper]])[1], [[0.5, 0.5], [0.25, 0.75]])


def test_rollout_against_loops():
    attentions = random_attention()
    layers, heads, tokens, _ = attentions.shape
    below = [[float(i == j) for j in range(tokens)] for i in range(tokens)]
    rollout = analysis.attention_rollout(attentions)
    for layer in range(layers):
        here = [[0.0] * tokens for _ in range(tokens)]
        for i in range(tokens):
            for j in range(tokens):
                for k in range(tokens):
                    mean = sum(attentions[layer, head, i, k] for head in range(heads)) / heads
                    here[i][j] += (mean + (i == k)) / 2 * below[k][j]
        np.testing.assert_allclose(rollout[layer], here, atol=1e-12)
        below = here
    np.testing.assert_allclose(rollout.sum(axis=-1), 1)


def test_average_attention_takes_the_chosen_layers_and_heads():
    attentions = random_attention()
    np.testing.assert_allclose(analysis.average_attention(attentions), attentions.mean(axis=0).mean(axis=0))
    np.testing.assert_allclose(analysis.average_attention(attentions, [2], [1]), attentions[2, 1])
    expected = (attentions[0, 1] + attentions[2, 1]) / 2
    np.testing.assert_allclose(analysis.average_attention(attentions, layers=(0, 2), heads=(1,)), expected)


@pytest.mark.parametrize(
    "layers, heads, message",
    [([3], None, "layer"), ([-1], None, "layer"), ([], None, "layer"), (None, [2], "head")],
)
def test_average_attention_refuses_what_is_not_there(layers, heads, message):
    with pytest.raises(ValueError, match=message):
        analysis.average_attention(random_attention(), layers, heads)


def test_entropy_by_hand():
    one = [[1.0, 0, 0, 0]] * 4
    two = [[0.5, 0.5, 0, 0]] * 4
    all_alike = [[0.25] * 4] * 4
    mixed = [one[0], two[0], all_alike[0], two[0]]  # (0 + 1 + 2 + 1) / 4
    np.testing.assert_allclose(analysis.attention_entropy([[one, two], [all_alike, mixed]]), [[0, 1], [2, 1]])


@pytest.mark.parametrize("measure", ["attention_rollout", "average_attention", "attention_entropy"])
def test_attention_measures_refuse_what_is_no_attention(measure):
    measure = getattr(analysis, measure)
    good = random_attention()
    with pytest.raises(ValueError, match=r"\(L, N, T, T\)"):
        measure(good[0])
    with pytest.raises(ValueError, match=r"\(L, N, T, T\)"):
        measure(good[..., :4])
    for bad in (good * 2, good.swapaxes(2, 3), np.where(good > 0.5, np.nan, good), good * 3 - 2 / 5):
        with pytest.raises(ValueError, match="sum to 1"):
            measure(bad)
    assert measure(good.astype(np.float16)) is not None
