"""Between text and task models: words and their pieces, windows over long passages, tags to entities, best spans.

NumPy alone, the same code in training and in use. Spans are pairs (start, end) in characters.
Letters: T tokens, W words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_tf.logits import log_sum_exp
from bert_tf.text_normalization import is_ideograph, is_punctuation
from bert_tf.tokenizer import WordPieceTokenizer

Span = tuple[int, int]

#: The longest question and the longest answer in word pieces.
LONGEST_QUESTION = 64
LONGEST_ANSWER = 48
#: A tag that says where in an entity a word stands: B(egin), I(nside), E(nd) or L(ast), S(ingle) or U(nit).
ENTITY_TAG = re.compile(r"([BIELSU])-(.+)")


def word_spans(text: str) -> list[Span]:
    """Cuts a text into words: at spaces, around Chinese characters, and punctuation off both ends of a word.

    Example: word_spans("in Rome, 北京") gives the spans of in, Rome, the comma, 北 and 京.
    """
    spans: list[Span] = []
    for chunk in re.finditer(r"\S+", text):
        start = chunk.start()
        for i in range(chunk.start(), chunk.end() + 1):
            if i == chunk.end() or _wide(text[i]):
                spans += _without_punctuation(text, start, i)
                if i < chunk.end():
                    spans.append((i, i + 1))
                start = i + 1
    return spans


def _without_punctuation(text: str, start: int, end: int) -> list[Span]:
    """Cuts punctuation off both ends of text[start:end]: the spans of its parts."""
    first, last = start, end
    while first < last and is_punctuation(text[first]):
        first += 1
    while last > first and is_punctuation(text[last - 1]):
        last -= 1
    middle = [(first, last)] if first < last else []
    return [(i, i + 1) for i in range(start, first)] + middle + [(i, i + 1) for i in range(last, end)]


def join_tokens(tokens: Sequence[str]) -> tuple[str, list[Span]]:
    """Writes a list of words as one text, no space between two Chinese characters; returns text and spans."""
    text, spans = "", []
    for token in tokens:
        if text and token and not (_wide(text[-1]) and _wide(token[0])):
            text += " "
        spans.append((len(text), len(text) + len(token)))
        text += token
    return text, spans


def _wide(character: str) -> bool:
    """Tells whether a character is an ideograph, CJK punctuation or a full-width form: none has spaces around it."""
    return is_ideograph(character) or "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uffef"


def piece_of_words(spans: Sequence[Span], offsets: Sequence[Span]) -> list[int]:
    """Finds the piece that speaks for each word: the first one that touches it.

    Args:
        spans: W spans of words, in order.
        offsets: T spans of pieces, in order; (0, 0) for special tokens.

    Returns:
        W positions among the pieces, -1 for words of which the model sees nothing.
    """
    found, position = [], 0
    for start, end in spans:
        while position < len(offsets) and offsets[position][1] <= start:
            position += 1
        seen = position < len(offsets) and offsets[position][0] < end
        found.append(position if seen else -1)
    return found


def tags_of_words(spans: Sequence[Span], offsets: Sequence[Span], piece_tags: Sequence[str]) -> list[str]:
    """Gives every word the tag of its piece, O where there is none.

    Words that share a piece are one entity: the first has the tag, the others I-. Plain tags they have alike.
    """
    tags, before = [], -1
    for piece in piece_of_words(spans, offsets):
        tag = piece_tags[piece] if piece >= 0 else "O"
        if piece == before and piece >= 0 and ENTITY_TAG.fullmatch(tag):
            tags[-1] = ("B" if tags[-1][0] in "BSU" else "I") + tag[1:]  # the entity is not over there
            tag = "I" + tag[1:]
        tags.append(tag)
        before = piece
    return tags


def place_and_type(tag: str) -> tuple[str, str | None]:
    """Takes a tag apart: where in an entity the word stands, and of what type the entity is; ("O", None) for O.

    A plain tag is an entity of one word.

    Example: I-PER gives ("I", "PER"), NOUN gives ("S", "NOUN").
    """
    if tag == "O":
        return "O", None
    found = ENTITY_TAG.fullmatch(tag)
    return found.groups() if found else ("S", tag)


def entity_types(labels: Sequence[str]) -> list[str]:
    """Returns the types of entities that tags tell apart, in their order."""
    return list(dict.fromkeys(kind for _, kind in map(place_and_type, labels) if kind is not None))


def entities(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """Reads tags as conlleval and seqeval do: (type, first, last + 1) for each entity.

    BIO, IOBES (E- ends an entity, S- is one) and BILOU (L- and U- for those) are told by the tags themselves. An I-
    or E- after O, after another type or after an end starts an entity as well. A plain tag is an entity of its word.

    Example: entities(["B-LOC", "I-LOC", "O", "I-PER"]) gives [("LOC", 0, 2), ("PER", 3, 4)].
    """
    found: list[tuple[str, int, int]] = []
    kind, first = None, 0
    for i, tag in enumerate([*tags, "O"]):
        place, here = place_and_type(tag)
        if kind is not None and (here != kind or place in "BSU"):
            found.append((kind, first, i))
            kind = None
        if here is not None and kind is None:
            kind, first = here, i
        if place in "ELSU":
            found.append((kind, first, i + 1))
            kind = None
    return found


@dataclass(frozen=True)
class Window:
    """A question with a stretch of its passage, as the model takes it: [CLS] question [SEP] stretch [SEP].

    Attributes:
        token_ids, segment_ids: int32 (T,).
        offsets: T spans in the passage; (0, 0) outside it.
        passage: the range of positions that hold the passage.
        starts, ends: bool (T,), where an answer may start and end: at whole words of the passage.
        cut: pieces of the question left out.
    """

    token_ids: np.ndarray
    segment_ids: np.ndarray
    offsets: list[Span]
    passage: range
    starts: np.ndarray
    ends: np.ndarray
    cut: int = 0

    def __len__(self) -> int:
        return len(self.offsets)

    def find(self, start: int, end: int) -> tuple[int, int]:
        """Positions of the first and last piece of passage[start:end]; (0, 0) where the window does not hold it all."""
        inside = [i for i in self.passage if self.offsets[i][0] < end and self.offsets[i][1] > start]
        if not inside or self.offsets[inside[0]][0] > start or self.offsets[inside[-1]][1] < end:
            return 0, 0
        return inside[0], inside[-1]


def question_windows(tokenizer: WordPieceTokenizer, question: str, passage: str, *, max_length: int,
                     doc_stride: int) -> list[Window]:
    """Lays overlapping windows over a passage, each with the whole question in front.

    Args:
        max_length: T of the longest window.
        doc_stride: pieces of the passage that a window is ahead of the one before (at most its own room).

    Raises:
        ValueError: question or passage is empty, or holds nothing that the tokenizer keeps.
    """
    asked, pieces = tokenizer.pieces(question), _with_neighbours(tokenizer.pieces(passage), passage)
    for name, found in (("question", asked), ("passage", pieces)):
        if not found:
            raise ValueError(f"The {name} is empty, or holds no character that the tokenizer keeps; type some words.")
    kept = asked[:min(LONGEST_QUESTION, max_length // 2)]
    room = max_length - len(kept) - 3
    windows = []
    for first in range(0, max(1, len(pieces) - room + min(doc_stride, room)), min(doc_stride, room)):
        stretch = pieces[first:first + room]
        follows = pieces[first + len(stretch):first + len(stretch) + 1]
        windows.append(_window(tokenizer, kept, stretch, follows, cut=len(asked) - len(kept)))
    return windows


def _with_neighbours(pieces: list, text: str) -> list:
    """Gives the characters that the tokenizer drops (accents, joiners) to the piece beside them, the one before first.

    An answer may end in such a character, or begin with one; white space stays between the pieces.
    """
    found, before = [], 0
    for i, (piece, id, start, end) in enumerate(pieces):
        after = pieces[i + 1][2] if i + 1 < len(pieces) else len(text)
        while start > before and not text[start - 1].isspace():
            start -= 1
        while end < after and not text[end].isspace():
            end += 1
        found.append((piece, id, start, end))
        before = end
    return found


def _window(tokenizer: WordPieceTokenizer, asked: list, stretch: list, follows: list, *, cut: int) -> Window:
    begin, end = len(asked) + 2, len(asked) + 2 + len(stretch)
    ids = [tokenizer.cls_token_id, *(piece[1] for piece in asked), tokenizer.sep_token_id,
           *(piece[1] for piece in stretch), tokenizer.sep_token_id]
    new_word = [not piece[0].startswith("##") for piece in [*stretch, *follows]] + [True]
    starts, ends = np.zeros(len(ids), bool), np.zeros(len(ids), bool)
    starts[begin:end] = new_word[:len(stretch)]
    ends[begin:end] = new_word[1:len(stretch) + 1]
    return Window(
        token_ids=np.array(ids, np.int32), segment_ids=np.array([0] * begin + [1] * (len(stretch) + 1), np.int32),
        offsets=[(0, 0)] * begin + [(piece[2], piece[3]) for piece in stretch] + [(0, 0)],
        passage=range(begin, end), starts=starts, ends=ends, cut=cut)


def best_spans(windows: Sequence[Window], start_logits: Sequence[np.ndarray], end_logits: Sequence[np.ndarray],
               top_k: int = 1) -> list[tuple[int, int, float]]:
    """Finds the best answers over all windows of a passage.

    Args:
        windows: the windows.
        start_logits, end_logits: a row of at least T scores for each window.
        top_k: answers to return.

    Returns:
        (start, end, probability), best first, in characters of the passage: the softmax of start score plus end
        score over all spans of at most `LONGEST_ANSWER` pieces in all windows. A span that several windows see
        counts once, with its best score.
    """
    found = [_spans_of(*row) for row in zip(windows, start_logits, end_logits)]
    spans, scores = (np.concatenate(part) for part in zip(*found))  # (S, 2) and (S,)
    if not len(scores):
        return []
    order = np.lexsort((-scores, spans[:, 1], spans[:, 0]))  # equal spans side by side, the best of them first
    spans, scores = spans[order], scores[order]
    first_of_equals = np.append(True, (spans[1:] != spans[:-1]).any(axis=1))
    spans, scores = spans[first_of_equals], scores[first_of_equals]
    total = log_sum_exp(scores)
    best = np.argsort(-scores, kind="stable")[:top_k]
    return [(int(spans[i, 0]), int(spans[i, 1]), float(np.exp(scores[i] - total))) for i in best]


def _spans_of(window: Window, start_row: np.ndarray, end_row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All spans (S, 2) that a window allows, in characters, and their scores (S,)."""
    length = len(window)
    reachable = np.tri(length, length, LONGEST_ANSWER - 1, dtype=bool) & ~np.tri(length, length, -1, dtype=bool)
    first, last = np.nonzero(reachable & window.starts[:, None] & window.ends[None, :])
    offsets = np.array(window.offsets, np.int64)  # (T, 2)
    scores = start_row[first].astype(np.float64) + end_row[last]
    return np.stack([offsets[first, 0], offsets[last, 1]], axis=1), scores
