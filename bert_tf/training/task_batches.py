"""Examples as arrays: tokenized once, then batches of like length, padded to few lengths.

Letters: B batch, T tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bert_tf.padding import padded
from bert_tf.task_folder import TaskSettings
from bert_tf.task_inputs import Span, Window, piece_of_words, question_windows
from bert_tf.tokenizer import WordPieceTokenizer, fitting
from bert_tf.training.task_files import TaskFile

#: Batches are padded to one of these lengths, so that few shapes are ever compiled.
LENGTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
#: Batches whose examples are shuffled together and then sorted by length.
SORTED_TOGETHER = 20


@dataclass(frozen=True)
class Feature:
    """One input of the model with what it should say.

    Attributes:
        example: index of the example it came from; a question has a feature for each window of its passage.
        token_ids, segment_ids: int32 (T,).
        offsets: T spans in characters; none where no task asks for them (labels of whole texts).
        targets: what the model should say, see `bert_tf.task_heads`.
        cut: word pieces that did not fit.
        window: for questions, the window.
    """

    example: int
    token_ids: np.ndarray
    segment_ids: np.ndarray
    offsets: list[Span]
    targets: dict[str, np.ndarray]
    cut: int = 0
    window: Window | None = None

    def __len__(self) -> int:
        return len(self.token_ids)


def make_features(file: TaskFile, tokenizer: WordPieceTokenizer, settings: TaskSettings) -> list[Feature]:
    """Tokenizes the examples of a file, in their order."""
    make = {"tagging": _tagging, "questions": _questions}.get(settings.task, _classification)
    ids = {label: i for i, label in enumerate(settings.labels)}
    return [feature for i, example in enumerate(file.examples)
            for feature in make(i, example, tokenizer, settings, ids)]


def _classification(i: int, example, tokenizer, settings: TaskSettings, ids: dict[str, int]) -> list[Feature]:
    sides = [tokenizer.token_ids(text) for text in (example.text, example.text_b) if text is not None]
    kept = fitting([len(side) for side in sides], settings.max_length)
    token_ids, segment_ids = [tokenizer.cls_token_id], [0]
    for segment, (side, length) in enumerate(zip(sides, kept)):
        token_ids += [*side[:length], tokenizer.sep_token_id]
        segment_ids += [segment] * (length + 1)
    targets = {"labels": np.int32(ids[example.label])}
    return [Feature(i, np.array(token_ids, np.int32), np.array(segment_ids, np.int32), [], targets,
                    cut=sum(map(len, sides)) - sum(kept))]


def _tagging(i: int, example, tokenizer, settings: TaskSettings, ids: dict[str, int]) -> list[Feature]:
    encoding = tokenizer.encode(example.text, max_length=settings.max_length)
    tags, weights = np.zeros(len(encoding), np.int32), np.zeros(len(encoding), np.float32)
    for tag, piece in zip(example.tags, piece_of_words(example.spans, encoding.offsets)):
        if piece >= 0 and not weights[piece]:  # a piece over several words has the tag of the first
            tags[piece], weights[piece] = ids[tag], 1.0
    targets = {"tags": tags, "weights": weights}
    return [Feature(i, encoding.token_ids, encoding.segment_ids, encoding.offsets, targets, encoding.cut)]


def _questions(i: int, example, tokenizer, settings: TaskSettings, ids: dict[str, int]) -> list[Feature]:
    windows = question_windows(tokenizer, example.question, example.passage, max_length=settings.max_length,
                               doc_stride=settings.doc_stride)
    text, start = example.answers[0]
    features = []
    for window in windows:
        first, last = window.find(start, start + len(text))
        targets = {"starts": np.int32(first), "ends": np.int32(last)}
        features.append(Feature(i, window.token_ids, window.segment_ids, window.offsets, targets, window.cut, window))
    return features


def padded_length(longest: int, max_length: int) -> int:
    """Returns the length to which a batch is padded, given that of its longest feature."""
    return min(next((size for size in LENGTHS if size >= longest), longest), max_length)


def collate(features: Sequence[Feature], pad_token_id: int, *, max_length: int) -> tuple[dict, dict]:
    """Pads features to a common length, which is never above `max_length`: the model's x and y."""
    length = padded_length(max(map(len, features)), max_length)
    shape = (len(features), length)
    x = padded([(feature.token_ids, feature.segment_ids) for feature in features], length=length, pad_token_id=pad_token_id)
    y = {key: np.zeros(shape if np.ndim(value) else shape[:1], value.dtype)
         for key, value in features[0].targets.items()}
    for row, feature in enumerate(features):
        for key, value in feature.targets.items():
            y[key][(row, slice(len(feature))) if np.ndim(value) else row] = value
    return x, y


def shuffled_batches(features: Sequence[Feature], batch_size: int, *, seed: int, epoch: int) -> Iterator[list[Feature]]:
    """Yields one epoch: all features in an order of its own, neighbours in length together.

    Every batch has `batch_size` features: the last one is filled up with others at random, for a batch of another
    size would be compiled anew, which takes longer than training on it.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(features))
    order = np.concatenate([order, rng.choice(len(features), -len(features) % batch_size)])
    batches = []
    for first in range(0, len(order), SORTED_TOGETHER * batch_size):
        stretch = sorted(order[first:first + SORTED_TOGETHER * batch_size], key=lambda i: len(features[i]))
        batches += [stretch[i:i + batch_size] for i in range(0, len(stretch), batch_size)]
    for i in rng.permutation(len(batches)):
        yield [features[j] for j in batches[i]]
