"""What the loop of a training leans on: batches sampled ahead, a count of what was done, signals to stop."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bert_tf.data.mixture import MixedSampler
from bert_tf.data.pairs import PairSampler
from bert_tf.training.pretraining_config import Stage

#: How often a status says how far a training is.
STATUS_SECONDS = 5.0


class Window:
    """The steps between two log records: how many, their real tokens, and how long they took."""

    def __init__(self):
        self.steps, self.tokens, self.seconds = 0, 0, 0.0

    def add(self, batch: dict[str, np.ndarray]) -> None:
        """Counts one step's batch."""
        self.steps += 1
        self.tokens += int(batch["padding_mask"].sum())


class Prefetcher:
    """Samples the next batches in a thread while the model works on this one."""

    def __init__(self, sampler: PairSampler | MixedSampler, *, depth: int = 3):
        self.sampler, self.depth, self.waiting = sampler, depth, {}
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="batches")

    def __enter__(self) -> "Prefetcher":
        return self

    def __exit__(self, *error) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)

    def get(self, step: int, stage: Stage) -> dict[str, np.ndarray]:
        """Returns the batch of a step; batches of another stage that were sampled ahead are thrown away."""
        wanted = {(step + ahead, stage.sequence_length, stage.batch_size) for ahead in range(self.depth)}
        for key in set(self.waiting) - wanted:
            self.waiting.pop(key).cancel()
        for key in sorted(wanted - set(self.waiting)):
            self.waiting[key] = self.pool.submit(
                self.sampler.batch, key[0], sequence_length=key[1], batch_size=key[2])
        return self.waiting.pop((step, stage.sequence_length, stage.batch_size)).result()


class StopSignals:
    """Turns Ctrl-C and SIGTERM into a wish to stop at the next clean point; a second one stops at once."""

    def __init__(self):
        self.asked = False
        self.before = {}

    def __enter__(self) -> "StopSignals":
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self.before[number] = signal.signal(number, self._ask)
            except ValueError:  # not the main thread: signals stay with whoever owns them
                pass
        return self

    def __exit__(self, *error) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _ask(self, number, frame) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
