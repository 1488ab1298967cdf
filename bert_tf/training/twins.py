"""The two networks of a fine-tuning run: one starts from pretraining, the other from random weights."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from bert_tf.task_folder import LoadedTask, TaskSettings, start_task
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.optimizers import adamw
from bert_tf.training.task_evaluation import SCORE_NAMES, Evaluation

PRETRAINED, SCRATCH = "pretrained", "scratch"


@dataclass
class Twin:
    """One network being fine-tuned, and how it is doing.

    Attributes:
        name: `pretrained` or `scratch`.
        loaded: its model, tokenizer and settings.
        seconds: training time so far, evaluations not counted.
        best: its best evaluation so far, and `best_step`, when that was.
        last: its latest evaluation.
        rounds_without_gain: evaluations since the best one.
        stopped: whether it stopped early.
    """

    name: str
    loaded: LoadedTask
    seconds: float = 0.0
    best: Evaluation | None = None
    best_step: int = 0
    last: Evaluation | None = None
    rounds_without_gain: int = 0
    stopped: bool = False
    window: dict[str, list[float]] = field(default_factory=dict)

    @property
    def model(self):
        """The Keras model."""
        return self.loaded.model

    def train(self, x: dict, y: dict, rate: float, step: int) -> None:
        """Does one optimizer step.

        Raises:
            ValueError: the loss is not a number.
        """
        started = time.monotonic()
        self.model.optimizer.learning_rate = rate
        logs = self.model.train_on_batch(x, y, return_dict=True)
        seconds = time.monotonic() - started
        self.seconds += seconds
        if not np.isfinite(logs["loss"]):
            what = "NaN" if np.isnan(logs["loss"]) else "infinite"
            raise ValueError(f"The loss is {what} at step {step} ({self.name}). The learning rate is probably too "
                             "high: start again with a third of it, or with more warm-up.")
        size = len(x["token_ids"])
        for key, value in (("loss", float(logs["loss"])), ("accuracy", float(logs["accuracy"])),
                           ("seconds", seconds), ("examples", size)):
            self.window.setdefault(key, []).append(value)

    def take_window(self) -> dict[str, float]:
        """Returns means since the last call: loss, accuracy, examples a second; empty if nothing was trained."""
        window, self.window = self.window, {}
        if not window:
            return {}
        return {"loss": float(np.mean(window["loss"])), "accuracy": float(np.mean(window["accuracy"])),
                "examples_per_second": sum(window["examples"]) / max(sum(window["seconds"]), 1e-9)}

    def judge(self, evaluation: Evaluation, step: int, patience: int) -> bool:
        """Takes note of an evaluation; returns whether it is the best so far."""
        name = SCORE_NAMES[self.loaded.settings.task]
        better = self.best is None or evaluation.figures[name] > self.best.figures[name]
        self.last = evaluation
        self.rounds_without_gain = 0 if better else self.rounds_without_gain + 1
        if better:
            self.best, self.best_step = evaluation, step
        self.stopped = bool(patience) and self.rounds_without_gain >= patience
        return better


def make_twin(name: str, folder: str, settings: TaskSettings, config: FinetuningConfig) -> Twin:
    """Builds a network ready to train; both twins start with the same head and the same dropout.

    Raises:
        ValueError: more blocks should be frozen than there are, or the folder is damaged.
    """
    import keras

    keras.utils.set_random_seed(config.seed)
    loaded = start_task(folder, settings, dtype=config.mixed_precision, dropout=config.dropout,
                        pretrained=name == PRETRAINED)
    model = loaded.model
    if name == PRETRAINED:
        freeze(model.encoder, embeddings=config.freeze_embeddings, blocks=config.frozen_blocks)
    optimizer = adamw(model, weight_decay=config.weight_decay, beta_2=config.beta_2, epsilon=config.epsilon,
                      clip_norm=config.clip_norm)
    # On a CPU, TensorFlow's own kernels beat XLA, and new lengths cost nothing; JAX has nothing but XLA.
    model.compile(optimizer=optimizer, jit_compile=keras.backend.backend() == "jax")
    return Twin(name, loaded)


def freeze(encoder, *, embeddings: bool, blocks: int) -> None:
    """Leaves the embeddings and the first blocks of an encoder out of training.

    Raises:
        ValueError: there are not so many blocks.
    """
    if blocks > len(encoder.blocks):
        raise ValueError(f"frozen_blocks is {blocks}, but the model has {len(encoder.blocks)} blocks.")
    encoder.embeddings.trainable = not (embeddings or blocks)
    for block in encoder.blocks[:blocks]:
        block.trainable = False
