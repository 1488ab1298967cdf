"""Use a fine-tuned BERT: classify texts, find entities, answer questions about a passage.

Letters in shapes: T tokens, C labels.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np

from bert_tf.compiled import compiled
from bert_tf.config import BertConfig
from bert_tf.influence import hidden_words, weighed
from bert_tf.logits import softmax
from bert_tf.padding import bucket, padded
from bert_tf.records import require_integer
from bert_tf.results import Answer, Encoding, Entity, Influence, LabelProbability
from bert_tf.task_folder import ARCHITECTURES, LoadedTask, TaskSettings, load_task, require_second_segment
from bert_tf.task_inputs import best_spans, entities, piece_of_words, question_windows, tags_of_words, word_spans
from bert_tf.tokenizer import WordPieceTokenizer

#: Windows of a passage answered together.
WINDOWS_AT_ONCE = 8


def load_finetuned(folder: str | Path) -> "Finetuned":
    """Opens the folder of a fine-tuned BERT, ours or one that transformers wrote, ready to be asked.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: it is no fine-tuned model, a file is damaged, or the files do not fit each other.

    Example: `bert_tf.load_finetuned("runs/sentiment/model").classify("Never again.")`
    """
    folder = Path(os.path.expanduser(folder))  # Path.expanduser raises an error of its own where there is no such user
    return Finetuned(load_task(folder), folder)


class Finetuned:
    """A fine-tuned BERT that answers. Safe to share between threads.

    Attributes:
        config: its shape.
        tokenizer: its tokenizer.
        settings: task, labels and lengths.
        folder: where it came from.
    """

    def __init__(self, loaded: LoadedTask, folder: Path):
        self.config: BertConfig = loaded.model.config
        self.tokenizer: WordPieceTokenizer = loaded.tokenizer
        self.settings: TaskSettings = loaded.settings
        self.folder = folder
        self._answer = compiled(loaded.model)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        shape, labels = self.config, f", {len(self.labels)} labels" if self.labels else ""
        return (f"Finetuned({str(self.folder)!r}: {self.task}{labels}, "
                f"{shape.num_hidden_layers} layers of {shape.num_attention_heads} heads, "
                f"hidden size {shape.hidden_size}, {shape.vocab_size:,} word pieces)")

    def __reduce__(self):
        return load_finetuned, (self.folder.resolve(),)  # in another process it is opened anew

    @property
    def task(self) -> str:
        """`classification`, `pairs`, `tagging` or `questions`."""
        return self.settings.task

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the C labels or tags; none for questions."""
        return self.settings.labels

    @property
    def max_length(self) -> int:
        """The longest input in tokens, [CLS] and [SEP] included."""
        return self.settings.max_length

    def encode(self, text: str, text_b: str | None = None) -> Encoding:
        """Tokenizes a text or a pair as `classify` does; `cut` says how many pieces at the end it will not see.

        Raises:
            ValueError: a text is empty, or holds nothing that the tokenizer keeps; or the model takes no pairs.
        """
        for name, value in [("text", text)] + ([("second text", text_b)] if text_b is not None else []):
            require_text(name, value)
            if not self.tokenizer.token_ids(value):
                raise ValueError(f"The {name} is empty, or holds no character that the tokenizer keeps; type some "
                                 "words.")
        if text_b is not None:
            require_second_segment(self.config, self.folder)
        return self.tokenizer.encode(text, text_b, max_length=self.max_length)

    def classify(self, text: str, text_b: str | None = None) -> list[LabelProbability]:
        """Says how probable each label is, the most probable first.

        Args:
            text: a text; what is longer than the model takes is cut, see `encode`.
            text_b: the second text of a pair.

        Raises:
            ValueError: the model is for another task, a text is empty, or a pair model got a single text.
        """
        encoding = self._encode_for_label(text, text_b)
        row = softmax(self._run([(encoding.token_ids, encoding.segment_ids)])["logits"][0])  # (C,)
        return [LabelProbability(self.labels[i], float(row[i])) for i in np.argsort(-row, kind="stable")]

    def influence(self, text: str, text_b: str | None = None, *, label: str | None = None) -> Influence:
        """Says which words the label rests on: hides them behind [MASK], one after the other, and looks again.

        See `bert_tf.influence` for what this sees and what not.

        Args:
            text, text_b: as for `classify`.
            label: the label looked at; None for the most probable one.

        Raises:
            ValueError: as for `classify`, or a label that the model does not know.
        """
        encoding = self._encode_for_label(text, text_b)
        if label is not None and label not in self.labels:
            raise ValueError(f"{self.folder} does not know the label {label!r}; it knows {', '.join(self.labels)}.")
        words, rows = hidden_words(encoding, self.tokenizer)
        logits = np.concatenate([
            self._run([(row, encoding.segment_ids) for row in rows[first:first + WINDOWS_AT_ONCE]])["logits"]
            [:len(rows) - first] for first in range(0, len(rows), WINDOWS_AT_ONCE)])  # (1+W, C)
        chosen = int(logits[0].argmax()) if label is None else self.labels.index(label)
        return weighed((text, text_b), encoding, words, logits, chosen, self.labels[chosen])

    def _encode_for_label(self, text: str, text_b: str | None) -> Encoding:
        self._require("BertForSequenceClassification", "classify texts")
        if self.task == "pairs" and text_b is None:
            raise ValueError(f"{self.folder} judges pairs of texts; give a second one.")
        return self.encode(text, text_b)

    def tag(self, text: str) -> list[Entity]:
        """Finds the entities of a text, in its order.

        A word has the tag of its first piece, a Chinese character its own; an entity's score is the mean
        probability of its words' tags. Texts longer than the model are read in stretches, cut between words. Where
        the labels are no tags of entities (BIO, IOBES or BILOU) but, say, parts of speech, every word is an entry
        with its label, unless that is O.

        Raises:
            ValueError: the model is for another task, or the text is empty.
        """
        self._require("BertForTokenClassification", "find entities")
        require_text("text", text)
        pieces = self.tokenizer.pieces(text)
        if not pieces:
            raise ValueError("The text is empty, or holds no character that the tokenizer keeps; type some words.")
        spans, offsets = word_spans(text), [(start, end) for _, _, start, end in pieces]
        rows = []
        for first, last in self._stretches(piece_of_words(spans, offsets), len(pieces)):
            ids = [piece[1] for piece in pieces[first:last]]
            ids = np.array([self.tokenizer.cls_token_id, *ids, self.tokenizer.sep_token_id], np.int32)
            rows.append(softmax(self._run([(ids, np.zeros_like(ids))])["logits"][0, 1:len(ids) - 1]))
        probabilities = np.concatenate(rows)  # (T, C)
        tags = tags_of_words(spans, offsets, [self.labels[i] for i in probabilities.argmax(axis=-1)])
        speakers = piece_of_words(spans, offsets)
        found = []
        for label, first, last in entities(tags):
            start, end = spans[first][0], spans[last - 1][1]
            score = float(np.mean([probabilities[speakers[word]].max() for word in range(first, last)]))
            found.append(Entity(text[start:end], label, start, end, score))
        return found

    def _stretches(self, speakers: list[int], pieces: int) -> list[tuple[int, int]]:
        """Cuts pieces into stretches that the model takes, where a word begins if one does."""
        room, first, stretches = self.max_length - 2, 0, []
        borders = set(speakers)
        while pieces - first > room:
            last = next((i for i in range(first + room, first + room // 2, -1) if i in borders), first + room)
            stretches.append((first, last))
            first = last
        return [*stretches, (first, pieces)]

    def answer(self, question: str, passage: str, *, top_k: int = 1) -> list[Answer]:
        """Finds the stretches of a passage that answer a question, the most probable first.

        Args:
            question: the question.
            passage: the text that holds the answer; long ones are read in overlapping windows.
            top_k: answers wanted; fewer come where the passage is too short.

        Raises:
            ValueError: the model is for another task, question or passage is empty, or `top_k` is no count.
        """
        self._require("BertForQuestionAnswering", "answer questions")
        require_integer("top_k", top_k, minimum=1)
        for name, value in (("question", question), ("passage", passage)):
            require_text(name, value)
        require_second_segment(self.config, self.folder)
        windows = question_windows(self.tokenizer, question, passage, max_length=self.max_length,
                                   doc_stride=self.settings.doc_stride)
        starts, ends = [], []
        for first in range(0, len(windows), WINDOWS_AT_ONCE):
            scores = self._run([(w.token_ids, w.segment_ids) for w in windows[first:first + WINDOWS_AT_ONCE]])
            starts += list(scores["start_logits"])
            ends += list(scores["end_logits"])
        return [Answer(passage[start:end], start, end, probability)
                for start, end, probability in best_spans(windows, starts, ends, top_k)]

    def _run(self, inputs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
        """Runs the model on (token_ids, segment_ids) pairs, padded to few shapes: 1 or 8 rows, lengths by bucket."""
        rows = 1 if len(inputs) == 1 else WINDOWS_AT_ONCE
        length = bucket(max(len(ids) for ids, _ in inputs), self.config.max_position_embeddings)
        batch = padded(inputs, length=length, pad_token_id=self.tokenizer.pad_token_id, rows=rows)
        with self._lock:
            return self._answer(batch)

    def _require(self, architecture: str, deed: str) -> None:
        if ARCHITECTURES[self.task] != architecture:
            raise ValueError(f"{self.folder} was fine-tuned for {self.task}, so it cannot {deed}. Choose another "
                             "model.")


def require_text(name: str, value) -> None:
    """Refuses anything but one string."""
    if not isinstance(value, str):
        raise ValueError(f"The {name} should be one string, not {type(value).__name__}; ask once for each text.")
