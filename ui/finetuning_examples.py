"""Labelled examples and mistakes as HTML, each task in its own way."""

from __future__ import annotations

from collections.abc import Sequence

from bert_tf.training.task_examples import QuestionExample, TaggedExample, TextExample
from ui.finetuning_html import card, kind_colors, marked, paragraph, said
from ui.html import Palette, percent, tint
from ui.text import t

#: Kinds of entities that have a word of their own in both languages.
KNOWN_KINDS = ("PER", "LOC", "ORG")


def kind_words(kind: str) -> str:
    """Returns what a label or a kind of entity is called."""
    return t(f"tune.kind_{kind}") if kind in KNOWN_KINDS else kind


def example_card(example: TextExample | TaggedExample | QuestionExample, task: str, kinds: Sequence[str],
                 palette: Palette) -> str:
    """Draws a labelled example."""
    if task == "tagging":
        colors = kind_colors(kinds, palette)
        marks = [(example.spans[first][0], example.spans[last - 1][1], colors.get(kind, palette.faint), kind)
                 for kind, first, last in example.entities]
        return card(marked(example.text, marks, small=True))
    if task == "questions":
        answer, start = example.answers[0]
        text, span = shortened(example.passage, start, start + len(answer))
        return card(paragraph(example.question), marked(text, [(*span, tint(palette.a, 0.25), "")], small=True))
    second = [paragraph(example.text_b)] if example.text_b else []
    return card(paragraph(example.text), *second, said(t("tune.label"), example.label, palette.a))


def shortened(passage: str, start: int, end: int, around: int = 90) -> tuple[str, tuple[int, int]]:
    """Returns the surroundings of a stretch of a passage, and where the stretch is in them."""
    first, last = max(0, start - around), min(len(passage), end + around)
    before, after = "… " if first else "", " …" if last < len(passage) else ""
    shift = len(before) - first
    return before + passage[first:last] + after, (start + shift, end + shift)


def wrong_card(entry: dict, task: str, kinds: Sequence[str], palette: Palette) -> str:
    """Draws an example that a model got wrong: what is right, and what it said.

    Args:
        entry: one of `wrong` in result.json.
        task: the task.
        kinds: all kinds of entities.
        palette: the colours of the page.
    """
    if task == "tagging":
        colors = kind_colors(kinds, palette)
        rows = [card_line(t(f"tune.{side}"), entry["text"], [
            (found["start"], found["end"], colors.get(found["label"], palette.faint), found["label"])
            for found in entry[side]]) for side in ("expected", "predicted")]
        return card(*rows)
    answered = said(t("tune.predicted"), f"{entry['predicted']} ({percent(entry['probability'])})", palette.surprise)
    if task == "questions":
        right = entry["answers"][0]
        marks = [(entry["start"], entry["end"], tint(palette.surprise, 0.25), "")]
        place = entry["passage"].find(right)
        if place >= 0:
            marks.append((place, place + len(right), tint(palette.a, 0.25), ""))
        return card(paragraph(entry["question"]), marked(entry["passage"], marks, small=True),
                    said(t("tune.expected"), right, palette.a), answered)
    second = [paragraph(entry["text_b"])] if entry.get("text_b") else []
    return card(paragraph(entry["text"]), *second, said(t("tune.expected"), entry["expected"], palette.a), answered)


def card_line(name: str, text: str, marks: list) -> str:
    """Draws a text with marks below a small name."""
    return f"{said(name, '', 'inherit')}{marked(text, marks, small=True)}"
