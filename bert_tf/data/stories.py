"""The teaching corpus: little stories, written for this program, from which a small BERT learns within minutes.

Every story keeps to its people and things from the first sentence to the last, so that both tasks of BERT can
be learnt from it: hidden words follow from the words around them, and the next sentence from the one before.
Some words stand in two senses (bank, bat, mouse, match, spring; 苹果, 小米, 杜鹃, 包袱), each in stories of
its own. The same seed gives the same text.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bert_tf.data import stories_en, stories_zh
from bert_tf.records import require_integer

LANGUAGES = {"en": stories_en, "zh": stories_zh}
#: Words that stand in two senses in the stories.
TWO_SENSES = {"en": ("bank", "bat", "mouse", "match", "spring"), "zh": ("苹果", "小米", "杜鹃", "包袱")}
#: Stories a language in the corpus that `write_stories` writes, and held out beside it.
STORIES, HELDOUT_STORIES = 12_000, 400
_SLOT = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Sentence:
    """One line of a frame: the ways to say it, and whether it may be left out."""

    ways: tuple[str, ...]
    optional: bool


def story(language: str, rng: random.Random) -> list[str]:
    """Tells one story.

    Args:
        language: `en` or `zh`.
        rng: where chance comes from.

    Returns:
        Its sentences, three or more.

    Raises:
        ValueError: another language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"There are stories in {' and '.join(LANGUAGES)}, not in {language!r}.")
    fillers = _people(language, rng)
    for table in _tables(language):
        fillers |= rng.choice(table)
    told = []
    for sentence in rng.choice(_frames(language)):
        if not (sentence.optional and rng.random() < 0.5):
            text = rng.choice(sentence.ways)
            text = _SLOT.sub(lambda slot: fillers[slot[1]], text)
            told.append(text[0].upper() + text[1:])
    return told


def stories(language: str, count: int, *, seed: int) -> list[list[str]]:
    """Tells `count` stories, the same for the same seed.

    Raises:
        ValueError: another language, or a count or seed below 0.
    """
    require_integer("count", count, minimum=0)
    require_integer("seed", seed, minimum=0)
    rng = random.Random(f"{language} {seed}")
    return [story(language, rng) for _ in range(count)]


def write_stories(folder: str | Path, *, count: int = STORIES, heldout: int = HELDOUT_STORIES,
                  seed: int = 0) -> dict[str, list[Path]]:
    """Writes the teaching corpus: one sentence a line, an empty line between stories.

    Args:
        folder: made if it is not there; files of the same names are replaced.
        count: stories a language to train on.
        heldout: other stories a language to measure on.
        seed: another seed tells other stories.

    Returns:
        `{"corpus": [stories-en.txt, stories-zh.txt], "heldout": [heldout-en.txt, heldout-zh.txt]}`.

    Raises:
        ValueError: a count or the seed is below 0, or the folder cannot be written.
    """
    require_integer("count", count, minimum=1)
    require_integer("heldout", heldout, minimum=0)
    folder = Path(folder)
    written: dict[str, list[Path]] = {"corpus": [], "heldout": []}
    for language in LANGUAGES:
        told = stories(language, count + heldout, seed=seed)
        known = {tuple(one) for one in told[:count]}
        parts = {"corpus": (f"stories-{language}.txt", told[:count]),
                 "heldout": (f"heldout-{language}.txt", [one for one in told[count:] if tuple(one) not in known])}
        for kind, (name, chosen) in parts.items():
            written[kind].append(_write(folder / name, chosen))
    return written


def _write(path: Path, told: list[list[str]]) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join("\n".join(one) for one in told) + "\n", encoding="utf-8")
    except OSError as error:
        raise ValueError(f"Cannot write {path}: {error.strerror or error}. Choose another folder.") from None
    return path


def _people(language: str, rng: random.Random) -> dict[str, str]:
    """Draws the two people of a story and the words that stand for them."""
    source = LANGUAGES[language]
    women, men = source.WOMEN.split(), source.MEN.split()
    first, second = (rng.random() < 0.5 for _ in range(2))
    name = rng.choice(women if first else men)
    friend = rng.choice([other for other in (women if second else men) if other != name])
    if language == "zh":
        return {"name": name, "friend": friend, "he": "她" if first else "他", "she": "她" if second else "他"}
    he, him, his = ("she", "her", "her") if first else ("he", "him", "his")
    return {"name": name, "friend": friend, "he": he, "him": him, "his": his, "He": he, "His": his,
            "she": "she" if second else "he", "hers": "her" if second else "his",
            "her": "her" if second else "him"}


@cache
def _tables(language: str) -> tuple[tuple[dict[str, str], ...], ...]:
    """Reads the tables of a language: for each a row of fillers by column."""
    tables = []
    for text in LANGUAGES[language].TABLES.values():
        lines = [[cell.strip() for cell in line.split("|")] for line in re.split(r"[;\n]", text) if line.strip()]
        tables.append(tuple(dict(zip(lines[0], line, strict=True)) for line in lines[1:]))
    return tuple(tables)


@cache
def _frames(language: str) -> tuple[tuple[Sentence, ...], ...]:
    """Reads the frames of a language, each as often as it is to be told."""
    frames = []
    for block in LANGUAGES[language].FRAMES.strip().split("\n\n"):
        lines = [line.strip() for line in block.removeprefix("* ").splitlines()]
        frames += (3 if block.startswith("* ") else 1) * [tuple(
            Sentence(tuple(way.strip() for way in line.removeprefix("?").split(" / ")), line.startswith("?"))
            for line in lines)]
    return tuple(frames)
