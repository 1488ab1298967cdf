"""One pretraining example taken apart: the pair, what happens to its tokens, what goes in, what it costs.

Letters in shapes: T tokens, P predictions, H hidden, V vocabulary.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bert_tf.data.shards import prepare
from bert_tf.data.words import mark_words
from bert_tf.logits import log_sum_exp
from bert_tf.results import Candidate
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.training.measures import nothing_to_predict, pair_sampler

FATES = ("mask", "random", "kept")


@dataclass(frozen=True)
class Example:
    """A masked sentence pair as the model gets it.

    Attributes:
        token_ids, segment_ids: int32 (T,), without padding.
        original_ids: int32 (T,), before anything was hidden.
        tokens, original: T pieces each, of the same ids.
        fates: for each token `mask`, `random` or `kept` if it was chosen for prediction, else None.
        is_next: whether the second segment follows the first in the text.
    """

    token_ids: np.ndarray
    segment_ids: np.ndarray
    original_ids: np.ndarray
    tokens: list[str]
    original: list[str]
    fates: list[str | None]
    is_next: bool

    @property
    def chosen(self) -> list[int]:
        """The P positions that have to be predicted."""
        return [position for position, fate in enumerate(self.fates) if fate]


@dataclass(frozen=True)
class Guess:
    """What a model says at one chosen position: the true piece's probability, its loss in nats, the best pieces."""

    position: int
    probability: float
    loss: float
    candidates: list[Candidate]


@dataclass(frozen=True)
class Cost:
    """What an example costs a model, in nats.

    Attributes:
        guesses: one a chosen position.
        mlm_loss: the mean of their losses.
        is_next: the model's probability that B follows A.
        nsp_loss: -ln of the probability of the true label.
    """

    guesses: list[Guess]
    mlm_loss: float
    is_next: float
    nsp_loss: float

    @property
    def loss(self) -> float:
        """What training makes smaller: the sum of both."""
        return self.mlm_loss + self.nsp_loss


def draw_examples(text: str, tokenizer: WordPieceTokenizer, *, count: int, draw: int, sequence_length: int,
                  mask_rate: float = 0.15, whole_words: bool = False) -> list[Example]:
    """Draws masked pairs from a text by the road that pretraining takes: file, shards, sampler.

    Args:
        text: one sentence a line, an empty line between documents.
        tokenizer: of the model.
        count: how many pairs.
        draw: another number gives other pairs and other masks.
        sequence_length: most tokens in a pair.
        mask_rate, whole_words: as for `PairSampler`.

    Raises:
        ValueError: the text holds nothing to make pairs from.
    """
    # Windows deletes no file that an error's traceback still maps: a few bytes then stay.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "text.txt"
        path.write_text(text, encoding="utf-8")
        try:
            shards = prepare([path], tokenizer, Path(folder) / "shards", processes=1)
        except ValueError as error:
            raise ValueError(str(error).replace(f"{folder}{os.sep}", "")) from None
        if whole_words:
            shards = mark_words(shards, tokenizer, processes=1)
        sampler = pair_sampler(shards, tokenizer, seed=draw, mask_rate=mask_rate, whole_words=whole_words)
        batch = sampler.batch(0, sequence_length=sequence_length, batch_size=count)
        del shards, sampler  # which map the files that are deleted now
    return [_example({key: value[i] for key, value in batch.items()}, tokenizer) for i in range(count)]


def _example(row: dict[str, np.ndarray], tokenizer: WordPieceTokenizer) -> Example:
    """Takes one row of a batch apart; what became of a token shows in what stands there now."""
    length = int(row["padding_mask"].sum())
    token_ids, original_ids = row["token_ids"][:length], row["token_ids"][:length].copy()
    fates: list[str | None] = [None] * length
    for position, true_id in zip(row["mask_positions"][row["mask_weights"] > 0], row["mask_ids"]):
        original_ids[position] = true_id
        now = token_ids[position]
        fates[position] = "mask" if now == tokenizer.mask_token_id else "kept" if now == true_id else "random"
    tokens, original = ([tokenizer.id_to_token(int(i)) for i in ids] for ids in (token_ids, original_ids))
    return Example(token_ids, row["segment_ids"][:length], original_ids, tokens, original, fates,
                   bool(row["next_labels"] == 0))


def cost_of(example: Example, model, tokenizer: WordPieceTokenizer, *, top_k: int = 3) -> Cost:
    """Lets a `BertForPreTraining` guess, and counts what its guesses cost.

    Example: three hidden tokens whose true pieces get 1/2, 1/4 and 1/8 cost 0.69, 1.39 and 2.08 nats, on average
    1.39; if B is next and gets 0.5, that costs 0.69 more.

    Raises:
        ValueError: nothing is hidden in the example, since the vocabulary knows none of its characters.
    """
    if not example.chosen:
        raise ValueError(nothing_to_predict("this pair"))
    inputs = {"token_ids": example.token_ids, "segment_ids": example.segment_ids,
              "padding_mask": np.ones_like(example.token_ids), "mask_positions": np.array(example.chosen, np.int32)}
    outputs = model({key: value[None] for key, value in inputs.items()}, training=False)
    words, pair = (np.asarray(outputs[key], np.float32)[0] for key in ("mlm_logits", "nsp_logits"))  # (P, V), (2,)
    words, pair = words - log_sum_exp(words)[:, None], pair - log_sum_exp(pair)  # ln of the probabilities
    guesses = []
    for row, position in zip(words[:, :tokenizer.vocab_size], example.chosen):
        best = np.argsort(-row, kind="stable")[:top_k]
        true = float(row[example.original_ids[position]])
        guesses.append(Guess(position, float(np.exp(true)), -true, [
            Candidate(tokenizer.id_to_token(int(i)), int(i), float(np.exp(row[i]))) for i in best]))
    return Cost(guesses, float(np.mean([guess.loss for guess in guesses])), float(np.exp(pair[0])),
                -float(pair[0 if example.is_next else 1]))


def embedding_parts(example: Example, model, position: int) -> dict[str, np.ndarray]:
    """Returns the vectors that are added at a position, each float32 (H,): `token`, `position`, `segment`, and
    their `sum` and `normed`, which is what the first block gets."""
    from keras import ops

    tables = model.encoder.embeddings
    word, place, segment = (ops.convert_to_numpy(table.embeddings[int(row)]) for table, row in (
        (tables.word, example.token_ids[position]), (tables.position, position),
        (tables.segment, example.segment_ids[position])))
    total = word + place + segment
    normed = ops.convert_to_numpy(tables.norm(total[None, None]))[0, 0]
    return {"token": word, "position": place, "segment": segment, "sum": total, "normed": normed}
