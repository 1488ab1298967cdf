"""Sentence pairs on the screen: as a list, and where the cut to a length took something away from a segment."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from bert_tf.training.anatomy import Example

CUT = "…"


def segments(example: Example) -> tuple[list[int], list[int]]:
    """Returns the ids of A and of B without [CLS] and [SEP]."""
    border = int(np.argmax(example.segment_ids))  # where B begins, just behind the [SEP] of A
    return example.original_ids[1:border - 1].tolist(), example.original_ids[border:-1].tolist()


def documents_of(text: str, tokenizer) -> list[list[list[int]]]:
    """Returns the ids of a text: documents of sentences, one a line, an empty line between documents."""
    blocks: list[list[list[int]]] = [[]]
    for line in text.splitlines():
        if not line.strip():
            blocks.append([])
        elif ids := tokenizer.token_ids(line):
            blocks[-1].append(list(ids))
    return [block for block in blocks if block]


def cut_ends(segment: Sequence[int], documents: Sequence[Sequence[Sequence[int]]]) -> tuple[bool, bool]:
    """Says whether a segment begins and ends inside a sentence.

    Where the same tokens stand in several places, that with the fewest cuts counts.

    Args:
        segment: ids that follow each other in one document.
        documents: sentences of ids.

    Example: of the document [[1, 2, 3], [4, 5]], [2, 3, 4, 5] is cut at its front, [1, 2, 3] nowhere.
    """
    wanted, found = list(segment), []
    for sentences in documents:
        ids = [one for sentence in sentences for one in sentence]
        borders = {0, *np.cumsum([len(sentence) for sentence in sentences]).tolist()}
        for start in range(len(ids) - len(wanted) + 1):
            if ids[start:start + len(wanted)] == wanted:
                found.append((start not in borders, start + len(wanted) not in borders))
    return min(found, key=sum, default=(False, False))


def written(segment: Sequence[int], documents: Sequence[Sequence[Sequence[int]]], tokenizer) -> str:
    """Writes a segment as text, with … where it was cut; a piece of a word loses its ##."""
    front, back = cut_ends(segment, documents)
    words = tokenizer.decode(segment)
    return f"{CUT + ' ' if front else ''}{words.removeprefix('##') if front else words}{' ' + CUT if back else ''}"


def pair_list(rows: Sequence[tuple[str, str, str, str]], chosen: int) -> str:
    """Draws sentence pairs with their labels, one of them marked.

    Args:
        rows: (label, CSS colour of the label, first text, second text) of each pair.
        chosen: which pair is marked.
    """
    parts = []
    for number, (label, color, first, second) in enumerate(rows):
        ground = "color-mix(in srgb,var(--bt-a) 7%,transparent)" if number == chosen else "none"
        parts.append(
            f'<div style="background:{ground};border-radius:.5rem;padding:.35rem .7rem;line-height:1.5">'
            f'<span style="color:{color};font-weight:600">{number + 1} · {html.escape(label)}</span><br>'
            f"<b>A</b> {html.escape(first)} <b style=\"margin-left:.6rem\">B</b> {html.escape(second)}</div>")
    return f'<div style="display:grid;gap:.3rem;overflow-wrap:anywhere">{"".join(parts)}</div>'
