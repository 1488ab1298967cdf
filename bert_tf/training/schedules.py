"""The learning rate as a function of how much of the run is over."""

from __future__ import annotations

from bert_tf.training.pretraining_config import PretrainingConfig


def learning_rate(config: PretrainingConfig, progress: float) -> float:
    """Returns the learning rate at a share of the run.

    Args:
        config: gives peak, warm-up, schedule and cool-down.
        progress: how much of the run is over, from 0 to 1. It may be counted in steps or in time, so
            that a run tied to a time budget ends annealed however fast the machine was.

    Example: peak 1e-3, warm-up 0.1, linear: progress 0.05 gives 5e-4, 0.1 gives 1e-3, 0.55 gives 5e-4, 1 gives 0.
    """
    progress = min(max(progress, 0.0), 1.0)
    if progress < config.warmup:
        return config.peak_learning_rate * progress / config.warmup
    if config.schedule == "constant":
        return config.peak_learning_rate
    start = config.warmup if config.schedule == "linear" else max(config.warmup, 1.0 - config.cooldown)
    if progress <= start:
        return config.peak_learning_rate
    return config.peak_learning_rate * (1.0 - progress) / (1.0 - start)
