"""Records that read and write JSON, and the checks of their values."""

from __future__ import annotations

import dataclasses
import inspect
import json
import numbers
import re
from pathlib import Path


def require_integer(name: str, value, *, minimum: int) -> None:
    """Refuses anything but an integer of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < minimum:
        raise ValueError(f"{name} should be an integer of at least {minimum}, not {value!r}.")


def require_number(name: str, value, *, minimum=None, above=None, below=None) -> None:
    """Refuses anything but a finite number inside the given bounds."""
    fits = isinstance(value, numbers.Real) and not isinstance(value, bool) and value == value
    fits = fits and (minimum is None or value >= minimum) and (above is None or value > above)
    fits = fits and (below is None or value < below) and abs(value) != float("inf")
    if not fits:
        bounds = [f"at least {minimum}" if minimum is not None else "", f"above {above}" if above is not None else "",
                  f"below {below}" if below is not None else ""]
        raise ValueError(f"{name} should be a number {' and '.join(b for b in bounds if b)}, not {value!r}.")


class JsonRecord:
    """A frozen dataclass that reads and writes JSON and refuses keys it does not know."""

    @classmethod
    def from_dict(cls, values: dict):
        """Builds the record from plain values.

        Raises:
            ValueError: `values` lacks a key, or has one that the record does not know, or a value it refuses.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ValueError(f"{cls.__name__} does not know {', '.join(unknown)}. It knows: {', '.join(known)}.")
        needed = [field.name for field in dataclasses.fields(cls)
                  if field.default is field.default_factory is dataclasses.MISSING]
        missing = [name for name in needed if name not in values]
        if missing:
            raise ValueError(f"{cls.__name__} needs {', '.join(missing)} as well.")
        return cls(**values)

    def to_dict(self) -> dict:
        """Returns the fields as plain JSON values (tuples become lists)."""
        return json.loads(json.dumps(dataclasses.asdict(self), default=lambda number: number.item()))  # of NumPy

    def replace(self, **changes):
        """Returns a copy with some fields changed, validated again."""
        return dataclasses.replace(self, **changes)

    def save(self, path: str | Path) -> None:
        """Writes the record as indented JSON."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path):
        """Reads a record that `save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is not JSON, or not this record.
        """
        return cls.from_dict(read_json(path))


def read_json(path: str | Path) -> dict:
    """Reads a JSON object from a file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file does not hold one JSON object.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist.")
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))  # as Notepad may save it
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path} should hold a JSON object, but holds a {type(values).__name__}.")
    return values


def explain_fields(record: type) -> dict[str, str]:
    """Returns what the docstring of a record says of each field, with the default, for the help of a command.

    Under `python -OO`, which drops docstrings, only the defaults are left.
    """
    lines = inspect.cleandoc(record.__doc__ or "").partition("Args:\n")[2].partition("\n\n")[0]
    entries = re.findall(r"^    (\w[\w, ]*): (.*(?:\n {8}.*)*)", lines, re.MULTILINE)
    said = {name.strip(): " ".join(text.split()) for names, text in entries for name in names.split(",")}
    fields = dataclasses.fields(record)
    defaults = {field.name: field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
                for field in fields}
    return {name: f"{said.get(name, '').rstrip('.')} (default: {default})".replace("%", "%%")
            for name, default in defaults.items()}
