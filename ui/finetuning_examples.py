"""Labelled examples and mistakes as HTML, each task in its own way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bert_tf.training.task_examples import QuestionExample, TaggedExample, TextExample
from ui.finetuning_html import Mark, card, kind_colors, marked, paragraph, said
from ui.html import Palette, percent, tint
from ui.text import language, t
from ui.word_reading import is_chinese

#: Kinds of entities and labels that have a word of their own in both languages: those of the sets that come along.
KNOWN_KINDS = ("PER", "LOC", "ORG", "negative", "positive", "same", "different")
#: Punctuation that stands right behind a word.
CLOSING = ".,!?;:%)"


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
        return card(marked(*closed_up(example.text, marks), small=True))
    if task == "questions":
        answer, start = example.answers[0]
        text, span = shortened(example.passage, start, start + len(answer))
        return card(paragraph(example.question), marked(text, [(*span, tint(palette.a, 0.25), "")], small=True))
    second = [paragraph(example.text_b)] if example.text_b else []
    return card(paragraph(example.text), *second, said(t("tune.label"), kind_words(example.label), palette.a))


def closed_up(text: str, marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """Takes the spaces in front of closing punctuation out of a text that was joined from tokens.

    Args:
        text: the text.
        marks: stretches of it, which move along.

    Example: "Ann left ." becomes "Ann left."
    """
    gone = [place for place, letter in enumerate(text) if letter == " " and text[place + 1:place + 2] in CLOSING
            and text[place + 1:place + 3].strip() == text[place + 1:place + 2]]
    kept = "".join(letter for place, letter in enumerate(text) if place not in gone)

    def moved(place: int) -> int:
        return place - sum(1 for one in gone if one < place)

    return kept, [(moved(start), moved(end), color, note) for start, end, color, note in marks]


def texts_of(example) -> tuple[str, ...]:
    """Returns what one would type to ask about an example."""
    if hasattr(example, "passage"):
        return example.question, example.passage
    return (example.text, example.text_b) if getattr(example, "text_b", None) else (example.text,)


def mine_first(entries: Sequence, text_of: Callable[[object], str]) -> list:
    """Puts what is in the visitor's language first; everything else keeps its order."""
    return sorted(entries, key=lambda entry: is_chinese(text_of(entry)) != (language() == "zh"))


def shortened(passage: str, start: int, end: int, around: int = 90) -> tuple[str, tuple[int, int]]:
    """Returns the surroundings of a stretch of a passage, and where the stretch is in them."""
    first, last = max(0, start - around), min(len(passage), end + around)
    if first and " " in passage[first - 1:start]:  # no half words
        first = passage.index(" ", first - 1, start) + 1
    if last < len(passage) and " " in passage[end:last + 1]:
        last = passage.rindex(" ", end, last + 1)
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
        rows = [card_line(t(f"tune.{side}"), *closed_up(entry["text"], [
            (found["start"], found["end"], colors.get(found["label"], palette.faint), found["label"])
            for found in entry[side]])) for side in ("expected", "predicted")]
        return card(*rows)
    given = entry["predicted"] if task == "questions" else kind_words(entry["predicted"])
    answered = said(t("tune.predicted"), f"{given} ({percent(entry['probability'])})", palette.surprise)
    if task == "questions":
        right = entry["answers"][0]
        marks = [(entry["start"], entry["end"], tint(palette.surprise, 0.25), "")]
        place = entry["passage"].find(right)
        if place >= 0:
            marks.append((place, place + len(right), tint(palette.a, 0.25), ""))
        return card(paragraph(entry["question"]), marked(entry["passage"], marks, small=True),
                    said(t("tune.expected"), right, palette.a), answered)
    second = [paragraph(entry["text_b"])] if entry.get("text_b") else []
    return card(paragraph(entry["text"]), *second, said(t("tune.expected"), kind_words(entry["expected"]), palette.a), answered)


def card_line(name: str, text: str, marks: list) -> str:
    """Draws a text with marks below a small name."""
    return f"{said(name, '', 'inherit')}{marked(text, marks, small=True)}"
