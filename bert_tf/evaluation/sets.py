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
from bert_tf.sense_sets import SenseSet, sense_sets
from bert_tf.static_vectors import StaticVectors, split_words

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
        labels = np.array([label for sentence, label in zip(sentences, labels) if sentence in set(reading.texts)])
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
            others = [word for word in split_words(sentence, entry.language) if word != entry.word and word in table]
            if others:
                rows.append(np.mean([table.vector(word) for word in others], axis=0))
                labels.append(label)
        accuracy, silhouette = separation(np.array(rows), np.array(labels))
        found[entry.word] = {"language": entry.language, "accuracy": accuracy, "silhouette": silhouette}
    return found


def separation(vectors: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Measures how well vectors of two or more senses come apart, by cosine.

    Args:
        vectors: float (n, H).
        labels: int (n,), the sense of each; every sense at least twice.

    Returns:
        The share of vectors that are nearer to the centroid of their own sense than to any other, each left out of
        its own centroid (chance: 1 / senses); and the mean silhouette in [-1, 1] (Rousseeuw 1987).
    """
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    kinds = np.unique(labels)
    near = np.empty((len(unit), len(kinds)))
    for column, kind in enumerate(kinds):
        members = labels == kind
        for row, vector in enumerate(unit):
            rest = members.copy()
            rest[row] = False
            centroid = unit[rest].mean(axis=0)
            near[row, column] = vector @ centroid / max(np.linalg.norm(centroid), 1e-12)
    own = np.searchsorted(kinds, labels)
    best, mine = near.max(axis=1), near[np.arange(len(unit)), own]
    ties = (near >= best[:, None] - 1e-9).sum(axis=1)  # where all are equal, chance decides
    accuracy = np.where(mine >= best - 1e-9, 1 / ties, 0.0).mean()
    distance = 1 - unit @ unit.T
    scores = []
    for row in range(len(unit)):
        rest = np.arange(len(unit)) != row
        inside = distance[row, rest & (labels == labels[row])].mean()
        outside = min(distance[row, labels == kind].mean() for kind in kinds if kind != labels[row])
        scores.append((outside - inside) / max(outside, inside, 1e-12))
    return float(accuracy), float(np.mean(scores))
