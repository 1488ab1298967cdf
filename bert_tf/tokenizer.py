"""WordPiece as Google's BERT does it: text in, token ids and character offsets out, and back again.

Two roads lead to the same ids. `token_ids` is the fast one for corpora: whole-string operations and caches.
`pieces` is the exact one for people who look at single tokens: it follows every character through cleaning,
lowercasing and decomposition, so that each piece knows which characters of the original text it came from.
Character categories are those of Python's own `unicodedata`.
Source: Devlin et al. 2019, section 3; Wu et al. 2016 (WordPiece).
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bert_tf.config import read_json, require_integer
from bert_tf.results import Encoding

PAD, UNK, CLS, SEP, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

#: Blocks whose characters are words of their own; kana and hangul are not among them.
IDEOGRAPH_BLOCKS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip

#: Caches are emptied when they hold this many entries; longer runs between spaces are not worth keeping.
CACHE_ENTRIES = 300_000
CACHED_CHARACTERS = 24

#: What Google's code takes for a word at most (transformers: 100).
LONGEST_WORD = 200

#: The special tokens under the names that tokenizer_config.json gives them.
_SPECIAL_NAMES = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL_TOKENS))

_SPECIAL = re.compile("(" + "|".join(re.escape(token) for token in SPECIAL_TOKENS) + ")")
_CONTRACTION = re.compile(r"(?<=\w) (['’]) (?=(?:s|t|d|m|ll|re|ve)\b)", re.IGNORECASE)
_NO_SPACE_AFTER = frozenset("([{")
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%")


def is_ideograph(character: str) -> bool:
    """Tells whether BERT takes this character for a word of its own (Chinese characters)."""
    code = ord(character)
    return any(first <= code <= last for first, last in IDEOGRAPH_BLOCKS)


def is_punctuation(character: str) -> bool:
    """Tells whether BERT splits here: Unicode punctuation, and every ASCII sign ($, +, ^ … count as well)."""
    if character < "\x80":
        return "!" <= character <= "~" and not character.isalnum()
    return unicodedata.category(character).startswith("P")


def _clean(character: str) -> str:
    """What stands for a character before lowercasing: nothing, a space, itself, or itself between spaces."""
    category = unicodedata.category(character)
    if character in "\t\n\r" or category == "Zs":
        return " "
    if character in "\x00\ufffd" or category in ("Cc", "Cf"):
        return ""
    return f" {character} " if is_ideograph(character) else character


def _split_punctuation(character: str) -> str:
    return f" {character} " if is_punctuation(character) else character


def _strip_accent(character: str) -> str:
    return "" if unicodedata.category(character) == "Mn" else _split_punctuation(character)


class _Table(dict):
    """A table for `str.translate` that works out a character when it first meets it."""

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def __missing__(self, code: int) -> str:
        self[code] = value = self.rule(chr(code))
        return value


_CLEAN, _AFTER_LOWERCASING, _AFTER_NOTHING = _Table(_clean), _Table(_strip_accent), _Table(_split_punctuation)


def split_words(text: str, lowercase: bool) -> list[str]:
    """Cleans a text and splits it into the words and signs that WordPiece works on.

    Example: split_words("Café, 北京", True) gives ["cafe", ",", "北", "京"].
    """
    # A space ends every context that lower() and NFD look at, so the whole text goes through at once.
    text = text.translate(_CLEAN)
    if not lowercase:
        return text.translate(_AFTER_NOTHING).split()
    return unicodedata.normalize("NFD", text.lower()).translate(_AFTER_LOWERCASING).split()


def _lowercase_aligned(characters: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Lowercases and decomposes (character, start, end) triples; each result keeps the span it came from."""
    # Whole text first: the lower case of Σ depends on its neighbours (its length does not).
    lowered = iter("".join(character for character, _, _ in characters).lower())
    result: list[tuple[str, int, int]] = []
    for character, start, end in characters:
        for _ in character.lower():
            result += [(part, start, end) for part in unicodedata.normalize("NFD", next(lowered))]
    # Canonical ordering: marks between two base characters are sorted by combining class.
    first = 0
    while first < len(result):
        last = first
        while last < len(result) and unicodedata.combining(result[last][0]):
            last += 1
        run = result[first:last]
        ordered = sorted(run, key=lambda item: unicodedata.combining(item[0]))
        if ordered != run:  # marks changed places: all take the span of the run, so offsets never go back
            start, end = min(item[1] for item in run), max(item[2] for item in run)
            result[first:last] = [(mark, start, end) for mark, _, _ in ordered]
        first = last + 1
    return result


class WordPieceTokenizer:
    """Google's BERT tokenization over one vocabulary.

    Args:
        vocab: the pieces in the order of their ids; pieces inside a word start with "##". The five special
            tokens may stand anywhere.
        lowercase: lowercase and strip accents (the "uncased" models).
        max_characters_per_word: longer words become [UNK].

    Raises:
        ValueError: special tokens are missing, or pieces are empty, repeated or hold a line break.
    """

    def __init__(
        self, vocab: Sequence[str], *, lowercase: bool = True, max_characters_per_word: int = LONGEST_WORD
    ):
        require_integer("max_characters_per_word", max_characters_per_word, minimum=1)
        self.vocab = list(vocab)
        self.lowercase = bool(lowercase)
        self.max_characters_per_word = max_characters_per_word
        _check_vocab(self.vocab)
        self._ids = {piece: index for index, piece in enumerate(self.vocab)}
        self._longest_piece = max(map(len, self.vocab))
        self._chunk_cache: dict[str, tuple[int, ...]] = {}
        self._word_cache: dict[str, tuple[int, ...]] = {}
        self.pad_token_id, self.unk_token_id, self.cls_token_id, self.sep_token_id, self.mask_token_id = (
            self.special_token_ids
        ) = tuple(self._ids[token] for token in SPECIAL_TOKENS)

    def __reduce__(self):
        # Travels to worker processes without its caches.
        options = {"lowercase": self.lowercase, "max_characters_per_word": self.max_characters_per_word}
        return functools.partial(type(self), **options), (self.vocab,)

    @property
    def vocab_size(self) -> int:
        """How many pieces there are."""
        return len(self.vocab)

    @functools.cached_property
    def vocab_hash(self) -> str:
        """SHA-256, in hex, over the pieces and the lowercase flag: equal hashes give equal ids."""
        content = "\n".join([*self.vocab, f"lowercase={self.lowercase}"])
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()

    @classmethod
    def from_folder(cls, folder: str | Path) -> "WordPieceTokenizer":
        """Reads vocab.txt (one piece a line) and tokenizer_config.json (may be missing) of a BERT folder.

        Raises:
            FileNotFoundError: there is no vocab.txt.
            ValueError: the files are not those of a BERT tokenizer, or ask for what BERT does not do.
        """
        path, settings_path = Path(folder) / "vocab.txt", Path(folder) / "tokenizer_config.json"
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} does not exist. A BERT folder has a vocab.txt: one word piece a line, in the order "
                f"of the ids (tokenizer.json alone is not enough)."
            )
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not UTF-8 text ({error}). Save it again as UTF-8.") from None
        settings = read_json(settings_path) if settings_path.is_file() else {}
        options = _read_settings(settings, settings_path)
        try:
            return cls(text.removesuffix("\n").split("\n"), **options)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def save(self, folder: str | Path, *, model_max_length: int | None = None) -> None:
        """Writes vocab.txt and tokenizer_config.json as transformers' BertTokenizer reads them.

        Args:
            folder: where to; it is made if need be.
            model_max_length: the longest input of the model in tokens, where it is known.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "vocab.txt", "w", encoding="utf-8", newline="\n") as file:
            file.writelines(piece + "\n" for piece in self.vocab)
        settings = {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": self.lowercase,
            "strip_accents": None,
            "tokenize_chinese_chars": True,
            **_SPECIAL_NAMES,
        }
        if model_max_length is not None:
            settings["model_max_length"] = model_max_length
        if self.max_characters_per_word != LONGEST_WORD:
            settings["max_input_chars_per_word"] = self.max_characters_per_word
        text = json.dumps(settings, indent=2) + "\n"
        (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")

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
        found: list[tuple[str, int, int, int]] = []
        position = 0
        for part in _SPECIAL.split(text):
            if part in SPECIAL_TOKENS:
                found.append((part, self._ids[part], position, position + len(part)))
            else:
                for word in self._aligned_words(part, position):
                    found += self._aligned_pieces(word)
            position += len(part)
        return found

    def encode(self, text_a: str, text_b: str | None = None, *, max_length: int | None = None) -> Encoding:
        """Encodes a text, or a pair of texts, as [CLS] a [SEP] (b [SEP]).

        Args:
            text_a: the first text.
            text_b: the second text, if there is one.
            max_length: the most tokens that may come out, special tokens included; what is too much is taken
                from the end of the longer text (of the second one when both are equally long).

        Raises:
            ValueError: `max_length` leaves no room for the special tokens.
        """
        sides = [self.pieces(text) for text in (text_a, text_b) if text is not None]
        cut = 0
        if max_length is not None:
            room = max_length - len(sides) - 1
            if room < 0:
                raise ValueError(f"max_length must be at least {len(sides) + 1}, not {max_length}.")
            while sum(map(len, sides)) > room:
                max(reversed(sides), key=len).pop()  # max() keeps the first of equals
                cut += 1
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
        text = "".join(
            word if index == 0 or _written_together(words[index - 1], word) else " " + word
            for index, word in enumerate(words)
        )
        return _CONTRACTION.sub(r"\1", text)  # don ' t -> don't

    def _chunk_ids(self, chunk: str) -> tuple[int, ...]:
        ids: list[int] = []
        cache = self._word_cache
        for part in _SPECIAL.split(chunk) if "[" in chunk else (chunk,):
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

    def _aligned_words(self, text: str, position: int) -> list[list[tuple[str, int, int]]]:
        """Does what `split_words` does, on (character, start, end) triples; `text` begins at `position`."""
        characters = [
            (out, index, index + 1)
            for index, source in enumerate(text, position)
            for out in _CLEAN[ord(source)]
        ]
        if self.lowercase:
            characters = _lowercase_aligned(characters)
        table = _AFTER_LOWERCASING if self.lowercase else _AFTER_NOTHING
        words: list[list[tuple[str, int, int]]] = [[]]
        for character, start, end in characters:
            for out in table[ord(character)]:
                if out.isspace():
                    words.append([])
                else:
                    words[-1].append((out, start, end))
        return [word for word in words if word]

    def _aligned_pieces(self, word: list[tuple[str, int, int]]) -> list[tuple[str, int, int, int]]:
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


def _remember(cache: dict, key: str, value: tuple[int, ...]) -> None:
    if len(cache) >= CACHE_ENTRIES:
        cache.clear()
    cache[key] = value


def _check_vocab(vocab: list[str]) -> None:
    """Raises ValueError for a list of pieces that cannot be a BERT vocabulary."""
    missing = [token for token in SPECIAL_TOKENS if token not in vocab]
    if missing:
        raise ValueError(f"{', '.join(missing)} missing from the vocabulary of {len(vocab)} pieces.")
    seen: dict[str, int] = {}
    for index, piece in enumerate(vocab):
        if not piece or "\n" in piece or "\r" in piece:
            raise ValueError(f"piece {index} is {piece!r}, but a piece is text without line breaks.")
        if piece in seen:
            raise ValueError(f"{piece!r} is in the vocabulary twice, as {seen[piece]} and as {index}.")
        seen[piece] = index


def _read_settings(settings: dict, path: Path) -> dict:
    """Turns tokenizer_config.json into constructor options; refuses what this tokenizer does not do."""
    lowercase = settings.get("do_lower_case", True)
    if not isinstance(lowercase, bool):
        raise ValueError(f"{path}: do_lower_case must be true or false, got {lowercase!r}.")
    allowed: dict[str, tuple] = {
        "tokenizer_class": (None, "BertTokenizer", "BertTokenizerFast"),
        "strip_accents": (None, lowercase),
        "tokenize_chinese_chars": (True,),
        "do_basic_tokenize": (True,),
        "never_split": (None, []),
        "extra_special_tokens": (None, [], {}),
        "additional_special_tokens": (None, []),
        **{name: (token,) for name, token in _SPECIAL_NAMES.items()},
    }
    for name, values in allowed.items():
        value = settings.get(name, values[0])
        if isinstance(value, dict) and "content" in value:  # a special token written with its flags
            value = value.get("content")
        if value not in values:
            raise ValueError(
                f"{path}: {name} is {value!r}, but this tokenizer only does BERT's "
                f"{' or '.join(map(repr, values))}. Use a folder with that setting."
            )
    added = {token["content"] for token in (settings.get("added_tokens_decoder") or {}).values()}
    if added - set(SPECIAL_TOKENS):
        raise ValueError(f"{path}: expected no added tokens, got {sorted(added - set(SPECIAL_TOKENS))}.")
    longest_word = settings.get("max_input_chars_per_word", LONGEST_WORD)
    return {"lowercase": lowercase, "max_characters_per_word": longest_word}


def _written_together(left: str, right: str) -> bool:
    """Tells whether two words stand without a space between them in print."""
    if left in SPECIAL_TOKENS or right in SPECIAL_TOKENS:
        return False
    if left in _NO_SPACE_AFTER or right in _NO_SPACE_BEFORE:
        return True
    return _is_wide(left[-1]) and _is_wide(right[0])


def _is_wide(character: str) -> bool:
    """Tells whether a character is Chinese: an ideograph, CJK punctuation or a full-width form."""
    return is_ideograph(character) or "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uffef"
