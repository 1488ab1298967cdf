"""What a fine-tuning run was asked for: frozen, validated, JSON in and out."""

from __future__ import annotations

from dataclasses import dataclass, field

from bert_tf.precision import native_precision, require_precision
from bert_tf.records import JsonRecord, require_integer, require_number
from bert_tf.task_folder import TASKS

#: Peak learning rates that suit an encoder up to a hidden size: the smaller, the faster it may go. The first was
#: measured here; the last is Devlin et al.'s, for BERT-base and larger.
RATES_BY_WIDTH = ((256, 5e-4), (512, 1e-4), (10**9, 3e-5))
#: Small sets are seen more often: about so many examples in all, within these numbers of epochs.
EXAMPLES_SEEN, FEWEST_EPOCHS, MOST_EPOCHS = 12_000, 3, 10


@dataclass(frozen=True, kw_only=True)
class FinetuningConfig(JsonRecord):
    """One fine-tuning run: task, optimizer, budget.

    Args:
        task: `classification`, `pairs`, `tagging`, `questions`, or `auto`: by the columns of the file.
        peak_learning_rate: highest learning rate, reached after warm-up; 0 chooses one by the width of the model.
        warmup: share of the run spent warming up linearly; afterwards the rate falls linearly to 0.
        batch_size: examples a step (for questions: windows).
        epochs: times that every example is seen; 0 chooses by the number of examples.
        weight_decay, beta_2, epsilon, clip_norm: AdamW and global-norm clipping; LayerNorm weights and biases
            are not decayed.
        dropout: dropout everywhere in the network while training.
        freeze_embeddings: leave the embeddings of the pretrained model as they are.
        frozen_blocks: the first blocks of the pretrained model to leave as they are, the embeddings with them.
        patience: evaluations without a better dev figure after which a twin stops; 0 never does.
        evaluations_per_epoch: looks at the dev examples in an epoch.
        max_length: tokens of the longest input; what is longer is cut, or for questions laid into windows. A model
            that takes less sets the bound.
        doc_stride: for questions, tokens of the passage that one window is ahead of the one before.
        twin: train the same network from random weights beside it, step by step on the same batches. Nothing of
            that twin is frozen.
        most_train, most_dev: examples taken at random from larger files; 0 takes all.
        mixed_precision: `float32` or `mixed_bfloat16`; left out, the one that is faster on this machine.
        seed: seeds split, order, new weights and dropout.
        log_every: steps a metrics record averages over.

    Source: Devlin et al. 2019, appendix A.3; Mosbach et al. 2021 (warm-up and more epochs for small sets).
    """

    task: str = "auto"
    peak_learning_rate: float = 0.0
    warmup: float = 0.1
    batch_size: int = 16
    epochs: int = 0
    weight_decay: float = 0.01
    beta_2: float = 0.999
    epsilon: float = 1e-6
    clip_norm: float = 1.0
    dropout: float = 0.1
    freeze_embeddings: bool = False
    frozen_blocks: int = 0
    patience: int = 0
    evaluations_per_epoch: int = 1
    max_length: int = 128
    doc_stride: int = 64
    twin: bool = True
    most_train: int = 0
    most_dev: int = 0
    mixed_precision: str = field(default_factory=native_precision)
    seed: int = 0
    log_every: int = 5

    #: What `schedules.learning_rate` asks for: down to 0 straight after warm-up.
    schedule = "linear"

    def __post_init__(self):
        if self.task not in ("auto", *TASKS):
            raise ValueError(f"task should be auto, {', '.join(TASKS)}, not {self.task!r}.")
        require_number("peak_learning_rate", self.peak_learning_rate, minimum=0.0)
        require_number("warmup", self.warmup, minimum=0.0, below=1.0)
        require_number("weight_decay", self.weight_decay, minimum=0.0)
        require_number("beta_2", self.beta_2, above=0.0, below=1.0)
        require_number("dropout", self.dropout, minimum=0.0, below=1.0)
        for name in ("epsilon", "clip_norm"):
            require_number(name, getattr(self, name), above=0.0)
        for name in ("batch_size", "evaluations_per_epoch", "doc_stride", "log_every"):
            require_integer(name, getattr(self, name), minimum=1)
        for name in ("epochs", "frozen_blocks", "patience", "most_train", "most_dev", "seed"):
            require_integer(name, getattr(self, name), minimum=0)
        require_integer("max_length", self.max_length, minimum=8)
        for name in ("freeze_embeddings", "twin"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} should be true or false, not {getattr(self, name)!r}.")
        require_precision("mixed_precision", self.mixed_precision)


def suggested_learning_rate(hidden_size: int) -> float:
    """Returns a peak learning rate that suits an encoder of this width."""
    return next(rate for width, rate in RATES_BY_WIDTH if hidden_size <= width)


def suggested_epochs(examples: int) -> int:
    """Returns how often to see a set of so many examples."""
    return min(MOST_EPOCHS, max(FEWEST_EPOCHS, round(EXAMPLES_SEEN / examples)))
