"""Masked words and next sentences on text that the model has never seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bert_tf.data.shards import prepare
from bert_tf.explore import Bert
from bert_tf.logits import log_sum_exp
from bert_tf.training.measures import HELDOUT_SEED, nothing_to_predict, pair_sampler

#: Pairs the model reads at a time.
ROWS = 32
#: Kinds of negatives for the next-sentence head, and what the sampler needs to be told to draw them.
NEGATIVES = {"random": {}, "same_document": {"same_document_rate": 1.0}, "swapped": {"swapped_rate": 1.0}}
#: Tokens of the longest sentence and of the longest pair among short texts.
SHORT_SENTENCE, SHORT_PAIR = 64, 32


def masked_words(bert: Bert, path: str | Path, *, scratch: str | Path, pairs: int = 4096, mask_rate: float = 0.15,
                 alone: bool = False, progress: Callable[[float], None] = lambda share: None) -> dict[str, float]:
    """Measures the masked-word head on a text file, tokens hidden one by one as in Google's recipe.

    Args:
        bert: a model with the masked-word head.
        path: text in corpus format.
        scratch: folder for the token shards.
        pairs: about how many sentence pairs to read.
        mask_rate: share of the tokens to predict.
        alone: read so many single sentences, of 64 tokens at most, instead of pairs.
        progress: called with the share done.

    Returns:
        `loss` (mean, in nats), `perplexity`, `top_1` and `top_5` (shares in [0, 1]), `predictions` (their number).

    Raises:
        ValueError: the model lacks the head or reads no pairs, or the text cannot be used or holds nothing to predict.
        FileNotFoundError: there is no such file.
    """
    _require(bert, "masked-word", bert.has_mlm_head)
    sampler = _sampler(bert, path, scratch, mask_rate=mask_rate, single_rate=float(alone))
    length = min(SHORT_SENTENCE, _length(bert)) if alone else _length(bert)
    losses, ranks = [], []
    steps = max(1, pairs // ROWS)
    for step in range(steps):
        batch = sampler.batch(step, sequence_length=length, batch_size=ROWS)
        logits = bert.run({key: batch[key] for key in ("token_ids", "segment_ids", "padding_mask", "mask_positions")})
        real = batch["mask_weights"] == 1
        loss, rank = loss_and_rank(logits["mlm_logits"][real], batch["mask_ids"][real])
        losses.append(loss)
        ranks.append(rank)
        progress((step + 1) / steps)
    losses, ranks = np.concatenate(losses), np.concatenate(ranks)
    if not len(ranks):
        raise ValueError(nothing_to_predict(str(path)))
    mean = float(losses.mean())
    return {"loss": mean, "perplexity": math.exp(mean), "top_1": float((ranks < 1).mean()),
            "top_5": float((ranks < 5).mean()), "predictions": len(ranks)}


def next_sentences(bert: Bert, path: str | Path, *, scratch: str | Path, pairs: int = 2048,
                   kinds: Sequence[str] = tuple(NEGATIVES), longest: int = 128,
                   progress: Callable[[float], None] = lambda share: None) -> dict[str, float]:
    """Measures the next-sentence head on a text file, half true pairs and half of one kind of negatives.

    Args:
        bert: a model with the next-sentence head.
        path, scratch, progress: as for `masked_words`.
        pairs: about how many sentence pairs of each kind to read.
        kinds: which of `NEGATIVES`.
        longest: the most tokens of a pair.

    Returns:
        Accuracy for each kind: B from another document (`random`), from elsewhere in the same document, and
        true pairs in the wrong order. Nothing is masked.

    Raises:
        ValueError, FileNotFoundError: as `masked_words`.
    """
    _require(bert, "next-sentence", bert.has_nsp_head)
    figures, length = {}, min(longest, _length(bert))
    steps = max(1, pairs // ROWS)
    for kind in kinds:
        sampler, hits = _sampler(bert, path, scratch, short_rate=0.0, **NEGATIVES[kind]), 0
        for step in range(steps):
            batch = unmasked(sampler.batch(step, sequence_length=length, batch_size=ROWS))
            inputs = {key: batch[key] for key in ("token_ids", "segment_ids", "padding_mask")}
            logits = bert.run({**inputs, "mask_positions": np.zeros((ROWS, 1), np.int32)})["nsp_logits"]
            hits += int((logits.argmax(axis=-1) == batch["next_labels"]).sum())
            progress((len(figures) + (step + 1) / steps) / len(kinds))
        figures[kind] = hits / (steps * ROWS)
    return figures


def loss_and_rank(logits: np.ndarray, true_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns, for each prediction, -ln p(true) in nats and how many pieces score higher than the true one.

    Args:
        logits: float (n, V).
        true_ids: int (n,).

    Example: logits (0, ln 3) and true id 0 give the loss ln 4 and the rank 1.
    """
    true = np.take_along_axis(logits, true_ids[:, None], axis=1)  # (n, 1)
    return log_sum_exp(logits) - true[:, 0], (logits > true).sum(axis=1)


def unmasked(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns a sampler's batch with the hidden tokens put back."""
    token_ids = batch["token_ids"].copy()
    rows, slots = np.nonzero(batch["mask_weights"])
    token_ids[rows, batch["mask_positions"][rows, slots]] = batch["mask_ids"][rows, slots]
    return {**batch, "token_ids": token_ids}


def _sampler(bert: Bert, path: str | Path, scratch: str | Path, **options):
    name = Path(path).name.split(".")[0]
    folder = Path(scratch) / f"{name}-{bert.tokenizer.vocab_hash[:12]}"
    shards = prepare([path], bert.tokenizer, folder, processes=1)
    return pair_sampler(shards, bert.tokenizer, seed=HELDOUT_SEED, **options)


def _length(bert: Bert) -> int:
    return min(128, bert.max_length)


def _require(bert: Bert, head: str, is_there: bool) -> None:
    if not is_there:
        raise ValueError(f"{bert.name} cannot be measured on text: it lacks the {head} head. "
                         "Choose a model that was saved with its pretraining heads.")
    if bert.config.type_vocab_size < 2:
        raise ValueError(f"{bert.name} cannot be measured on sentence pairs: it knows no second segment "
                         "(type_vocab_size 1). Choose another model.")
