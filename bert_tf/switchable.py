"""A BERT whose attention heads, and single connections within them, can be turned down; a Keras model.

Letters in shapes: B batch, E either B or 1, T tokens, P predictions, L layers, N heads, D head size, H hidden.
"""

from __future__ import annotations

import math

import keras
from keras import ops

from bert_tf.layers import MASKED_SCORE, TransformerBlock, rows_at
from bert_tf.model import ENCODER_INPUTS, BertForPreTraining


class SwitchableBlock(keras.layers.Layer):
    """A block that multiplies each attention weight by a switch; shares the weights of the block it is made from.

    A weight is switched after the softmax: what a switched-off connection would have brought is missing, and the
    other connections stay as they were.
    """

    def __init__(self, block: TransformerBlock, **kwargs):
        super().__init__(dtype=block.dtype_policy, **kwargs)
        self.block = block

    def call(self, x, padding_mask, head_weights, edge_weights, positions=None):
        """Returns the block's output (B, T, H), or (B, P, H) at `positions` (B, P).

        Args:
            x: (B, T, H).
            padding_mask: int32 (B, T).
            head_weights: (B, N), 1 leaves a head as it is, 0 switches it off.
            edge_weights: (E, N, T, T), the same for single connections, token that looks first.
        """
        attention = self.block.attention
        query, key, value = (ops.transpose(part, (0, 2, 1, 3)) for part in attention.project(x))  # (B, N, T, D)
        scores = ops.matmul(query / math.sqrt(attention.config.head_size), ops.transpose(key, (0, 1, 3, 2)))
        hidden = (1.0 - ops.cast(padding_mask, scores.dtype)) * MASKED_SCORE
        probabilities = ops.softmax(scores + hidden[:, None, None, :], axis=-1)  # (B, N, T, T)
        kept = probabilities * ops.cast(edge_weights, scores.dtype)
        kept = kept * ops.cast(head_weights, scores.dtype)[:, :, None, None]
        context = attention.join(ops.transpose(ops.matmul(kept, value), (0, 2, 1, 3)))  # (B, T, H)
        if positions is not None:
            x, context = rows_at(x, positions), rows_at(context, positions)
        return self.block.finish(x, context, training=False)


def switchable(model: BertForPreTraining) -> keras.Model:
    """Returns a model over the same weights, with switches among its inputs.

    Inputs: those of `model`, and `head_weights`, float32 (B, L, N), and `edge_weights`, float32 (E, L, N, T, T),
    where E may be 1 for connections that are the same in the whole batch. All ones change nothing.

    Returns, when called on them:
        `{"mlm_logits": (B, P, V), "nsp_logits": (B, 2)}`.
    """
    encoder, config = model.encoder, model.config
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    inputs = {key: keras.Input((None,), dtype="int32", name=key) for key in (*ENCODER_INPUTS, "mask_positions")}
    inputs["head_weights"] = keras.Input((layers, heads), dtype="float32", name="head_weights")
    inputs["edge_weights"] = keras.Input((layers, heads, None, None), dtype="float32", name="edge_weights")

    x = encoder.embeddings(inputs["token_ids"], inputs["segment_ids"])
    # As in BertForPreTraining, the last block is computed at [CLS] and at the chosen positions alone.
    looked_at = ops.concatenate([ops.zeros_like(inputs["mask_positions"][:, :1]), inputs["mask_positions"]], axis=1)
    for i, block in enumerate(encoder.blocks):
        switches = inputs["head_weights"][:, i], inputs["edge_weights"][:, i]
        positions = looked_at if i == layers - 1 else None
        x = SwitchableBlock(block, name=f"switchable_block_{i}")(x, inputs["padding_mask"], *switches, positions)
    outputs = {"mlm_logits": model.mlm_head(x[:, 1:]), "nsp_logits": model.nsp_head(encoder.pooler(x))}
    return keras.Model(inputs, outputs, name="switchable")
