"""A bank of everyday sentences and the vectors of their words, to look for a word's nearest occurrences.

Letters in shapes: m occurrences, L layers, H hidden.
"""

from __future__ import annotations

import contextlib
import csv
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from bert_tf.batch_vectors import hidden_states
from bert_tf.explore import Bert
from bert_tf.sense_sets import sense_sets

EXAMPLES = Path(__file__).parent / "examples"
#: Words that say little by themselves; they are no content words.
FUNCTION_WORDS = frozenset(
    "a an the this that these those and or but so if than as of in on at to for from with by about into over under "
    "after before up down out off again then there here when where why how all any both each few more most other some "
    "such no nor not only own same too very can will just should now is am are was were be been being have has had "
    "having do does did doing would could may might must i me my mine we us our you your he him his she her hers it "
    "its they them their what which who whom don't didn't doesn't isn't wasn't can't couldn't won't wouldn't hasn't "
    "haven't hadn't aren't weren't i'm i've i'd i'll it's that's he's she's we're they're you're let's while because "
    "until through during without even still also yet every never always "
    "我们 你们 他们 她们 它们 自己 这个 那个 这些 那些 什么 怎么 怎样 这样 那样 因为 所以 但是 而且 如果 虽然 不是 就是 还是 "
    "没有 已经 可以 一个 一些 一下 一样 一点 这里 那里 时候 不会 不能 不要 还有 以后 以前 之后 之前 的话 或者 非常 有点 真的 "
    "这么 那么 多么 为了 对于 关于 由于 只有 只要 不过 然后 于是 可是 而是 并且 以及 甚至 一直 总是 从来 每个 这次 那次".split())
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_ENGLISH = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")


@dataclass(frozen=True)
class Occurrence:
    """A word in a sentence: the characters from start to end."""

    sentence: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word as it stands there."""
        return self.sentence[self.start:self.end]


@dataclass(frozen=True)
class Bank:
    """Occurrences of words and what one model makes of them.

    Attributes:
        occurrences: the m occurrences.
        vectors: float16 (m, L+1, H), means over the words' pieces.
    """

    occurrences: list[Occurrence]
    vectors: np.ndarray

    def nearest(self, vector: np.ndarray, layer: int, top_k: int = 8, *, but_word: str | None = None,
                but_sentences: Sequence[str] = ()) -> list[tuple[Occurrence, float]]:
        """Finds the occurrences that a vector is most like.

        The mean of the whole bank at that layer is taken off first, so that a cosine of 0 means "no closer than a
        random word".

        Args:
            vector: (H,), from the same model.
            layer: from 0, the embedding output, to L.
            top_k: how many.
            but_word: leave out occurrences of this word, whatever its case.
            but_sentences: leave out these sentences.

        Returns:
            Pairs (occurrence, cosine), the nearest first.

        Raises:
            ValueError: a vector of another size, or a layer that is not there.
        """
        vector = np.asarray(vector, dtype=np.float32)
        if vector.shape != self.vectors.shape[2:] or not 0 <= layer < self.vectors.shape[1]:
            raise ValueError(f"Expected a vector of {self.vectors.shape[2]} numbers and a layer from 0 to "
                             f"{self.vectors.shape[1] - 1}, got shape {vector.shape} and layer {layer}.")
        here = self.vectors[:, layer].astype(np.float32)  # (m, H)
        mean = here.mean(axis=0)
        here, away = here - mean, vector - mean
        lengths = np.linalg.norm(here, axis=1) * np.linalg.norm(away)
        cosines = here @ away / np.maximum(lengths, 1e-12)  # (m,)
        left_out, word = set(but_sentences), (but_word or "").lower()
        found = []
        for row in np.argsort(-cosines, kind="stable"):
            occurrence = self.occurrences[row]
            if occurrence.sentence not in left_out and not (word and occurrence.word.lower() == word):
                found.append((occurrence, float(cosines[row])))
            if len(found) == top_k:
                break
        return found


@cache
def bank_sentences() -> tuple[str, ...]:
    """Returns the hand-written sentences that come with the library, each once: senses, opinions, pairs, cloze."""
    sentences = [sentence for entry in sense_sets() for sentence, _ in entry.labelled()]
    for name, column in (("sentiment-train", "text"), ("sentiment-dev", "text"), ("pairs-train", "text_a"),
                         ("pairs-dev", "text_a")):
        with open(EXAMPLES / "finetuning" / f"{name}.tsv", encoding="utf-8", newline="") as lines:
            sentences += [row[column] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]
    for line in (EXAMPLES / "measures" / "cloze.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        sentences.append(entry["sentence"].replace("[MASK]", entry["answers"][0]))
    return tuple(dict.fromkeys(sentences))


def content_words(sentence: str) -> list[Occurrence]:
    """Finds the words of a sentence that carry its meaning, in their order.

    English words of three letters or more and Chinese words (cut by jieba) of two characters or more, without the
    `FUNCTION_WORDS`.

    Example: "She ate 苹果派 at the bank." holds ate, 苹果派 and bank (as jieba cuts it).
    """
    spans = [(match.start(), match.end()) for match in _ENGLISH.finditer(sentence) if match.end() - match.start() > 2]
    if _CHINESE.search(sentence):
        import jieba

        jieba.setLogLevel(logging.WARNING)  # or it reports on the loading of its dictionary
        spans += [(start, end) for _, start, end in jieba.tokenize(sentence)
                  if end - start > 1 and _CHINESE.fullmatch(sentence[start:end])]
    return [Occurrence(sentence, start, end) for start, end in sorted(spans)
            if sentence[start:end].lower().replace("’", "'") not in FUNCTION_WORDS]


def read_bank(bert: Bert, sentences: Sequence[str] | None = None, *,
              progress: Callable[[float], None] | None = None) -> Bank:
    """Reads every content word of a bank of sentences in its context.

    Args:
        bert: the model.
        sentences: the sentences; None for `bank_sentences`. What the model cannot read is left out.
        progress: is told the share that is done, from 0 to 1.

    Returns:
        The bank; the order is that of the sentences.
    """
    words, encodings = [], []
    for sentence in bank_sentences() if sentences is None else sentences:
        with contextlib.suppress(ValueError):
            encodings.append(bert.encode(sentence))
            words.append(content_words(sentence))
    found: list[list[tuple[Occurrence, np.ndarray]]] = [[] for _ in encodings]
    for number, (index, states) in enumerate(hidden_states(bert, encodings), 1):
        for word in words[index]:
            pieces = [i for i, (start, end) in enumerate(encodings[index].offsets) if start < word.end and end > word.start]
            if pieces:
                found[index].append((word, states[:, pieces].mean(axis=1).astype(np.float16)))
        if progress:
            progress(number / len(encodings))
    pairs = [pair for group in found for pair in group]
    empty = np.zeros((0, bert.config.num_hidden_layers + 1, bert.config.hidden_size), np.float16)
    return Bank([word for word, _ in pairs], np.stack([vector for _, vector in pairs]) if pairs else empty)
