"""Ask a BERT: text in, records of NumPy arrays out.

Letters in shapes: T tokens, L layers, N heads, H hidden, V vocabulary.
"""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from functools import cached_property
from pathlib import Path

import numpy as np

from bert_tf import checkpoint
from bert_tf.compiled import compiled
from bert_tf.config import BertConfig
from bert_tf.logits import softmax
from bert_tf.padding import bucket, padded
from bert_tf.records import require_integer
from bert_tf.results import Candidate, Encoding, NextSentence, PositionPrediction, Trace
from bert_tf.tokenizer import SPECIAL_TOKENS, WordPieceTokenizer


def load(folder: str | Path) -> "Bert":
    """Opens any BERT folder, ours or Hugging Face's, ready to be asked.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: a file is damaged, or the files do not fit each other.

    Example: `bert_tf.load("saved_models/bert-small-en-zh").fill_mask("The [MASK] sat on the mat.")`
    """
    folder = Path(os.path.expanduser(folder))  # Path.expanduser raises an error of its own where there is no such user
    return Bert(checkpoint.load(folder), folder)


class Bert:
    """A BERT that answers questions about text. Safe to share between threads.

    Attributes:
        config: its shape.
        tokenizer: its tokenizer.
        folder: where it came from.
    """

    def __init__(self, loaded: checkpoint.LoadedBert, folder: Path):
        self.config: BertConfig = loaded.model.config
        self.tokenizer: WordPieceTokenizer = loaded.tokenizer
        self.folder = folder
        self._parts = loaded.parts
        self._model = loaded.model
        self._run = compiled(self._model)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        shape = self.config
        return (f"Bert({str(self.folder)!r}: {shape.num_hidden_layers} layers of {shape.num_attention_heads} heads, "
                f"hidden size {shape.hidden_size}, {shape.vocab_size:,} word pieces)")

    def __reduce__(self):
        return load, (self.folder.resolve(),)  # in another process it is opened anew

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    @property
    def max_length(self) -> int:
        """The longest input in tokens, [CLS] and [SEP] included."""
        return self.config.max_position_embeddings

    @property
    def has_mlm_head(self) -> bool:
        """Whether it can fill masks."""
        return "mlm_head" in self._parts

    @property
    def has_nsp_head(self) -> bool:
        """Whether it can judge pairs."""
        return {"nsp_head", "pooler"} <= self._parts

    @property
    def model(self):
        """The Keras model, a `bert_tf.model.BertForPreTraining`."""
        return self._model

    def encode(self, text: str, text_b: str | None = None) -> Encoding:
        """Tokenizes a text or a pair, cut to the model's length.

        Raises:
            ValueError: a text is empty, or holds nothing that the tokenizer keeps; or a pair for a model of one segment.
        """
        if text_b is not None and self.config.type_vocab_size < 2:  # compilers clamp the segment without a word
            raise ValueError(f"{self.name} reads one text at a time, not pairs: it knows no second segment "
                             "(type_vocab_size 1). Leave the second text out, or choose another model.")
        named = [("The text", text)] + ([("The second text", text_b)] if text_b is not None else [])
        for name, value in named:
            if not isinstance(value, str):
                raise ValueError(f"{name} should be one string, not {type(value).__name__}; ask once for each text.")
            if not value.strip():
                raise ValueError(f"{name} is empty; type a sentence.")
        encoding = self.tokenizer.encode(text, text_b, max_length=self.max_length)
        added = (self.tokenizer.cls_token_id, self.tokenizer.sep_token_id)
        kept = set(encoding.segment_ids[~np.isin(encoding.token_ids, added)].tolist())
        for segment, (name, _) in enumerate(named):
            if segment not in kept:
                raise ValueError(f"{name} holds no character that the tokenizer keeps; type some words.")
        return encoding

    def fill_mask(self, text: str, text_b: str | None = None, *, top_k: int = 5) -> list[list[Candidate]]:
        """Says what might stand at each [MASK].

        Args:
            text: a text with one or more [MASK].
            text_b: a second text, judged as a pair with the first; it may hold [MASK] too.
            top_k: candidates a mask, best first.

        Returns:
            One list of candidates per [MASK], in the order of the text. Several masks are filled
            independently of each other.

        Raises:
            ValueError: no [MASK] in what the model reads, no masked-word head, or an empty text.
        """
        self._require("mlm_head", self.has_mlm_head, "fill masks")
        require_integer("top_k", top_k, minimum=1)
        encoding = self.encode(text, text_b)
        positions = np.flatnonzero(encoding.token_ids == self.tokenizer.mask_token_id)
        if not len(positions):
            cut = f" ({encoding.cut} pieces at the end were cut off)" if encoding.cut else ""
            raise ValueError(f"There is no [MASK] in the text{cut}; write [MASK] where a word should be filled in.")
        return [self._candidates(row, top_k) for row in self._mask_probabilities(encoding, positions)]

    def predict_positions(self, text: str, text_b: str | None = None, *, top_k: int = 5) -> list[PositionPrediction]:
        """Says what the model would put at every position of the text as it stands, nothing masked.

        Raises:
            ValueError: no masked-word head, or an empty text.
        """
        self._require("mlm_head", self.has_mlm_head, "predict words")
        require_integer("top_k", top_k, minimum=1)
        encoding = self.encode(text, text_b)
        rows = self._mask_probabilities(encoding, np.arange(len(encoding)))
        return [PositionPrediction(i, token, float(row[encoding.token_ids[i]]), self._candidates(row, top_k))
                for i, (token, row) in enumerate(zip(encoding.tokens, rows))]

    def next_sentence(self, text_a: str, text_b: str) -> NextSentence:
        """Says how probable it is that the second text follows the first.

        Raises:
            ValueError: no next-sentence head, or an empty text.
        """
        self._require("nsp_head", self.has_nsp_head, "judge whether a sentence follows another")
        if text_b is None:
            raise ValueError("A pair has two texts; give a second one.")
        encoding = self.encode(text_a, text_b)
        logits = self._pretraining_logits(encoding, np.zeros(1, np.int32))["nsp_logits"][0].astype(np.float32)
        return NextSentence(is_next=float(softmax(logits)[0]), logits=logits, encoding=encoding)

    def trace(self, text: str, text_b: str | None = None) -> Trace:
        """Returns every hidden state and every head's attention.

        Raises:
            ValueError: an empty text.
        """
        encoding = self.encode(text, text_b)
        length = len(encoding)
        with self._lock:
            outputs = self._trace(self._inputs(encoding))
        return Trace(
            encoding=encoding,
            hidden_states=np.ascontiguousarray(outputs["hidden_states"][0, :, :length]),
            attentions=np.ascontiguousarray(outputs["attentions"][0, :, :, :length, :length]),
            pooled=outputs["pooled_output"][0] if "pooler" in self._parts else None,
        )

    def word_positions(self, text: str, word: str) -> list[list[int]]:
        """Finds a word among the tokens of a text.

        Returns:
            For each occurrence, the indices of its pieces. A word written in letters only counts
            where it stands alone (`bank`, not `banker`); Chinese words are found anywhere.

        Raises:
            ValueError: the word is empty or not in what the model reads of the text.
        """
        return find_word(self.encode(text), text, word, ignore_case=self.tokenizer.lowercase)

    def word_vectors(self, text: str, word: str) -> np.ndarray:
        """Returns the word's vector in this text at every layer, float32 (L+1, H).

        The mean over its pieces, at its first occurrence.

        Raises:
            ValueError: the word is empty or not in what the model reads of the text.
        """
        trace = self.trace(text)
        positions = find_word(trace.encoding, text, word, ignore_case=self.tokenizer.lowercase)[0]
        return trace.hidden_states[:, positions].mean(axis=1)

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the pretraining model on a batch, compiled once for every shape.

        Args:
            batch: int32 `token_ids`, `segment_ids`, `padding_mask` (B, T) and `mask_positions` (B, P).

        Returns:
            `{"mlm_logits": (B, P, V), "nsp_logits": (B, 2)}`, float32.
        """
        with self._lock:
            return self._run(batch)

    @cached_property
    def _trace(self):
        from bert_tf.model import tracer

        return compiled(tracer(self._model.encoder))

    def _mask_probabilities(self, encoding: Encoding, positions: np.ndarray) -> np.ndarray:
        """Returns probabilities (P, V) at the given positions."""
        logits = self._pretraining_logits(encoding, positions)["mlm_logits"][0]  # (P bucket, V)
        return softmax(logits[:len(positions), :self.tokenizer.vocab_size])

    def _pretraining_logits(self, encoding: Encoding, positions: np.ndarray) -> dict[str, np.ndarray]:
        # few shapes: one mask, a few masks, or a slot for every token of the bucket
        slots = next(size for size in (1, 4, bucket(len(encoding), self.max_length)) if size >= len(positions))
        mask_positions = np.zeros((1, slots), np.int32)
        mask_positions[0, :len(positions)] = positions
        return self.run({**self._inputs(encoding), "mask_positions": mask_positions})

    def _inputs(self, encoding: Encoding) -> dict[str, np.ndarray]:
        """Pads an encoding to its bucket, as a batch of one."""
        return padded([(encoding.token_ids, encoding.segment_ids)], length=bucket(len(encoding), self.max_length),
                      pad_token_id=self.tokenizer.pad_token_id)

    def _candidates(self, probabilities: np.ndarray, top_k: int) -> list[Candidate]:
        top_k = min(top_k, len(probabilities))
        best = np.argpartition(-probabilities, top_k - 1)[:top_k]
        best = best[np.argsort(-probabilities[best], kind="stable")]
        return [Candidate(self.tokenizer.id_to_token(int(i)), int(i), float(probabilities[i])) for i in best]

    def _require(self, part: str, present: bool, deed: str) -> None:
        if not present:
            raise ValueError(f"{self.name} is an encoder without the {part}, so it cannot {deed}. "
                             "Choose a model that was saved with its pretraining heads.")


def find_word(encoding: Encoding, text: str, word: str, *, ignore_case: bool) -> list[list[int]]:
    """Finds a word's pieces in the first text of an encoding; see `Bert.word_positions`."""
    wanted = folded_word(word, ignore_case)
    seen, origins = fold(text, ignore_case)
    # A character of a written-together word: no Chinese character or kana, which touch their neighbours.
    letter = r"(?:[^\W\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[\u0300-\u036f])"
    pattern = re.escape(wanted)
    pattern = (rf"(?<!{letter})" if re.match(letter, wanted[0]) else "") + pattern
    pattern += rf"(?!{letter})" if re.match(letter, wanted[-1]) else ""
    found = []
    for match in re.finditer(pattern, seen):
        first, last = origins[match.start()], origins[match.end() - 1] + 1
        pieces = [i for i, (start, end) in enumerate(encoding.offsets)
                  if encoding.segment_ids[i] == 0 and start < last and end > first]
        if not pieces or encoding.offsets[pieces[-1]][1] < last:  # cut off, wholly or in part
            continue
        start, end = encoding.offsets[pieces[0]]
        if text[start:end] in SPECIAL_TOKENS and (start, end) != (first, last):  # `mask` inside [MASK]
            continue
        found.append(pieces)
    if not found:
        cut = f" in the part that the model reads ({encoding.cut} pieces were cut)" if encoding.cut else ""
        raise ValueError(f"The word {word!r} does not stand in the text{cut}: {text[:60]!r}.")
    return found


def folded_word(word: str, ignore_case: bool) -> str:
    """Returns what is looked for when somebody asks for a word; see `fold`.

    Raises:
        ValueError: it is no string, or an empty one.
    """
    if not isinstance(word, str):
        raise ValueError(f"The word should be a string, not {type(word).__name__}.")
    folded = fold(word.strip(), ignore_case)[0]
    if not folded:
        raise ValueError("The word is empty; type the word to look at.")
    return folded


def fold(text: str, ignore_case: bool) -> tuple[str, list[int]]:
    """Returns what tells words apart in a text, and the index that each of its characters came from.

    Invisible characters go, as they do in the tokenizer; accents and case as well where it drops them.

    Example: fold("Caf\u00e9", True) gives ("cafe", [0, 1, 2, 3]).
    """
    kept = []
    for index, character in enumerate(text):
        for part in unicodedata.normalize("NFD", character.lower()) if ignore_case else character:
            category = unicodedata.category(part)
            if not (category == "Mn" and ignore_case or category in ("Cc", "Cf") and not part.isspace()):
                kept.append((part, index))
    return "".join(part for part, _ in kept), [index for _, index in kept]
