"""Hand-written sentences with words of several meanings: the measure of whether a model tells senses apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SENSES_FILE = Path(__file__).parent / "examples" / "measures" / "senses.jsonl"
#: What every line of the file holds.
FIELDS = ("language", "word", "sense", "gloss_en", "gloss_zh", "sentence")


@dataclass(frozen=True)
class SenseSet:
    """A word, and sentences for each of its senses.

    Attributes:
        word: as it is looked for in the sentences.
        language: "en" or "zh", the language of the word and its sentences.
        senses: short names of the senses, such as "money" and "river_side".
        glosses: for each sense what it means, by language: {"en": ..., "zh": ...}.
        sentences: for each sense its sentences.
    """

    word: str
    language: str
    senses: tuple[str, ...]
    glosses: tuple[dict[str, str], ...]
    sentences: tuple[tuple[str, ...], ...]

    def labelled(self) -> tuple[tuple[str, int], ...]:
        """Returns all sentences as pairs (sentence, index of its sense), sense by sense."""
        return tuple((sentence, sense) for sense, group in enumerate(self.sentences) for sentence in group)

    def sense_of(self, sentence: str) -> int | None:
        """Returns the index of the sense that a sentence belongs to; None for a sentence not in the set."""
        return next((sense for sense, group in enumerate(self.sentences) if sentence in group), None)


@cache
def sense_sets() -> tuple[SenseSet, ...]:
    """Returns the 32 sets that come with the library, 16 English and 16 Chinese, two senses of eight sentences each.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: a line of it is damaged.
    """
    return read_sense_sets(SENSES_FILE)


def sense_set(word: str) -> SenseSet | None:
    """Returns the set of a word, whatever its case; None where there is none."""
    return next((entry for entry in sense_sets() if entry.word == word.strip().lower()), None)


def read_sense_sets(path: str | Path) -> tuple[SenseSet, ...]:
    """Reads sets from a file with one sentence a line, in JSON.

    Args:
        path: every line an object with the texts language, word, sense, gloss_en, gloss_zh and sentence. Lines of
            one word and language belong together wherever they stand.

    Returns:
        The sets, words and senses in the order in which they first come.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: a line is no such object, or a sense has two glosses.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist. It should hold one sentence with its sense a line.")
    words: dict[tuple[str, str], dict[str, tuple[dict[str, str], list[str]]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        entry = _entry(line, f"{path}, line {number}")
        glosses = {"en": entry["gloss_en"], "zh": entry["gloss_zh"]}
        senses = words.setdefault((entry["language"], entry["word"]), {})
        known, sentences = senses.setdefault(entry["sense"], (glosses, []))
        if known != glosses:
            raise ValueError(f"{path}, line {number}: the sense {entry['sense']!r} of {entry['word']!r} has "
                             f"another gloss above: {known}. Give a sense one gloss.")
        sentences.append(entry["sentence"])
    return tuple(SenseSet(word, language, tuple(senses), tuple(glosses for glosses, _ in senses.values()),
                          tuple(tuple(sentences) for _, sentences in senses.values()))
                 for (language, word), senses in words.items())


def _entry(line: str, place: str) -> dict[str, str]:
    """Returns the object on a line, or raises ValueError."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{place} is no JSON: {error}.") from None
    texts = isinstance(entry, dict) and all(isinstance(entry.get(field), str) and entry[field] for field in FIELDS)
    if not texts:
        raise ValueError(f"{place}: expected an object with the texts {', '.join(FIELDS)}, got {line[:80]!r}.")
    return entry
