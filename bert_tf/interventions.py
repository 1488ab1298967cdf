"""Take something away from a BERT and see what it answers then: heads, single connections, words of the text.

    lab = Interventions(bert)
    lab.effects("The [MASK] sat on the mat.", changes=every_head(bert.config))

That a head looks at a word does not say that the answer rests on it; this does.
Letters in shapes: B changes at once, T tokens, P masks, L layers, N heads, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bert_tf.compiled import compiled
from bert_tf.config import BertConfig
from bert_tf.explore import Bert
from bert_tf.logits import softmax
from bert_tf.padding import bucket, padded
from bert_tf.records import require_integer
from bert_tf.results import Encoding

#: Ways to hide a word: behind [MASK], as an unknown word, or from attention only (its place stays, nobody sees it).
HIDE_BY = ("mask", "unknown", "attention")
#: How many changes are computed at once.
BATCH = 16


@dataclass(frozen=True)
class Change:
    """What is taken away. Layers, heads and tokens count from 0.

    Attributes:
        heads: pairs (layer, head) that are switched off.
        edges: (layer, head, i, j): token i gets nothing from token j in that head; its other weights stay.
        words: tokens that are hidden.
        hide_by: how, one of `HIDE_BY`.
    """

    heads: tuple[tuple[int, int], ...] = ()
    edges: tuple[tuple[int, int, int, int], ...] = ()
    words: tuple[int, ...] = ()
    hide_by: str = "mask"


@dataclass(frozen=True)
class WordShift:
    """One word piece at a [MASK], and its probability before and after a change."""

    token: str
    token_id: int
    before: float
    after: float


@dataclass(frozen=True)
class Effect:
    """What a change does to the answers.

    Attributes:
        change: what was taken away.
        words: for each [MASK] the pieces that are most probable before or after: the model's answer before
            comes first, then the others by their larger probability.
        moved: for each [MASK] how much probability changed place, in [0, 1]: half the sum of all differences
            (total variation).
        is_next: probability that the second text follows the first, before and after; None without a pair.
    """

    change: Change
    words: list[list[WordShift]]
    moved: tuple[float, ...]
    is_next: tuple[float, float] | None

    @property
    def strength(self) -> float:
        """The mean of `moved`, or how far the pair's probability moved where there is no [MASK]; in [0, 1]."""
        if self.moved:
            return float(np.mean(self.moved))
        return abs(self.is_next[1] - self.is_next[0])


def every_head(config: BertConfig) -> list[Change]:
    """Returns the changes that switch off one head each, layer by layer."""
    return [Change(heads=((layer, head),)) for layer in range(config.num_hidden_layers)
            for head in range(config.num_attention_heads)]


def whole_layer(config: BertConfig, layer: int) -> Change:
    """Returns the change that switches off all heads of a layer."""
    return Change(heads=tuple((layer, head) for head in range(config.num_attention_heads)))


class Interventions:
    """Answers of one BERT with something taken away. Compiles for every new shape at its first use."""

    def __init__(self, bert: Bert):
        from bert_tf.switchable import switchable

        self.bert = bert
        self._run = compiled(switchable(bert.model))

    def hideable(self, text: str, text_b: str | None = None) -> list[int]:
        """Returns the tokens that can be hidden: all but [CLS], [SEP] and [MASK]."""
        encoding, tokenizer = self.bert.encode(text, text_b), self.bert.tokenizer
        kept = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id)
        return np.flatnonzero(~np.isin(encoding.token_ids, kept)).tolist()

    def effects(self, text: str, text_b: str | None = None, *, changes: Sequence[Change], top_k: int = 5,
                progress: Callable[[float], None] | None = None) -> list[Effect]:
        """Says what each change does to the words at [MASK] and to the verdict on the pair.

        Args:
            text, text_b: a text or a pair; with one [MASK] or more, or a pair, or both.
            changes: what to take away, one after the other; each starts from the whole model.
            top_k: pieces a mask from before, and as many from after.
            progress: called with the share done, in [0, 1].

        Returns:
            One effect a change, in the order of `changes`.

        Raises:
            ValueError: neither a [MASK] nor a pair, or the model lacks the head for both; a change names a
                layer, head or token that is not there, or hides [CLS], [SEP] or [MASK].
        """
        require_integer("top_k", top_k, minimum=1)
        encoding, hideable = self.bert.encode(text, text_b), set(self.hideable(text, text_b))
        masks = self._masks(encoding, text_b)
        for change in changes:
            self._check(change, encoding, hideable)
        judged = text_b is not None and self.bert.has_nsp_head
        before = self._answers(encoding, masks, [Change()])
        effects = []
        for start in range(0, len(changes), BATCH):
            batch = changes[start:start + BATCH]
            after = self._answers(encoding, masks, batch)
            effects += [self._effect(change, before[0][0], words,
                                     (float(before[1][0]), float(pair)) if judged else None, top_k)
                        for change, words, pair in zip(batch, *after)]
            if progress is not None:
                progress(len(effects) / len(changes))
        return effects

    def _masks(self, encoding: Encoding, text_b: str | None) -> np.ndarray:
        """Returns the positions of [MASK] that the model can fill; there must be these or a pair it can judge."""
        masks = np.flatnonzero(encoding.token_ids == self.bert.tokenizer.mask_token_id)
        masks = masks if self.bert.has_mlm_head else masks[:0]
        if not len(masks) and not (text_b is not None and self.bert.has_nsp_head):
            raise ValueError(f"There is no answer to compare: {self.bert.name} needs a [MASK] to fill, or a second "
                             "text to judge, and the head for it.")
        return masks

    def _check(self, change: Change, encoding: Encoding, hideable: set[int]) -> None:
        config, length = self.bert.config, len(encoding)
        limits = (config.num_hidden_layers, config.num_attention_heads, length, length)
        for place in (*change.heads, *change.edges):
            if not all(0 <= index < limit for index, limit in zip(place, limits)):
                raise ValueError(f"{place} is not there: the model has {limits[0]} layers of {limits[1]} heads, and "
                                 f"the text {length} tokens, counted from 0.")
        if change.hide_by not in HIDE_BY:
            raise ValueError(f"hide_by should be one of {', '.join(HIDE_BY)}, but is {change.hide_by!r}.")
        wrong = [word for word in change.words if word not in hideable]
        if wrong:
            raise ValueError(f"Token {wrong[0]} cannot be hidden: choose a word of the text, "
                             "not [CLS], [SEP] or [MASK].")

    def _answers(self, encoding: Encoding, masks: np.ndarray,
                 changes: Sequence[Change]) -> tuple[np.ndarray, np.ndarray]:
        """Returns probabilities at the masks (B, P, V) and of "is next" (B,)."""
        outputs = self._run(self._inputs(encoding, masks, changes))
        words = outputs["mlm_logits"][:len(changes), :len(masks), :self.bert.tokenizer.vocab_size]
        pairs = softmax(outputs["nsp_logits"][:len(changes)])[:, 0]
        return (softmax(words) if len(masks) else words[:, :0]), pairs

    def _inputs(self, encoding: Encoding, masks: np.ndarray, changes: Sequence[Change]) -> dict[str, np.ndarray]:
        """Builds a batch, one change a row, padded to few different shapes."""
        config, tokenizer, count = self.bert.config, self.bert.tokenizer, len(encoding)
        rows = bucket(len(changes), BATCH, shortest=1)
        width = bucket(count, self.bert.max_length)
        batch = padded([(encoding.token_ids, encoding.segment_ids)] * rows, length=width, pad_token_id=tokenizer.pad_token_id)
        head_weights = np.ones((rows, config.num_hidden_layers, config.num_attention_heads), np.float32)
        apart = rows if any(change.edges for change in changes) else 1  # one for all, where no edge is cut
        edge_weights = np.ones((apart, *head_weights.shape[1:], width, width), np.float32)
        for row, change in enumerate(changes):
            for layer, head in change.heads:
                head_weights[row, layer, head] = 0
            for edge in change.edges:
                edge_weights[(row, *edge)] = 0
            hidden = list(change.words)
            if change.hide_by == "attention":
                batch["padding_mask"][row, hidden] = 0
            else:
                batch["token_ids"][row, hidden] = (tokenizer.mask_token_id if change.hide_by == "mask"
                                                   else tokenizer.unk_token_id)
        slots = next(size for size in (1, 4, width) if size >= len(masks))
        positions = np.zeros((rows, slots), np.int32)
        positions[:, :len(masks)] = masks
        return {**batch, "mask_positions": positions, "head_weights": head_weights, "edge_weights": edge_weights}

    def _effect(self, change: Change, before: np.ndarray, after: np.ndarray, is_next: tuple[float, float] | None,
                top_k: int) -> Effect:
        """Compares probabilities (P, V) before and after."""
        words = []
        for old, new in zip(before, after):
            ids = np.union1d(_best(old, top_k), _best(new, top_k))
            shifts = [WordShift(self.bert.tokenizer.id_to_token(int(i)), int(i), float(old[i]), float(new[i]))
                      for i in ids]
            top = int(old.argmax())
            words.append(sorted(shifts, key=lambda shift: (shift.token_id != top, -max(shift.before, shift.after))))
        moved = tuple(float(share) for share in 0.5 * np.abs(after - before).sum(axis=-1))
        return Effect(change, words, moved, is_next)


def _best(probabilities: np.ndarray, top_k: int) -> np.ndarray:
    """Returns the ids of the most probable pieces."""
    top_k = min(top_k, len(probabilities))
    return np.argpartition(-probabilities, top_k - 1)[:top_k]
