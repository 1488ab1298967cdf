"""Static word vectors: one vector a word, whatever stands around it (word2vec).

They are the contrast to BERT: "bank" has one vector here, and another one in every sentence there.
Loading and asking need NumPy and safetensors only; `bert_tf.word2vec` trains them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

WORDS_FILE, VECTORS_FILE, CARD_FILE = "words.txt", "vectors.safetensors", "card.md"


class StaticVectors:
    """Words, most frequent first, and one vector for each.

    Args:
        words: the words, no two alike, the most frequent one first.
        vectors: (words, D), one row a word; kept as float32.
        card: what the vectors were made from, in Markdown; may be empty.

    Raises:
        ValueError: the shapes do not fit, a word is empty, holds a line break or comes twice, or a
            vector is zero or not finite (it would have no cosine).
    """

    def __init__(self, words: Sequence[str], vectors: np.ndarray, card: str = ""):
        self.words = list(words)
        self.vectors = np.asarray(vectors, dtype=np.float32)  # (words, D)
        self.card = card
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.words) or not self.vectors.size:
            raise ValueError(
                f"Expected one vector for each of {len(self.words)} words, at least one, as an array "
                f"(words, D), got shape {self.vectors.shape}."
            )
        self._rows = {word: row for row, word in enumerate(self.words)}
        if len(self._rows) != len(self.words):
            raise ValueError(f"{len(self.words) - len(self._rows)} words come more than once.")
        bad = next((word for word in self.words if not word or len(word.splitlines()) != 1), None)
        if bad is not None:
            raise ValueError(f"A word must be one line that is not empty, got {bad!r}.")
        lengths = np.linalg.norm(self.vectors, axis=1)  # (words,)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise ValueError("Every vector must be finite and not zero.")
        self._directions = self.vectors / lengths[:, None]  # (words, D), each of length 1

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dimensions(self) -> int:
        """D, the length of a vector."""
        return self.vectors.shape[1]

    @classmethod
    def load(cls, folder: str | Path) -> StaticVectors:
        """Reads the folder that `save` wrote.

        Args:
            folder: holds words.txt (one word a line), vectors.safetensors (tensor "vectors",
                (words, D)) and, if there is one, card.md.

        Raises:
            FileNotFoundError: the folder or one of the two files is not there.
            ValueError: a file cannot be read, or the two do not belong together.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        folder = Path(folder)
        for name in (WORDS_FILE, VECTORS_FILE):
            if not (folder / name).is_file():
                raise FileNotFoundError(
                    f"{folder / name} does not exist. "
                    f"A folder of word vectors holds {WORDS_FILE} and {VECTORS_FILE}."
                )
        try:
            tensors = load_file(folder / VECTORS_FILE)
            words = (folder / WORDS_FILE).read_text(encoding="utf-8").split("\n")
            card = (folder / CARD_FILE).read_text(encoding="utf-8") if (folder / CARD_FILE).is_file() else ""
        except (SafetensorError, UnicodeDecodeError) as error:
            raise ValueError(f"The word vectors in {folder} cannot be read: {error}.") from None
        if "vectors" not in tensors:
            raise ValueError(f"{folder / VECTORS_FILE} has no tensor 'vectors'; it has {sorted(tensors)}.")
        if words[-1] == "":
            words.pop()
        try:
            return cls(words, tensors["vectors"], card)
        except ValueError as error:
            raise ValueError(f"{WORDS_FILE} and {VECTORS_FILE} in {folder} do not fit: {error}") from None

    def save(self, folder: str | Path) -> None:
        """Writes words.txt, vectors.safetensors (float16: cosines change by less than 0.001) and card.md.

        Raises:
            ValueError: a number is too large for float16.
        """
        from safetensors.numpy import save

        with np.errstate(over="ignore"):
            vectors = self.vectors.astype(np.float16)  # (words, D)
        if not np.isfinite(vectors).all():
            raise ValueError("The vectors hold numbers beyond 65504, too large for float16.")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WORDS_FILE).write_text("".join(f"{word}\n" for word in self.words), encoding="utf-8")
        (folder / VECTORS_FILE).write_bytes(save({"vectors": vectors}))
        if self.card:
            (folder / CARD_FILE).write_text(self.card, encoding="utf-8")

    def _row(self, word: str) -> int | None:
        """The row of a word as it stands, or else in lower case with straight apostrophes; None if there is none."""
        return self._rows.get(word, self._rows.get(plain(word)))

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._row(word) is not None

    def vector(self, word: str) -> np.ndarray:
        """Returns the vector of a word, float32 (D,); "Bank" finds "bank".

        Raises:
            ValueError: the word is not among the words.
        """
        row = self._row(word)
        if row is None:
            raise ValueError(
                f"There is no vector for {word!r}: it is not among the {len(self):,} most frequent words of "
                "the text that these vectors come from. Try a more common word."
            )
        return self.vectors[row]

    def nearest(
        self, word_or_vector: str | np.ndarray, top_k: int = 10, exclude: Collection[str] = ()
    ) -> list[tuple[str, float]]:
        """Finds the words whose vectors point the same way.

        Args:
            word_or_vector: a word, which is then left out of the answer, or a vector (D,).
            top_k: how many words, at least 1.
            exclude: further words to leave out; unknown ones do no harm.

        Returns:
            At most top_k pairs (word, cosine in [-1, 1]), the nearest one first.

        Raises:
            ValueError: the word is unknown, the vector is zero or of the wrong shape, or top_k < 1.
        """
        if top_k < 1:
            raise ValueError(f"top_k must be at least 1, got {top_k}.")
        if isinstance(word_or_vector, str):
            vector = self.vector(word_or_vector)
            exclude = [word_or_vector, *exclude]
        else:
            vector = np.asarray(word_or_vector, dtype=np.float32)
        if vector.shape != (self.dimensions,):
            raise ValueError(f"Expected a vector of {self.dimensions} numbers, got shape {vector.shape}.")
        length = np.linalg.norm(vector)
        if not np.isfinite(length) or length == 0:
            raise ValueError("The vector must be finite and not zero: it has no direction.")
        cosines = self._directions @ (vector / length)  # (words,)
        left_out = {self._row(word) for word in exclude}
        order = np.argsort(-cosines, kind="stable")[: top_k + len(left_out)]
        kept = [row for row in order if row not in left_out][:top_k]
        return [(self.words[row], float(np.clip(cosines[row], -1.0, 1.0))) for row in kept]

    def similarity(self, a: str, b: str) -> float:
        """Returns the cosine of two words, in [-1, 1]; ValueError if one is unknown."""
        a, b = self.vector(a), self.vector(b)
        return float(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)), -1.0, 1.0))

    def analogy(self, a: str, b: str, c: str, top_k: int = 10) -> list[tuple[str, float]]:
        """Answers "a is to b as c is to ?" with the words nearest to b - a + c.

        The three are scaled to length 1 first and left out of the answer.

        Example:
            analogy("man", "king", "woman") looks near king - man + woman; one hopes for "queen".

        Raises:
            ValueError: one of the words is unknown, top_k < 1, or b - a + c is zero.

        Source: Mikolov, Yih and Zweig 2013, section 3.
        """
        a_direction, b_direction, c_direction = (
            vector / np.linalg.norm(vector) for vector in (self.vector(a), self.vector(b), self.vector(c))
        )
        return self.nearest(b_direction - a_direction + c_direction, top_k, exclude=(a, b, c))


def plain(text: str) -> str:
    """Returns a text in lower case with straight apostrophes."""
    return text.lower().replace("’", "'")
