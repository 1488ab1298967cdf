"""Tables of text out of CSV, TSV, JSONL, JSON and CoNLL files, before anybody asks what they mean."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

from bert_tf.task_inputs import ENTITY_TAG

#: How many characters of a file the separator is guessed from, and what it may be.
GUESSED_FROM = 20_000
SEPARATORS = "\t,;|"
#: Names of columns in circulation, by the part they play. Compared in lower case.
KNOWN_NAMES = {
    "text_a": ("text_a", "texta", "text1", "text_1", "sentence1", "sentence_1", "sentence_a", "question1",
               "premise", "first", "句子1", "文本1", "前提"),
    "text_b": ("text_b", "textb", "text2", "text_2", "sentence2", "sentence_2", "sentence_b", "question2",
               "text_pair", "hypothesis", "second", "句子2", "文本2", "假设"),
    "tags": ("tags", "ner_tags", "bio", "iob", "bio_tags", "标注"),
    "tokens": ("tokens", "words", "词"),
    "label": ("label", "labels", "class", "category", "sentiment", "target", "polarity", "标签", "类别", "情感",
              "分类"),
    "text": ("text", "sentence", "content", "review", "comment", "文本", "句子", "内容", "评论"),
}
#: Columns of a data set of questions, as on Hugging Face.
QUESTION_COLUMNS = {"context", "question", "answers"}
_KNOWN = {name for names in KNOWN_NAMES.values() for name in names}
#: What begins a document in CoNLL files; nothing is to be learnt from it.
DOCUMENT_LINE = "-DOCSTART-"
#: Halves of a character that JSON may hold alone, where a text was cut in the middle of an emoji.
_HALVES = re.compile("[\ud800-\udfff]")
_IN_QUOTES = re.compile(r'"[^"\n]*"')


@dataclass(frozen=True)
class Table:
    """The records of a file.

    Attributes:
        name: the file's name, for messages.
        header: names of the columns; empty where the first line is data like the others.
        rows: one dict a record, column -> value (a string, or what JSON holds).
        lines: the line of the file that each record started on.
        squad: the parsed JSON of a SQuAD file, or None.
    """

    name: str
    header: tuple[str, ...]
    rows: list[dict]
    lines: list[int]
    squad: dict | None = None


def read_records(path: Path) -> Table:
    """Reads a file by what it holds, not by its ending: JSON, JSONL, CoNLL, or lines with a separator.

    Raises:
        ValueError: the file is empty, no UTF-8 text, broken, has a single column, or two columns of one name.
    """
    text = _text(path)
    start = text.lstrip()[:1]
    if not start:
        raise _empty(path.name)
    if start == "[" or (start == "{" and _is_one_object(text)):
        return _json(path.name, text)
    if start == "{":
        return _jsonl(path.name, text)
    return _conll(path.name, text) if _is_conll(text) else _separated(path, text)


def _empty(name: str) -> ValueError:
    return ValueError(f"{name} is empty. It should hold examples: CSV, TSV, JSONL or SQuAD JSON.")


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if b"\0" not in raw[:GUESSED_FROM]:
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    raise ValueError(f"{path.name} is not text in UTF-8. Save it as CSV, TSV or JSON in UTF-8 (a spreadsheet: "
                     "\"CSV UTF-8\").")


def _is_one_object(text: str) -> bool:
    """Whether the whole text is one JSON object; one line of JSONL is an object too, but has no `data`."""
    first_line = text.lstrip().split("\n", 1)[0]
    try:
        value = json.loads(first_line)
    except json.JSONDecodeError:
        return True  # an object over several lines
    return "data" in value and "\n" not in text.strip()


def _json(name: str, text: str) -> Table:
    try:
        value = _parsed(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not valid JSON: {error}.") from None
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        if not _are_rows(value["data"]):
            return Table(name, (), [], [], value)
        value = value["data"]
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return _of_rows(name, value, list(range(1, len(value) + 1)))
    raise ValueError(f"{name} is JSON, but neither SQuAD (an object with \"data\") nor a list of examples "
                     "(objects with text and label, or tokens and tags).")


def _jsonl(name: str, text: str) -> Table:
    rows, lines = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = _parsed(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{name}, line {number} is not valid JSON: {error}.") from None
        if not isinstance(row, dict):
            raise ValueError(f"{name}, line {number} should be a JSON object, not a {type(row).__name__}.")
        rows.append(row)
        lines.append(number)
    return _of_rows(name, rows, lines)


def _parsed(text: str):
    """Parses JSON, U+FFFD in place of half a character: it can be neither written as UTF-8 nor tokenized."""
    value = json.loads(text)
    if "\\ud" not in text and "\\uD" not in text:
        return value
    return json.loads(_HALVES.sub("\ufffd", json.dumps(value, ensure_ascii=False)))


def _are_rows(values: list) -> bool:
    """Whether what stands under "data" are examples, rather than the articles of SQuAD."""
    names = _KNOWN | QUESTION_COLUMNS
    return all(isinstance(value, dict) and any(str(key).lower() in names for key in value) for value in values)


def _of_rows(name: str, rows: list[dict], lines: list[int]) -> Table:
    columns = tuple(dict.fromkeys(str(key) for row in rows for key in row))
    if QUESTION_COLUMNS <= set(columns):
        return Table(name, (), [], [], _squad(name, rows, lines))
    return Table(name, columns, rows, lines)


def _squad(name: str, rows: list[dict], lines: list[int]) -> dict:
    """Turns rows of context, question and answers, as data sets on Hugging Face have them, into SQuAD.

    Raises:
        ValueError: a row is not of that kind.
    """
    passages: dict[str, list[dict]] = {}
    for row, line in zip(rows, lines):
        try:
            answers = row["answers"]
            if isinstance(answers, dict):
                answers = [{"text": text, "answer_start": start}
                           for text, start in zip(answers["text"], answers["answer_start"], strict=True)]
            asked = {"id": row.get("id", f"in line {line}"), "question": row["question"], "answers": list(answers)}
            passages.setdefault(row["context"], []).append(asked)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}, line {line} is no question about a passage: {type(error).__name__} {error}. "
                             "Expected context, question and answers, with text and answer_start.") from None
    return {"data": [{"paragraphs": [{"context": context, "qas": asked} for context, asked in passages.items()]}]}


def _is_conll(text: str) -> bool:
    """Whether most lines hold a word first and its tag last, and there are blank lines between sentences."""
    rows = [_cells(line) for line in text.strip()[:GUESSED_FROM].split("\n")]
    tagged = [len(row) > 1 and _is_tag(row[-1]) for row in rows if row]
    return [] in rows and sum(tagged) > len(tagged) / 2


def _cells(line: str) -> list[str]:
    """Cuts a line of CoNLL at its tabs, or else at spaces; a word may hold other white space, or be some."""
    if not line.strip():
        return []
    cells = re.split("\t" if "\t" in line else " +", line.strip(" \t\r"))
    return [cell.strip(" ") for cell in cells]


def _is_tag(cell: str) -> bool:
    return cell == "O" or ENTITY_TAG.fullmatch(cell) is not None


def _conll(name: str, text: str) -> Table:
    """Reads sentences of a word and its tag a line; what stands between them in other columns is passed over.

    Raises:
        ValueError: a line has no tag.
    """
    rows, lines = [], []
    words: list[list[str]] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        cells = _cells(line)
        if cells and not line.startswith(DOCUMENT_LINE):
            if len(cells) < 2 or not _is_tag(cells[-1]):
                raise ValueError(f"{name}, line {number} should hold a word and its tag, such as B-PER or O, not "
                                 f"{line!r}.")
            words.append(cells)
        elif words:
            rows.append({"tokens": [word[0] for word in words], "tags": [word[-1] for word in words]})
            lines.append(number - len(words))
            words = []
    return Table(name, ("tokens", "tags"), rows, lines)


def _separated(path: Path, text: str) -> Table:
    """Reads CSV (quoted as spreadsheets do) or TSV (no quoting)."""
    separator = "\t" if path.suffix.lower() == ".tsv" else _separator(text)
    csv.field_size_limit(10_000_000)
    cells, lines, line = [], [], 1
    reader = _reader(text, separator)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                cells.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path.name}, line {line} cannot be read as CSV: {error}.") from None
    if not cells:
        raise _empty(path.name)
    width = len(cells[0])
    for row, number in zip(cells, lines):
        if len(row) != width:
            raise ValueError(f"{path.name}, line {number} has {len(row)} columns, the first line has {width}. Put "
                             "texts that hold the separator in quotes, or use tabs.")
    used = [i for i in range(width) if any(row[i].strip() for row in cells)]
    if len(used) < 2:
        raise ValueError(f"{path.name} has one column; text and label (separated by a comma or a tab) take two.")
    return _with_names(path.name, [[row[i] for i in used] for row in cells], lines)


def _reader(text: str, separator: str):
    quoting = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)


def _separator(text: str) -> str:
    """Guesses what separates the columns: what cuts all lines into equally many, two at least.

    Where several do, one that gives a column a known name goes first, then the one that gives most columns. Where
    none does, it is a tab if the first line has one, else what that line has most of.
    """
    sample = text.lstrip("\n")[:GUESSED_FROM]
    rows_by = {separator: _sampled(sample, separator, whole=len(text) <= GUESSED_FROM) for separator in SEPARATORS}
    even = {separator: rows[0] for separator, rows in rows_by.items()
            if rows and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1}
    if even:
        return max(even, key=lambda separator: (_has_known_name(even[separator]), len(even[separator])))
    first_line = _IN_QUOTES.sub("", sample.split("\n", 1)[0])
    return "\t" if "\t" in first_line else max(SEPARATORS[1:], key=first_line.count)


def _sampled(sample: str, separator: str, *, whole: bool) -> list[list[str]]:
    """Rows of a sample, but for a last one that may be cut; a tab in quotes separates nothing."""
    if separator == "\t":
        sample = _IN_QUOTES.sub("", sample)
    try:
        rows = [row for row in _reader(sample, separator) if any(cell.strip() for cell in row)]
    except csv.Error:
        return []
    return rows if whole else rows[:-1]


def _has_known_name(cells: list[str]) -> bool:
    return any(cell.strip().lower() in _KNOWN for cell in cells)


def _with_names(name: str, cells: list[list[str]], lines: list[int]) -> Table:
    """Takes the first line for the names of the columns, or for data like the others.

    Raises:
        ValueError: two columns have the same name.
    """
    header = [cell.strip() for cell in cells[0]]
    if not _is_header(header, cells[1:]):
        columns = [f"column {i + 1}" for i in range(len(header))]
        return Table(name, (), [dict(zip(columns, row)) for row in cells], lines)
    repeated = next((column for column in header if column and header.count(column) > 1), None)
    if repeated:
        raise ValueError(f"{name} has {header.count(repeated)} columns called {repeated!r}. Give each a name of its "
                         "own.")
    rows = [{column: cell for column, cell in zip(header, row) if column} for row in cells[1:]]
    return Table(name, tuple(column for column in header if column), rows, lines[1:])


def _is_header(header: list[str], others: list[list[str]]) -> bool:
    """Whether a first line names the columns: by a known name, or it repeats nothing and has no label of the others."""
    if _has_known_name(header):
        return True
    named = [column for column in header if column]
    if len(set(named)) < len(named):
        return False
    columns = [[row[i].strip() for row in others] for i in range(len(header))]
    return not any(cell and cell in column and len(set(column)) <= len(column) // 2
                   for cell, column in zip(header, columns))
