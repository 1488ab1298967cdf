"""Reading plain-text corpora: one sentence a line, an empty line between documents.

Files may be plain text, `.xz` or `.gz`. Everything streams: whatever the size of a file, no more
than one document of bounded length is in memory.
"""

from __future__ import annotations

import gzip
import lzma
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

MAX_LINE_CHARACTERS = 100_000
MAX_DOCUMENT_SENTENCES = 2_000
MAX_DOCUMENT_CHARACTERS = 4_000_000
# A character has at most 4 bytes in UTF-8; a byte order mark has 3, a line end 2.
_MAX_LINE_BYTES = 4 * MAX_LINE_CHARACTERS + 5
_BYTE_ORDER_MARK = "\ufeff"


def listed(paths: Iterable[str | os.PathLike] | str | os.PathLike) -> list[Path]:
    """Returns paths as a list; a single one counts as a list of one."""
    return [Path(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]


def corpus_files(paths: Iterable[str | os.PathLike] | str | os.PathLike) -> list[Path]:
    """Checks that the given corpus files are there, and returns them in the order given.

    Args:
        paths: the files; a single path counts as a list of one.

    Returns:
        The same files as paths.

    Raises:
        FileNotFoundError: a file does not exist.
        ValueError: the list is empty, names a file twice, or names something that is not a file.
    """
    files = listed(paths)
    if not files:
        raise ValueError("No corpus file was given; name at least one text file (.txt, .txt.xz or .txt.gz).")
    seen = set()
    for file in files:
        _check_file(file)
        if file.resolve() in seen:
            raise ValueError(f"The corpus file {file} was given twice; name every file once.")
        seen.add(file.resolve())
    return files


def read_documents(path: str | os.PathLike, *,
                   progress: Callable[[int], None] | None = None) -> Iterator[list[str]]:
    """Reads a corpus file document by document.

    Lines are stripped of white space at both ends; CRLF line ends and a byte order mark are fine.
    A document of more than 2,000 sentences (or 4 million characters) comes in several pieces, so
    that a file without any empty line does not fill the memory.

    Args:
        path: a text file in UTF-8; `.xz` and `.gz` are unpacked on the way.
        progress: called after every document with the bytes of the file (as stored) read so far.

    Returns:
        An iterator over documents; a document is a list of at least one sentence.

    Raises:
        FileNotFoundError: there is no such file (raised by the call itself).
        ValueError: not a file, not UTF-8, a line of more than 100,000 characters, a damaged or
            truncated archive; the message names the file and the line.
    """
    path = Path(path)
    _check_file(path)
    return _documents(path, progress)


def _documents(path: Path, progress: Callable[[int], None] | None) -> Iterator[list[str]]:
    try:
        stored = open(path, "rb")
    except OSError as error:
        raise ValueError(f"Cannot read {path}: {error.strerror or error}. Check its permissions.") from error
    with stored:
        document: list[str] = []
        characters = 0
        for line in _lines(path, stored):
            if line:
                document.append(line)
                characters += len(line)
            full = len(document) >= MAX_DOCUMENT_SENTENCES or characters >= MAX_DOCUMENT_CHARACTERS
            if document and (full or not line):
                yield document
                document, characters = [], 0
                if progress is not None:
                    progress(stored.tell())
        if document:
            yield document
        if progress is not None:
            progress(stored.tell())


def _lines(path: Path, stored) -> Iterator[str]:
    """Yields the stripped lines of an open file."""
    number = 0
    try:
        text = _unpacked(path, stored)
        while raw := text.readline(_MAX_LINE_BYTES + 1):
            number += 1
            yield _decoded(path, number, raw)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path} is a damaged or truncated {path.suffix} file: after line {number}: {error}. "
            "Fetch or pack it again.") from error
    except OSError as error:
        raise ValueError(f"Cannot read {path} after line {number}: {error.strerror or error}.") from error


def _unpacked(path: Path, stored):
    """Returns a binary stream of the text in an open file."""
    suffix = path.suffix.lower()
    if suffix == ".xz":
        return lzma.open(stored)
    if suffix == ".gz":
        if not stored.peek(1):  # gzip takes an empty file for an empty text
            raise EOFError("the file is empty")
        return gzip.open(stored)
    return stored


def _decoded(path: Path, number: int, raw: bytes) -> str:
    """Returns one line as text, without white space at its ends."""
    too_long = len(raw) > _MAX_LINE_BYTES
    if not too_long:
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path}, line {number}: not UTF-8 text ({raw[error.start]:#04x} at byte {error.start} of "
                "the line). Convert the file to UTF-8; a packed file should end in .xz or .gz.") from None
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        line = line.strip()
        too_long = len(line) > MAX_LINE_CHARACTERS
    if too_long:
        raise ValueError(
            f"{path}, line {number}: the line has more than {MAX_LINE_CHARACTERS:,} characters. A corpus "
            "holds one sentence a line and an empty line between documents; split the text first.")
    return line


def _check_file(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"There is no corpus file {path}; check the path.")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name the text files in it.")
    if not path.is_file():
        raise ValueError(f"{path} is not a regular file; a corpus is a text file, plain, .xz or .gz.")
