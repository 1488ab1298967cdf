"""How good a pretraining model is on text it has not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bert_tf.data.pairs import PairSampler
from bert_tf.data.shards import TokenShards, shard_name
from bert_tf.tokenizer import WordPieceTokenizer

#: Seeds held-out pairs and masks: the same in every run and at every look.
HELDOUT_SEED = 20_000


def names_apart(paths: Sequence[str | Path]) -> list[str]:
    """Returns a name for each file: up to the first dot, and as much more as it takes to tell it from the others.

    Example: `en.txt`, `news.a.txt`, `news.b.txt`, `1/old.txt` and `2/old.txt` become `en`, `news.a`, `news.b`, `1/old`
    and `2/old`; of two files that are called alike even then, the second ends in ` (2)`.
    """
    paths = [Path(path) for path in paths]
    names = [path.name.split(".")[0] or path.name for path in paths]
    for longer in (shard_name, lambda path: f"{path.absolute().parent.name}/{shard_name(path)}"):
        taken = Counter(names)
        names = [name if taken[name] == 1 else longer(path) for name, path in zip(names, paths)]
    seen = Counter()
    for i, name in enumerate(names):
        seen[name] += 1
        names[i] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names


def pair_sampler(shards: TokenShards, tokenizer: WordPieceTokenizer, *, seed: int, **options) -> PairSampler:
    """Returns a sampler that knows the tokenizer's special pieces; `options` are the sampler's others."""
    return PairSampler(
        shards, seed=seed, cls_token_id=tokenizer.cls_token_id, sep_token_id=tokenizer.sep_token_id,
        mask_token_id=tokenizer.mask_token_id, pad_token_id=tokenizer.pad_token_id,
        special_token_ids=tokenizer.special_token_ids, **options)


def nothing_to_predict(what: str) -> str:
    """Returns what is wrong with text in which no token can be hidden."""
    return (f"Nothing can be predicted in {what}: the vocabulary knows none of its characters. Give text in a language "
            "of the model.")


def require_predictions(sampler: PairSampler, what: str, *, sequence_length: int, batch_size: int,
                        batches: int) -> None:
    """Refuses text of which `measure` would find nothing to predict; mostly one batch is enough to see.

    Raises:
        ValueError: there is nothing; `what` names the text.
    """
    if not any(sampler.batch(i, sequence_length=sequence_length, batch_size=batch_size)["mask_weights"].any()
               for i in range(batches)):
        raise ValueError(nothing_to_predict(what))


def model_inputs(batch: dict[str, np.ndarray]) -> tuple[dict, dict]:
    """Splits a sampler's batch into the x and y of `BertForPreTraining`."""
    x = {key: batch[key] for key in ("token_ids", "segment_ids", "padding_mask", "mask_positions")}
    y = {key: batch[key] for key in ("mask_ids", "mask_weights", "next_labels")}
    return x, y


def split_batch(batch: dict[str, np.ndarray], parts: int) -> list[dict[str, np.ndarray]]:
    """Cuts a batch into equal micro-batches."""
    size = len(batch["next_labels"]) // parts
    return [{key: value[i * size:(i + 1) * size] for key, value in batch.items()} for i in range(parts)]


def measure(model, sampler: PairSampler, *, sequence_length: int, batch_size: int, batches: int) -> dict[str, float]:
    """Measures a compiled `BertForPreTraining` on sampled pairs, without changing it.

    Returns:
        Means of `loss`, `mlm_loss`, `mlm_accuracy`, `nsp_loss`, `nsp_accuracy`: losses in nats, accuracies in
        [0, 1]; MLM figures are weighted by the number of predictions, the others by pairs.

    Raises:
        ValueError: there is nothing to predict.
    """
    sums: dict[str, float] = {}
    predictions = 0.0
    for i in range(batches):
        batch = sampler.batch(i, sequence_length=sequence_length, batch_size=batch_size)
        logs = model.test_on_batch(*model_inputs(batch), return_dict=True)
        weight = float(batch["mask_weights"].sum())
        predictions += weight
        for key, value in logs.items():
            sums[key] = sums.get(key, 0.0) + float(value) * (weight if key.startswith("mlm") else 1.0)
    if not predictions:
        raise ValueError(nothing_to_predict("this text"))
    return {key: value / (predictions if key.startswith("mlm") else batches) for key, value in sums.items()}
