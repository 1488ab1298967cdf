"""Labelled examples, each kind a frozen record."""

from __future__ import annotations

from dataclasses import dataclass

from bert_tf.task_inputs import Span, entities


@dataclass(frozen=True)
class TextExample:
    """A text, or a pair of texts, and its label."""

    text: str
    label: str
    text_b: str | None = None

    @property
    def characters(self) -> int:
        """Length of all its text."""
        return len(self.text) + len(self.text_b or "")


@dataclass(frozen=True)
class TaggedExample:
    """A text cut into W words, each with a BIO tag.

    Attributes:
        text: the text, or the words written as one.
        spans: W pairs (start, end) in characters of the text.
        tags: W tags.
    """

    text: str
    spans: tuple[Span, ...]
    tags: tuple[str, ...]

    @property
    def entities(self) -> list[tuple[str, int, int]]:
        """(type, first word, last word + 1) of each entity."""
        return entities(self.tags)

    @property
    def characters(self) -> int:
        """Length of its text."""
        return len(self.text)


@dataclass(frozen=True)
class QuestionExample:
    """A question about a passage, with the answers that count as right.

    Attributes:
        question, passage: the texts.
        answers: (text, start) pairs; passage[start:start + len(text)] is the text.
        group: the number of the passage in the file.
        id: the question's id in the file.
    """

    question: str
    passage: str
    answers: tuple[tuple[str, int], ...]
    group: int
    id: str

    @property
    def characters(self) -> int:
        """Length of the passage."""
        return len(self.passage)
