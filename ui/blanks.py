"""Hiding words behind [MASK] and bringing them back, as plain text: no Streamlit here.

`hidden` holds, for each [MASK] of a text in order, the characters it stands for; None where nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence

MASK = "[MASK]"


def word_spans(encoding) -> list[tuple[int, int]]:
    """Returns where the words to click stand in a text: a word of several pieces is one, so is each [MASK].

    Args:
        encoding: of the text (`tokens` and `offsets`).
    """
    spans: list[tuple[int, int]] = []
    for token, (start, end) in zip(encoding.tokens, encoding.offsets):
        if token.startswith("##") and spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        elif end > start:
            spans.append((start, end))
    return spans


def flip(text: str, span: tuple[int, int], hidden: Sequence[str | None],
         fillers: Sequence[str]) -> tuple[str, list[str | None]]:
    """Hides the characters of a word behind [MASK], or opens a [MASK] again.

    Args:
        text: the sentence.
        span: where the word that was clicked starts and ends.
        hidden: see above.
        fillers: the model's best guess for each [MASK], put in where nobody knows what was there.

    Returns:
        The new text, and what its [MASK] hide.

    Example: flip("a cat", (2, 5), [], []) gives ("a [MASK]", ["cat"]); from there, flip("a [MASK]", (2, 8),
    ["cat"], ["dog"]) gives ("a cat", []).
    """
    start, end = span
    before, inside, after = text[:start], text[start:end], text[end:]
    number, hidden = before.count(MASK), list(hidden)
    if inside != MASK:
        hidden.insert(number, inside)
        return before + MASK + after, hidden
    word = hidden.pop(number)
    if word is None and number < len(fillers):
        word = fillers[number]
        if word.startswith("##"):
            before, word = before.rstrip(), word[2:]
    return before + (word or "") + after, hidden


def realign(old: str, new: str, hidden: Sequence[str | None]) -> list[str | None]:
    """Keeps what is known about the [MASK] of a text while it is edited.

    What stands before the first and behind the last change stays known.

    Returns:
        One entry for each [MASK] of `new`.
    """
    count = new.count(MASK)
    if old == new and len(hidden) == count:
        return list(hidden)
    if len(hidden) != old.count(MASK):
        return [None] * count
    same = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    rest = min(len(old), len(new)) - same
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    first = new[:same].count(MASK)
    last = min(new[len(new) - tail:].count(MASK), count - first)
    return [*hidden[:first], *[None] * (count - first - last), *(hidden[len(hidden) - last:] if last else [])]
