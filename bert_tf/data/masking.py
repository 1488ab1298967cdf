"""Choosing the tokens that BERT has to predict."""

from __future__ import annotations

import numpy as np


def mask(token_ids: np.ndarray, padding_mask: np.ndarray, *, mask_rate: float, slots: int,
         is_ordinary: np.ndarray, mask_token_id: int, rng: np.random.Generator,
         continues: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Chooses tokens for prediction and hides them in place.

    Of the chosen tokens 80% become [MASK], 10% a random ordinary piece, 10% stay as they are. A row
    of n real tokens has min(P, max(1, round(mask_rate * n))) of them, fewer if it has fewer ordinary ones:
    19 of 128 at a rate of 0.15.

    Args:
        token_ids: int32 (B, T); chosen tokens are overwritten here.
        padding_mask: int32 (B, T), 1 = a real token.
        mask_rate: share of the real tokens of a row.
        slots: P, the most a row may have.
        is_ordinary: bool (V,), false for special pieces, which are neither chosen nor put in.
        mask_token_id: the id of [MASK].
        rng: where chance comes from.
        continues: bool (B, T), whether a token goes on with the word of the token before it. If given, words
            are chosen whole, as many as fit the same number of tokens; if not, tokens one by one.

    Returns:
        `mask_positions` int32 (B, P), rising; `mask_ids` int32 (B, P), what stood there;
        `mask_weights` float32 (B, P), 1 = a real prediction. Unused slots are 0 throughout.

    Source: Devlin et al. 2019, section 3.1 and appendix A.1; whole words: Cui et al. 2019.
    """
    length = token_ids.shape[1]
    may_be_chosen = is_ordinary[token_ids] & (padding_mask != 0)
    count = np.maximum(1, np.rint(mask_rate * padding_mask.sum(axis=1))).astype(np.int64)
    count = np.minimum(np.minimum(count, slots), may_be_chosen.sum(axis=1))
    keys = rng.random(token_ids.shape, np.float32)
    if continues is not None:
        keys = np.take_along_axis(keys, _first_of_word(continues), axis=1)  # a word shares the key of its first token
    keys[~may_be_chosen] = 2  # behind all others
    chosen = np.argsort(keys, axis=1, kind="stable" if continues is not None else None)[:, :slots + 1]  # (B, P + 1)
    if continues is not None:
        count = _whole(np.take_along_axis(_first_of_word(continues), chosen, axis=1), count)
    # Unused slots sort behind the used ones, then point at position 0.
    positions = np.sort(np.where(np.arange(slots) < count[:, None], chosen[:, :slots], length), axis=1)
    used = positions < length
    positions[~used] = 0
    ids = np.take_along_axis(token_ids, positions, axis=1)  # (B, P)
    ordinary = np.flatnonzero(is_ordinary).astype(token_ids.dtype)
    fate = rng.random(ids.shape, np.float32)
    instead = np.where(fate < 0.9, rng.choice(ordinary, ids.shape), ids)
    instead[fate < 0.8] = mask_token_id
    row = np.broadcast_to(np.arange(len(ids))[:, None], ids.shape)
    token_ids[row[used], positions[used]] = instead[used]
    return {"mask_positions": positions.astype(np.int32),
            "mask_ids": np.where(used, ids, 0).astype(np.int32),
            "mask_weights": used.astype(np.float32)}


def _first_of_word(continues: np.ndarray) -> np.ndarray:
    """Returns int (B, T): for each token, where its word begins."""
    here = np.broadcast_to(np.arange(continues.shape[1]), continues.shape)
    return np.maximum.accumulate(np.where(continues, 0, here), axis=1)


def _whole(words: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Takes back the tokens of a word that would be hidden only in part; a first word that is too long stays cut.

    Args:
        words: int (B, P + 1), the word of each token in the order in which they are chosen.
        count: int (B,), how many are chosen, at most P.

    Returns:
        int (B,).
    """
    rows, at = np.arange(len(words)), np.minimum(count, words.shape[1] - 1)
    split = (count > 0) & (count < words.shape[1]) & (words[rows, at] == words[rows, np.maximum(count - 1, 0)])
    fitting = np.argmax(words == words[rows, at][:, None], axis=1)  # where the word that is split begins
    return np.where(split & (fitting > 0), fitting, count)
