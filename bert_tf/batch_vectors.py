"""Word vectors of many sentences at once: whole batches of hidden states, no attention kept.

Letters in shapes: B batch, n texts, T tokens, P pieces of a word, m tokens, L layers, H hidden.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from bert_tf.compiled import compiled
from bert_tf.explore import Bert, find_word, folded_word
from bert_tf.padding import bucket, padded
from bert_tf.results import Encoding

#: Batches have one of these sizes, the rest of the last one is padding, so that few shapes are ever compiled.
BATCH_SIZES = (8, 32)
#: How many tokens' vectors a reading keeps as the crowd that its word is compared with.
CROWD = 2000
#: How much of the sentence the model may see: all, or nothing behind the word, or nothing before it.
CONTEXTS = ("full", "left", "right")
#: What becomes of the rest: it is cut off, or every piece of it is replaced by [MASK].
WAYS_TO_HIDE = ("cut", "mask")


@dataclass(frozen=True)
class WordReading:
    """What a model made of a word in several texts.

    Attributes:
        texts: the n texts that hold the word.
        spans: n pairs (start, end), where it first stands in them, in characters.
        pieces: for each text the word's tokens.
        piece_vectors: for each text float32 (P, L+1, H).
        vectors: float32 (n, L+1, H), the means over the pieces.
        crowd: float32 (m, L+1, H), all real tokens of these texts, or an even choice of `CROWD` of them.
        missing: the texts that do not hold it.
    """

    texts: list[str]
    spans: list[tuple[int, int]]
    pieces: list[list[str]]
    piece_vectors: list[np.ndarray]
    vectors: np.ndarray
    crowd: np.ndarray
    missing: list[str]


def hidden_states(bert: Bert, encodings: Sequence[Encoding]) -> Iterator[tuple[int, np.ndarray]]:
    """Runs many texts through the encoder, short ones first, in batches of one length.

    Args:
        bert: the model.
        encodings: the texts, as `Bert.encode` gives them.

    Yields:
        Pairs (index into the encodings, float32 (L+1, T, H)); the order is not that of the encodings.
    """
    run = _hidden_states_of(bert)
    by_length: dict[int, list[int]] = {}
    for index, encoding in enumerate(encodings):
        by_length.setdefault(bucket(len(encoding), bert.max_length), []).append(index)
    for length, indices in sorted(by_length.items()):
        for chunk in _chunks(indices):
            texts = [(encodings[index].token_ids, encodings[index].segment_ids) for index in chunk]
            states = run(padded(texts, length=length, pad_token_id=bert.tokenizer.pad_token_id,
                                rows=next(size for size in BATCH_SIZES if size >= len(chunk))))["hidden_states"]
            for index, state in zip(chunk, states):  # (L+1, padded T, H)
                yield index, state[:, :len(encodings[index])]


def read_word(bert: Bert, texts: Sequence[str], word: str, *, context: str = "full", hide: str = "cut") -> WordReading:
    """Reads a word in many texts; its vectors are those of `Bert.word_vectors`.

    Args:
        bert: the model.
        texts: the texts; of each the first occurrence of the word counts.
        word: the word.
        context: one of `CONTEXTS`. The word itself is always seen.
        hide: one of `WAYS_TO_HIDE`; says how the rest is hidden where `context` is not "full".

    Returns:
        The reading. A text that is empty or does not hold the word is among the missing ones.

    Raises:
        ValueError: another context or way to hide, one string instead of texts, or an empty word.

    Example: with context="left" and hide="cut", "The bank lent him money." is read as "The bank".
    """
    if context not in CONTEXTS or hide not in WAYS_TO_HIDE:
        raise ValueError(f"context is one of {CONTEXTS} and hide one of {WAYS_TO_HIDE}, got {context!r}, {hide!r}.")
    if isinstance(texts, str):
        raise ValueError("The texts should be a list of strings, not one string: give [text].")
    folded_word(word, bert.tokenizer.lowercase)  # raises where there is nothing to look for
    kept, missing, encodings, positions, spans, pieces = [], [], [], [], [], []
    for text in texts:
        try:
            encoding = bert.encode(text)
            found = find_word(encoding, text, word, ignore_case=bert.tokenizer.lowercase)[0]
        except ValueError:
            missing.append(text)
            continue
        spans.append((encoding.offsets[found[0]][0], encoding.offsets[found[-1]][1]))
        pieces.append([encoding.tokens[i] for i in found])
        encoding, found = narrowed(encoding, found, context, hide, bert.tokenizer.mask_token_id)
        kept.append(text)
        encodings.append(encoding)
        positions.append(found)
    crowd_places = _crowd_places(encodings)
    piece_vectors, crowd = [None] * len(kept), [None] * len(kept)
    for index, states in hidden_states(bert, encodings):
        piece_vectors[index] = states[:, positions[index]].transpose(1, 0, 2).copy()  # (P, L+1, H)
        crowd[index] = states[:, crowd_places[index]].transpose(1, 0, 2).copy()  # (places, L+1, H)
    empty = np.zeros((0, bert.config.num_hidden_layers + 1, bert.config.hidden_size), np.float32)
    vectors = np.array([every.mean(axis=0) for every in piece_vectors], np.float32) if kept else empty
    return WordReading(kept, spans, pieces, piece_vectors, vectors, np.concatenate([empty, *crowd]), missing)


def narrowed(encoding: Encoding, found: Sequence[int], context: str, hide: str,
             mask_token_id: int) -> tuple[Encoding, list[int]]:
    """Hides what stands behind a word, or before it.

    Args:
        encoding: a text, not a pair.
        found: the indices of the word's pieces.
        context, hide: as in `read_word`.
        mask_token_id: the id of [MASK].

    Returns:
        The encoding that is left, and where the word stands in it.

    Example: [CLS] the bank lent [SEP] with found = [2] and context "left" becomes [CLS] the bank [SEP] (cut) or
    [CLS] the bank [MASK] [SEP] (mask); with context "right" and cut it is [CLS] bank lent [SEP], found [1].
    """
    first, last, end = found[0], found[-1], len(encoding) - 1  # [SEP] is at `end`
    hidden = {"full": range(0), "left": range(last + 1, end), "right": range(1, first)}[context]
    if hide == "mask":
        token_ids, tokens = encoding.token_ids.copy(), list(encoding.tokens)
        for i in hidden:
            token_ids[i], tokens[i] = mask_token_id, "[MASK]"
        return Encoding(tokens, token_ids, encoding.segment_ids, encoding.offsets, encoding.cut), list(found)
    seen = [i for i in range(end + 1) if i not in hidden]
    return Encoding([encoding.tokens[i] for i in seen], encoding.token_ids[seen], encoding.segment_ids[seen],
                    [encoding.offsets[i] for i in seen], encoding.cut), [seen.index(i) for i in found]


def _crowd_places(encodings: Sequence[Encoding]) -> list[list[int]]:
    """Chooses the tokens of the crowd: for each text, indices of real ones, evenly over all texts."""
    every = [(text, i) for text, encoding in enumerate(encodings)
             for i, (start, end) in enumerate(encoding.offsets) if end > start]
    places = [[] for _ in encodings]
    for row in np.linspace(0, len(every) - 1, min(len(every), CROWD)).astype(int):
        text, i = every[row]
        places[text].append(i)
    return places


def _chunks(indices: list[int]) -> list[list[int]]:
    largest = BATCH_SIZES[-1]
    return [indices[start:start + largest] for start in range(0, len(indices), largest)]


#: The compiled models, one a Bert that is alive.
_COMPILED: WeakKeyDictionary = WeakKeyDictionary()
_BUILDING = threading.Lock()


def _hidden_states_of(bert: Bert):
    """Returns the compiled model from inputs to {"hidden_states": (B, L+1, T, H)} over the Bert's own weights."""
    with _BUILDING:
        if bert not in _COMPILED:
            _COMPILED[bert] = compiled(_observer(bert.model.encoder))
        return _COMPILED[bert]


def _observer(encoder):
    import keras

    from bert_tf.model import ENCODER_INPUTS

    inputs = {key: keras.Input((None,), dtype="int32", name=key) for key in ENCODER_INPUTS}
    x = encoder.embeddings(inputs["token_ids"], inputs["segment_ids"])
    states = [x]
    for block in encoder.blocks:
        states.append(block(states[-1], inputs["padding_mask"]))
    outputs = {"hidden_states": keras.ops.cast(keras.ops.stack(states, axis=1), "float32")}
    return keras.Model(inputs, outputs, name="observer")
