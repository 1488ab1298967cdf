"""Batches that mix parts of a corpus, such as languages, in fixed shares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf.data.pairs import PairSampler
from bert_tf.data.passes import random_stream
from bert_tf.data.shards import TokenShards
from bert_tf.records import require_integer, require_number


class MixedSampler:
    """Draws every batch from several samplers, each giving its share of the rows; else just like a `PairSampler`.

    Args:
        samplers: the parts, by name.
        shares: how much of each batch a part gives; any positive numbers, only their ratio counts.

    Raises:
        ValueError: shares that do not name the samplers, or are not positive.
    """

    def __init__(self, samplers: Mapping[str, PairSampler], shares: Mapping[str, float]):
        if set(samplers) != set(shares) or not samplers:
            raise ValueError(f"Shares for {', '.join(shares) or 'nothing'} do not fit the parts {', '.join(samplers)}.")
        require_shares(shares)
        self._samplers = list(samplers.values())
        self._until = np.cumsum([shares[name] for name in samplers]) / sum(shares.values())
        self._until[-1] = 1.0

    def batch(self, step: int, *, sequence_length: int, batch_size: int) -> dict[str, np.ndarray]:
        """Returns the batch of a step, rows of all parts shuffled; see `PairSampler.batch`."""
        require_integer("step", step, minimum=0)
        require_integer("sequence_length", sequence_length, minimum=8)
        require_integer("batch_size", batch_size, minimum=1)
        parts = []
        for sampler, below, until in zip(self._samplers, [0.0, *self._until], self._until):
            # so many rows of this part came before this step, so many after it: no share is lost to rounding
            first, last = (math.floor(at * batch_size * until + 1e-6) - math.floor(at * batch_size * below + 1e-6)
                           for at in (step, step + 1))
            if last > first:
                rng = random_stream("batch", sampler.seed, sequence_length, batch_size, step)
                parts.append(sampler.rows(np.arange(first, last), sequence_length, rng))
        joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        order = random_stream("order", self._samplers[0].seed, sequence_length, batch_size, step).permutation(batch_size)
        return {key: value[order] for key, value in joined.items()}


def parts_of(shards: TokenShards, shares: Mapping[str, float]) -> dict[str, TokenShards]:
    """Sorts shards into parts by how their names begin: `en` takes `en-000` and `en-short`.

    Raises:
        ValueError: a shard that belongs to no part or to several, or a part without text.
    """
    prefixes = prefixes_of([shard.name for shard in shards.shards], shares)
    parts = {prefix: tuple(shard for shard, its in zip(shards.shards, prefixes) if its == prefix) for prefix in shares}
    for prefix, found in parts.items():
        if not sum(len(shard.tokens) for shard in found):
            raise ValueError(f"There is no text for the part {prefix}: no file whose name begins so holds a token.")
    return {prefix: TokenShards(shards.folder, found, shards.vocab_size, shards.vocab_hash)
            for prefix, found in parts.items()}


def require_shares(shares: Mapping[str, float]) -> None:
    """Refuses shares that are not positive numbers."""
    for name, share in shares.items():
        require_number(f"the share of {name}", share, above=0.0)


def prefixes_of(names: Sequence[str], shares: Mapping[str, float]) -> list[str]:
    """Returns the part that each shard belongs to.

    Raises:
        ValueError: a name that belongs to no part or to several, or a part without a name.
    """
    found = []
    for name in names:
        prefixes = [prefix for prefix in shares if name.startswith(prefix)]
        if len(prefixes) != 1:
            raise ValueError(f"The shard {name} belongs to {' and '.join(prefixes) or 'none'} of the parts "
                             f"{', '.join(shares)}; a part takes the files whose names begin with its own.")
        found += prefixes
    for prefix in shares:
        if prefix not in found:
            raise ValueError(f"There is no text for the part {prefix}: no file's name begins so.")
    return found
