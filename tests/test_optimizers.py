"""Optimizers: who gets which step, against the arithmetic of the papers in NumPy."""

import numpy as np
import pytest

from bert_tf.config import BertConfig
from bert_tf.training.optimizers import MUON_RMS, optimizer_named
from bert_tf.training.pretraining_config import OPTIMIZERS, PretrainingConfig

SETTINGS = {"weight_decay": 0.0, "beta_2": 0.98, "epsilon": 1e-12, "clip_norm": 1e9}


@pytest.fixture(scope="module")
def model():
    from bert_tf.model import BertForPreTraining

    return BertForPreTraining.from_shape(BertConfig.of_size("tiny", vocab_size=40, max_position_embeddings=16))


def orthogonal(gradient: np.ndarray) -> np.ndarray:
    """Muon's direction by way of the singular values: five times the quintic of Jordan et al., on each of them."""
    left, values, right = np.linalg.svd(gradient.astype(np.float64), full_matrices=False)
    values = values / np.linalg.norm(values)
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return left @ np.diag(values) @ right


def first_step(model, name: str, rate: float, seed: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Gives every variable a random gradient; returns gradient and change by the variable's path."""
    optimizer = optimizer_named(name)(model, **SETTINGS)
    optimizer.learning_rate = rate
    rng = np.random.default_rng(seed)
    before = [np.array(v) for v in model.trainable_variables]
    gradients = [rng.standard_normal(v.shape).astype(np.float32) for v in model.trainable_variables]
    optimizer.apply_gradients(list(zip(gradients, model.trainable_variables)))
    return {v.path: (gradient, np.array(v) - old) for v, gradient, old in zip(model.trainable_variables, gradients, before)}


def test_muon_makes_the_steps_of_matrices_orthogonal_and_leaves_the_rest_to_adamw(model):
    matrices = 0
    for path, (gradient, change) in first_step(model, "muon", 1e-3).items():
        by_adam = "embedding" in path or "nsp_head" in path or gradient.ndim == 1
        if by_adam:  # the first step of Adam goes by the learning rate, up or down
            np.testing.assert_allclose(change, -1e-3 * np.sign(gradient), atol=2e-6, err_msg=path)
        else:
            matrices += 1
            expected = -1e-3 * MUON_RMS * np.sqrt(max(gradient.shape)) * orthogonal(gradient)
            np.testing.assert_allclose(change, expected, atol=2e-6, err_msg=path)
    assert matrices == 2 * 4 + 2  # two blocks of four matrices, the pooler, the masked-word head's own


@pytest.mark.parametrize("shape", [(12, 40), (40, 12), (24, 24)])
@pytest.mark.parametrize("spectrum", ["five decades", "three directions"])
def test_the_small_square_gives_the_directions_of_keras(shape, spectrum):
    import keras

    from bert_tf.training.muon import SmallSquareMuon

    rng, least = np.random.default_rng(0), min(shape)
    left, right = (np.linalg.qr(rng.standard_normal((size, least)))[0] for size in shape)
    values = np.logspace(0, -5, least) if spectrum == "five decades" else np.arange(least) < 3
    gradient = keras.ops.convert_to_tensor((left * values @ right.T).astype(np.float32))
    ours, theirs = (np.array(kind().zeropower_via_newtonschulz5(gradient, 5)) for kind in (SmallSquareMuon, keras.optimizers.Muon))
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    assert 0.6 < np.linalg.norm(theirs, 2) < 1.3


def test_adamw_takes_the_same_step_everywhere(model):
    for path, (gradient, change) in first_step(model, "adamw", 1e-3).items():
        np.testing.assert_allclose(change, -1e-3 * np.sign(gradient), atol=2e-6, err_msg=path)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gradients_are_averaged_over_micro_batches(model, name):
    optimizer = optimizer_named(name)(model, **SETTINGS, accumulation=2)
    optimizer.learning_rate = 1e-3
    before = np.array(model.trainable_variables[0])
    ones = [np.ones(v.shape, np.float32) for v in model.trainable_variables]
    optimizer.apply_gradients(list(zip(ones, model.trainable_variables)))
    assert np.array_equal(np.array(model.trainable_variables[0]), before)
    optimizer.apply_gradients(list(zip([-3 * one for one in ones], model.trainable_variables)))  # the mean is -1
    assert (np.array(model.trainable_variables[0]) > before).all()


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(ValueError, match="adamw, muon, not 'sgd'"):
        PretrainingConfig(steps=1, optimizer="sgd")
