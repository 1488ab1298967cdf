"""BERT as functional Keras models: the encoder, the tracer that shows its inside, and the pretraining model.

Inputs carry keras-hub's names: `token_ids`, `segment_ids`, `padding_mask` (1 = real token), all int32
(B, T), and `mask_positions`, int32 (B, P). Letters: B batch, T tokens, P predictions, L layers,
N heads, H hidden, V vocabulary.
"""

from __future__ import annotations

import keras
from keras import ops

from bert_tf.config import BertConfig
from bert_tf.layers import BlockAtPositions, Embeddings, MaskedLanguageModelHead, Pooler, TracedBlock, TransformerBlock
from bert_tf.precision import require_precision

ENCODER_INPUTS = ("token_ids", "segment_ids", "padding_mask")


@keras.saving.register_keras_serializable("bert_tf")
class BertEncoder(keras.Model):
    """Embeddings, L post-norm blocks and the pooler.

    Args:
        config: the shape.
        dtype: a Keras precision policy, `float32` or `mixed_bfloat16`.

    Raises:
        ValueError: another policy.

    Returns, when called on the three inputs:
        `{"sequence_output": (B, T, H), "pooled_output": (B, H)}`.

    Example: `BertEncoder(BertConfig.of_size("base")).count_params()` is 109,482,240.

    Source: Devlin et al. 2019, section 3.
    """

    def __init__(self, config: BertConfig, *, dtype: str = "float32", name: str = "bert"):
        require_precision("dtype", dtype)
        embeddings = Embeddings(config, dtype=dtype, name="embeddings")
        blocks = [TransformerBlock(config, dtype=dtype, name=f"block_{i}") for i in range(config.num_hidden_layers)]
        pooler = Pooler(config, dtype=dtype, name="pooler")

        inputs = {key: keras.Input((None,), dtype="int32", name=key) for key in ENCODER_INPUTS}
        x = embeddings(inputs["token_ids"], inputs["segment_ids"])
        for block in blocks:
            x = block(x, inputs["padding_mask"])
        super().__init__(inputs=inputs, outputs={"sequence_output": x, "pooled_output": pooler(x)}, name=name)

        self.config = config
        self.embeddings = embeddings
        self.blocks = blocks
        self.pooler = pooler

    def get_config(self) -> dict:
        return {"config": self.config.to_dict(), "dtype": self.embeddings.dtype_policy.name, "name": self.name}

    @classmethod
    def from_config(cls, config: dict, custom_objects=None):
        return cls(**{**config, "config": BertConfig.from_dict(config["config"])})


def tracer(encoder: BertEncoder) -> keras.Model:
    """Returns a model over the encoder's own weights that shows every step.

    Returns, when called on the encoder's inputs:
        `{"hidden_states": (B, L+1, T, H), "attentions": (B, L, N, T, T), "pooled_output": (B, H)}`.
        `hidden_states[:, 0]` is the embedding output.
    """
    inputs = {key: keras.Input((None,), dtype="int32", name=key) for key in ENCODER_INPUTS}
    x = encoder.embeddings(inputs["token_ids"], inputs["segment_ids"])
    hidden_states, attentions = [x], []
    for i, block in enumerate(encoder.blocks):
        x, attention = TracedBlock(block, name=f"traced_block_{i}")(x, inputs["padding_mask"])
        hidden_states.append(x)
        attentions.append(attention)
    outputs = {
        "hidden_states": ops.stack(hidden_states, axis=1),
        "attentions": ops.stack(attentions, axis=1),
        "pooled_output": encoder.pooler(x),
    }
    return keras.Model(inputs, outputs, name="tracer")


class OwnLossModel(keras.Model):
    """A model that computes its loss itself, from the dict of targets that its docstring tells."""

    def compile(self, optimizer="rmsprop", loss=None, *args, **options):
        """Configures the model for training as Keras does.

        Raises:
            ValueError: a loss is given.
        """
        if loss is not None:
            raise ValueError(f"{type(self).__name__} computes its own loss and takes no other; compile it without "
                             f"loss={loss!r}.")
        super().compile(optimizer, None, *args, **options)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def targets(self, y, *names: str) -> list:
        """Returns what `y` holds under these names.

        Raises:
            ValueError: `y` is no dict that has them.
        """
        if not isinstance(y, dict) or not set(names) <= set(y):
            raise ValueError(f"y should be a dict of {' and '.join(names)} to train {type(self).__name__}, not "
                             f"{sorted(y) if isinstance(y, dict) else type(y).__name__}.")
        return [y[name] for name in names]


@keras.saving.register_keras_serializable("bert_tf")
class BertForPreTraining(OwnLossModel):
    """The encoder with both pretraining heads, and their joint loss.

    Args:
        encoder: the encoder to put the heads on.
        nsp_weight: how much the next-sentence loss counts beside 1 for the masked words; set before compiling.

    Returns, when called on the encoder's inputs and `mask_positions` (B, P):
        `{"mlm_logits": (B, P, V), "nsp_logits": (B, 2)}`; NSP label 0 means "is next".

    Training: `fit` or `train_on_batch` with x as above and
    y = `{"mask_ids": (B, P), "mask_weights": (B, P), "next_labels": (B,)}`; a slot of weight 0 counts
    for nothing, nor does a label of -1 (an example without a second sentence). The loss is the mean over real
    predictions of the masked-word cross-entropy plus the mean over pairs of the next-sentence cross-entropy (Devlin et
    al. 2019, appendix A.2), in nats.
    There is no other loss, and no sample_weight.
    """

    def __init__(self, encoder: BertEncoder, *, nsp_weight: float = 1.0, name: str = "bert_for_pretraining"):
        config, policy = encoder.config, encoder.embeddings.dtype_policy
        mlm_head = MaskedLanguageModelHead(config, encoder.embeddings.word, dtype=policy, name="mlm_head")
        nsp_head = keras.layers.Dense(
            2, kernel_initializer=keras.initializers.TruncatedNormal(stddev=config.initializer_range),
            dtype=policy, name="nsp_head")

        inputs = dict(encoder.input)
        inputs["mask_positions"] = keras.Input((None,), dtype="int32", name="mask_positions")
        x = encoder.embeddings(inputs["token_ids"], inputs["segment_ids"])
        for block in encoder.blocks[:-1]:
            x = block(x, inputs["padding_mask"])
        # The heads look at [CLS] and at the chosen positions; nothing else of the last block is computed.
        looked_at = ops.concatenate([ops.zeros_like(inputs["mask_positions"][:, :1]), inputs["mask_positions"]], axis=1)
        x = BlockAtPositions(encoder.blocks[-1], name="last_block")(x, inputs["padding_mask"], looked_at)  # (B, 1+P, H)
        outputs = {"mlm_logits": mlm_head(x[:, 1:]), "nsp_logits": nsp_head(encoder.pooler(x))}
        super().__init__(inputs=inputs, outputs=outputs, name=name)

        self.encoder = encoder
        self.mlm_head = mlm_head
        self.nsp_head = nsp_head
        self.nsp_weight = nsp_weight
        self.trackers = {key: keras.metrics.Mean(name=key)
                         for key in ("mlm_loss", "mlm_accuracy", "nsp_loss", "nsp_accuracy")}

    @property
    def config(self) -> BertConfig:
        """The shape of the encoder."""
        return self.encoder.config

    @classmethod
    def from_shape(cls, config: BertConfig, *, dtype: str = "float32") -> "BertForPreTraining":
        """Builds encoder and heads with fresh random weights."""
        return cls(BertEncoder(config, dtype=dtype))

    def get_config(self) -> dict:
        return {"encoder": self.encoder.get_config(), "nsp_weight": self.nsp_weight, "name": self.name}

    @classmethod
    def from_config(cls, config: dict, custom_objects=None):
        return cls(BertEncoder.from_config(config["encoder"]), nsp_weight=config.get("nsp_weight", 1.0),
                   name=config["name"])

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        mlm_logits = ops.cast(y_pred["mlm_logits"], "float32")
        nsp_logits = ops.cast(y_pred["nsp_logits"], "float32")
        if sample_weight is not None:
            raise ValueError("BertForPreTraining takes no sample_weight; y's mask_weights are those of masked words.")
        mask_ids, weights, labels = self.targets(y, "mask_ids", "mask_weights", "next_labels")
        weights = ops.cast(weights, "float32")

        token_losses = ops.sparse_categorical_crossentropy(mask_ids, mlm_logits, from_logits=True)  # (B, P)
        asked = ops.cast(ops.greater_equal(labels, 0), "float32")  # (B,)
        pair_losses = ops.sparse_categorical_crossentropy(ops.maximum(labels, 0), nsp_logits, from_logits=True)  # (B,)
        predictions = ops.maximum(ops.sum(weights), 1.0)
        mlm_loss = ops.sum(token_losses * weights) / predictions
        nsp_loss = ops.sum(pair_losses * asked) / ops.maximum(ops.sum(asked), 1.0)

        token_hits = ops.cast(ops.equal(ops.top_k(mlm_logits, 1)[1][..., 0], mask_ids), "float32")
        pair_hits = ops.cast(ops.equal(ops.argmax(nsp_logits, axis=-1), labels), "float32")
        self.trackers["mlm_loss"].update_state(token_losses, sample_weight=weights)
        self.trackers["mlm_accuracy"].update_state(token_hits, sample_weight=weights)
        self.trackers["nsp_loss"].update_state(pair_losses, sample_weight=asked)
        self.trackers["nsp_accuracy"].update_state(pair_hits, sample_weight=asked)
        return mlm_loss + self.nsp_weight * nsp_loss
