"""Figures of task models: accuracy and F1 by class, entities as seqeval counts them, answers as SQuAD does."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert_tf.task_inputs import entities
from bert_tf.text_normalization import is_ideograph, is_punctuation


def class_figures(expected: Sequence[int], predicted: Sequence[int], labels: Sequence[str]) -> dict:
    """Counts how often each class is found.

    Args:
        expected, predicted: indices into `labels`, one for each text.
        labels: names of the C classes.

    Returns:
        `accuracy`, `macro_f1` (the mean of the classes' F1; a class that is neither there nor predicted counts 0),
        `per_class` (a list of label, precision, recall, f1, support) and `confusion` (C rows of C counts, expected
        down, predicted across).

    Example: expected [0, 0, 1], predicted [0, 1, 1]: accuracy 2/3, both F1 2/3, confusion [[1, 1], [0, 1]].
    """
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(confusion, (np.asarray(expected, int), np.asarray(predicted, int)), 1)
    rows = []
    for i, label in enumerate(labels):
        figures = precision_recall_f1(int(confusion[i, i]), int(confusion[:, i].sum()), int(confusion[i].sum()))
        rows.append({"label": label, **figures})
    return {"accuracy": float(np.trace(confusion) / max(confusion.sum(), 1)),
            "macro_f1": float(np.mean([row["f1"] for row in rows])), "per_class": rows,
            "confusion": confusion.tolist()}


def precision_recall_f1(hits: int, predicted: int, expected: int) -> dict:
    """Returns precision, recall, f1 (0 where there is nothing to divide by) and support."""
    precision, recall = hits / max(predicted, 1), hits / max(expected, 1)
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "support": expected}


def entity_figures(expected: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict:
    """Counts whole entities: right only where type, first and last word all are.

    Args:
        expected, predicted: BIO tags of every text.

    Returns:
        `entity_f1`, `entity_precision`, `entity_recall` over all entities (micro), `accuracy` over tags, and
        `per_class` (a list of label, precision, recall, f1, support by entity type).

    Source: the counting of conlleval (Tjong Kim Sang and De Meulder 2003), as in seqeval's default mode.
    """
    counts: dict[str, list[int]] = {}
    hits, total = 0, 0
    for want, got in zip(expected, predicted, strict=True):
        hits += sum(a == b for a, b in zip(want, got, strict=True))
        total += len(want)
        there, found = set(entities(want)), set(entities(got))
        for position, group in enumerate((there & found, found, there)):
            for kind, _, _ in group:
                counts.setdefault(kind, [0, 0, 0])[position] += 1
    over_all = precision_recall_f1(*(sum(row[i] for row in counts.values()) for i in range(3)))
    return {"entity_f1": over_all["f1"], "entity_precision": over_all["precision"],
            "entity_recall": over_all["recall"], "accuracy": hits / max(total, 1),
            "per_class": [{"label": kind, **precision_recall_f1(*counts[kind])} for kind in sorted(counts)]}


def answer_words(text: str) -> list[str]:
    """What two answers are compared by: lowercase words without punctuation and articles, Chinese by character.

    Invisible characters (joiners, marks of direction) are left out as well.

    Example: answer_words("The 1st 银行!") gives ["1st", "银", "行"].
    """
    characters = []
    for character in text.lower():
        if is_ideograph(character):
            characters.append(f" {character} ")
        elif not is_punctuation(character) and unicodedata.category(character) != "Cf":
            characters.append(character)
    return re.sub(r"\b(a|an|the)\b", " ", "".join(characters)).split()


def exact_match(predicted: str, answers: Sequence[str]) -> float:
    """1.0 where the prediction is one of the answers, after `answer_words`; else 0.0."""
    return float(any(answer_words(predicted) == answer_words(answer) for answer in answers))


def answer_f1(predicted: str, answers: Sequence[str]) -> float:
    """The best F1 of the prediction's words against one of the answers.

    Example: "the glass blue bowl" against "a blue bowl": precision 2/3, recall 1, F1 0.8.

    Source: Rajpurkar et al. 2016, section 6.1.
    """
    return max(_word_f1(answer_words(predicted), answer_words(answer)) for answer in answers)


def _word_f1(predicted: list[str], expected: list[str]) -> float:
    if not predicted or not expected:
        return float(predicted == expected)
    common = sum((Counter(predicted) & Counter(expected)).values())
    return precision_recall_f1(common, len(predicted), len(expected))["f1"]


def question_figures(predicted: Sequence[str], answers: Sequence[Sequence[str]]) -> dict:
    """Returns `exact_match` and `f1` in [0, 1], means over questions."""
    pairs = list(zip(predicted, answers, strict=True))
    return {"exact_match": float(np.mean([exact_match(*pair) for pair in pairs])),
            "f1": float(np.mean([answer_f1(*pair) for pair in pairs]))}
