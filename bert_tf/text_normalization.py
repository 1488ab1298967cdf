"""BERT's rules for text: what is cleaned away, lowercased and split, and how words become text again.

`split_words` does it fast, on whole strings; `split_words_aligned` gives the same words and follows every
character, so that each one knows which character of the original text it came from. Character categories are
those of Python's own `unicodedata`.
Source: Devlin et al. 2019, section 3, and the tokenizer released with it.
"""

from __future__ import annotations

import re
import unicodedata

#: Written in a text, these stand for themselves: none of the rules below touches them.
PAD, UNK, CLS, SEP, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

#: Blocks whose characters are words of their own; kana and hangul are not among them.
IDEOGRAPH_BLOCKS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)

_SPECIAL = re.compile("(" + "|".join(re.escape(token) for token in SPECIAL_TOKENS) + ")")
_CONTRACTION = re.compile(r"(?<=\w) (['’]) (?=(?:s|t|d|m|ll|re|ve)\b)", re.IGNORECASE)
_NO_SPACE_AFTER = frozenset("([{")
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%")

#: A character of the cleaned text, and the start and end of what it came from.
Aligned = tuple[str, int, int]


def is_ideograph(character: str) -> bool:
    """Tells whether BERT takes this character for a word of its own (Chinese characters)."""
    code = ord(character)
    return any(first <= code <= last for first, last in IDEOGRAPH_BLOCKS)


def is_punctuation(character: str) -> bool:
    """Tells whether BERT splits here: Unicode punctuation, and every ASCII sign ($, +, ^ … count as well)."""
    if character < "\x80":
        return "!" <= character <= "~" and not character.isalnum()
    return unicodedata.category(character).startswith("P")


def split_special_tokens(text: str) -> list[str]:
    """Cuts a text before and after each special token; the parts joined are the text."""
    return _SPECIAL.split(text)


def split_words(text: str, lowercase: bool) -> list[str]:
    """Cleans a text and splits it into the words and signs that WordPiece works on.

    Example: split_words("Café, 北京", True) gives ["cafe", ",", "北", "京"].
    """
    # A space ends every context that lower() and NFD look at, so the whole text goes through at once.
    text = text.translate(_CLEAN)
    if not lowercase:
        return text.translate(_AFTER_NOTHING).split()
    return unicodedata.normalize("NFD", text.lower()).translate(_AFTER_LOWERCASING).split()


def split_words_aligned(text: str, lowercase: bool, position: int = 0) -> list[list[Aligned]]:
    """Gives the words of `split_words` as lists of (character, start, end).

    Args:
        text: any text.
        lowercase: lowercase and strip accents.
        position: where `text` begins in the text that start and end count in.
    """
    characters = [
        (out, index, index + 1) for index, source in enumerate(text, position) for out in _CLEAN[ord(source)]
    ]
    if lowercase:
        characters = _lowercase_aligned(characters)
    table = _AFTER_LOWERCASING if lowercase else _AFTER_NOTHING
    words: list[list[Aligned]] = [[]]
    for character, start, end in characters:
        for out in table[ord(character)]:
            if out.isspace():
                words.append([])
            else:
                words[-1].append((out, start, end))
    return [word for word in words if word]


def join_words(words: list[str]) -> str:
    """Writes words as people do: no space before a comma or between Chinese characters, don't in one.

    Example: join_words(["don", "'", "t", ",", "北", "京"]) gives "don't, 北京".
    """
    text = "".join(
        word if index == 0 or _written_together(words[index - 1], word) else " " + word
        for index, word in enumerate(words)
    )
    return _CONTRACTION.sub(r"\1", text)


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


def _lowercase_aligned(characters: list[Aligned]) -> list[Aligned]:
    """Lowercases and decomposes aligned characters; each result keeps the span it came from."""
    # Whole text first: the lower case of Σ depends on its neighbours (its length does not).
    lowered = iter("".join(character for character, _, _ in characters).lower())
    result: list[Aligned] = []
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
