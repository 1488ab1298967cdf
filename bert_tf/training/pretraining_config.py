"""What a pretraining run was asked for: frozen, validated, JSON in and out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from bert_tf.config import SIZES
from bert_tf.precision import native_precision, require_precision
from bert_tf.records import JsonRecord, require_integer, require_number

OPTIMIZERS = ("adamw", "muon")


@dataclass(frozen=True, kw_only=True)
class Stage(JsonRecord):
    """One stretch of a pretraining run with its own batch shape.

    Args:
        sequence_length: T, tokens in a pair, [CLS] and both [SEP] included.
        batch_size: B, pairs an optimizer step sees (all accumulated micro-batches together).
        until: share of the run, in (0, 1], at which the next stage takes over.
    """

    sequence_length: int
    batch_size: int
    until: float = 1.0

    def __post_init__(self):
        require_integer("sequence_length", self.sequence_length, minimum=8)
        require_integer("batch_size", self.batch_size, minimum=1)
        require_number("until", self.until, above=0.0)
        if self.until > 1:
            raise ValueError(f"A stage ends at a share of the run of at most 1, not {self.until}.")

    @classmethod
    def parse_all(cls, text: str) -> "tuple[Stage, ...]":
        """Reads stages from a line such as `32x64:0.3,64x64:0.8,128x64` (length x batch : until)."""
        stages = []
        for part in text.split(","):
            shape, _, until = part.strip().partition(":")
            length, _, batch = shape.partition("x")
            try:
                stages.append(cls(sequence_length=int(length), batch_size=int(batch), until=float(until or 1)))
            except ValueError as error:
                raise ValueError(
                    f"Cannot read the stage {part!r} ({error}). Write LENGTHxBATCH:UNTIL, "
                    "for example 32x64:0.3,64x64:0.8,128x64.") from None
        return tuple(stages)


@dataclass(frozen=True, kw_only=True)
class PretrainingConfig(JsonRecord):
    """One pretraining run: data, objective, optimizer, budget.

    Args:
        size: the name of a published shape; None for that of the initial model.
        stages: batch shapes over the run, one after the other.
        steps: length of the run in optimizer steps; 0 when `minutes` sets it.
        minutes: length of the run in training minutes; 0 when `steps` sets it.
        peak_learning_rate: highest learning rate, reached after warm-up.
        warmup: share of the run spent warming up linearly.
        schedule: `linear` (down to 0 straight after warm-up), `trapezoid` (flat, then linear
            down to 0 over the last `cooldown` of the run) or `constant`.
        cooldown: share of the run in which a trapezoid comes down.
        optimizer: `adamw`, or `muon` for the matrices of the network and AdamW for all else.
        weight_decay, beta_2, epsilon, clip_norm: AdamW and global-norm clipping; LayerNorm weights
            and biases are not decayed.
        accumulation: micro-batches whose gradients are averaged into one optimizer step.
        mixed_precision: `float32` or `mixed_bfloat16`; left out, the one that is faster on this machine.
        dropout: dropout everywhere in the network while training.
        mask_rate: share of tokens chosen for prediction; of them 80% become [MASK],
            10% a random token, 10% stay.
        whole_words: whether words are chosen whole (English word pieces, Chinese words by jieba).
        short_rate: share of pairs cut to a random shorter length.
        single_rate: share of examples that are one sentence alone, without a second segment and without a next-sentence
            question, like a sentence that somebody types; less than 1.
        same_document_rate: share of the negatives whose second segment comes from elsewhere in the same document.
        swapped_rate: share of the negatives that are true pairs in the wrong order.
        nsp_weight: how much the next-sentence loss counts beside the masked-word loss; with 0 nothing is learnt from it.
        max_position_embeddings: the longest input the model will ever take.
        seed: seeds weights, pairs, masks and dropout.
        log_every: steps a metrics record averages over.
        save_minutes: training minutes between checkpoints.
        keep_checkpoints: checkpoints kept: up to 2, the newest; from 3 on, spread over the run, and early ones are
            written every 10 seconds, so that one can look back at how the model learnt.

    Source: Devlin et al. 2019, appendix A.2; Liu et al. 2019 for beta_2, epsilon and no next-sentence loss; Geiping and
    Goldstein 2022 for schedules tied to a budget; Jordan et al. 2024 for Muon; Cui et al. 2019 for whole words; Lan et
    al. 2019 for swapped pairs.
    """

    size: str | None = "mini"
    stages: tuple = (Stage(sequence_length=128, batch_size=64),)
    steps: int = 0
    minutes: float = 0.0
    peak_learning_rate: float = 5e-4
    warmup: float = 0.05
    schedule: str = "linear"
    cooldown: float = 0.3
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    beta_2: float = 0.98
    epsilon: float = 1e-6
    clip_norm: float = 1.0
    accumulation: int = 1
    mixed_precision: str = field(default_factory=native_precision)
    dropout: float = 0.0
    mask_rate: float = 0.15
    whole_words: bool = False
    short_rate: float = 0.1
    single_rate: float = 0.0
    same_document_rate: float = 0.0
    swapped_rate: float = 0.0
    nsp_weight: float = 1.0
    max_position_embeddings: int = 512
    seed: int = 0
    log_every: int = 10
    save_minutes: float = 5.0
    keep_checkpoints: int = 2

    def __post_init__(self):
        if not isinstance(self.stages, (list, tuple)) or not self.stages:
            raise ValueError(f"stages should be a list of at least one stage, not {self.stages!r}.")
        stages = tuple(Stage.from_dict(stage) if isinstance(stage, dict) else stage for stage in self.stages)
        if not all(isinstance(stage, Stage) for stage in stages):
            raise ValueError(f"Every stage should be a Stage or its JSON object, not {self.stages!r}.")
        object.__setattr__(self, "stages", stages)
        ends = [stage.until for stage in stages]
        if ends != sorted(set(ends)) or ends[-1] != 1:
            raise ValueError(f"Stages should end at rising shares of the run, the last at 1; these end at {ends}.")
        if self.size is not None and self.size not in SIZES:
            raise ValueError(f"Unknown size {self.size!r}; choose one of {', '.join(SIZES)}.")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer should be one of {', '.join(OPTIMIZERS)}, not {self.optimizer!r}.")
        require_integer("steps", self.steps, minimum=0)
        require_number("minutes", self.minutes, minimum=0.0)
        if bool(self.steps) == bool(self.minutes):
            raise ValueError("Give the length of the run either as steps or as minutes, one of the two.")
        for name in ("peak_learning_rate", "epsilon", "clip_norm", "save_minutes"):
            require_number(name, getattr(self, name), above=0.0)
        if not isinstance(self.whole_words, bool):
            raise ValueError(f"whole_words should be true or false, not {self.whole_words!r}.")
        for name in ("warmup", "cooldown", "short_rate", "same_document_rate", "swapped_rate"):
            require_number(name, getattr(self, name), minimum=0.0)
            if getattr(self, name) > 1:
                raise ValueError(f"{name} is a share and cannot be {getattr(self, name)}.")
        if self.same_document_rate + self.swapped_rate > 1:
            raise ValueError(f"same_document_rate and swapped_rate are shares of the negatives and cannot be more than 1 "
                             f"together: {self.same_document_rate} and {self.swapped_rate}.")
        require_number("weight_decay", self.weight_decay, minimum=0.0)
        require_number("nsp_weight", self.nsp_weight, minimum=0.0)
        require_number("beta_2", self.beta_2, above=0.0, below=1.0)
        require_number("dropout", self.dropout, minimum=0.0, below=1.0)
        require_number("mask_rate", self.mask_rate, above=0.0, below=1.0)
        require_number("single_rate", self.single_rate, minimum=0.0, below=1.0)
        for name in ("accumulation", "log_every", "keep_checkpoints", "max_position_embeddings"):
            require_integer(name, getattr(self, name), minimum=1)
        require_integer("seed", self.seed, minimum=0)
        if self.schedule not in ("linear", "trapezoid", "constant"):
            raise ValueError(f"schedule should be linear, trapezoid or constant, not {self.schedule!r}.")
        require_precision("mixed_precision", self.mixed_precision)
        for stage in stages:
            if stage.sequence_length > self.max_position_embeddings:
                raise ValueError(
                    f"A stage of {stage.sequence_length} tokens does not fit max_position_embeddings "
                    f"{self.max_position_embeddings}; make one of the two fit the other.")
            if stage.batch_size % self.accumulation:
                raise ValueError(
                    f"A batch of {stage.batch_size} pairs cannot be cut into {self.accumulation} equal "
                    "micro-batches; choose an accumulation that divides it.")

    @property
    def length(self) -> float:
        """How long the run is: optimizer steps where `steps` sets it, else training minutes."""
        return self.steps or self.minutes

    def longer(self, length: float) -> "PretrainingConfig":
        """Returns this recipe for a longer run: what was trained already stays as it was, the last stage goes on.

        The borders of stages and the warm-up stay where they were in steps or minutes. The schedule is that of the
        whole new run, so a rate that had come down rises again and comes down at the new end.

        Args:
            length: of the whole run, in steps or minutes, whichever this recipe counts.

        Raises:
            ValueError: the run would not get longer.
        """
        unit, length = ("steps", int(length)) if self.steps else ("minutes", float(length))
        if not length > self.length:
            raise ValueError(f"The run is {self.length:g} {unit} long; to go on it needs more than that, not {length:g}.")
        share = self.length / length
        stages = tuple(stage.replace(until=stage.until * share) for stage in self.stages[:-1]) + self.stages[-1:]
        return self.replace(stages=stages, warmup=self.warmup * share, **{unit: length})

    def stage_at(self, progress: float) -> Stage:
        """Returns the stage in force at a share of the run in [0, 1]."""
        return next((stage for stage in self.stages if progress < stage.until), self.stages[-1])

    def mask_slots(self, sequence_length: int) -> int:
        """P, prediction slots in a pair of `sequence_length` tokens (20 for 128, as in Google's recipe)."""
        return math.ceil(self.mask_rate * sequence_length)
