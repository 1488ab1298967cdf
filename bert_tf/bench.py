"""How fast this machine answers and trains, beside `transformers` on PyTorch with the same weights.

Both sides do the same work: text in and plain values out for the latencies, encoder and pooler for a batch, the
masked-word head at the chosen positions alone. PyTorch runs in a process of its own, so that neither side's
threads get in the other's way, and the two take turns, so that noise on the machine hits both.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np

from bert_tf.timing import timed
from bert_tf.tokenizer import WordPieceTokenizer, is_ideograph

_WORDS = ("the cat sat on a mat and looked at the moon while rain fell over an old town by the sea where "
          "two men had built a small house of stone and wood many years ago").split()


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        lengths: tokens of the texts whose latency is measured.
        forward, training: pairs x tokens of a batch.
        lines: lines of text the tokenizer gets in one turn.
        turns: how often each side gets its turn.
        seconds: length of a turn; at least one call is made.
    """

    lengths: tuple[int, ...] = (16, 128)
    forward: tuple[int, int] = (32, 128)
    training: tuple[int, int] = (64, 64)
    lines: int = 4_000
    turns: int = 8
    seconds: float = 0.3


#: Tells that everything runs, not how fast.
QUICK = Effort(lengths=(16,), forward=(2, 16), training=(2, 16), lines=50, turns=1, seconds=0.0)


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
    theirs: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times as fast as PyTorch this is; above 1 is ahead.

        Example: 4 ms beside 6 ms is 1.5, and so is 3,000 tokens/s beside 2,000.
        """
        if self.theirs is None:
            return None
        return self.theirs / self.ours if self.unit == "ms" else self.ours / self.theirs

    def line(self) -> str:
        """Writes the figure as a line of the table."""
        return _columns(self.name, self.unit, *(f"{value:,.{2 if self.unit == 'ms' else 0}f}" if value else "-"
                        for value in (self.ours, self.theirs)), f"{self.ratio:.2f} x" if self.ratio else "-")


def run_bench(model_folder: str | Path, *, quick: bool = False,
              show: Callable[[str], None] = print) -> list[Measurement]:
    """Measures a model folder on this machine, in under two minutes on two cores.

    Args:
        model_folder: a BERT folder.
        quick: seconds instead, to see that everything runs; the figures then mean nothing.
        show: takes the lines of a table as they come.

    Returns:
        The figures in the order of the table. What the model has no head for is left out.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: a file is damaged, or the files do not fit each other.
    """
    import bert_tf

    bert = bert_tf.load(model_folder)
    effort = QUICK if quick else Effort()
    show(f"{bert.name}: {bert.config.num_hidden_layers} layers x {bert.config.hidden_size}, "
         f"{bert.config.vocab_size:,} pieces; {os.cpu_count()} cores; {_versions()}")
    with open_sides(bert, show) as sides:
        show(_columns("", "", "bert_tf", "PyTorch", "ratio"))
        results = []
        for job in jobs(bert, effort):
            results.append(measure(job, sides, turns=effort.turns))
            show(results[-1].line())
    return results


@dataclass(frozen=True)
class Job:
    """Something that both sides can do.

    Attributes:
        name: its name in the table.
        method: the name of the sides' method.
        arguments: what the method gets, a new value for every turn.
        seconds: length of a turn.
        tokens: counts the tokens of an argument; None for a job whose figure is its latency.
    """

    name: str
    method: str
    arguments: Iterator
    seconds: float
    tokens: Callable[[object], int] | None = None


def jobs(bert, effort: Effort) -> Iterator[Job]:
    """Yields what there is to measure on a `bert_tf.explore.Bert`, one job after the other."""
    for method in ("fill_mask", "trace"):
        for length in sorted({min(length, bert.max_length) for length in effort.lengths}):
            if method == "trace" or bert.has_mlm_head:
                text = text_of_length(bert.tokenizer, length)
                yield Job(f"{method}, {length} tokens", method, (text for _ in count()), effort.seconds)
    for method, (rows, length) in (("forward", effort.forward), ("train", effort.training)):
        length = min(length, bert.max_length)
        batch = random_batch(bert.tokenizer, rows, length)
        yield Job(f"{method}, batch of {rows} x {length}", method, (batch for _ in count()), effort.seconds,
                  lambda batch: batch["token_ids"].size)
    counter = WordPieceTokenizer(bert.tokenizer.vocab, lowercase=bert.tokenizer.lowercase)
    yield Job("tokenize, English and Chinese", "tokenize",
              (made_text(bert.tokenizer.vocab, effort.lines, seed) for seed in count()), 0.0,
              lambda lines: sum(len(counter.token_ids(line)) for line in lines))


def measure(job: Job, sides: list, *, turns: int) -> Measurement:
    """Lets the sides do a job in turns and takes the median of each side's turns; the first turn does not count."""
    seconds_of = [[] for _ in sides]
    for turn in range(turns + 1):
        argument = next(job.arguments)
        share = job.tokens(argument) if job.tokens else 1
        for side, seconds in zip(sides, seconds_of):
            took = median(side.timed(job.method, argument, job.seconds if turn else 0.0))
            if turn:
                seconds.append(took / share)
    figures = [median(seconds) for seconds in seconds_of]
    if job.tokens:
        return Measurement(job.name, "tokens/s", *(1 / figure for figure in figures))
    return Measurement(job.name, "ms", *(1_000 * figure for figure in figures))


class Ours:
    """This library's side.

    Args:
        bert: a `bert_tf.explore.Bert`.
    """

    def __init__(self, bert):
        self.bert = bert
        self.fill_mask, self.trace = bert.fill_mask, bert.trace
        self.encoder = self.trainee = None

    def timed(self, method: str, argument, seconds: float) -> list[float]:
        """Times one of the methods."""
        return timed(getattr(self, method), argument, seconds)

    def forward(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Encodes a batch; returns `sequence_output` and `pooled_output`."""
        if self.encoder is None:
            self.encoder = self.bert.model.encoder
            self.encoder.compile(jit_compile=True)
        return self.encoder.predict_on_batch({key: batch[key] for key in self.encoder.input})

    def train(self, batch: dict[str, np.ndarray]) -> float:
        """Makes one step of pretraining, on a model of the same shape; returns the loss."""
        if self.trainee is None:
            self.trainee = _trainee(self.bert)
        labels = ("mask_ids", "mask_weights", "next_labels")
        x = {key: value for key, value in batch.items() if key not in labels}
        return float(self.trainee.train_on_batch(x, {key: batch[key] for key in labels}, return_dict=True)["loss"])

    def tokenize(self, lines: list[str]) -> list[list[int]]:
        """Turns lines into ids, in this one process."""
        return [self.bert.tokenizer.token_ids(line) for line in lines]


def _trainee(bert):
    """Returns a copy of a model as pretraining has it: without dropout, with AdamW, in the precision that is native here."""
    from bert_tf.model import BertForPreTraining
    from bert_tf.precision import native_precision
    from bert_tf.training.optimizers import adamw

    shape = bert.config.replace(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    model = BertForPreTraining.from_shape(shape, dtype=native_precision())
    for target, source in zip(model.trainable_variables, bert.model.trainable_variables):
        target.assign(source)
    optimizer = adamw(model, weight_decay=0.01, beta_2=0.98, epsilon=1e-6, clip_norm=1.0)
    optimizer.learning_rate = 1e-4
    model.compile(optimizer=optimizer, jit_compile=False)
    return model


class Rival:
    """The other side: `bert_tf.bench_torch.Theirs` at the far end of a pipe."""

    def __init__(self, connection):
        self.connection = connection

    def timed(self, method: str, argument, seconds: float) -> list[float]:
        """Times one of its methods.

        Raises:
            RuntimeError: the method failed there, or the process died.
        """
        self.connection.send((method, argument, seconds))
        try:
            answer = self.connection.recv()
        except EOFError:
            raise RuntimeError("The PyTorch process died; its own words, if any, are above.") from None
        if isinstance(answer, str):
            raise RuntimeError(f"PyTorch could not do {method}: {answer}")
        return answer


@contextlib.contextmanager
def open_sides(bert, show: Callable[[str], None]) -> Iterator[list]:
    """Gives our side, and PyTorch's in a process of its own where PyTorch and transformers are installed."""
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        show(f"{' and '.join(missing)} not installed, so these are our own figures alone.")
        yield [Ours(bert)]
        return
    from bert_tf.bench_torch import serve

    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, str(bert.folder)), name="PyTorch", daemon=True)
    process.start()
    there.close()  # so that the death of the process ends the pipe
    try:
        yield [Ours(bert), Rival(here)]
    finally:
        here.close()
        process.join(timeout=5)
        process.terminate()


def text_of_length(tokenizer: WordPieceTokenizer, tokens: int) -> str:
    """Returns an English text with one [MASK] that is exactly `tokens` long, [CLS] and [SEP] included."""
    text = "[MASK]"
    for i in count():
        longer = f"{text} {_WORDS[i % len(_WORDS)]}"
        room = tokens - len(tokenizer.encode(longer))
        if room < 0:  # the word has too many pieces; a full stop is one
            return text + " ." * (tokens - len(tokenizer.encode(text)))
        text = longer
        if room == 0:
            return text


def random_batch(tokenizer: WordPieceTokenizer, rows: int, length: int) -> dict[str, np.ndarray]:
    """Returns a full batch of random pieces as pretraining would see it: B = rows, T = length."""
    random = np.random.default_rng(0)
    slots = math.ceil(0.15 * length)
    shape = (rows, length)
    positions = np.stack([np.sort(random.choice(np.arange(1, length - 1), slots, replace=False))
                          for _ in range(rows)])
    ids = random.integers(tokenizer.vocab_size, size=shape)
    return {
        "token_ids": ids.astype(np.int32),
        "segment_ids": np.broadcast_to(np.arange(length) >= length // 2, shape).astype(np.int32),
        "padding_mask": np.ones(shape, np.int32),
        "mask_positions": positions.astype(np.int32),  # (B, P)
        "mask_ids": np.take_along_axis(ids, positions, axis=1).astype(np.int32),  # (B, P)
        "mask_weights": np.ones((rows, slots), np.float32),
        "next_labels": random.integers(2, size=rows).astype(np.int32),
    }


def made_text(vocab: list[str], lines: int, seed: int) -> list[str]:
    """Makes up lines of English and of Chinese from a vocabulary; the k-th word is 1/k as frequent as the first."""
    random = np.random.default_rng(seed)
    words = [piece for piece in vocab if piece.isascii() and piece.isalpha()]
    endings = [piece[2:] for piece in vocab if piece.startswith("##") and piece.isascii() and piece[2:].isalpha()]
    characters = [piece for piece in vocab if len(piece) == 1 and is_ideograph(piece)]

    def draw(pieces: list[str], size: int) -> np.ndarray:
        """Draws pieces by their rank, which the order of the vocabulary says nothing about."""
        weights = 1 / np.arange(1, len(pieces) + 1)
        order = np.random.default_rng(0).permutation(len(pieces))
        return np.array(pieces)[order[random.choice(len(pieces), size, p=weights / weights.sum())]]

    made = []
    for i in range(lines):
        if i % 2 and characters:
            clauses = np.split(draw(characters, 40), np.sort(random.choice(40, 4)))
            made.append("，".join("".join(clause) for clause in clauses) + "。")
        elif words:
            sentence = [f"{word}{ending}" if long else word for word, ending, long in zip(
                draw(words, 20), draw(endings or [""], 20), random.random(20) < 0.15)]
            made.append(" ".join([sentence[0].capitalize(), *sentence[1:10]]) + ", " + " ".join(sentence[10:]) + ".")
    return made or vocab


def _columns(name: str, unit: str, ours: str, theirs: str, ratio: str) -> str:
    return f"{name:32}{unit:>10}{ours:>14}{theirs:>14}{ratio:>10}"


def _versions() -> str:
    import keras

    installed = [name for name in ("torch", "transformers") if importlib.util.find_spec(name)]
    parts = [f"keras {keras.__version__} on {keras.backend.backend()} {version(keras.backend.backend())}"]
    return ", ".join(parts + [f"{name} {version(name)}" for name in installed])
