"""BERT with a head for one task: classification of texts and pairs, token tagging, extractive questions.

The names are Hugging Face's, so that a folder says what it holds. Letters: B batch, T tokens, C labels, H hidden.
"""

from __future__ import annotations

import keras
from keras import ops

from bert_tf.config import BertConfig
from bert_tf.layers import MASKED_SCORE
from bert_tf.model import BertEncoder, OwnLossModel


class TaskModel(OwnLossModel):
    """What the task models share: they are built from an encoder and a number of labels, and count their hits.

    In training, `sample_weight` (B,) multiplies the losses of the examples, as with Keras' own losses.

    Args:
        encoder: the encoder to put the head on.
        outputs: what the head computes, a dict of symbolic tensors.
        head: the dense layer that is the head.
    """

    def __init__(self, encoder: BertEncoder, outputs: dict, head: keras.layers.Dense, *, name: str):
        super().__init__(inputs=dict(encoder.input), outputs=outputs, name=name)
        self.encoder = encoder
        self.head = head
        self.accuracy_tracker = keras.metrics.Mean(name="accuracy")

    @property
    def config(self) -> BertConfig:
        """The shape of the encoder."""
        return self.encoder.config

    @property
    def label_count(self) -> int:
        """C, what the head tells apart."""
        return self.head.units

    @classmethod
    def from_shape(cls, config: BertConfig, *, label_count: int = 2, dtype: str = "float32") -> "TaskModel":
        """Builds encoder and head with fresh random weights."""
        return cls(BertEncoder(config, dtype=dtype), label_count)

    def get_config(self) -> dict:
        return {"encoder": self.encoder.get_config(), "label_count": self.label_count, "name": self.name}

    @classmethod
    def from_config(cls, config: dict, custom_objects=None):
        return cls(BertEncoder.from_config(config["encoder"]), config["label_count"], name=config["name"])


@keras.saving.register_keras_serializable("bert_tf")
class BertForSequenceClassification(TaskModel):
    """Pooled output, dropout, one dense layer: a label for a text or a pair of texts.

    Returns, when called on the encoder's inputs: `{"logits": (B, C)}`.

    Training: y = `{"labels": int32 (B,)}`, or these labels alone. The loss is the mean cross-entropy over texts, in
    nats.

    Source: Devlin et al. 2019, section 4.1.
    """

    def __init__(self, encoder: BertEncoder, label_count: int, *, name: str = "bert_for_sequence_classification"):
        head = dense(encoder, label_count)
        outputs = encoder(dict(encoder.input))
        super().__init__(encoder, {"logits": head(dropped(encoder, outputs["pooled_output"]))}, head, name=name)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        logits = ops.cast(y_pred["logits"], "float32")
        labels = self.targets(y, "labels")[0] if isinstance(y, dict) else ops.reshape(y, (-1,))
        self.accuracy_tracker.update_state(hits(logits, labels))
        return ops.mean(weighted(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True),
                                 sample_weight, "labels"))


@keras.saving.register_keras_serializable("bert_tf")
class BertForTokenClassification(TaskModel):
    """Dropout and one dense layer on every token: a tag for each.

    Returns, when called on the encoder's inputs: `{"logits": (B, T, C)}`.

    Training: y = `{"tags": int32 (B, T), "weights": float32 (B, T)}`; a token of weight 0 counts for nothing.
    The loss is the mean cross-entropy over the others, in nats.

    Source: Devlin et al. 2019, section 5.3.
    """

    def __init__(self, encoder: BertEncoder, label_count: int, *, name: str = "bert_for_token_classification"):
        head = dense(encoder, label_count)
        encoder.pooler.trainable = False  # nothing here looks at it
        outputs = encoder(dict(encoder.input))
        super().__init__(encoder, {"logits": head(dropped(encoder, outputs["sequence_output"]))}, head, name=name)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        tags, weights = self.targets(y, "tags", "weights")
        logits, weights = ops.cast(y_pred["logits"], "float32"), ops.cast(weights, "float32")
        self.accuracy_tracker.update_state(hits(logits, tags), sample_weight=weights)
        losses = ops.sparse_categorical_crossentropy(tags, logits, from_logits=True)  # (B, T)
        return ops.sum(weighted(losses * weights, sample_weight, "tags")) / ops.maximum(ops.sum(weights), 1.0)


@keras.saving.register_keras_serializable("bert_tf")
class BertForQuestionAnswering(TaskModel):
    """Two scores for every token: how well an answer starts there, how well it ends there.

    Returns, when called on the encoder's inputs: `{"start_logits": (B, T), "end_logits": (B, T)}`.

    Training: y = `{"starts": int32 (B,), "ends": int32 (B,)}`, the first and last token of the answer, both 0 where
    the answer is not in this window. The loss is the mean of both cross-entropies over the real tokens, in nats;
    a hit is a start and an end that are both right.

    Source: Devlin et al. 2019, section 4.2.
    """

    def __init__(self, encoder: BertEncoder, label_count: int = 2, *, name: str = "bert_for_question_answering"):
        head = dense(encoder, 2)
        encoder.pooler.trainable = False  # nothing here looks at it
        starts_and_ends = head(encoder(dict(encoder.input))["sequence_output"])  # (B, T, 2)
        outputs = {"start_logits": starts_and_ends[..., 0], "end_logits": starts_and_ends[..., 1]}
        super().__init__(encoder, outputs, head, name=name)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        first, last = self.targets(y, "starts", "ends")
        hidden = (1.0 - ops.cast(x["padding_mask"], "float32")) * MASKED_SCORE  # (B, T)
        starts, ends = (ops.cast(y_pred[key], "float32") + hidden for key in ("start_logits", "end_logits"))
        self.accuracy_tracker.update_state(hits(starts, first) * hits(ends, last))
        start_losses = ops.sparse_categorical_crossentropy(first, starts, from_logits=True)  # (B,)
        end_losses = ops.sparse_categorical_crossentropy(last, ends, from_logits=True)  # (B,)
        losses = weighted(start_losses, sample_weight, "starts") + weighted(end_losses, sample_weight, "ends")
        return ops.mean(losses) / 2.0


#: Architectures in the words of Hugging Face's config.json.
TASK_MODELS = {kind.__name__: kind for kind in
               (BertForSequenceClassification, BertForTokenClassification, BertForQuestionAnswering)}


def dense(encoder: BertEncoder, units: int) -> keras.layers.Dense:
    """A head: one dense layer with BERT's initializer and the encoder's precision."""
    stddev = encoder.config.initializer_range
    return keras.layers.Dense(units, kernel_initializer=keras.initializers.TruncatedNormal(stddev=stddev),
                              dtype=encoder.embeddings.dtype_policy, name="head")


def dropped(encoder: BertEncoder, x):
    """Dropout before a head, at the rate of the encoder's hidden states."""
    rate, policy = encoder.config.hidden_dropout_prob, encoder.embeddings.dtype_policy
    return keras.layers.Dropout(rate, dtype=policy, name="head_dropout")(x)


def weighted(losses, sample_weight, target: str):
    """Losses (B,) or (B, T), each times the weight of its example, (B,), where weights are given.

    Args:
        losses: of one target.
        sample_weight: weights of the examples, one array for all targets or, as `fit` hands them on, a dict of them.
        target: the key of y that the losses belong to.

    Raises:
        ValueError: there is not one weight for each example.
    """
    if isinstance(sample_weight, dict):
        sample_weight = sample_weight.get(target)
    if sample_weight is None:
        return losses
    if len(sample_weight.shape) != 1:
        raise ValueError("sample_weight should hold one weight for each example of the batch: one dimension.")
    weights = ops.cast(sample_weight, losses.dtype)
    return losses * (weights[:, None] if len(losses.shape) == 2 else weights)


def hits(logits, labels):
    """1.0 where the highest score is the label's, 0.0 elsewhere."""
    return ops.cast(ops.equal(ops.argmax(logits, axis=-1), ops.cast(labels, "int64")), "float32")
