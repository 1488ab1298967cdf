"""The layers against numbers worked by hand and against plain NumPy."""

import math

import keras
import numpy as np
import pytest

from bert_tf.config import BertConfig
from bert_tf.layers import (
    BlockAtPositions,
    Embeddings,
    MaskedLanguageModelHead,
    Pooler,
    SelfAttention,
    TransformerBlock,
    activation,
)


def shape(**changes) -> BertConfig:
    values = dict(vocab_size=11, hidden_size=12, num_hidden_layers=1, num_attention_heads=3,
                  intermediate_size=20, max_position_embeddings=8, hidden_dropout_prob=0.0,
                  attention_probs_dropout_prob=0.0)
    return BertConfig(**values | changes)


def numpy_of(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def built(layer, *shapes, seed: int = 0):
    """Builds a layer and gives all its weights random values."""
    layer.build(*shapes)
    rng = np.random.default_rng(seed)
    for variable in layer.weights:
        variable.assign(rng.normal(scale=0.5, size=variable.shape))
    return layer


def softmax(x):
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def layer_norm(x, layer, epsilon=1e-12):
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
    return centred / spread * numpy_of(layer.gamma) + numpy_of(layer.beta)


def dense(x, layer):
    return x @ numpy_of(layer.kernel) + numpy_of(layer.bias)


def gelu(x):
    return np.vectorize(lambda value: value * 0.5 * (1 + math.erf(value / math.sqrt(2))))(x)


# Attention ------------------------------------------------------------------------------------------


def one_head() -> SelfAttention:
    """One head of size 2 whose query, key and value are the input itself."""
    attention = SelfAttention(shape(hidden_size=2, num_attention_heads=1))
    attention.build((None, None, 2))
    attention.query_key_value.kernel.assign(np.tile(np.eye(2), 3))
    return attention


def test_attention_worked_by_hand():
    x = np.array([[[1, 0], [0, 1]]], np.float32)
    context, probabilities = one_head().trace(x, np.ones((1, 2), np.int32))
    # Scores are 1/sqrt(2) = 0.7071 for a token with itself and 0 with the other:
    # e^0.7071 = 2.0281, and 2.0281 / 3.0281 = 0.6698.
    np.testing.assert_allclose(probabilities, [[[[0.6698, 0.3302], [0.3302, 0.6698]]]], atol=1e-4)
    np.testing.assert_allclose(context, [[[0.6698, 0.3302], [0.3302, 0.6698]]], atol=1e-4)


@pytest.mark.parametrize("way", ["call", "trace"])
def test_padding_is_never_looked_at_however_loud(way):
    x = np.array([[[1, 0], [0, 1], [900, 900]]], np.float32)
    attention, mask = one_head(), np.array([[1, 1, 0]], np.int32)
    context = attention(x, mask) if way == "call" else attention.trace(x, mask)[0]
    np.testing.assert_allclose(context[:, :2], [[[0.6698, 0.3302], [0.3302, 0.6698]]], atol=1e-4)


def reference_attention(layer, x, mask):
    """Attention one head at a time, as the paper writes it: returns context and probabilities."""
    heads, size = layer.config.num_attention_heads, layer.config.head_size
    query, key, value = np.split(dense(x, layer.query_key_value), 3, axis=-1)
    contexts, all_probabilities = [], []
    for n in range(heads):
        columns = slice(n * size, (n + 1) * size)
        scores = query[..., columns] @ key[..., columns].swapaxes(1, 2) / math.sqrt(size)  # (B, T, T)
        probabilities = softmax(np.where(mask[:, None, :] == 1, scores, -np.inf))
        contexts.append(probabilities @ value[..., columns])
        all_probabilities.append(probabilities)
    return np.concatenate(contexts, axis=-1), np.stack(all_probabilities, axis=1)


@pytest.fixture
def three_heads():
    rng = np.random.default_rng(3)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], np.int32)
    x = rng.normal(size=(2, 5, 12)).astype(np.float32)
    return built(SelfAttention(shape()), (None, None, 12)), x, mask


def test_several_heads_equal_numpy_one_head_at_a_time(three_heads):
    layer, x, mask = three_heads
    context, probabilities = reference_attention(layer, x, mask)
    traced_context, traced_probabilities = layer.trace(x, mask)
    np.testing.assert_allclose(traced_context, context, atol=1e-5)
    np.testing.assert_allclose(traced_probabilities, probabilities, atol=1e-6)
    np.testing.assert_allclose(layer(x, mask), context, atol=1e-5)


def test_attention_rows_sum_to_one_and_padding_gets_nothing(three_heads):
    layer, x, mask = three_heads
    probabilities = numpy_of(layer.trace(x, mask)[1])
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-6)
    assert (probabilities[1, :, :, 3:] == 0).all()
    assert (probabilities[0] > 0).all()


def test_attention_dropout_works_in_training_only():
    layer = built(SelfAttention(shape(attention_probs_dropout_prob=0.5)), (None, None, 12))
    x, mask = np.random.default_rng(0).normal(size=(1, 6, 12)).astype(np.float32), np.ones((1, 6), np.int32)
    still = reference_attention(layer, x, mask)[0]
    np.testing.assert_allclose(layer(x, mask, training=False), still, atol=1e-5)
    np.testing.assert_allclose(layer(x, mask), still, atol=1e-5)
    dropped = [numpy_of(layer(x, mask, training=True)) for _ in range(2)]
    assert np.abs(dropped[0] - still).max() > 0.01
    assert np.abs(dropped[0] - dropped[1]).max() > 0.01


# Activations, LayerNorm -----------------------------------------------------------------------------


@pytest.mark.parametrize("name, expected", [
    ("gelu", [-0.045500, -0.158655, 0.0, 0.841345, 1.954500]),  # x times the normal distribution up to x
    ("gelu_new", [-0.045402, -0.158808, 0.0, 0.841192, 1.954598]),  # its approximation by tanh
    ("relu", [0.0, 0.0, 0.0, 1.0, 2.0]),
])
def test_activations(name, expected):
    x = np.array([-2, -1, 0, 1, 2], np.float32)
    np.testing.assert_allclose(activation(name)(x), expected, atol=2e-6)


@pytest.mark.parametrize("epsilon, expected", [
    (1e-12, [-1.341641, -0.447214, 0.447214, 1.341641]),  # mean 2.5, variance 1.25: -1.5 / sqrt(1.25)
    (1.25, [-0.948683, -0.316228, 0.316228, 0.948683]),  # -1.5 / sqrt(1.25 + 1.25)
])
def test_layer_norm_uses_the_epsilon_of_the_config(epsilon, expected):
    norm = TransformerBlock(shape(layer_norm_eps=epsilon)).layer_norm("norm")
    np.testing.assert_allclose(norm(np.array([[1, 2, 3, 4]], np.float32)), [expected], atol=1e-5)


# Embeddings, block, pooler, head --------------------------------------------------------------------


def test_embeddings_add_token_position_and_segment():
    layer = built(Embeddings(shape()), (None, None), (None, None))
    token_ids, segment_ids = np.array([[3, 10, 3]], np.int32), np.array([[0, 0, 1]], np.int32)
    tables = (layer.word, layer.position, layer.segment)
    word, position, segment = (numpy_of(table.embeddings) for table in tables)
    summed = word[token_ids] + position[None, :3] + segment[segment_ids]
    np.testing.assert_allclose(layer(token_ids, segment_ids), layer_norm(summed, layer.norm), atol=1e-5)


def test_more_tokens_than_positions_are_refused():
    layer = built(Embeddings(shape()), (None, None), (None, None))
    ids = np.zeros((1, 9), np.int32)
    with pytest.raises(ValueError, match="9 tokens do not fit a model of at most 8"):
        layer(ids, ids)


@pytest.mark.parametrize("act, function", [("gelu", gelu), ("relu", lambda x: np.maximum(x, 0))])
def test_block_is_post_norm(act, function):
    block = built(TransformerBlock(shape(hidden_act=act)), (None, None, 12))
    x, mask = np.random.default_rng(1).normal(size=(2, 4, 12)).astype(np.float32), np.ones((2, 4), np.int32)
    mask[1, 2:] = 0
    context, probabilities = reference_attention(block.attention, x, mask)
    middle = layer_norm(x + dense(context, block.attention_output), block.attention_norm)
    inner = dense(function(dense(middle, block.intermediate)), block.output_dense)
    expected = layer_norm(middle + inner, block.output_norm)

    np.testing.assert_allclose(block(x, mask), expected, atol=2e-5)
    traced, traced_probabilities = block.trace(x, mask)
    np.testing.assert_allclose(traced, expected, atol=2e-5)
    np.testing.assert_allclose(traced_probabilities, probabilities, atol=1e-6)


def test_pooler_looks_at_the_first_token_only():
    layer = built(Pooler(shape()), (None, None, 12))
    x = np.random.default_rng(2).normal(size=(2, 3, 12)).astype(np.float32)
    np.testing.assert_allclose(layer(x), np.tanh(dense(x[:, 0], layer.project)), atol=1e-6)
    x[:, 1:] = 7
    np.testing.assert_allclose(layer(x), np.tanh(dense(x[:, 0], layer.project)), atol=1e-6)


def test_masked_word_head_scores_with_the_word_embeddings():
    config = shape()
    embeddings = built(Embeddings(config), (None, None), (None, None))
    head = built(MaskedLanguageModelHead(config, embeddings.word), (None, None, 12))
    x = np.random.default_rng(4).normal(size=(2, 3, 12)).astype(np.float32)
    transformed = layer_norm(gelu(dense(x, head.transform)), head.norm)
    expected = transformed @ numpy_of(embeddings.word.embeddings).T + numpy_of(head.bias)
    np.testing.assert_allclose(head(x), expected, atol=5e-5)
    np.testing.assert_allclose(head(x, training=True), expected, atol=5e-5)
    assert any(variable is embeddings.word.embeddings for variable in head.weights)


def test_a_block_at_positions_is_the_block_there():
    block = built(TransformerBlock(shape()), (None, None, 12))
    random = np.random.default_rng(5)
    x = random.normal(size=(2, 5, 12)).astype(np.float32)
    padding_mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], np.int32)
    positions = np.array([[4, 0, 2], [1, 1, 2]], np.int32)
    expected = numpy_of(block(x, padding_mask))[np.arange(2)[:, None], positions]
    np.testing.assert_allclose(BlockAtPositions(block)(x, padding_mask, positions), expected, atol=1e-6)


def test_the_slope_of_gelu_is_that_of_its_definition():
    tensorflow = pytest.importorskip("tensorflow")
    x = np.linspace(-4, 4, 33).astype(np.float32)
    constant = tensorflow.constant(x)
    with tensorflow.GradientTape() as tape:
        tape.watch(constant)
        y = activation("gelu")(constant)
    step, wide = 1e-4, x.astype(np.float64)
    numeric = (gelu(wide + step) - gelu(wide - step)) / (2 * step)
    np.testing.assert_allclose(y, gelu(wide), atol=1e-6)
    np.testing.assert_allclose(tape.gradient(y, constant), numeric, atol=1e-5)
