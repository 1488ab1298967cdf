"""Texts of different lengths as one batch of few different shapes, so that few are ever compiled.

Letters in shapes: B rows, T tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Inputs are padded to this length at least.
SHORTEST_BUCKET = 16


def bucket(length: int, longest: int, *, shortest: int = SHORTEST_BUCKET) -> int:
    """Returns the smallest power of two, from `shortest` on, that holds `length`, but at most `longest`."""
    return min(longest, max(shortest, 1 << (length - 1).bit_length()))


def padded(texts: Sequence[tuple[np.ndarray, np.ndarray]], *, length: int, pad_token_id: int, rows: int = 0) -> dict[str, np.ndarray]:
    """Pads texts to a common length.

    Args:
        texts: token ids and segment ids of each, of at most `length` tokens.
        length: T.
        pad_token_id: id of [PAD].
        rows: B, if it should be more than there are texts. In a row without a text the first [PAD] counts as real, so
            that its attention has something to look at.

    Returns:
        `token_ids`, `segment_ids` and `padding_mask` (1 = real), each int32 (B, T).
    """
    shape = (max(rows, len(texts)), length)
    batch = {"token_ids": np.full(shape, pad_token_id, np.int32), "segment_ids": np.zeros(shape, np.int32),
             "padding_mask": np.zeros(shape, np.int32)}
    batch["padding_mask"][len(texts):, 0] = 1
    for row, (token_ids, segment_ids) in enumerate(texts):
        count = len(token_ids)
        batch["token_ids"][row, :count] = token_ids
        batch["segment_ids"][row, :count] = segment_ids
        batch["padding_mask"][row, :count] = 1
    return batch
