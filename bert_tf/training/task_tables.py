"""Tables of text out of CSV, TSV, JSONL and JSON files, before anybody asks what they mean."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

#: How many characters of a file the separator is guessed from.
GUESSED_FROM = 20_000


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
    """Reads a file by what it holds, not by its ending: JSON, JSONL, or lines with a separator.

    Raises:
        ValueError: the file is empty, no UTF-8 text, broken JSON, or has a single column.
    """
    text = _text(path)
    start = text.lstrip()[:1]
    if not start:
        raise ValueError(f"{path.name} is empty. It should hold examples: CSV, TSV, JSONL or SQuAD JSON.")
    if start == "[" or (start == "{" and _is_one_object(text)):
        return _json(path.name, text)
    return _jsonl(path.name, text) if start == "{" else _separated(path, text)


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
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not valid JSON: {error}.") from None
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        return Table(name, (), [], [], value)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return Table(name, _keys(value), value, list(range(1, len(value) + 1)))
    raise ValueError(f"{name} is JSON, but neither SQuAD (an object with \"data\") nor a list of examples "
                     "(objects with text and label, or tokens and tags).")


def _jsonl(name: str, text: str) -> Table:
    rows, lines = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{name}, line {number} is not valid JSON: {error}.") from None
        if not isinstance(row, dict):
            raise ValueError(f"{name}, line {number} should be a JSON object, not a {type(row).__name__}.")
        rows.append(row)
        lines.append(number)
    return Table(name, _keys(rows), rows, lines)


def _keys(rows: list[dict]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(key) for row in rows for key in row))


def _separated(path: Path, text: str) -> Table:
    """Reads CSV (quoted as spreadsheets do) or TSV (no quoting)."""
    separator = _separator(path, text)
    quoting = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
    csv.field_size_limit(10_000_000)
    cells, lines, line = [], [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                cells.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path.name}, line {line} cannot be read as CSV: {error}.") from None
    width = len(cells[0])
    if width < 2:
        raise ValueError(f"{path.name} has one column; text and label (separated by a comma or a tab) take two.")
    for row, number in zip(cells, lines):
        if len(row) != width:
            raise ValueError(f"{path.name}, line {number} has {len(row)} columns, the first line has {width}. Put "
                             "texts that hold the separator in quotes, or use tabs.")
    header = tuple(cell.strip() for cell in cells[0])
    if len(set(header)) < width:  # two equal names: no header
        header = ()
    names = header or tuple(f"column {i + 1}" for i in range(width))
    first = 1 if header else 0
    return Table(path.name, header, [dict(zip(names, row)) for row in cells[first:]], lines[first:])


def _separator(path: Path, text: str) -> str:
    first_line = text.lstrip("\n").split("\n", 1)[0]
    if path.suffix.lower() == ".tsv" or "\t" in first_line:
        return "\t"
    return max(",;|", key=first_line.count)


def without_header(table: Table) -> Table:
    """The same table, its first line taken as data."""
    names = [f"column {i + 1}" for i in range(len(table.header))]
    rows = [dict(zip(names, table.header))] + [dict(zip(names, row.values())) for row in table.rows]
    return Table(table.name, (), rows, [1, *table.lines])
