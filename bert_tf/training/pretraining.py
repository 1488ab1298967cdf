"""Pretraining from raw text: vocabulary, token shards, masked sentence pairs, optimizer steps, checkpoints.

Every random choice follows from the seed and the step, so a run that was killed and resumed goes the same
way as one that was not. Source: Devlin et al. 2019, section 3.1 and appendix A.2.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bert_tf.config import SIZES, BertConfig, PretrainingConfig, Stage, read_json
from bert_tf.data.mixture import MixedSampler, parts_of
from bert_tf.data.pairs import PairSampler
from bert_tf.data.shards import TokenShards, prepare
from bert_tf.data.vocabulary_start import vocabulary_for
from bert_tf.data.words import mark_words
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.training.flops import flops_per_step
from bert_tf.training.measures import HELDOUT_SEED, measure, pair_sampler
from bert_tf.training.optimizers import optimizer_named
from bert_tf.training.run_folder import (
    PROGRESS_FILE,
    STATE_FILE,
    WITH_STATE,
    RunFolder,
    reported,
)
from bert_tf.training.schedules import learning_rate
from bert_tf.training.steps import steps_of

HEARTBEAT_SECONDS = 5.0


def create_run(run: RunFolder, training: PretrainingConfig, *, corpus: list[str], heldout: list[str] = (),
               tokenizer: str | None = None, vocab_size: int = 16_000, lowercase: bool = True,
               shards: str | None = None, initial_model: str | None = None, initial_embeddings: str = "random",
               shares: dict[str, float] | None = None) -> None:
    """Writes down a new run; `pretrain` then does it.

    Args:
        run: where.
        training: recipe.
        corpus: text files, one sentence a line, a blank line between documents, plain or .xz or .gz.
        heldout: text files measured at every checkpoint and never trained on.
        tokenizer: a folder with `vocab.txt`; None trains a vocabulary on the corpus.
        vocab_size: pieces of the vocabulary to train.
        lowercase: whether the vocabulary to train is uncased.
        shards: folder of the token shards, shared between runs; None keeps them in the run folder.
        initial_model: a BERT folder to go on from, with its weights, its vocabulary and its shape; the recipe's `size`
            and `max_position_embeddings` then count for nothing. Heads that it lacks start from random weights.
        initial_embeddings: `random`, or `word2vec` over the corpus's own word pieces.
        shares: how much of every batch comes from the files whose names begin so, such as {"en": 0.4, "zh": 0.6};
            None draws from all text alike.

    Raises:
        FileNotFoundError: a text file or the initial model is missing.
        ValueError: the folder holds a run already, or an argument is off.
    """
    if initial_embeddings not in ("random", "word2vec"):
        raise ValueError(f"initial_embeddings should be random or word2vec, not {initial_embeddings!r}.")
    if not corpus:
        raise ValueError("A pretraining needs at least one corpus file.")
    for path in [*corpus, *heldout]:
        if Path(path).is_dir():
            raise ValueError(f"{path} is a folder; name the text files in it.")
        if not Path(path).is_file():
            raise FileNotFoundError(f"The corpus file {path} does not exist.")
    both = {Path(path).resolve() for path in corpus} & {Path(path).resolve() for path in heldout}
    if both:
        raise ValueError(f"{sorted(both)[0]} is among the corpus and the held-out files; what is held out is never "
                         "trained on.")
    if initial_model:
        if tokenizer or initial_embeddings != "random":
            raise ValueError("The vocabulary and the embeddings are those of the initial model; give no others.")
        training, vocabulary = like_model(training, initial_model)
        vocab_size, lowercase = vocabulary.vocab_size, vocabulary.lowercase
    elif training.size is None:
        raise ValueError(f"Give the recipe a size ({', '.join(SIZES)}), or an initial model to go on from.")
    run.create({
        "kind": "pretraining", "training": training.to_dict(), "corpus": [str(Path(p).resolve()) for p in corpus],
        "heldout": [str(Path(p).resolve()) for p in heldout],
        "tokenizer": tokenizer and str(Path(tokenizer).resolve()), "vocab_size": vocab_size, "lowercase": lowercase,
        "shards": str((Path(shards) if shards else run.path / "shards").resolve()),
        "initial_model": initial_model and str(Path(initial_model).resolve()),
        "initial_embeddings": initial_embeddings, "shares": shares or {},
    })
    if initial_model:
        run.keep_initial_model(initial_model)


def like_model(training: PretrainingConfig, folder: str | Path) -> tuple[PretrainingConfig, WordPieceTokenizer]:
    """Returns a recipe for going on from a model, with the shape of the model, and the model's tokenizer.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: it is no BERT that takes pairs, its files do not fit each other, or a stage of the recipe is longer
            than the model takes.
    """
    from bert_tf import checkpoint

    shape = checkpoint.read_config(folder)
    tokenizer = checkpoint.read_tokenizer(folder, shape)
    longest = max(stage.sequence_length for stage in training.stages)
    if longest > shape.max_position_embeddings:
        raise ValueError(f"A stage of {longest} tokens is too long for {folder}, which takes "
                         f"{shape.max_position_embeddings}. Make the stages shorter.")
    if shape.type_vocab_size < 2:
        raise ValueError(f"{folder} knows no second segment (type_vocab_size {shape.type_vocab_size}), so it cannot learn "
                         "from sentence pairs. Choose another model.")
    if not (Path(folder) / checkpoint.WEIGHTS_FILE).is_file():
        raise FileNotFoundError(f"{folder} holds no {checkpoint.WEIGHTS_FILE}, so there are no weights to go on from.")
    return training.replace(size=None, max_position_embeddings=shape.max_position_embeddings), tokenizer


def lengthen(run: RunFolder, length: float) -> None:
    """Makes a run longer, finished or not; `pretrain` then goes on with it.

    Args:
        run: the run.
        length: of the whole run from its beginning, in steps or minutes, whichever its recipe counts.

    Raises:
        FileNotFoundError: there is no run in this folder.
        ValueError: the run would not get longer.
    """
    config = run.config()
    training = PretrainingConfig.from_dict(config["training"]).longer(length)
    run.rewrite_config(config | {"training": training.to_dict()})


def pretrain(run: RunFolder, *, show: Callable[[dict], None] = lambda record: None, cluster=None) -> Path:
    """Does a run that `create_run` wrote down, or goes on with it from its newest checkpoint.

    Args:
        run: the run.
        show: called with every metrics record and with every change of status.
        cluster: a `bert_tf.training.jax_steps.Cluster` to train in; the first of its processes alone writes.

    Returns:
        The last checkpoint, a Hugging Face folder.

    Raises:
        ValueError: the corpus cannot be used, a checkpoint cannot be written, or the loss is no longer a number.
    """
    if cluster is not None:
        cluster.join()
        if cluster.rank > 0:
            cluster.wait("prepared")
            return Pretraining(run, lambda *_, **__: None, cluster).train(show)
    with reported(run, show, remedy="go on with --resume") as status:
        status("preparing", message="vocabulary")
        return Pretraining(run, status, cluster).train(show)


class Pretraining:
    """One run being done: everything it needs, built from the run folder alone."""

    def __init__(self, run: RunFolder, status: Callable, cluster=None):
        wanted = run.config()
        self.run, self.cluster = run, cluster
        self.writes = cluster is None or cluster.rank == 0
        self.status = status
        self.config = PretrainingConfig.from_dict(wanted["training"])
        self.tokenizer = self._tokenizer(wanted)
        status("preparing", message="token shards")
        self.shards = self._shards(wanted["corpus"], Path(wanted["shards"]), whole_words=self.config.whole_words)
        self.sampler = self._training_sampler(wanted.get("shares"))
        self.heldout = {Path(path).name.split(".")[0]: self._heldout_sampler(path, run.path / "heldout" / str(i))
                        for i, path in enumerate(wanted["heldout"])}
        if cluster is not None and self.writes:
            cluster.wait("prepared")
        checkpoint = run.resumable_checkpoint()
        self.model = self._model(checkpoint or run.initial_model_path)
        self.step, self.seconds, self.tokens = 0, 0.0, 0
        if checkpoint:
            self._restore(checkpoint)
        elif wanted.get("initial_model"):
            self._start_from_model(run.initial_model_path)
        elif wanted["initial_embeddings"] == "word2vec":
            self._start_from_word2vec()
        self.steps = steps_of(self.model, accumulation=self.config.accumulation, cluster=cluster)

    # -- building ---------------------------------------------------------------------------------------------

    def _tokenizer(self, wanted: dict) -> WordPieceTokenizer:
        """Opens the run's tokenizer; at first makes it: the one asked for, the shards' own, or one trained now."""
        shared = Path(wanted["shards"]) / "tokenizer"
        given = self.run.initial_model_path if wanted.get("initial_model") else wanted["tokenizer"]
        given = given or (shared if (shared / "vocab.txt").is_file() else None)
        if self.run.resumable_checkpoint() and (self.run.path / "tokenizer" / "tokenizer_config.json").is_file():
            given = None  # copied when the run began; where it came from may have changed
        return vocabulary_for(wanted["corpus"], self.run.path / "tokenizer", given=given,
                              vocab_size=wanted["vocab_size"], lowercase=wanted["lowercase"])

    def _shards(self, paths: list[str], folder: Path, *, whole_words: bool = False) -> TokenShards:
        """Opens the token shards of some files; at first makes them."""
        def progress(done: int, total: int) -> None:
            self.status("preparing", message=f"token shards: {done / max(total, 1):.0%}")

        shards = prepare(paths, self.tokenizer, folder, progress=progress)
        return mark_words(shards, self.tokenizer, progress=progress) if whole_words else shards

    def _training_sampler(self, shares: dict[str, float] | None) -> PairSampler | MixedSampler:
        """Draws from all text alike, or from its parts in the shares asked for."""
        def sampler(shards: TokenShards, seed: int) -> PairSampler:
            names = ("mask_rate", "short_rate", "whole_words", "same_document_rate", "swapped_rate")
            return pair_sampler(shards, self.tokenizer, seed=seed, **{name: getattr(self.config, name) for name in names})

        if not shares:
            return sampler(self.shards, self.config.seed)
        parts = parts_of(self.shards, shares)
        return MixedSampler({name: sampler(part, self.config.seed + 1000 * i)
                             for i, (name, part) in enumerate(parts.items())}, shares)

    def _heldout_sampler(self, path: str, folder: Path) -> PairSampler:
        """Draws held-out pairs: as in training, but tokens one by one and B from another document."""
        return pair_sampler(self._shards([path], folder), self.tokenizer, seed=HELDOUT_SEED,
                            mask_rate=self.config.mask_rate, short_rate=self.config.short_rate)

    def _model(self, like: Path):
        """Builds the network: of the recipe's size, or without one of the shape of the model in a folder."""
        import keras

        from bert_tf.checkpoint import read_config
        from bert_tf.model import BertForPreTraining

        keras.utils.set_random_seed(self.config.seed)
        shape = read_config(like) if self.config.size is None else BertConfig.of_size(
            self.config.size, self.tokenizer.vocab_size, pad_token_id=self.tokenizer.pad_token_id,
            max_position_embeddings=self.config.max_position_embeddings)
        model = BertForPreTraining.from_shape(
            shape.replace(hidden_dropout_prob=self.config.dropout, attention_probs_dropout_prob=self.config.dropout),
            dtype=self.config.mixed_precision)
        model.nsp_weight = self.config.nsp_weight
        optimizer = optimizer_named(self.config.optimizer)(
            model, accumulation=self.config.accumulation,
            **{name: getattr(self.config, name) for name in ("weight_decay", "beta_2", "epsilon", "clip_norm")})
        # On a CPU, TensorFlow's own kernels beat XLA in bfloat16 by a fifth; JAX has nothing but XLA.
        model.compile(optimizer=optimizer, jit_compile=keras.backend.backend() == "jax")
        return model

    def _start_from_model(self, folder: Path) -> None:
        from bert_tf import checkpoint

        checkpoint.load_tensors(self.model, checkpoint.read_tensors(folder), source=str(folder))

    def _start_from_word2vec(self) -> None:
        from bert_tf.training.embedding_start import word2vec_table

        self.status("preparing", message="word2vec start of the embeddings")
        shape = self.model.config
        table = word2vec_table(self.shards, hidden_size=shape.hidden_size, stddev=shape.initializer_range,
                               seed=self.config.seed)
        self.model.encoder.embeddings.word.embeddings.assign(table)

    # -- state ------------------------------------------------------------------------------------------------

    def _state_variables(self) -> dict:
        """Everything beyond the weights that the next step depends on: optimizer moments, dropout seeds."""
        weights = {id(v) for v in self.model.weights if v.trainable}
        variables = {f"optimizer/{i}": v for i, v in enumerate(self.model.optimizer.variables)}
        others = [v for v in self.model.variables if id(v) not in weights and "seed" in v.path]
        return variables | {f"other/{i}": v for i, v in enumerate(others)}

    def _save(self) -> Path:
        from keras import ops

        from bert_tf import checkpoint

        if not self.writes:
            return self.run.checkpoints_path / f"step-{self.step:08d}"
        path = self.run.save_checkpoint(
            self.step, {"step": self.step, "seconds": self.seconds, "tokens": self.tokens},
            lambda folder: checkpoint.save(self.model, self.tokenizer, folder),
            {name: np.asarray(ops.convert_to_numpy(v)) for name, v in self._state_variables().items()})
        self.run.prune(self.config.keep_checkpoints)
        return path

    def _restore(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        from bert_tf import checkpoint

        tensors = checkpoint.read_tensors(folder)
        checkpoint.load_tensors(self.model, tensors, source=str(folder))
        state = load_file(folder / STATE_FILE)
        variables = self._state_variables()
        if set(state) != set(variables):
            raise ValueError(f"{folder} was written by another recipe: its training state does not fit. "
                             "Start a new run instead of resuming.")
        for name, variable in variables.items():
            if tuple(variable.shape) != state[name].shape:
                raise ValueError(f"{folder}: {name} has shape {state[name].shape}, expected {tuple(variable.shape)}.")
            variable.assign(state[name])
        progress = read_json(folder / PROGRESS_FILE)
        self.step, self.seconds, self.tokens = progress["step"], progress["seconds"], progress["tokens"]
        if self.writes:
            self.run.rewind_metrics(self.step)

    # -- the loop ---------------------------------------------------------------------------------------------

    def progress(self) -> float:
        """How much of the run is over, from 0 to 1, in steps or in training time."""
        if self.config.steps:
            return self.step / self.config.steps
        return self.seconds / (60 * self.config.minutes)

    def train(self, show: Callable[[dict], None]) -> Path:
        """Steps until the budget is spent or somebody asks for a stop; returns the last checkpoint."""
        stop, saved_at, beat = StopSignals(), self.seconds, time.monotonic()
        checkpoint = self._save() if self.step == 0 else self.run.resumable_checkpoint()
        self.status("running", step=self.step, progress=self.progress(), message="")
        window, started, compiled = Window(), time.monotonic(), False
        with stop, Prefetcher(self.sampler) as prefetcher:
            while self.progress() < 1.0:
                stage, rate = self.config.stage_at(self.progress()), learning_rate(self.config, self.progress())
                batch = prefetcher.get(self.step, stage)
                self.steps.step(batch, rate)
                window.add(batch)
                self.step += 1
                if not compiled:  # the first step compiles, which is no training and must not eat up the warm-up
                    started, compiled = time.monotonic(), True
                at_border = self.step % self.config.log_every == 0 or self.step == self.config.steps
                means = self.steps.read() if at_border else None  # waits for the steps that are queued
                if at_border or self.steps.waits:
                    now = time.monotonic()
                    window.seconds, self.seconds, started = window.seconds + now - started, self.seconds + now - started, now
                if time.monotonic() - beat > HEARTBEAT_SECONDS:
                    beat = time.monotonic()
                    self.status("running", step=self.step, progress=self.progress())
                if not (at_border or self.progress() >= 1.0):
                    continue
                self.seconds, asked = self.steps.agree(self.seconds, stop.asked or self.run.stop_requested())
                over = self.progress() >= 1.0
                self._log(window, means or self.steps.read(), rate, stage, show)
                window = Window()
                if over or asked or self.seconds - saved_at >= self._save_seconds():
                    self.steps.sync()
                    self._measure_heldout(show)
                    checkpoint, saved_at = self._save(), self.seconds
                    if asked and not over:
                        self.status("stopped", step=self.step, progress=self.progress(), message="stopped as asked")
                        return checkpoint
                    self.steps.refresh()
                started = time.monotonic()
        self.status("finished", step=self.step, progress=1.0)
        return checkpoint

    def _save_seconds(self) -> float:
        """Training time between checkpoints: where many are kept to look back at, early ones come faster."""
        longest = 60 * self.config.save_minutes
        return longest if self.config.keep_checkpoints <= WITH_STATE else min(longest, max(10.0, 0.1 * self.seconds))

    def _log(self, window: "Window", means: dict[str, float], rate: float, stage: Stage,
             show: Callable[[dict], None]) -> None:
        """Writes down what happened since the last record."""
        self.tokens += window.tokens
        seconds = max(window.seconds, 1e-9)
        flops = window.steps * flops_per_step(
            self.model.config, batch_size=stage.batch_size, sequence_length=stage.sequence_length,
            predictions=self.config.mask_slots(stage.sequence_length)) / seconds
        record = {"step": self.step, "progress": round(self.progress(), 6), "seconds": round(self.seconds, 3),
                  "tokens": self.tokens, **{key: round(value, 6) for key, value in means.items()},
                  "learning_rate": rate, "tokens_per_second": round(window.tokens / seconds, 1),
                  "teraflops_per_second": round(flops / 1e12, 4),
                  "sequence_length": stage.sequence_length, "batch_size": stage.batch_size}
        if self.steps.peak_flops():
            record["flops_utilisation"] = round(flops / self.steps.peak_flops(), 4)
        if not np.isfinite(means["loss"]):
            raise ValueError(f"The loss is no longer a number at step {self.step}. The learning rate "
                             f"{self.config.peak_learning_rate} is probably too high: start again with a lower one.")
        self._record(record, show)

    def _record(self, record: dict, show: Callable[[dict], None]) -> None:
        if self.writes:
            self.run.append_metrics(record)
        show(record)

    def _measure_heldout(self, show: Callable[[dict], None]) -> None:
        """Measures the held-out files in the shape of the last stage and adds them to the metrics."""
        stage = self.config.stages[-1]
        for name, sampler in self.heldout.items():
            measured = measure(self.model, sampler, sequence_length=stage.sequence_length, batch_size=32, batches=20)
            record = {"step": self.step, "heldout": name, "seconds": round(self.seconds, 3),
                      **{key: round(value, 6) for key, value in measured.items()}}
            self._record(record, show)


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
