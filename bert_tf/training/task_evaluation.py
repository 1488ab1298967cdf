"""How good a task model is on labelled examples, and which of them it gets wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_tf.logits import softmax
from bert_tf.task_folder import TaskSettings
from bert_tf.task_inputs import best_spans, entities, tags_of_words
from bert_tf.training import task_scores
from bert_tf.training.task_batches import Feature, collate
from bert_tf.training.task_files import TaskFile

#: The figure that decides which checkpoint is best.
SCORE_NAMES = {"classification": "accuracy", "pairs": "accuracy", "tagging": "entity_f1", "questions": "f1"}
BATCH_SIZE = 64
MOST_WRONG = 50


@dataclass(frozen=True)
class Evaluation:
    """What a look at labelled examples found.

    Attributes:
        figures: as `class_figures`, `entity_figures` or `question_figures` return them, and `examples`.
        wrong: up to 50 examples that the model gets wrong, plain values to read.
    """

    figures: dict
    wrong: list[dict]


def evaluate_task(model, features: Sequence[Feature], file: TaskFile, settings: TaskSettings,
                  pad_token_id: int) -> Evaluation:
    """Measures a task model.

    Args:
        model: a compiled task model.
        features: what `make_features` made of the file.
        file: the examples.
        settings: the task.
        pad_token_id: id of [PAD].
    """
    outputs = predict(model, features, pad_token_id, settings.max_length)
    judge = {"tagging": _judge_tags, "questions": _judge_answers}.get(settings.task, _judge_labels)
    figures, wrong = judge(outputs, features, file, settings)
    return Evaluation({"examples": len(file), **figures}, wrong[:MOST_WRONG])


def predict(model, features: Sequence[Feature], pad_token_id: int, max_length: int) -> dict[str, list]:
    """Returns the model's outputs, float32, a row (of at least T scores) for each feature."""
    order = sorted(range(len(features)), key=lambda i: len(features[i]))
    size = min(BATCH_SIZE, len(order))
    rows: dict[str, list] = {}
    for first in range(0, len(order), size):
        first = min(first, len(order) - size)  # the last batch takes some again: another size would be compiled anew
        chosen = order[first:first + size]
        x, _ = collate([features[i] for i in chosen], pad_token_id, max_length=max_length)
        for key, values in model.predict_on_batch(x).items():
            found = rows.setdefault(key, [None] * len(features))
            for i, value in zip(chosen, np.asarray(values).astype(np.float32)):
                found[i] = value
    return rows


def _judge_labels(outputs, features, file: TaskFile, settings: TaskSettings) -> tuple[dict, list[dict]]:
    probabilities = softmax(np.stack(outputs["logits"]))  # (examples, C)
    expected = np.array([feature.targets["labels"] for feature in features])
    predicted = probabilities.argmax(axis=-1)
    surest = sorted(np.flatnonzero(expected != predicted), key=lambda i: -probabilities[i].max())
    wrong = []
    for i in surest[:MOST_WRONG]:
        example = file.examples[i]
        pair = {} if example.text_b is None else {"text_b": example.text_b}
        wrong.append({"text": example.text, **pair, "expected": example.label,
                      "predicted": settings.labels[predicted[i]],
                      "probability": round(float(probabilities[i].max()), 4)})
    return task_scores.class_figures(expected, predicted, settings.labels), wrong


def _judge_tags(outputs, features, file: TaskFile, settings: TaskSettings) -> tuple[dict, list[dict]]:
    expected, predicted, wrong = [], [], []
    for feature, example, logits in zip(features, file.examples, outputs["logits"]):
        piece_tags = [settings.labels[i] for i in logits[:len(feature)].argmax(axis=-1)]
        tags = tags_of_words(example.spans, feature.offsets, piece_tags)
        expected.append(example.tags)
        predicted.append(tags)
        if entities(tags) != example.entities:
            wrong.append({"text": example.text, "expected": _readable(example, example.tags),
                          "predicted": _readable(example, tags)})
    return task_scores.entity_figures(expected, predicted), wrong


def _readable(example, tags: Sequence[str]) -> list[dict]:
    found = []
    for kind, first, last in entities(tags):
        start, end = example.spans[first][0], example.spans[last - 1][1]
        found.append({"label": kind, "start": start, "end": end, "text": example.text[start:end]})
    return found


def _judge_answers(outputs, features, file: TaskFile, settings: TaskSettings) -> tuple[dict, list[dict]]:
    rows: dict[int, list[int]] = {}
    for row, feature in enumerate(features):
        rows.setdefault(feature.example, []).append(row)
    predicted, wrong = [], []
    for i, example in enumerate(file.examples):
        best = best_spans([features[row].window for row in rows[i]], [outputs["start_logits"][row] for row in rows[i]],
                          [outputs["end_logits"][row] for row in rows[i]])
        start, end, probability = best[0] if best else (0, 0, 0.0)
        predicted.append(example.passage[start:end])
        answers = [text for text, _ in example.answers]
        if not task_scores.exact_match(predicted[-1], answers):
            wrong.append({"question": example.question, "passage": example.passage, "answers": answers,
                          "predicted": predicted[-1], "start": start, "end": end, "probability": round(probability, 4),
                          "f1": round(task_scores.answer_f1(predicted[-1], answers), 4)})
    figures = task_scores.question_figures(predicted, [[text for text, _ in e.answers] for e in file.examples])
    return figures, wrong
