"""What the library answers with: frozen records of NumPy arrays and plain values.

Views draw these and nothing else; no tensor and no model ever reaches a page.
Letters in shapes: T tokens, L layers, N heads, H hidden size.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


def _same(one, two) -> bool:
    arrays = isinstance(one, np.ndarray) or isinstance(two, np.ndarray)
    return np.array_equal(one, two) if arrays else one == two


class ByValue:
    """Two records are equal when all that they hold is, number for number."""

    def __eq__(self, other) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(getattr(self, field.name), getattr(other, field.name)) for field in fields(self))


@dataclass(frozen=True, eq=False)
class Encoding(ByValue):
    """A text, or a pair of texts, as BERT takes it: [CLS] a [SEP] (b [SEP]).

    Attributes:
        tokens: T word pieces, special tokens included.
        token_ids: int32 (T,).
        segment_ids: int32 (T,), 0 up to and with the first [SEP], 1 after it.
        offsets: T pairs (start, end) in characters of the text the token came from;
            (0, 0) for [CLS] and [SEP].
        cut: word pieces left out because the text was longer than the model takes.
    """

    tokens: list[str]
    token_ids: np.ndarray
    segment_ids: np.ndarray
    offsets: list[tuple[int, int]]
    cut: int = 0

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Candidate:
    """One word piece that might stand at a position, and its probability in [0, 1]."""

    token: str
    token_id: int
    probability: float


@dataclass(frozen=True)
class PositionPrediction:
    """What the model says at one position.

    Attributes:
        position: index into the tokens.
        token: the piece that stands there.
        probability: what the model gives to that very piece.
        candidates: the most probable pieces, best first.
    """

    position: int
    token: str
    probability: float
    candidates: list[Candidate]


@dataclass(frozen=True, eq=False)
class NextSentence(ByValue):
    """The verdict on a pair of sentences.

    Attributes:
        is_next: probability in [0, 1] that the second follows the first.
        logits: float32 (2,), the scores of "is next" and "is random".
        encoding: the pair as the model saw it.
    """

    is_next: float
    logits: np.ndarray
    encoding: Encoding


@dataclass(frozen=True, eq=False)
class Trace(ByValue):
    """Everything the encoder computed on the way.

    Attributes:
        encoding: the input as the model saw it.
        hidden_states: float32 (L+1, T, H); index 0 is the embedding output (it already holds
            position and segment), index l the output of block l.
        attentions: float32 (L, N, T, T); entry [l, n, i, j] is how much token i looks at token j
            in head n of block l; rows sum to 1.
        pooled: float32 (H,), tanh of a dense layer on [CLS]; None where the model has no pooler.
    """

    encoding: Encoding
    hidden_states: np.ndarray
    attentions: np.ndarray
    pooled: np.ndarray | None

    @property
    def tokens(self) -> list[str]:
        """T word pieces."""
        return self.encoding.tokens

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """T pairs (start, end) in characters."""
        return self.encoding.offsets

    @property
    def segment_ids(self) -> np.ndarray:
        """int32 (T,)."""
        return self.encoding.segment_ids


@dataclass(frozen=True)
class LabelProbability:
    """A label that a text might have, and its probability in [0, 1]."""

    label: str
    probability: float


@dataclass(frozen=True)
class WordInfluence:
    """What one word does to the label of a text.

    Attributes:
        word: the word as it stands in the text.
        which: 0 for the text, 1 for the second text of a pair.
        start, end: where it stands there, in characters.
        without: probability in [0, 1] of the label when the word is hidden behind [MASK].
        weight: log-odds of the label with the word less those without it, in nats: above 0 the word speaks for the
            label, below 0 against it.
    """

    word: str
    which: int
    start: int
    end: int
    without: float
    weight: float


@dataclass(frozen=True)
class Influence:
    """What every word of a text does to its label.

    Attributes:
        label: the label.
        probability: of the label, nothing hidden, in [0, 1].
        words: every word that the model sees, in the order of the text.
    """

    label: str
    probability: float
    words: list[WordInfluence]


@dataclass(frozen=True)
class Entity:
    """A name found in a text: text[start:end], in characters; or a word with its label.

    Attributes:
        text: the name.
        label: its type, for example PER, or the whole label of a word.
        start, end: where it stands.
        score: mean probability in [0, 1] of its words' tags.
    """

    text: str
    label: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Answer:
    """A stretch of a passage that may answer a question: passage[start:end], in characters.

    Attributes:
        text: the answer.
        start, end: where it stands.
        score: its probability in [0, 1] among all stretches of the passage.
    """

    text: str
    start: int
    end: int
    score: float
