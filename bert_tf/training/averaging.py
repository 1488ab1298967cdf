"""One model out of several of the same descent: the mean of their weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bert_tf import checkpoint


def average_models(models: Sequence[str | Path], folder: str | Path, *, shares: Sequence[float] | None = None,
                   dtype: str = "float32") -> None:
    """Writes the mean of the weights of models that went on from one another, which often reads better than any of them.

    Networks that were trained from different random weights have nothing to do with each other number by number, and
    their mean knows nothing.

    Args:
        models: two BERT folders or more, of the same shape and vocabulary.
        folder: model folder to write.
        shares: how much each counts, in proportion to each other; None takes all alike.
        dtype: of the weights written, `float32` or `float16`.

    Raises:
        FileNotFoundError: a folder or one of its files is not there.
        ValueError: fewer than two models, models that differ in shape or vocabulary, or lack a part; shares that are not
            positive, or not as many; the folder holds a model already or cannot be written.

    Source: Wortsman et al. 2022, "Model soups".
    """
    shares = [1.0] * len(models) if shares is None else list(shares)
    if len(models) < 2 or len(shares) != len(models) or not all(share > 0 for share in shares):
        raise ValueError(f"Averaging takes two models or more and a positive share for each, got {len(models)} models and "
                         f"the shares {shares}.")
    if (Path(folder) / "config.json").exists():
        raise ValueError(f"{folder} holds a model already; name a new folder.")
    first, mean = checkpoint.load_whole(models[0]), {}
    for number, (path, share) in enumerate(zip(models, shares)):
        loaded = checkpoint.load_whole(path) if number else first
        for other, what in ((loaded.model.config != first.model.config, "shape"),
                            (loaded.tokenizer.vocab_hash != first.tokenizer.vocab_hash, "vocabulary")):
            if other:
                raise ValueError(f"{path} has another {what} than {models[0]}; only models that went on from one another "
                                 "can be averaged.")
        for name, tensor in checkpoint.model_tensors(loaded.model).items():
            mean[name] = mean.get(name, 0.0) + np.asarray(tensor, np.float64) * (share / sum(shares))
    checkpoint.load_tensors(first.model, {name: tensor.astype(np.float32) for name, tensor in mean.items()}, source="the mean")
    checkpoint.save(first.model, first.tokenizer, folder, dtype=dtype)
