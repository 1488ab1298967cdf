"""WordPiece as Google's BERT does it: text in, token ids and character offsets out, and back again.

Two roads lead to the same ids. `token_ids` is the fast one for corpora: whole-string operations and caches.
`pieces` is the exact one for people who look at single tokens: each piece knows which characters of the
original text it came from. What is cleaned, lowercased and split is up to `text_normalization`.
Source: Devlin et al. 2019, section 3; Wu et al. 2016 (WordPiece).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bert_tf.records import require_integer
from bert_tf.results import Encoding
from bert_tf.text_normalization import (  # noqa: F401 - some are offered from here as well
    CLS,
    IDEOGRAPH_BLOCKS,
    MASK,
    PAD,
    SEP,
    SPECIAL_TOKENS,
    UNK,
    Aligned,
    is_ideograph,
    is_punctuation,
    join_words,
    split_special_tokens,
    split_words,
    split_words_aligned,
)
from bert_tf.tokenizer_files import LONGEST_WORD, TokenizerFiles, read_tokenizer_files, write_tokenizer_files
from bert_tf.vocabulary import check_vocabulary, hash_vocabulary

#: Caches are emptied when they hold this many entries; longer runs between spaces are not worth keeping.
CACHE_ENTRIES = 300_000
CACHED_CHARACTERS = 24

#: A text that is to be cut is read in stretches of about so many characters, each up to a place that nothing in the
#: algorithm looks across: before a space or a Chinese character.
STRETCH = 2000
_SEAM = re.compile(r"[ \u4e00-\u9fff]")


class WordPieceTokenizer:
    """Google's BERT tokenization over one vocabulary.

    Args:
        vocab: the pieces in the order of their ids; pieces inside a word start with "##". The five special
            tokens may stand anywhere.
        lowercase: lowercase and strip accents (the "uncased" models).
        max_characters_per_word: longer words become [UNK]; 200 in Google's code, 100 in transformers.

    Attributes:
        special_token_ids: the ids of [PAD], [UNK], [CLS], [SEP] and [MASK], in this order.
        vocab_hash: SHA-256 in hex over all that ids depend on: equal hashes give equal ids.

    Raises:
        ValueError: special tokens are missing, or pieces are empty, repeated, hold a line break or half a
            surrogate pair; or an option is not what it should be.
    """

    def __init__(
        self, vocab: Sequence[str], *, lowercase: bool = True, max_characters_per_word: int = LONGEST_WORD
    ):
        require_integer("max_characters_per_word", max_characters_per_word, minimum=1)
        if not isinstance(lowercase, bool):
            raise ValueError(f"lowercase should be True or False, not {lowercase!r}.")
        check_vocabulary(vocab)
        self.vocab = list(vocab)
        self.lowercase = lowercase
        self.max_characters_per_word = max_characters_per_word
        options = {"lowercase": lowercase}
        if max_characters_per_word != LONGEST_WORD:  # left out where it is the usual one
            options["max_characters_per_word"] = max_characters_per_word
        self.vocab_hash = hash_vocabulary(self.vocab, options)
        self._ids = {piece: index for index, piece in enumerate(self.vocab)}
        self._longest_piece = max(map(len, self.vocab))
        self._chunk_cache: dict[str, tuple[int, ...]] = {}
        self._word_cache: dict[str, tuple[int, ...]] = {}
        self.special_token_ids = tuple(self._ids[token] for token in SPECIAL_TOKENS)
        self.pad_token_id, self.unk_token_id, self.cls_token_id, self.sep_token_id, self.mask_token_id = (
            self.special_token_ids
        )

    def __reduce__(self):
        # Travels to worker processes without its caches.
        options = {"lowercase": self.lowercase, "max_characters_per_word": self.max_characters_per_word}
        return functools.partial(type(self), **options), (self.vocab,)

    @property
    def vocab_size(self) -> int:
        """How many pieces there are."""
        return len(self.vocab)

    @classmethod
    def from_folder(cls, folder: str | Path) -> "WordPieceTokenizer":
        """Opens the tokenizer of a BERT folder: vocab.txt or tokenizer.json, and the settings beside it.

        The longest word is what tokenizer.json says (100 where transformers wrote it), else what
        tokenizer_config.json says in max_input_chars_per_word, else 200.

        Raises:
            FileNotFoundError: there is neither vocab.txt nor tokenizer.json.
            ValueError: the files are not those of a BERT tokenizer, contradict each other, or ask for what
                BERT does not do.
        """
        files = read_tokenizer_files(folder)
        return cls(files.vocab, lowercase=files.lowercase, max_characters_per_word=files.longest_word)

    def save(self, folder: str | Path, *, model_max_length: int | None = None) -> None:
        """Writes vocab.txt and tokenizer_config.json as transformers' BertTokenizer reads them.

        They replace a tokenizer that is in the folder already; its tokenizer.json, too, is removed.

        Args:
            folder: where to; it is made if need be.
            model_max_length: the longest input of the model in tokens, where it is known.
        """
        files = TokenizerFiles(self.vocab, self.lowercase, self.max_characters_per_word)
        write_tokenizer_files(folder, files, model_max_length)

    def token_to_id(self, piece: str) -> int:
        """Returns the id of a piece.

        Raises:
            ValueError: the vocabulary does not hold it.
        """
        if piece not in self._ids:
            raise ValueError(f"{piece!r} is not one of the {self.vocab_size} pieces of the vocabulary.")
        return self._ids[piece]

    def id_to_token(self, id: int) -> str:
        """Returns the piece with this id.

        Raises:
            ValueError: there is no such id.
        """
        if not 0 <= id < self.vocab_size:
            raise ValueError(f"There is no token id {id}: ids go from 0 to {self.vocab_size - 1}.")
        return self.vocab[id]

    def token_ids(self, text: str) -> list[int]:
        """Returns the ids of a text, no [CLS] and [SEP] added; special tokens in the text are recognised."""
        ids: list[int] = []
        cache = self._chunk_cache
        for chunk in text.split(" "):  # nothing in the algorithm looks across a space
            found = cache.get(chunk)
            if found is None:
                found = self._chunk_ids(chunk)
                if len(chunk) <= CACHED_CHARACTERS:
                    _remember(cache, chunk, found)
            ids.extend(found)
        return ids

    def pieces(self, text: str) -> list[tuple[str, int, int, int]]:
        """Returns the pieces of a text with the characters they came from.

        Args:
            text: any text; special tokens written in it are recognised.

        Returns:
            (piece, id, start, end) for each piece: text[start:end] is what it stands for. Two pieces share a
            span where one character was decomposed into both (Hangul).
        """
        return self._pieces(text, 0)

    def _pieces(self, text: str, position: int) -> list[tuple[str, int, int, int]]:
        """Returns the pieces of a text that begins at `position` of the one that start and end count in."""
        found: list[tuple[str, int, int, int]] = []
        for part in split_special_tokens(text):
            if part in SPECIAL_TOKENS:
                found.append((part, self._ids[part], position, position + len(part)))
            else:
                for word in split_words_aligned(part, self.lowercase, position):
                    found += self._aligned_pieces(word)
            position += len(part)
        return found

    def encode(self, text_a: str, text_b: str | None = None, *, max_length: int | None = None) -> Encoding:
        """Encodes a text, or a pair of texts, as [CLS] a [SEP] (b [SEP]).

        Args:
            text_a: the first text.
            text_b: the second text, if there is one.
            max_length: the most tokens that may come out, special tokens included; what is too much is taken
                from the end of the longer text, and when both are equally long, from both (see `fitting`).

        Raises:
            ValueError: `max_length` leaves no room for the special tokens.
        """
        texts = [text for text in (text_a, text_b) if text is not None]
        if max_length is None:
            sides, cut = [self.pieces(text) for text in texts], 0
        else:
            fitting([0] * len(texts), max_length)  # refuses what leaves no room
            sides, counts = zip(*(self._first_pieces(text, max_length) for text in texts))
            kept = fitting(counts, max_length)
            sides, cut = [side[:most] for side, most in zip(sides, kept)], sum(counts) - sum(kept)
        rows = [(CLS, self.cls_token_id, 0, 0, 0)]
        for segment, side in enumerate(sides):
            rows += [(*piece, segment) for piece in side] + [(SEP, self.sep_token_id, 0, 0, segment)]
        return Encoding(
            tokens=[row[0] for row in rows],
            token_ids=np.array([row[1] for row in rows], np.int32),
            segment_ids=np.array([row[4] for row in rows], np.int32),
            offsets=[(row[2], row[3]) for row in rows],
            cut=cut,
        )

    def _first_pieces(self, text: str, most: int) -> tuple[list[tuple[str, int, int, int]], int]:
        """Returns the first pieces of a text, `most` or more of them if there are so many, and how many there are."""
        found: list[tuple[str, int, int, int]] = []
        start = 0
        while start < len(text) and len(found) < most:
            seam = _SEAM.search(text, start + STRETCH)
            end = seam.start() if seam else len(text)
            found += self._pieces(text[start:end], start)
            start = end
        return found, len(found) + len(self.token_ids(text[start:]))

    def decode(self, ids: Iterable[int]) -> str:
        """Writes ids as readable text: pieces joined, Chinese without spaces, special tokens kept.

        Raises:
            ValueError: an id is not in the vocabulary.
        """
        words: list[str] = []
        for piece in map(self.id_to_token, ids):
            if piece.startswith("##") and len(piece) > 2 and words and words[-1] not in SPECIAL_TOKENS:
                words[-1] += piece[2:]
            else:
                words.append(piece)
        return join_words(words)

    def _chunk_ids(self, chunk: str) -> tuple[int, ...]:
        ids: list[int] = []
        cache = self._word_cache
        for part in split_special_tokens(chunk) if "[" in chunk else (chunk,):
            if part in SPECIAL_TOKENS:
                ids.append(self._ids[part])
                continue
            for word in split_words(part, self.lowercase):
                found = cache.get(word)
                if found is None:
                    found = self._word_ids(word)
                    _remember(cache, word, found)
                ids.extend(found)
        return tuple(ids)

    def _word_ids(self, word: str) -> tuple[int, ...]:
        """Covers a word with pieces, the longest that fits first; (unk,) if that is not possible."""
        length = len(word)
        if length > self.max_characters_per_word:
            return (self.unk_token_id,)
        ids: list[int] = []
        start, prefix = 0, ""
        while start < length:
            for end in range(min(length, start + self._longest_piece), start, -1):
                found = self._ids.get(prefix + word[start:end])
                if found is not None:
                    break
            else:
                return (self.unk_token_id,)
            ids.append(found)
            start, prefix = end, "##"
        return tuple(ids)

    def _aligned_pieces(self, word: list[Aligned]) -> list[tuple[str, int, int, int]]:
        ids = self._word_ids("".join(character for character, _, _ in word))
        if ids == (self.unk_token_id,):
            return [(UNK, self.unk_token_id, word[0][1], word[-1][2])]
        found, first = [], 0
        for id in ids:
            piece = self.vocab[id]
            last = first + len(piece) - (2 if first else 0)
            found.append((piece, id, word[first][1], word[last - 1][2]))
            first = last
        return found


def fitting(lengths: Sequence[int], max_length: int) -> list[int]:
    """Says how many pieces of a text, or of both texts of a pair, fit into an input with its special tokens.

    The longer text is cut down to the shorter one, then both alike; an odd piece goes to the longer text, or to the
    second one where both are equally long, as in transformers.

    Args:
        lengths: pieces of each text.
        max_length: the most tokens of the input.

    Raises:
        ValueError: `max_length` leaves no room for the special tokens.

    Example: fitting([9, 2], 8) gives [3, 2], beside [CLS] and two [SEP]; fitting([6, 6], 12) gives [4, 5].
    """
    room = max_length - len(lengths) - 1
    if room < 0:
        raise ValueError(f"max_length must be at least {len(lengths) + 1}, not {max_length}.")
    if len(lengths) == 1:
        return [min(lengths[0], room)]
    first, second = lengths
    if first + second <= room:
        return [first, second]
    shorter = min(first, second, room // 2)
    return [room - shorter, shorter] if first > second else [shorter, room - shorter]


def _remember(cache: dict, key: str, value: tuple[int, ...]) -> None:
    if len(cache) >= CACHE_ENTRIES:
        cache.clear()
    cache[key] = value
