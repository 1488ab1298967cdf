"""The parts of BERT as Keras 3 layers, written in `keras.ops` alone.

Shapes: B batch, T tokens, P predictions, N heads, D head size (H = N * D), H hidden, V vocabulary.
Source: Devlin et al. 2019 section 3; Vaswani et al. 2017 section 3.
"""

from __future__ import annotations

import math

import keras
from keras import ops

from bert_tf.config import BertConfig

#: Added to attention scores of padding; far below any real score, still finite in bfloat16.
MASKED_SCORE = -1e9


def activation(name: str):
    """Returns the function that BERT's config calls `gelu`, `gelu_new` or `relu`."""
    return {"relu": keras.activations.relu, "gelu_new": tanh_gelu, "gelu": gelu}[name]


def tanh_gelu(x):
    """GELU by its tanh approximation, in float32 whatever the precision."""
    return ops.cast(keras.activations.gelu(ops.cast(x, "float32"), approximate=True), x.dtype)


@ops.custom_gradient
def gelu(x):
    """x * P(x), with P the normal distribution function (Hendrycks and Gimpel 2016).

    Its slope is P(x) + x * p(x); P is kept from the way forward, so that the way back needs no erf. In float32
    whatever the precision: on a CPU, erf in bfloat16 is three times slower.
    """
    wide = ops.cast(x, "float32")
    below = 0.5 + 0.5 * ops.erf(wide * math.sqrt(0.5))
    kept = ops.cast(below, x.dtype)

    def gradient(*args, upstream=None):  # each backend hands the upstream gradient over in its own way
        upstream = args[0] if upstream is None else upstream
        density = ops.exp(-0.5 * ops.square(ops.cast(x, "float32"))) / math.sqrt(2.0 * math.pi)
        return upstream * (kept + x * ops.cast(density, x.dtype))

    return ops.cast(wide * below, x.dtype), gradient


class BertLayer(keras.layers.Layer):
    """A layer that is described by a `BertConfig` and nothing else."""

    def __init__(self, config: BertConfig, **kwargs):
        super().__init__(**kwargs)
        self.config = config

    def get_config(self) -> dict:
        return {**super().get_config(), "config": self.config.to_dict()}

    @classmethod
    def from_config(cls, config: dict):
        return cls(**{**config, "config": BertConfig.from_dict(config["config"])})

    def dense(self, units: int, name: str) -> keras.layers.Dense:
        """A dense layer with BERT's initializer and this layer's precision."""
        return keras.layers.Dense(units, kernel_initializer=self.initializer(), dtype=self.dtype_policy, name=name)

    def layer_norm(self, name: str) -> keras.layers.LayerNormalization:
        """A LayerNorm with the config's epsilon."""
        return keras.layers.LayerNormalization(epsilon=self.config.layer_norm_eps, dtype=self.dtype_policy, name=name)

    def dropout(self, rate: float, name: str) -> keras.layers.Dropout:
        """A dropout layer; rate 0 costs nothing."""
        return keras.layers.Dropout(rate, dtype=self.dtype_policy, name=name)

    def initializer(self):
        """A fresh truncated normal of the config's width."""
        return keras.initializers.TruncatedNormal(stddev=self.config.initializer_range)


@keras.saving.register_keras_serializable("bert_tf")
class Embeddings(BertLayer):
    """Token + position + segment embeddings, LayerNorm, dropout: (B, T) ids to (B, T, H)."""

    def __init__(self, config: BertConfig, **kwargs):
        super().__init__(config, **kwargs)
        self.word = self.table(config.vocab_size, "word")
        self.position = self.table(config.max_position_embeddings, "position")
        self.segment = self.table(config.type_vocab_size, "segment")
        self.norm = self.layer_norm("norm")
        self.drop = self.dropout(config.hidden_dropout_prob, "drop")

    def table(self, rows: int, name: str) -> keras.layers.Embedding:
        """An embedding table of `rows` vectors of size H."""
        return keras.layers.Embedding(rows, self.config.hidden_size, embeddings_initializer=self.initializer(),
                                      dtype=self.dtype_policy, name=name)

    def build(self, token_ids_shape, segment_ids_shape=None):
        for table in (self.word, self.position, self.segment):
            table.build(token_ids_shape)
        self.norm.build((*token_ids_shape, self.config.hidden_size))

    def call(self, token_ids, segment_ids, training=None):
        length, longest = token_ids.shape[1], self.config.max_position_embeddings
        if length is not None and length > longest:  # compilers clamp or wrap such positions without a word
            raise ValueError(f"{length} tokens do not fit a model of at most {longest}; cut the text.")
        positions = ops.arange(ops.shape(token_ids)[1], dtype="int32")  # (T,)
        summed = self.word(token_ids) + self.position(positions)[None] + self.segment(segment_ids)  # (B, T, H)
        return self.drop(self.norm(summed), training=training)

    def compute_output_shape(self, token_ids_shape, segment_ids_shape=None):
        return (*token_ids_shape, self.config.hidden_size)


@keras.saving.register_keras_serializable("bert_tf")
class SelfAttention(BertLayer):
    """Scaled dot-product attention of every token to every real token, N heads side by side.

    Query, key and value are one matrix multiplication. `call` is what training runs: on JAX it uses Keras'
    fused attention. `trace` forms the probabilities and returns them too.
    """

    def __init__(self, config: BertConfig, **kwargs):
        super().__init__(config, **kwargs)
        self.query_key_value = self.dense(3 * config.hidden_size, "query_key_value")
        self.drop = self.dropout(config.attention_probs_dropout_prob, "drop")

    def build(self, x_shape, padding_mask_shape=None):
        self.query_key_value.build(x_shape)

    def project(self, x):
        """Returns query, key and value of x (B, T, H), each (B, T, N, D)."""
        heads = (-1, ops.shape(x)[1], self.config.num_attention_heads, self.config.head_size)
        # split, not slices of one array: the gradient of a slice fills a whole array with zeros first
        return [ops.reshape(part, heads) for part in ops.split(self.query_key_value(x), 3, axis=-1)]

    def call(self, x, padding_mask, training=None):
        dropped = training and self.config.attention_probs_dropout_prob
        if dropped or keras.backend.backend() != "jax":  # on a CPU, TensorFlow is faster with plain products
            return self.trace(x, padding_mask, training=training)[0]
        mask = ops.cast(padding_mask, "bool")[:, None, None, :]  # (B, 1, 1, T)
        return self.join(ops.dot_product_attention(*self.project(x), mask=mask))  # (B, T, N, D)

    def trace(self, x, padding_mask, training=None):
        """Returns the context (B, T, H) and the attention probabilities (B, N, T, T)."""
        query, key, value = (ops.transpose(part, (0, 2, 1, 3)) for part in self.project(x))  # (B, N, T, D)
        scores = ops.matmul(query / math.sqrt(self.config.head_size), ops.transpose(key, (0, 1, 3, 2)))
        hidden = (1.0 - ops.cast(padding_mask, scores.dtype)) * MASKED_SCORE
        probabilities = ops.softmax(scores + hidden[:, None, None, :], axis=-1)  # (B, N, T, T)
        kept = self.drop(probabilities, training=training)
        return self.join(ops.transpose(ops.matmul(kept, value), (0, 2, 1, 3))), probabilities

    def join(self, context):
        """Puts the heads side by side again: (B, T, N, D) to (B, T, H)."""
        return ops.reshape(context, (-1, ops.shape(context)[1], self.config.hidden_size))

    def compute_output_shape(self, x_shape, padding_mask_shape=None):
        return x_shape


@keras.saving.register_keras_serializable("bert_tf")
class TransformerBlock(BertLayer):
    """Self-attention and a feed-forward part, each with a residual and LayerNorm after it (post-norm)."""

    def __init__(self, config: BertConfig, **kwargs):
        super().__init__(config, **kwargs)
        self.attention = SelfAttention(config, dtype=self.dtype_policy, name="attention")
        self.attention_output = self.dense(config.hidden_size, "attention_output")
        self.attention_norm = self.layer_norm("attention_norm")
        self.intermediate = self.dense(config.intermediate_size, "intermediate")
        self.activate = activation(config.hidden_act)
        self.output_dense = self.dense(config.hidden_size, "output_dense")
        self.output_norm = self.layer_norm("output_norm")
        self.drop = self.dropout(config.hidden_dropout_prob, "drop")

    def build(self, x_shape, padding_mask_shape=None):
        self.attention.build(x_shape)
        for part in (self.attention_output, self.attention_norm, self.intermediate, self.output_norm):
            part.build(x_shape)
        self.output_dense.build((*x_shape[:-1], self.config.intermediate_size))

    def call(self, x, padding_mask, training=None):
        return self.finish(x, self.attention(x, padding_mask, training=training), training)

    def trace(self, x, padding_mask):
        """Returns the block's output (B, T, H) and its attention probabilities (B, N, T, T)."""
        context, probabilities = self.attention.trace(x, padding_mask)
        return self.finish(x, context, training=False), probabilities

    def at(self, positions, x, padding_mask, training=None):
        """Returns the block's output at chosen positions (B, P) alone, for the price of P tokens: (B, P, H)."""
        context = self.attention(x, padding_mask, training=training)
        return self.finish(rows_at(x, positions), rows_at(context, positions), training)

    def finish(self, x, context, training):
        """Everything after attention: projection, residual, LayerNorm, feed-forward, residual, LayerNorm."""
        x = self.attention_norm(x + self.drop(self.attention_output(context), training=training))
        inner = self.output_dense(self.activate(self.intermediate(x)))
        return self.output_norm(x + self.drop(inner, training=training))

    def compute_output_shape(self, x_shape, padding_mask_shape=None):
        return x_shape


@keras.saving.register_keras_serializable("bert_tf")
class TracedBlock(keras.layers.Layer):
    """A block that also hands out its attention; shares the weights of the block it is made from."""

    def __init__(self, block: TransformerBlock, **kwargs):
        super().__init__(dtype=block.dtype_policy, **kwargs)
        self.block = block

    def call(self, x, padding_mask):
        return self.block.trace(x, padding_mask)


@keras.saving.register_keras_serializable("bert_tf")
class BlockAtPositions(keras.layers.Layer):
    """A block computed where somebody looks and nowhere else; shares the weights of the block it is made from."""

    def __init__(self, block: TransformerBlock, **kwargs):
        super().__init__(dtype=block.dtype_policy, **kwargs)
        self.block = block

    def call(self, x, padding_mask, positions, training=None):
        return self.block.at(positions, x, padding_mask, training=training)

    def compute_output_shape(self, x_shape, padding_mask_shape, positions_shape):
        return (*positions_shape, x_shape[-1])


def rows_at(x, positions):
    """Picks rows of x (B, T, H) at positions (B, P): (B, P, H)."""
    batch, length, width = ops.shape(x)[0], ops.shape(x)[1], x.shape[-1]
    starts = ops.arange(batch, dtype="int32")[:, None] * length  # (B, 1): where each text starts in the flat list
    return ops.take(ops.reshape(x, (-1, width)), ops.cast(positions, "int32") + starts, axis=0)


@keras.saving.register_keras_serializable("bert_tf")
class Pooler(BertLayer):
    """tanh of a dense layer on the first token: (B, T, H) to (B, H)."""

    def __init__(self, config: BertConfig, **kwargs):
        super().__init__(config, **kwargs)
        self.project = self.dense(config.hidden_size, "project")

    def build(self, x_shape):
        self.project.build((x_shape[0], x_shape[-1]))

    def call(self, x):
        return ops.tanh(self.project(x[:, 0]))

    def compute_output_shape(self, x_shape):
        return (x_shape[0], x_shape[-1])


class MaskedLanguageModelHead(BertLayer):
    """Scores of all V pieces for hidden states: dense, activation, LayerNorm, then the word embeddings.

    The decoder is the transposed embedding table itself, plus a bias (Devlin et al. 2019, 3.1).
    """

    def __init__(self, config: BertConfig, word_embedding: keras.layers.Embedding, **kwargs):
        super().__init__(config, **kwargs)
        self.word_embedding = word_embedding
        self.transform = self.dense(config.hidden_size, "transform")
        self.activate = activation(config.hidden_act)
        self.norm = self.layer_norm("norm")

    def build(self, x_shape):
        self.transform.build(x_shape)
        self.norm.build(x_shape)
        self.bias = self.add_weight(shape=(self.config.vocab_size,), initializer="zeros", name="bias")

    def call(self, x, training=None):
        batch, width = ops.shape(x)[0], self.config.hidden_size
        x = self.norm(self.activate(self.transform(x)))  # (B, P, H)
        table = ops.cast(self.word_embedding.embeddings, self.compute_dtype)  # (V, H)
        bias = ops.cast(self.bias, self.compute_dtype)
        if training:
            return ops.matmul(x, ops.transpose(table)) + bias  # (B, P, V)
        # table times x, not x times table: for few rows many times faster on a CPU
        scores = ops.matmul(table, ops.transpose(ops.reshape(x, (-1, width)))) + bias[:, None]  # (V, B*P)
        return ops.reshape(ops.transpose(scores), (batch, -1, self.config.vocab_size))

    def compute_output_shape(self, x_shape):
        return (*x_shape[:-1], self.config.vocab_size)
