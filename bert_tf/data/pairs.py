"""Masked sentence pairs: what BERT is pretrained on, drawn from token shards.

Every pair begins at an anchor; `passes` says where those are and in which order they come.

How a pair is made (Devlin et al. 2019, appendix A.2, with the differences below). From the anchor,
sentences of the same document are gathered up to the target length and split into A and B at a
random sentence border. For half of the anchors B is replaced by text of another document of the
same shard (so that a change of language or of genre does not give the answer away).

- The replacement is the true B of another anchor whose own B is replaced as well. Seen alone, no
  segment then tells the label, and what one example drops another takes up.
- At least two sentences are gathered, however long; the only sentence of a document is split
  inside, at a random token. So every anchor can go both ways, and the labels stay even whatever
  the text.
- In a shard with a single document the replacement comes from outside the gathered stretch; if the
  stretch is the whole document, A and B change places.
- A pair that is too long loses tokens of its longer segment: at its start, at its end, or at
  both, equally likely.
- On request, some examples are one sentence of the gathered text alone, any of them: [CLS] A [SEP], without a label.
  What else was gathered for such an example is read by nobody.
- On request, some of the foreign B come from elsewhere in the same document, or A and B change places
  (Lan et al. 2019): negatives that the topic does not give away.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_tf.data.masking import mask
from bert_tf.data.passes import Pass, Passes, random_stream
from bert_tf.data.shards import TokenShards
from bert_tf.records import require_integer, require_number


@dataclass(frozen=True)
class _Stretch:
    """What an anchor gathers, as arrays (one entry an anchor).

    Sentences `sentence` to `last` (exclusive) of `document`, which is tokens `start` to `end`, split
    into A and B at token `border`; `target` is the length aimed at.
    """

    sentence: np.ndarray
    last: np.ndarray
    document: np.ndarray
    start: np.ndarray
    border: np.ndarray
    end: np.ndarray
    target: np.ndarray


class PairSampler:
    """Draws batches of masked sentence pairs; the same (seed, step, shape) gives the same batch.

    Args:
        shards: the tokenized corpus.
        seed: seeds pairs and masks; another seed gives other pairs of the same corpus.
        mask_rate: share of the tokens of a pair chosen for prediction, in (0, 1).
        short_rate: share of pairs gathered to a random shorter length, in [0, 1].
        single_rate: share of examples that are one sentence alone, in [0, 1].
        cls_token_id, sep_token_id, mask_token_id, pad_token_id: ids of [CLS], [SEP], [MASK], [PAD].
        special_token_ids: all ids that are never chosen for prediction nor put in at random.
        whole_words: whether words are chosen for prediction whole; the shards must know their words.
        same_document_rate: share of the negatives whose B comes from elsewhere in A's document, where that has more.
        swapped_rate: share of the negatives that are true pairs with A and B in each other's place.

    Raises:
        ValueError: a value out of range, a corpus without any document of two tokens, or shards whose words
            nobody has looked for.
    """

    def __init__(self, shards: TokenShards, *, seed: int, mask_rate: float = 0.15, short_rate: float = 0.1,
                 single_rate: float = 0.0, cls_token_id: int, sep_token_id: int, mask_token_id: int, pad_token_id: int,
                 special_token_ids: Sequence[int], whole_words: bool = False, same_document_rate: float = 0.0,
                 swapped_rate: float = 0.0):
        require_integer("seed", seed, minimum=0)
        require_number("mask_rate", mask_rate, above=0.0, below=1.0)
        for name, rate in (("short_rate", short_rate), ("single_rate", single_rate),
                           ("same_document_rate", same_document_rate), ("swapped_rate", swapped_rate)):
            require_number(name, rate, minimum=0.0)
            if rate > 1:
                raise ValueError(f"{name} is a share of the pairs and cannot be {rate}.")
        if same_document_rate + swapped_rate > 1:
            raise ValueError("same_document_rate and swapped_rate are shares of the negatives and cannot be more than 1 "
                             f"together, as {same_document_rate} and {swapped_rate} are.")
        self.shards, self.seed, self.mask_rate = shards, seed, mask_rate
        self.short_rate, self.single_rate = short_rate, single_rate
        self.whole_words, self.same_document_rate, self.swapped_rate = whole_words, same_document_rate, swapped_rate
        self.cls_token_id, self.sep_token_id = cls_token_id, sep_token_id
        self.mask_token_id, self.pad_token_id = mask_token_id, pad_token_id
        special = {cls_token_id, sep_token_id, mask_token_id, pad_token_id, *special_token_ids}
        if min(special) < 0 or max(special) >= shards.vocab_size:
            raise ValueError(
                f"Special ids {sorted(special)} do not fit a vocabulary of {shards.vocab_size} pieces.")
        self._is_ordinary = np.ones(shards.vocab_size, bool)
        self._is_ordinary[sorted(special)] = False
        if not self._is_ordinary.any():
            raise ValueError("The vocabulary has nothing but special pieces.")
        unmarked = [shard.name for shard in shards.shards if shard.words is None]
        if whole_words and unmarked:
            raise ValueError(f"Nobody has looked for words in the token shards {', '.join(unmarked)}, so they cannot be "
                             "hidden whole. Prepare them again with --whole-words.")
        self._join([shard for shard in shards.shards if len(shard.tokens)])
        self._passes = Passes(self._sentences, self._documents, self._sentence_base, seed=seed)

    def _join(self, shards) -> None:
        """Lays all shards end to end; from here on sentences and tokens are counted over all of them."""
        token_base = np.cumsum([0] + [len(shard.tokens) for shard in shards])
        sentence_base = np.cumsum([0] + [len(shard.sentences) - 1 for shard in shards])
        self._tokens = [np.asarray(shard.tokens) for shard in shards]  # slices of plain arrays are faster
        self._words = [np.asarray(shard.words) for shard in shards] if self.whole_words else None
        self._token_base, self._sentence_base = token_base, sentence_base
        self._sentences = np.concatenate(
            [shard.sentences[:-1] + base for shard, base in zip(shards, token_base)] + [token_base[-1:]])
        self._documents = np.concatenate(
            [shard.documents[:-1] + base for shard, base in zip(shards, sentence_base)]
            + [sentence_base[-1:]])
        if not (np.diff(self._sentences[self._documents]) >= 2).any():
            raise ValueError("The corpus has no document of at least two tokens, so no pair can be made.")

    def examples_per_pass(self, sequence_length: int) -> float:
        """Returns how many pairs of `sequence_length` tokens go once over the corpus (mean over the cuts)."""
        return self._passes.mean_count(sequence_length - 3)

    def batch(self, step: int, *, sequence_length: int, batch_size: int) -> dict[str, np.ndarray]:
        """Returns the batch of a step.

        Args:
            step: 0 or more.
            sequence_length: T, at least 8.
            batch_size: B.

        Returns:
            `token_ids`, `segment_ids`, `padding_mask` int32 (B, T), 1 = a real token;
            `mask_positions`, `mask_ids` int32 (B, P) and `mask_weights` float32 (B, P), 1 = a real
            prediction, with P = ceil(mask_rate * T), positions rising, unused slots 0;
            `next_labels` int32 (B,), 0 = B is next, 1 = B is random, -1 = there is no B.
        """
        require_integer("step", step, minimum=0)
        require_integer("sequence_length", sequence_length, minimum=8)
        require_integer("batch_size", batch_size, minimum=1)
        rng = random_stream("batch", self.seed, sequence_length, batch_size, step)
        return self.rows(np.arange(step * batch_size, (step + 1) * batch_size), sequence_length, rng)

    def rows(self, numbers: np.ndarray, sequence_length: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Returns the examples of given numbers in the endless row of all passes, laid out as `batch` does.

        Args:
            numbers: int (B,), 0 or more.
            sequence_length: T.
            rng: decides masks, cuts and the kinds of negatives.
        """
        segments, labels = self._pairs(numbers, sequence_length - 3, rng)
        segments = _cut(segments, sequence_length - 3 + (labels == -1), rng)  # one [SEP] less where there is no B
        batch, continues = self._laid_out(segments, sequence_length)
        slots = math.ceil(self.mask_rate * sequence_length)
        batch |= mask(batch["token_ids"], batch["padding_mask"], mask_rate=self.mask_rate, slots=slots,
                      is_ordinary=self._is_ordinary, mask_token_id=self.mask_token_id, rng=rng, continues=continues)
        batch["next_labels"] = labels
        return batch

    # --- pairs, as stretches of tokens ---

    def _pairs(self, numbers: np.ndarray, room: int, rng) -> tuple[np.ndarray, np.ndarray]:
        """Returns int64 (B, 4), where A and B start and end among all tokens, and int32 (B,) labels."""
        passes, places = self._passes.locate(numbers, room)
        segments, labels = np.empty((len(numbers), 4), np.int64), np.empty(len(numbers), np.int32)
        for number in np.unique(passes):  # nearly always one
            here = passes == number
            cut = self._passes.get(int(number), room)
            index = cut.order[places[here]]
            segments[here] = self._pairs_of_pass(cut, index, room, rng)
            labels[here] = cut.is_random[index]
            if self.single_rate:
                single = rng.random(len(index)) < self.single_rate
                rows = np.flatnonzero(here)[single]
                segments[rows], labels[rows] = self._single_sentences(cut, index[single], room, rng), -1
        return segments, labels

    def _pairs_of_pass(self, cut: Pass, index: np.ndarray, room: int, rng) -> np.ndarray:
        """Returns int64 (B, 4), the segments of some anchors of a pass, longer than `room` at times."""
        own = self._stretches(cut, index, room)
        segments = np.stack([own.start, own.border, own.border, own.end], axis=1)  # (B, 4)
        rows = np.flatnonzero(cut.is_random[index])
        shard = np.searchsorted(self._sentence_base, own.sentence[rows], side="right") - 1
        first = cut.first_replaced[shard]
        count = cut.first_replaced[shard + 1] - first
        rank = np.searchsorted(cut.replaced, index[rows]) - first
        other = self._stretches(cut, cut.replaced[first + (rank + cut.turn[shard]) % count], room)
        need = np.maximum(own.target[rows] - (own.border - own.start)[rows], 1)
        segments[rows, 2] = other.border
        segments[rows, 3] = self._sentences[np.minimum(
            np.searchsorted(self._sentences, other.border + need), self._documents[other.document + 1])]
        for which in np.flatnonzero(other.document == own.document[rows]):  # rare in large corpora
            row = rows[which]
            foreign = self._elsewhere(own, row, shard[which], need[which], rng)
            segments[row] = (own.start[row], own.border[row], *foreign) if foreign else (
                own.border[row], own.end[row], own.start[row], own.border[row])
        if self.same_document_rate or self.swapped_rate:
            self._make_hard(segments, own, rows, need, rng)
        return segments

    def _make_hard(self, segments: np.ndarray, own: _Stretch, rows: np.ndarray, need: np.ndarray, rng) -> None:
        """Gives some of the negatives `rows` a B of their own document, in segments (B, 4), in place."""
        kind = rng.random(len(rows))
        here, pick = kind < self.same_document_rate, rng.random(len(rows))
        swapped = rows[~here & (kind < self.same_document_rate + self.swapped_rate)]
        segments[swapped] = np.stack([own.border, own.end, own.start, own.border], axis=1)[swapped]
        low, high = self._documents[own.document[rows]], self._documents[own.document[rows] + 1]
        left, right = own.sentence[rows], own.last[rows]
        free = (high - low) - (right - left)  # sentences of the document outside the stretch
        here &= free > 0
        sentence = low + (pick * free).astype(np.int64)
        sentence += (right - left) * (sentence >= left)
        limit = np.where(sentence < left, left, high)
        begin = self._sentences[np.minimum(sentence, len(self._sentences) - 1)]
        end = self._sentences[np.minimum(np.searchsorted(self._sentences, begin + need), limit)]
        segments[rows[here], 2], segments[rows[here], 3] = begin[here], end[here]

    def _single_sentences(self, cut: Pass, index: np.ndarray, room: int, rng) -> np.ndarray:
        """Returns int64 (B, 4): for some anchors of a pass any one sentence of what they gather, and an empty B."""
        own = self._stretches(cut, index, room)
        sentence = own.sentence + (rng.random(len(index)) * (own.last - own.sentence)).astype(np.int64)
        start, end = self._sentences[sentence], self._sentences[sentence + 1]
        return np.stack([start, end, end, end], axis=1)

    def _stretches(self, cut: Pass, index: np.ndarray, room: int) -> _Stretch:
        """Gathers from some anchors of a pass up to the target length and splits in two."""
        sentence = cut.anchors[index]
        document = np.searchsorted(self._documents, sentence, side="right") - 1
        start = self._sentences[sentence]
        short = cut.short[index].astype(np.float64)
        is_short = short < self.short_rate
        # Given that it is short, short / short_rate is uniform in [0, 1): a length in 2..room.
        target = np.where(is_short, 2 + (short / (self.short_rate or 1) * (room - 1)).astype(np.int64), room)
        last = np.searchsorted(self._sentences, start + target)
        last = np.minimum(np.maximum(last, sentence + 2), self._documents[document + 1])
        split = cut.split[index].astype(np.float64)
        count = last - sentence
        border = self._sentences[sentence + 1 + (split * (count - 1)).astype(np.int64)]
        end = self._sentences[last]
        inside = start + 1 + (split * (end - start - 1)).astype(np.int64)
        return _Stretch(sentence, last, document, start, np.where(count > 1, border, inside), end, target)

    def _elsewhere(self, own: _Stretch, row: int, shard: int, need: int, rng) -> tuple[int, int] | None:
        """Returns at least `need` tokens of another document of the shard, or of the same one elsewhere."""
        low, high = self._sentence_base[shard], self._sentence_base[shard + 1]
        left, right = self._documents[own.document[row]], self._documents[own.document[row] + 1]
        if right - left == high - low:  # the shard is one document: stay out of this stretch
            left, right = own.sentence[row], own.last[row]
        count = (high - low) - (right - left)
        if count == 0:
            return None
        sentence = low + rng.integers(count)
        sentence += (right - left) * (sentence >= left)
        document = np.searchsorted(self._documents, sentence, side="right") - 1
        limit = self._documents[document + 1]
        if sentence < left:
            limit = min(limit, left)
        begin = self._sentences[sentence]
        return begin, self._sentences[min(np.searchsorted(self._sentences, begin + need), limit)]

    # --- pairs, as arrays of token ids ---

    def _laid_out(self, segments: np.ndarray, sequence_length: int) -> tuple[dict, np.ndarray | None]:
        """Writes [CLS] A [SEP] B [SEP] (without B, [CLS] A [SEP]) and padding; segments fit, A and B share a shard.

        Returns:
            The arrays of the batch, and bool (B, T), where words go on, if words are chosen whole.
        """
        token_ids = np.full((len(segments), sequence_length), self.pad_token_id, np.int32)
        continues = np.zeros(token_ids.shape, bool) if self.whole_words else None
        shard = np.searchsorted(self._token_base, segments[:, 0], side="right") - 1
        lengths = segments[:, 1::2] - segments[:, 0::2]  # (B, 2)
        local = segments - self._token_base[shard][:, None]
        filled = [(token_ids, self._tokens)] + ([(continues, self._words)] if self.whole_words else [])
        for table, sources in filled:
            for row, source, (a, a_end, b, b_end), (length_a, length_b) in zip(
                    table, shard.tolist(), local.tolist(), lengths.tolist()):
                row[1:1 + length_a] = sources[source][a:a_end]
                row[2 + length_a:2 + length_a + length_b] = sources[source][b:b_end]
        end_a = 1 + lengths[:, :1]  # (B, 1)
        end_b = end_a + np.where(lengths[:, 1:], 1 + lengths[:, 1:], 0)
        token_ids[:, 0] = self.cls_token_id
        np.put_along_axis(token_ids, np.concatenate([end_a, end_b], axis=1), self.sep_token_id, axis=1)
        position = np.arange(sequence_length)
        if self.whole_words:  # a segment may begin inside a word
            continues[:, 1] = False
            np.put_along_axis(continues, np.minimum(end_a + 1, sequence_length - 1), False, axis=1)
        return {"token_ids": token_ids,
                "segment_ids": ((position > end_a) & (position <= end_b)).astype(np.int32),
                "padding_mask": (position <= end_b).astype(np.int32)}, continues


def _cut(segments: np.ndarray, room: int, rng) -> np.ndarray:
    """Shortens pairs to at most `room` tokens, the longer segment first.

    Args:
        segments: int64 (B, 4), start and end of A and of B; B alone may be empty.
        room: at least 2, the same for all or int (B,).

    Returns:
        int64 (B, 4); what was not empty is not. Lengths 20 and 4 become 8 and 4 with room for 12; 20 and 9 become 6 and 6.
    """
    start, length = segments[:, 0::2], segments[:, 1::2] - segments[:, 0::2]  # (B, 2)
    room = np.reshape(room, (-1, 1))
    half = np.concatenate([room - room // 2, room // 2], axis=1)  # (1 or B, 2)
    kept = np.minimum(length, np.maximum(half, room - length[:, ::-1]))
    # A third each: all of the loss at the end, all at the start, anything between.
    share = np.clip(3 * rng.random(kept.shape) - 1, 0, 1)
    start = start + np.rint(share * (length - kept)).astype(np.int64)
    return np.stack([start, start + kept], axis=2).reshape(-1, 4)  # (B, 2, 2) -> (B, 4)
