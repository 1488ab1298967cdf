"""How fast this machine answers and trains, beside `transformers` on PyTorch with the same weights.

Both sides do the same work: text in and plain values out for the latencies, encoder and pooler for the batch, the
masked-word head at the chosen positions only. PyTorch runs in a process of its own, so that neither side's
threads get in the other's way, and the two take turns, so that noise on the machine hits both.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from bert_tf.tokenizer import WordPieceTokenizer, is_ideograph

#: The shapes measured: tokens of a text, pairs x tokens of a batch, and of a training step.
TEXT_TOKENS = (16, 128)
FORWARD_SHAPE = (32, 128)
TRAINING_SHAPE = (64, 64)
MASK_RATE = 0.15
#: Seconds a side measures before it is the other's turn, and turns.
TURN_SECONDS, TURNS = 0.3, 8

_WORDS = ("the cat sat on a mat and looked at the moon while rain fell over an old town by the sea where "
          "two men had built a small house of stone and wood many years ago").split()


@dataclass(frozen=True)
class Measurement:
    """One figure, ours beside PyTorch's.

    Attributes:
        name: what was measured.
        unit: `ms` (less is better) or `tokens/s` (more is better).
        ours: the median here.
        theirs: the median of transformers on PyTorch, or None where that is not installed.
    """

    name: str
    unit: str
    ours: float
    theirs: float | None

    @property
    def ratio(self) -> float | None:
        """How many times as fast as PyTorch this is; above 1 is ahead."""
        if self.theirs is None:
            return None
        return self.theirs / self.ours if self.unit == "ms" else self.ours / self.theirs


def run_bench(model_folder: str | Path, *, quick: bool = False,
              show: Callable[[str], None] = print) -> list[Measurement]:
    """Measures a model folder on this machine, and shows a table while it goes on.

    Args:
        model_folder: a BERT folder.
        quick: one short turn a figure: tells that everything runs, not how fast.
        show: takes the lines of the table.

    Returns:
        The figures, in the order of the table; those that the model has no head for are left out.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: a file is damaged.
    """
    ours = Ours(model_folder)
    with open_rival(model_folder, show) as rival:
        contest = Contest(ours, rival, turns=1 if quick else TURNS, seconds=0.0 if quick else TURN_SECONDS)
        show(f"{'':34}{'bert_tf':>14}{'PyTorch':>14}{'ratio':>9}")
        results = []
        for measurement in contest.measurements(quick):
            results.append(measurement)
            show(table_line(measurement))
    return results


def table_line(measurement: Measurement) -> str:
    """Writes one figure as a line of the table."""
    def number(value: float | None) -> str:
        if value is None:
            return "-"
        return f"{value:.2f} ms" if measurement.unit == "ms" else f"{value:,.0f}"

    name = measurement.name + ("" if measurement.unit == "ms" else f", {measurement.unit}")
    ratio = "-" if measurement.ratio is None else f"{measurement.ratio:.2f}x"
    return f"{name:34}{number(measurement.ours):>14}{number(measurement.theirs):>14}{ratio:>9}"


class Contest:
    """Lets both sides do the same jobs in turns.

    Args:
        ours: our side.
        rival: the other side's end of the pipe, or None.
        turns: how often each side gets its turn.
        seconds: length of a turn; at least one call is made.
    """

    def __init__(self, ours: "Ours", rival, *, turns: int, seconds: float):
        self.ours, self.rival, self.turns, self.seconds = ours, rival, turns, seconds

    def measurements(self, quick: bool):
        """Yields all figures, one after the other."""
        tokenizer, longest = self.ours.bert.tokenizer, self.ours.bert.max_length
        lengths = sorted({min(length, longest) for length in TEXT_TOKENS})
        for job in ("fill_mask", "trace"):
            if job == "trace" or self.ours.bert.has_mlm_head:
                for length in lengths:
                    text = text_of_length(tokenizer, length)
                    yield self.latency(f"{job}, {length} tokens", job, text)
        rows, length = (2, 16) if quick else FORWARD_SHAPE
        batch = random_batch(tokenizer, rows, min(length, longest))
        yield self.throughput(f"forward, {rows} x {min(length, longest)}", {"forward": "forward"}, batch)
        rows, length = (2, 16) if quick else TRAINING_SHAPE
        batch = random_batch(tokenizer, rows, min(length, longest))
        yield self.throughput(f"training, {rows} x {min(length, longest)}",
                              {"train_bfloat16": "train", "train_float32": None}, batch)
        yield self.tokenizing(200 if quick else 3_000)

    def latency(self, name: str, job: str, text: str) -> Measurement:
        """Measures milliseconds a call."""
        ours, theirs = self.in_turns(job, {job: lambda: text}, lambda: text)
        return Measurement(name, "ms", 1e3 * median(ours), 1e3 * median(theirs[job]) if theirs else None)

    def throughput(self, name: str, jobs: dict, batch: dict[str, np.ndarray]) -> Measurement:
        """Measures tokens a second over a batch; of several ways of the rival the fastest counts."""
        own = next(job for job in jobs.values() if job)
        tokens = batch["token_ids"].size
        ours, theirs = self.in_turns(own, {job: lambda: batch for job in jobs}, lambda: batch)
        rates = [tokens / median(times) for times in theirs.values()]
        return Measurement(name, "tokens/s", tokens / median(ours), max(rates, default=None))

    def tokenizing(self, lines: int) -> Measurement:
        """Measures tokens a second over text that neither side has seen before."""
        source = TextSource(self.ours.bert.tokenizer, lines)
        ours, theirs = self.in_turns("tokenize", {"tokenize": source.again}, source.fresh)
        per_token = [seconds / tokens for seconds, tokens in zip(ours, source.tokens[1:])]
        rate = None
        if theirs:
            rate = median(tokens / seconds for seconds, tokens in zip(theirs["tokenize"], source.tokens[1:]))
        return Measurement("tokenizer", "tokens/s", 1 / median(per_token), rate)
