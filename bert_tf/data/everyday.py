"""The everyday corpus: short paragraphs about what everybody knows, written for this program.

Home and food, nature, countries, work, news, opinions, talk: 8,841 paragraphs of plain sentences, English and Chinese, no
sentence shaped by a template. Where the teaching stories repeat a few shapes until a tiny network knows them, this is
text as people write it: too little to learn a language from, but something to go on with for a network that knows one.
The held-out paragraphs are for measuring alone.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "examples" / "everyday"
LANGUAGES = ("en", "zh")


def everyday_files() -> dict[str, list[Path]]:
    """Returns `{"corpus": [everyday-en.txt, everyday-zh.txt], "heldout": [heldout-en.txt, heldout-zh.txt]}`."""
    return {"corpus": [FOLDER / f"everyday-{language}.txt" for language in LANGUAGES],
            "heldout": [FOLDER / f"heldout-{language}.txt" for language in LANGUAGES]}


@cache
def everyday(language: str) -> tuple[tuple[str, ...], ...]:
    """Returns the paragraphs of a language ("en" or "zh"), each a tuple of sentences, without the held-out ones.

    Raises:
        ValueError: another language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"There is everyday text in {' and '.join(LANGUAGES)}, not in {language!r}.")
    return tuple(tuple(paragraph.split("\n"))
                 for paragraph in (FOLDER / f"everyday-{language}.txt").read_text(encoding="utf-8").strip().split("\n\n"))


def copy_everyday(folder: str | Path) -> dict[str, list[Path]]:
    """Copies the everyday corpus into a folder, made if it is not there.

    Returns:
        As `everyday_files`, in the folder.

    Raises:
        ValueError: the folder cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return {kind: [Path(shutil.copy(path, folder)) for path in paths] for kind, paths in everyday_files().items()}
    except OSError as error:
        raise ValueError(f"Cannot write into {folder}: {error.strerror or error}. Choose another folder.") from None
