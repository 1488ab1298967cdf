"""Where examples begin: passes over a corpus, each with other cuts, in shuffled order, without end.

A pass cuts the corpus into stretches of about `room` tokens (T - 3: the length of a pair less [CLS] and
two [SEP]). The first sentence of every document and the first sentence in every window of `room` tokens
is an *anchor*, and each anchor opens one example, which gathers sentences until the room is filled or
the document ends. So the stretches of a pass leave no sentence out. The windows shift from pass to pass.

An anchor is never the last sentence of a document of several, since nothing follows it: the sentence
before takes its place. A document of a single token has no anchor.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

#: Different shifts of the windows; they take turns.
PHASES = 8


@dataclass(frozen=True)
class Pass:
    """The anchors of one pass, in the order of the corpus, with everything random about them.

    Attributes:
        anchors: int (N,), the sentence of each.
        order: int (N,), a permutation: the order in which they come.
        is_random: bool (N,), which get a foreign second segment.
        replaced: int (N / 2 or so,), those same ones as indices, rising.
        first_replaced: int (shards + 1,), where the ones of each shard begin in `replaced`.
        turn: int (shards,), by how many places second segments are handed on within `replaced`.
        split, short: float32 (N,), uniform in [0, 1).
    """

    anchors: np.ndarray
    order: np.ndarray
    is_random: np.ndarray
    replaced: np.ndarray
    first_replaced: np.ndarray
    turn: np.ndarray
    split: np.ndarray
    short: np.ndarray


class Passes:
    """The endless row of passes over a corpus; any part of it is found without going through the rest.

    Args:
        sentences: int64 (sentences + 1,), first token of every sentence, then the total.
        documents: int64 (documents + 1,), first sentence of every document, then the total.
        shards: int64 (shards + 1,), first sentence of every shard, then the total.
        seed: seeds order, labels and lengths.
    """

    def __init__(self, sentences: np.ndarray, documents: np.ndarray, shards: np.ndarray, *, seed: int):
        self._sentences, self._documents, self._shards, self._seed = sentences, documents, shards, seed
        self._lock = threading.Lock()
        self._ends: dict[int, np.ndarray] = {}  # room -> int64 (PHASES,), anchors in the phases up to each
        self._kept: dict[tuple[int, int], Pass] = {}  # (room, number) -> the two passes made last

    def mean_count(self, room: int) -> float:
        """Returns how many anchors a pass has, on average over the phases."""
        return float(self._phase_ends(room)[-1] / PHASES)

    def locate(self, numbers: np.ndarray, room: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds examples by their numbers in the endless row of all passes.

        Returns:
            The number of the pass, and the place in its order, of each.
        """
        ends = self._phase_ends(room)
        rounds, rest = np.divmod(numbers, ends[-1])
        phase = np.searchsorted(ends, rest, side="right")
        return rounds * PHASES + phase, rest - np.concatenate([[0], ends])[phase]

    def get(self, number: int, room: int) -> Pass:
        """Returns a pass; the two made last are kept."""
        with self._lock:
            key = room, number
            if key not in self._kept:
                while len(self._kept) > 1:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = self._make(number, room)
            return self._kept[key]

    def _phase_ends(self, room: int) -> np.ndarray:
        with self._lock:
            if room not in self._ends:
                self._ends[room] = np.cumsum(
                    [np.count_nonzero(self._is_anchor(room, phase)) for phase in range(PHASES)])
            return self._ends[room]

    def _is_anchor(self, room: int, phase: int) -> np.ndarray:
        """Returns bool (sentences,)."""
        windows = (self._sentences[:-1] + phase * room // PHASES) // room
        is_anchor = np.empty(len(windows), bool)
        np.not_equal(windows[1:], windows[:-1], out=is_anchor[1:])
        first, last = self._documents[:-1], self._documents[1:] - 1
        is_anchor[first] = True
        is_anchor[first[np.diff(self._sentences[self._documents]) < 2]] = False
        last = last[last > first]
        is_anchor[last - 1] |= is_anchor[last]
        is_anchor[last] = False
        return is_anchor

    def _make(self, number: int, room: int) -> Pass:
        rng = random_stream("pass", self._seed, room, number)
        anchors = np.flatnonzero(self._is_anchor(room, number % PHASES))
        is_random = rng.integers(0, 2, len(anchors), np.uint8).astype(bool)
        replaced = np.flatnonzero(is_random)
        first_replaced = np.searchsorted(replaced, np.searchsorted(anchors, self._shards))
        # Handing on by at least a quarter of the shard leads out of any document shorter than that.
        counts = np.diff(first_replaced)
        least = np.maximum(counts // 4, 1)
        turn = rng.integers(least, np.maximum(counts - least, least) + 1)
        dtype = np.int32 if len(self._sentences) < 1 << 31 else np.int64
        order = rng.permutation(np.arange(len(anchors), dtype=dtype))
        split, short = (rng.random(len(anchors), np.float32) for _ in range(2))
        return Pass(anchors.astype(dtype), order, is_random, replaced.astype(dtype), first_replaced, turn,
                    split, short)


def random_stream(purpose: str, *numbers: int) -> np.random.Generator:
    """Returns the random generator that belongs to a purpose (`pass`, `batch` or `order`) and some numbers."""
    words = [{"pass": 1, "batch": 2, "order": 3}[purpose], *numbers]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
