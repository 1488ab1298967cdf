"""How much arithmetic a training step is, to hold against what a device promises."""

from __future__ import annotations

from bert_tf.config import BertConfig


def flops_per_step(config: BertConfig, *, batch_size: int, sequence_length: int, predictions: int) -> float:
    """Counts the multiplications and additions of one training step in matrix products, padding included.

    Forward: twice the weights a token passes through, plus attention's two products; the last block's feed-forward
    part and the masked-word head at [CLS] and the predicted positions alone. Backward counts twice as much.

    Args:
        config: the shape.
        batch_size: B.
        sequence_length: T.
        predictions: P, prediction slots in a pair.

    Returns:
        Floating-point operations.

    Example: one layer of width 2 (feed-forward 8), B = T = P = 1, V = 10: query, key, value 24, attention 8; the
    rest of the block at two positions 2 x (8 + 64); head 8 + 40: 224 forward, 672 in all.

    Source: Kaplan et al. 2020, section 2.1.
    """
    hidden, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    project, attend = 2 * 3 * hidden * hidden, 2 * 2 * sequence_length * hidden
    rest = 2 * (hidden * hidden + 2 * hidden * inner)
    pair = layers * sequence_length * (project + attend) + (layers - 1) * sequence_length * rest
    pair += (1 + predictions) * rest + predictions * 2 * (hidden * hidden + hidden * config.vocab_size)
    return 3.0 * batch_size * pair
