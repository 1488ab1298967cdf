"""Pretraining from raw text: vocabulary, token shards, masked sentence pairs, optimizer steps, checkpoints.

Every random choice follows from the seed and the step, so a run that was killed and resumed goes the same
way as one that was not. Source: Devlin et al. 2019, section 3.1 and appendix A.2.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bert_tf.config import BertConfig
from bert_tf.data.mixture import MixedSampler, parts_of
from bert_tf.data.pairs import PairSampler
from bert_tf.data.shards import TokenShards, prepare
from bert_tf.data.vocabulary_start import given_tokenizer, vocabulary_for
from bert_tf.data.words import mark_words
from bert_tf.records import read_json
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.training.flops import flops_per_step
from bert_tf.training.loop import STATUS_SECONDS, Prefetcher, StopSignals, Window
from bert_tf.training.measures import HELDOUT_SEED, measure, names_apart, pair_sampler, require_predictions
from bert_tf.training.optimizers import optimizer_named
from bert_tf.training.pretraining_config import PretrainingConfig, Stage
from bert_tf.training.resuming import skip_unusable_checkpoints
from bert_tf.training.run_folder import PROGRESS_FILE, STATE_FILE, WITH_STATE, RunFolder, reported
from bert_tf.training.schedules import learning_rate
from bert_tf.training.steps import steps_of
from bert_tf.weight_files import read_tensors


def pretrain(run: RunFolder, *, show: Callable[[dict], None] = lambda record: None, cluster=None) -> Path:
    """Does a run that `pretraining_request.create_run` wrote down, or goes on with it from its newest checkpoint.

    Args:
        run: the run.
        show: called with every metrics record and with every change of status.
        cluster: a `bert_tf.training.jax_steps.Cluster` to train in; the first of its processes alone writes.

    Returns:
        The last checkpoint, a Hugging Face folder.

    Raises:
        ValueError: the run is a fine-tuning, the corpus cannot be used, the cluster cannot share its batches evenly,
            there are checkpoints but none to go on from, one cannot be written, or the loss is no longer a number.
    """
    wanted = run.pretraining()
    if cluster is not None:
        cluster.require_equal_shares(PretrainingConfig.from_dict(wanted["training"]))
        cluster.join()
        if cluster.rank > 0:
            cluster.wait("prepared")
            return Pretraining(run, lambda *_, **__: None, cluster).train(show)
    with reported(run, show, remedy="go on with --resume") as status:
        notice = skip_unusable_checkpoints(run)
        status("preparing", message="vocabulary", **{"notice": notice} if notice else {})
        return Pretraining(run, status, cluster).train(show)


class Pretraining:
    """One run being done: everything it needs, built from the run folder alone."""

    def __init__(self, run: RunFolder, status: Callable, cluster=None):
        wanted = run.pretraining()
        self.run, self.cluster = run, cluster
        self.writes = cluster is None or cluster.rank == 0
        self.status = status
        self.config = PretrainingConfig.from_dict(wanted["training"])
        self.tokenizer = self._tokenizer(wanted)
        status("preparing", message="shards")
        self.shards = self._shards(wanted["corpus"], Path(wanted["shards"]), whole_words=self.config.whole_words)
        self.sampler = self._training_sampler(wanted.get("shares"))
        self.heldout = {name: self._heldout_sampler(path, run.path / "heldout" / str(i))
                        for i, (name, path) in enumerate(zip(names_apart(wanted["heldout"]), wanted["heldout"]))}
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
        given = self.run.initial_model_path if wanted.get("initial_model") else given_tokenizer(
            wanted["tokenizer"], wanted["shards"])
        if self.run.resumable_checkpoint() and (self.run.path / "tokenizer" / "tokenizer_config.json").is_file():
            given = None  # copied when the run began; where it came from may have changed
        return vocabulary_for(wanted["corpus"], self.run.path / "tokenizer", given=given,
                              vocab_size=wanted["vocab_size"], lowercase=wanted["lowercase"])

    def _shards(self, paths: list[str], folder: Path, *, whole_words: bool = False) -> TokenShards:
        """Opens the token shards of some files; at first makes them."""
        def progress(what: str):
            return lambda done, total: self.status("preparing", message=f"{what}: {done / max(total, 1):.0%}")

        shards = prepare(paths, self.tokenizer, folder, progress=progress("shards"))
        return mark_words(shards, self.tokenizer, progress=progress("words")) if whole_words else shards

    def _training_sampler(self, shares: dict[str, float] | None) -> PairSampler | MixedSampler:
        """Draws from all text alike, or from its parts in the shares asked for."""
        def sampler(shards: TokenShards, seed: int) -> PairSampler:
            names = ("mask_rate", "short_rate", "single_rate", "whole_words", "same_document_rate", "swapped_rate")
            return pair_sampler(shards, self.tokenizer, seed=seed, **{name: getattr(self.config, name) for name in names})

        if not shares:
            return sampler(self.shards, self.config.seed)
        parts = parts_of(self.shards, shares)
        return MixedSampler({name: sampler(part, self.config.seed + 1000 * i)
                             for i, (name, part) in enumerate(parts.items())}, shares)

    def _heldout_sampler(self, path: str, folder: Path) -> PairSampler:
        """Draws held-out pairs: as in training, but pairs only, tokens one by one and B from another document."""
        sampler = pair_sampler(self._shards([path], folder), self.tokenizer, seed=HELDOUT_SEED,
                               mask_rate=self.config.mask_rate, short_rate=self.config.short_rate)
        require_predictions(sampler, path, **self._heldout_shape())
        return sampler

    def _heldout_shape(self) -> dict[str, int]:
        """How much of every held-out file is measured: batches in the length of the last stage."""
        return {"sequence_length": self.config.stages[-1].sequence_length, "batch_size": 32, "batches": 20}

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

        checkpoint.load_tensors(self.model, read_tensors(folder), source=str(folder))

    def _start_from_word2vec(self) -> None:
        from bert_tf.training.embedding_start import word2vec_table

        self.status("preparing", message="word2vec")
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
            lambda folder: checkpoint.write(self.model, self.tokenizer, folder),
            {name: np.asarray(ops.convert_to_numpy(v)) for name, v in self._state_variables().items()})
        self.run.prune(self.config.keep_checkpoints)
        return path

    def _restore(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        from bert_tf import checkpoint

        tensors = read_tensors(folder)
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
        stop, saved_at, told_at = StopSignals(), self.seconds, time.monotonic()
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
                if time.monotonic() - told_at > STATUS_SECONDS:
                    told_at = time.monotonic()
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
        for name, sampler in self.heldout.items():
            measured = measure(self.model, sampler, **self._heldout_shape())
            record = {"step": self.step, "heldout": name, "seconds": round(self.seconds, 3),
                      **{key: round(value, 6) for key, value in measured.items()}}
            self._record(record, show)
