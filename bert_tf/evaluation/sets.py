"""Hand-written sets: senses of ambiguous words, and gaps that common knowledge fills."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from bert_tf.batch_vectors import read_word
from bert_tf.explore import Bert
from bert_tf.sense_analysis import sense_accuracy
from bert_tf.sense_sets import SenseSet, sense_sets
from bert_tf.static_vectors import StaticVectors
from bert_tf.word2vec import words_of

CLOZE_FILE = Path(__file__).parents[1] / "examples" / "measures" / "cloze.jsonl"


@dataclass(frozen=True)
class Cloze:
    """A sentence with one [MASK], and every word or character that may stand there."""

    language: str
    sentence: str
    answers: tuple[str, ...]


@cache
def cloze_set() -> tuple[Cloze, ...]:
    """Returns the hand-written cloze sentences, 100 English and 100 Chinese."""
    with CLOZE_FILE.open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    return tuple(Cloze(entry["language"], entry["sentence"], tuple(entry["answers"])) for entry in entries)


def cloze(bert: Bert, language: str) -> dict[str, float]:
    """Fills the cloze sentences of a language ("en" or "zh").

    Returns:
        `top_1` and `top_5`: shares of the sentences with a right answer first, or among the first five; `sentences`:
        their number.
    """
    entries = [entry for entry in cloze_set() if entry.language == language]
    ranks = []
    for entry in entries:
        candidates = bert.fill_mask(entry.sentence, top_k=5)[0]
        ranks.append(next((i for i, candidate in enumerate(candidates) if candidate.token in entry.answers), 5))
    ranks = np.array(ranks)
    return {"top_1": float((ranks < 1).mean()), "top_5": float((ranks < 5).mean()), "sentences": len(entries)}


def senses(bert: Bert, *, words: Sequence[SenseSet] | None = None,
           progress: Callable[[float], None] = lambda share: None) -> dict[str, dict]:
    """Measures how well a model's vectors of an ambiguous word tell its senses apart, layer by layer.

    Args:
        bert: the model.
        words: sets of sentences; None for those that come with the library.
        progress: called with the share done.

    Returns:
        For each word: `language`; `accuracy` and `silhouette`, lists of L+1 figures, see `separation`.
    """
    words, found = sense_sets() if words is None else words, {}
    for number, entry in enumerate(words):
        sentences, labels = zip(*entry.labelled())
        reading = read_word(bert, sentences, entry.word)
        labels = [label for sentence, label in zip(sentences, labels) if sentence in set(reading.texts)]
        accuracies, silhouettes = zip(*(separation(reading.vectors[:, layer], labels)
                                        for layer in range(reading.vectors.shape[1])))
        found[entry.word] = {"language": entry.language, "accuracy": list(accuracies), "silhouette": list(silhouettes)}
        progress((number + 1) / len(words))
    return found


def senses_by_neighbours(vectors: dict[str, StaticVectors], *, words: Sequence[SenseSet] | None = None) -> dict[str, dict]:
    """Does the same with word2vec, as far as that goes.

    The word's own word2vec vector is the same in every sentence, so it tells nothing: one half is right by chance.
    What can be done without BERT is to take the mean of the word2vec vectors of all *other* words of the sentence.

    Args:
        vectors: word2vec vectors by language.

    Returns:
        For each word of those languages: `language`, `accuracy`, `silhouette`, one figure each.
    """
    found = {}
    for entry in sense_sets() if words is None else words:
        if entry.language not in vectors:
            continue
        table = vectors[entry.language]
        rows, labels = [], []
        for sentence, label in entry.labelled():
            others = [word for word in words_of(sentence, entry.language) if word != entry.word and word in table]
            if others:
                rows.append(np.mean([table.vector(word) for word in others], axis=0))
                labels.append(label)
        accuracy, silhouette = separation(np.array(rows), labels)
        found[entry.word] = {"language": entry.language, "accuracy": accuracy, "silhouette": silhouette}
    return found


def separation(vectors: np.ndarray, labels: Sequence[int]) -> tuple[float, float]:
    """Returns how well vectors (n, H) of two senses or more come apart by cosine: `sense_accuracy`, which is 1/senses by
    chance, and the mean silhouette in [-1, 1] (Rousseeuw 1987)."""
    from sklearn.metrics import silhouette_score

    return sense_accuracy(vectors, labels), float(silhouette_score(vectors, labels, metric="cosine"))
