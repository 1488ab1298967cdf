"""What each head does on a text, as far as its weights show: previous token, next token, separator, ... NumPy alone.

Only what words look at is counted: rows of [CLS] and [SEP] are left out, for these are no words of the text.
Letters in shapes: L layers, N heads, T tokens, R rows counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_tf.results import Trace

#: Roles by where the weight goes, in the order in which equal shares are settled.
PLACES = ("previous", "next", "first", "separator", "same_word")
#: Every role: the places, and what a head is called that goes to none of them.
ROLES = (*PLACES, "broad", "mixed")
#: A head is named after a place that gets at least this share of its weight ...
LEAST_SHARE = 0.3
#: ... and at least so many times what it would get if the head looked at all tokens alike.
LEAST_TIMES_CHANCE = 1.5
#: From this share of the largest possible entropy on, a head without a place is called broad.
LEAST_BREADTH = 0.75


@dataclass(frozen=True)
class HeadRoles:
    """How all heads of a model look at one text.

    Attributes:
        shares: place -> float64 (L, N), the mean share in [0, 1] of a word's weight that goes there; NaN
            where the text has no such place, as `same_word` for a text without a repeated or split word.
        chance: place -> the share that a head would have that looks at all tokens alike; NaN as above.
        breadth: float64 (L, N), mean entropy of a word's weights over the largest possible, in [0, 1].
        roles: (L, N) names out of `ROLES`.
    """

    shares: dict[str, np.ndarray]
    chance: dict[str, float]
    breadth: np.ndarray
    roles: np.ndarray

    def measure(self, layer: int, head: int) -> float:
        """Returns what a head's name rests on: its share for a place, its breadth for broad and mixed heads."""
        role = str(self.roles[layer, head])
        return float((self.shares[role] if role in PLACES else self.breadth)[layer, head])


def head_roles(trace: Trace) -> HeadRoles:
    """Names every head of a trace after what it measurably does on this text."""
    special = np.array([start == end for start, end in trace.offsets])
    return roles_of(trace.attentions, trace.tokens, special)


def roles_of(attentions: np.ndarray, tokens: Sequence[str], special: np.ndarray) -> HeadRoles:
    """Measures and names heads.

    Args:
        attentions: (L, N, T, T), rows sum to 1.
        tokens: T word pieces.
        special: bool (T,), True for [CLS] and [SEP]: no words. If there is nothing else, all tokens count.

    Example:
        A head that puts 0.8 of every word's weight on the token before it, among ten tokens, has
        shares["previous"] 0.8 where chance is 0.1: its role is "previous".

    Raises:
        ValueError: shapes that do not fit, or rows that do not sum to 1.

    Source: the places are those of Clark et al. 2019, section 3.
    """
    special, count = np.asarray(special, dtype=bool), len(tokens)
    if np.shape(attentions)[2:] != (count, count) or special.shape != (count,):
        raise ValueError(f"Expected attention (L, N, {count}, {count}) and {count} marks for {count} tokens, "
                         f"got {np.shape(attentions)} and {special.shape}.")
    rows = np.flatnonzero(~special) if not special.all() else np.arange(count)
    weights = np.asarray(attentions, dtype=np.float64)[:, :, rows]  # (L, N, R, T)
    # 0.02: half precision may come in. "not": NaN must fail as well.
    if not (np.abs(weights.sum(axis=-1) - 1.0).max() <= 0.02 and weights.min() >= 0):
        raise ValueError("Every row of attention must be probabilities that sum to 1.")
    places = {name: target[rows] for name, target in targets(tokens, special).items()}  # each (R, T)
    shares = {name: _share(weights, target) for name, target in places.items()}
    uniform = np.full((1, 1, len(rows), count), 1 / count)
    chance = {name: float(_share(uniform, target)[0, 0]) for name, target in places.items()}
    breadth = _breadth(weights)
    return HeadRoles(shares, chance, breadth, _names(shares, chance, breadth))


def targets(tokens: Sequence[str], special: np.ndarray) -> dict[str, np.ndarray]:
    """Returns for each place the pairs that belong to it: bool (T, T), [i, j] if j is that place for i.

    `same_word`: j is another piece of the word of i, or a piece of another occurrence of that word.
    """
    count = len(tokens)
    first = np.zeros((count, count), dtype=bool)
    first[:, 0] = True
    separator = np.zeros_like(first)
    separator[:, [token == "[SEP]" for token in tokens]] = True
    words = np.array(word_numbers(tokens))
    same = (words[:, None] == words[None]) & ~np.eye(count, dtype=bool) & ~np.asarray(special)[None]
    return {"previous": np.eye(count, k=-1, dtype=bool), "next": np.eye(count, k=1, dtype=bool),
            "first": first, "separator": separator, "same_word": same}


def word_numbers(tokens: Sequence[str]) -> list[int]:
    """Gives every token the number of its word; pieces of a word, and equal words, share one.

    Example: ["play", "##s", "and", "play", "##s"] gives [0, 0, 1, 0, 0].
    """
    starts = [i for i, token in enumerate(tokens) if not (token.startswith("##") and i)]
    known, numbers = {}, []
    for start, end in zip(starts, [*starts[1:], len(tokens)]):
        number = known.setdefault(tuple(tokens[start:end]), len(known))
        numbers += [number] * (end - start)
    return numbers


def _share(weights: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Returns the mean weight (L, N) that rows with such a place (R, T) put there; NaN if no row has one."""
    with_place = target.any(axis=1)
    if not with_place.any():
        return np.full(weights.shape[:2], np.nan)
    return np.where(target, weights, 0.0)[:, :, with_place].sum(axis=-1).mean(axis=-1)


def _breadth(weights: np.ndarray) -> np.ndarray:
    """Returns the mean entropy of the rows (L, N, R, T) over log2(T), the largest possible: (L, N)."""
    if weights.shape[-1] == 1:
        return np.zeros(weights.shape[:2])
    surprise = -np.log2(np.where(weights > 0, weights, 1.0))  # 0 log 0 counts as 0
    return (weights * surprise).sum(axis=-1).mean(axis=-1) / np.log2(weights.shape[-1]) + 0.0  # + 0.0: no minus zero


def _names(shares: dict[str, np.ndarray], chance: dict[str, float], breadth: np.ndarray) -> np.ndarray:
    """Chooses a role for every head: (L, N)."""
    stacked = np.stack([np.nan_to_num(shares[name], nan=-1.0) for name in PLACES])  # (places, L, N)
    least = np.array([max(LEAST_SHARE, LEAST_TIMES_CHANCE * chance[name]) for name in PLACES])
    enough = np.where(stacked >= np.nan_to_num(least, nan=2.0)[:, None, None], stacked, -1.0)
    best = enough.argmax(axis=0)  # (L, N); the first of equal ones
    names = np.where(enough.max(axis=0) >= 0, np.array(PLACES)[best], "mixed")
    return np.where((names == "mixed") & (breadth >= LEAST_BREADTH), "broad", names)
