"""The whole model: invariants, losses against NumPy, gradients, precision, save and load."""

import keras
import numpy as np
import pytest

from bert_tf.config import BertConfig
from bert_tf.model import BertEncoder, BertForPreTraining, tracer

CONFIG = BertConfig(vocab_size=23, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                    intermediate_size=24, max_position_embeddings=12, hidden_dropout_prob=0.0,
                    attention_probs_dropout_prob=0.0)


def numpy_of(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor).astype(np.float32)


def batch(lengths=(9, 5), width: int = 9, seed: int = 0) -> dict[str, np.ndarray]:
    """Random pairs of the given lengths, padded with garbage on purpose."""
    rng = np.random.default_rng(seed)
    rows = np.arange(width)[None] < np.array(lengths)[:, None]
    return {"token_ids": rng.integers(0, CONFIG.vocab_size, rows.shape).astype(np.int32),
            "segment_ids": (np.arange(width)[None] >= np.array(lengths)[:, None] // 2).astype(np.int32),
            "padding_mask": rows.astype(np.int32)}


@pytest.fixture(scope="module")
def model(randomise):
    return randomise(BertForPreTraining.from_shape(CONFIG), seed=2)


# The encoder ----------------------------------------------------------------------------------------


def test_outputs_have_the_promised_shapes(model):
    inputs = batch()
    encoded = model.encoder(inputs)
    assert {key: value.shape for key, value in encoded.items()} == {"sequence_output": (2, 9, 16),
                                                                    "pooled_output": (2, 16)}
    traced = tracer(model.encoder)(inputs)
    assert {key: tuple(value.shape) for key, value in traced.items()} == {
        "hidden_states": (2, 3, 9, 16), "attentions": (2, 2, 2, 9, 9), "pooled_output": (2, 16)}
    logits = model({**inputs, "mask_positions": np.zeros((2, 4), np.int32)})
    assert {key: tuple(value.shape) for key, value in logits.items()} == {"mlm_logits": (2, 4, 23),
                                                                          "nsp_logits": (2, 2)}


def test_the_fused_call_equals_the_trace(model):
    inputs = batch()
    real = inputs["padding_mask"] == 1
    encoded, traced = model.encoder(inputs), tracer(model.encoder)(inputs)
    np.testing.assert_allclose(numpy_of(encoded["sequence_output"])[real],
                               numpy_of(traced["hidden_states"])[:, -1][real], atol=2e-5)
    np.testing.assert_allclose(encoded["pooled_output"], traced["pooled_output"], atol=2e-5)


def test_the_tracer_adds_no_weights(model):
    assert {id(v) for v in tracer(model.encoder).weights} == {id(v) for v in model.encoder.weights}


def test_padding_changes_no_real_token(model):
    padded = batch(lengths=(5, 5), width=11)
    short = {key: value[:, :5] for key, value in padded.items()}
    other = padded | {"token_ids": np.where(padded["padding_mask"] == 1, padded["token_ids"], 7)}
    expected = tracer(model.encoder)(short)
    for inputs in (padded, other):
        np.testing.assert_allclose(numpy_of(model.encoder(inputs)["sequence_output"])[:, :5],
                                   numpy_of(expected["hidden_states"])[:, -1], atol=2e-5)
        traced = tracer(model.encoder)(inputs)
        np.testing.assert_allclose(numpy_of(traced["hidden_states"])[:, :, :5], expected["hidden_states"],
                                   atol=2e-5)
        attentions = numpy_of(traced["attentions"])
        np.testing.assert_allclose(attentions[..., :5, :5], expected["attentions"], atol=2e-6)
        assert (attentions[..., 5:] == 0).all()
        np.testing.assert_allclose(attentions.sum(axis=-1), 1, atol=1e-5)


def test_texts_of_a_batch_do_not_see_each_other(model):
    inputs = batch(lengths=(9, 6))
    together = numpy_of(model.encoder(inputs)["sequence_output"])
    alone = numpy_of(model.encoder({key: value[1:] for key, value in inputs.items()})["sequence_output"])
    np.testing.assert_allclose(together[1, :6], alone[0, :6], atol=2e-5)


def test_token_order_and_segment_matter(model):
    inputs = batch(lengths=(9,))
    expected = numpy_of(model.encoder(inputs)["pooled_output"])
    swapped = inputs | {"token_ids": inputs["token_ids"][:, [0, 2, 1, *range(3, 9)]]}
    segments = inputs | {"segment_ids": 1 - inputs["segment_ids"]}
    for changed in (swapped, segments):
        assert np.abs(numpy_of(model.encoder(changed)["pooled_output"]) - expected).max() > 1e-3


def test_dropout_works_in_training_only(randomise):
    noisy = randomise(BertForPreTraining.from_shape(CONFIG.replace(hidden_dropout_prob=0.3)), seed=2).encoder
    still = randomise(BertForPreTraining.from_shape(CONFIG), seed=2).encoder
    inputs = batch()
    expected = numpy_of(still(inputs)["sequence_output"])
    np.testing.assert_array_equal(numpy_of(noisy(inputs)["sequence_output"]), expected)
    np.testing.assert_array_equal(numpy_of(noisy(inputs, training=False)["sequence_output"]), expected)
    np.testing.assert_array_equal(numpy_of(still(inputs, training=True)["sequence_output"]), expected)
    first, second = (numpy_of(noisy(inputs, training=True)["sequence_output"]) for _ in range(2))
    assert np.abs(first - second).max() > 0.1


def test_mixed_bfloat16_stays_close_to_float32(model):
    half = BertForPreTraining.from_shape(CONFIG, dtype="mixed_bfloat16")
    for ours, theirs in zip(half.weights, model.weights, strict=True):
        ours.assign(theirs)
    assert {str(variable.dtype) for variable in half.trainable_variables} == {"float32"}
    inputs = batch()
    logits = half({**inputs, "mask_positions": np.array([[0, 3], [1, 4]], np.int32)})["mlm_logits"]
    assert keras.backend.standardize_dtype(logits.dtype) == "bfloat16"
    real = inputs["padding_mask"] == 1
    expected = numpy_of(model.encoder(inputs)["sequence_output"])[real]
    difference = numpy_of(half.encoder(inputs)["sequence_output"])[real] - expected
    assert 0 < np.sqrt((difference**2).mean()) < 0.02 * np.sqrt((expected**2).mean())
    traced = tracer(half.encoder)(inputs)
    np.testing.assert_allclose(numpy_of(traced["attentions"]).sum(axis=-1), 1, atol=0.02)
    assert (numpy_of(traced["attentions"])[1, ..., 5:] == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_keras_file_is_exact(dtype, randomise, tmp_path):
    config = CONFIG.replace(hidden_act="gelu_new", layer_norm_eps=1e-5, hidden_dropout_prob=0.1,
                            attention_probs_dropout_prob=0.1)
    encoder = randomise(BertEncoder(config, dtype=dtype), seed=5)
    encoder.save(tmp_path / "encoder.keras")
    loaded = keras.models.load_model(tmp_path / "encoder.keras")
    assert isinstance(loaded, BertEncoder) and loaded.config == config
    inputs = batch()
    for key, value in encoder(inputs).items():
        np.testing.assert_array_equal(numpy_of(loaded(inputs)[key]), numpy_of(value))
    np.testing.assert_array_equal(numpy_of(tracer(loaded)(inputs)["attentions"]),
                                  numpy_of(tracer(encoder)(inputs)["attentions"]))


def test_a_keras_file_of_the_pretraining_model_is_exact(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inputs, _ = training_batch()
    for key, value in model(inputs).items():
        np.testing.assert_array_equal(numpy_of(loaded(inputs)[key]), numpy_of(value))
    assert any(v is loaded.encoder.embeddings.word.embeddings for v in loaded.mlm_head.weights)  # still tied


def test_a_keras_file_keeps_the_weight_of_the_next_sentence_loss(model, tmp_path):
    without = BertForPreTraining(model.encoder, nsp_weight=0.0)
    without.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inputs, targets = training_batch()
    loss, masked_words = (float(loaded.compute_loss(inputs, targets, answers)) for answers in (
        loaded(inputs), {**loaded(inputs), "nsp_logits": keras.ops.ones((2, 2)) * 50.0}))
    assert loss == masked_words == pytest.approx(float(without.compute_loss(inputs, targets, without(inputs))), abs=1e-6)


# Losses ---------------------------------------------------------------------------------------------


def training_batch() -> tuple[dict, dict]:
    """Two pairs with three prediction slots; one slot of the second pair and two of the first are empty."""
    x = {**batch(seed=4), "mask_positions": np.array([[3, 0, 0], [1, 4, 0]], np.int32)}
    y = {"mask_ids": np.array([[17, 0, 0], [2, 22, 0]], np.int32),
         "mask_weights": np.array([[1, 0, 0], [1, 1, 0]], np.float32),
         "next_labels": np.array([1, 0], np.int32)}
    return x, y


def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def numpy_losses(model, x, y) -> tuple[float, float]:
    """The masked-word and next-sentence losses from the logits, prediction by prediction."""
    outputs = model(x)
    words, pairs = log_softmax(numpy_of(outputs["mlm_logits"])), log_softmax(numpy_of(outputs["nsp_logits"]))
    of_words = [-words[b, p, y["mask_ids"][b, p]] for b, p in np.argwhere(y["mask_weights"] > 0)]
    of_pairs = [-pairs[b, label] for b, label in enumerate(y["next_labels"])]
    return float(np.mean(of_words)), float(np.mean(of_pairs))


def test_losses_equal_numpy_and_empty_slots_count_for_nothing(model):
    x, y = training_batch()
    mlm, nsp = numpy_losses(model, x, y)
    model.compile(jit_compile=False)
    found = model.test_on_batch(x, y, return_dict=True)
    assert found["mlm_loss"] == pytest.approx(mlm, abs=1e-5)
    assert found["nsp_loss"] == pytest.approx(nsp, abs=1e-5)
    assert found["loss"] == pytest.approx(mlm + nsp, abs=1e-5)

    x["mask_positions"][y["mask_weights"] == 0], y["mask_ids"][y["mask_weights"] == 0] = 6, 9
    again = model.test_on_batch(x, y, return_dict=True)
    assert again == pytest.approx(found, abs=1e-6)

    y["mask_weights"][1] = 0  # one prediction is left
    fewer = model.test_on_batch(x, y, return_dict=True)
    assert fewer["loss"] == pytest.approx(sum(numpy_losses(model, x, y)), abs=1e-5)


def test_an_example_without_a_second_sentence_is_not_asked_what_follows(model):
    x, y = training_batch()
    pairs = log_softmax(numpy_of(model(x)["nsp_logits"]))
    y["next_labels"] = np.array([-1, 0], np.int32)
    model.compile(jit_compile=False)
    found = model.test_on_batch(x, y, return_dict=True)
    assert found["nsp_loss"] == pytest.approx(-pairs[1, 0], abs=1e-5)
    assert found["loss"] == pytest.approx(found["mlm_loss"] - pairs[1, 0], abs=1e-5)
    assert found["nsp_accuracy"] == float(pairs[1, 0] > pairs[1, 1])

    y["next_labels"] = np.array([-1, -1], np.int32)  # nobody is asked
    found = model.test_on_batch(x, y, return_dict=True)
    assert found["nsp_loss"] == 0 and found["loss"] == pytest.approx(found["mlm_loss"])


def test_accuracies_count_real_predictions(model):
    x, y = training_batch()
    outputs = model(x)
    best = numpy_of(outputs["mlm_logits"]).argmax(-1)
    y["mask_ids"] = best.copy()  # all right, the empty slots as well
    y["mask_ids"][1, 1] = (best[1, 1] + 1) % 23  # one of three wrong
    y["next_labels"] = numpy_of(outputs["nsp_logits"]).argmax(-1).astype(np.int32)
    y["next_labels"][0] = 1 - y["next_labels"][0]
    model.compile(jit_compile=False)
    found = model.test_on_batch(x, y, return_dict=True)
    assert found["mlm_accuracy"] == pytest.approx(2 / 3)
    assert found["nsp_accuracy"] == pytest.approx(1 / 2)


def test_a_model_that_knows_nothing_loses_ln_of_the_choices():
    model = BertForPreTraining.from_shape(CONFIG)
    for variable in model.weights:
        variable.assign(np.zeros(variable.shape))
    model.compile(jit_compile=False)
    found = model.test_on_batch(*training_batch(), return_dict=True)
    assert found["mlm_loss"] == pytest.approx(np.log(23), abs=1e-5)
    assert found["nsp_loss"] == pytest.approx(np.log(2), abs=1e-5)


def test_a_batch_without_predictions_has_a_finite_loss(model):
    x, y = training_batch()
    y["mask_weights"][:] = 0
    model.compile(jit_compile=False)
    found = model.test_on_batch(x, y, return_dict=True)
    assert found["loss"] == pytest.approx(numpy_losses(model, *training_batch())[1], abs=1e-5)


# Gradients ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained_model():
    """A model of its own for the tests below, compiled once for plain gradient descent."""
    model = BertForPreTraining.from_shape(CONFIG)
    model.compile(optimizer=keras.optimizers.SGD(1.0), jit_compile=False)
    return model


@pytest.fixture
def fresh_model(trained_model, randomise):
    """The same model with the weights that all tests start from."""
    trained_model.optimizer.learning_rate = 1.0
    return randomise(trained_model, seed=2)


def gradient(model, x, y) -> np.ndarray:
    """The gradient of the word embeddings (V, H), read off one step of gradient descent."""
    table = model.encoder.embeddings.word.embeddings
    before = numpy_of(table)
    model.train_on_batch(x, y)
    return before - numpy_of(table)


def test_gradients_reach_the_word_embeddings_through_the_input(fresh_model):
    x, y = training_batch()
    y["mask_weights"][:] = 0  # only the next-sentence loss is left, which never sees the decoder
    rows = np.abs(gradient(fresh_model, x, y)).max(axis=-1) > 0
    seen = np.unique(x["token_ids"][x["padding_mask"] == 1])
    np.testing.assert_array_equal(np.flatnonzero(rows), seen)
    assert len(seen) < CONFIG.vocab_size


def test_gradients_reach_the_word_embeddings_through_the_decoder(fresh_model):
    x, y = training_batch()
    assert (np.abs(gradient(fresh_model, x, y)).max(axis=-1) > 0).all()


def test_the_gradient_is_the_sum_of_both_paths(fresh_model):
    x, y = training_batch()
    table = fresh_model.encoder.embeddings.word.embeddings
    start = numpy_of(table)
    seen = np.unique(x["token_ids"][x["padding_mask"] == 1])
    unseen = np.setdiff1d(np.arange(CONFIG.vocab_size), seen)
    entries = [(seen[0], 0), (seen[1], 5), (seen[2], 9), (unseen[0], 3)]
    slopes = []
    for entry in entries:
        losses = []
        for step in (1e-2, -1e-2):
            moved = start.copy()
            moved[entry] += step
            table.assign(moved)
            losses.append(sum(numpy_losses(fresh_model, x, y)))
        slopes.append((losses[0] - losses[1]) / 2e-2)
    table.assign(start)
    found = gradient(fresh_model, x, y)
    np.testing.assert_allclose([found[entry] for entry in entries], slopes, atol=2e-3)
    assert np.abs(slopes).max() > 0.05


def test_what_training_does_not_take_is_refused(fresh_model):
    x, y = training_batch()
    with pytest.raises(ValueError, match="BertForPreTraining takes no sample_weight"):
        fresh_model.test_on_batch(x, y, sample_weight=np.ones(len(x["token_ids"])))
    with pytest.raises(ValueError, match="y should be a dict of mask_ids and mask_weights and next_labels"):
        fresh_model.test_on_batch(x, y["next_labels"])
    with pytest.raises(ValueError, match="BertForPreTraining computes its own loss"):
        fresh_model.compile(loss="mse")


def test_training_learns_a_batch_by_heart(fresh_model):
    x, y = training_batch()
    fresh_model.optimizer.learning_rate = 0.1
    for _ in range(60):
        found = fresh_model.train_on_batch(x, y, return_dict=True)
    assert found["mlm_loss"] < 0.1 and found["nsp_loss"] < 0.1
    assert found["mlm_accuracy"] == found["nsp_accuracy"] == 1
