"""Many variants of one text asked at once: the same length and segments, other token ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bert_tf.explore import Bert
from bert_tf.padding import bucket
from bert_tf.results import Encoding

#: Rows are computed in batches of these sizes, so that few shapes are ever compiled.
BATCH_SIZES = (8, 32)


def run_variants(bert: Bert, encoding: Encoding, rows: np.ndarray,
                 positions: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
    """Runs a pretraining model on variants of one encoding.

    Args:
        bert: the model.
        encoding: gives segments and length.
        rows: int32 (R, T), the token ids of each variant.
        positions: for each variant equally many positions, P of them, to predict words at.

    Returns:
        `{"mlm_logits": (R, P, V), "nsp_logits": (R, 2)}`.
    """
    positions = np.array(positions, np.int32)
    count = positions.shape[1]
    slots = bucket(count, bucket(len(encoding), bert.max_length), shortest=1)
    padded = np.zeros((len(rows), slots), np.int32)
    padded[:, :count] = positions
    one, found = bert._inputs(encoding), {"mlm_logits": [], "nsp_logits": []}
    for start in range(0, len(rows), BATCH_SIZES[-1]):
        chunk = rows[start:start + BATCH_SIZES[-1]]
        size = next(size for size in BATCH_SIZES if size >= len(chunk))
        inputs = {key: np.repeat(value, size, axis=0) for key, value in one.items()}
        inputs["token_ids"][:len(chunk), :len(encoding)] = chunk
        inputs["mask_positions"] = np.zeros((size, slots), np.int32)
        inputs["mask_positions"][:len(chunk)] = padded[start:start + len(chunk)]
        outputs = bert.run(inputs)
        found["mlm_logits"].append(outputs["mlm_logits"][:len(chunk), :count])
        found["nsp_logits"].append(outputs["nsp_logits"][:len(chunk)])
    return {name: np.concatenate(parts) for name, parts in found.items()}
