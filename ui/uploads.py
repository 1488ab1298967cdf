"""Files that visitors bring along: turned into UTF-8 where they are text in another encoding, and written to a folder."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

import streamlit as st

from ui import common
from ui.text import t

#: What a file's name may hold besides letters and digits.
_PLAIN = " -_.()"
#: Of the characters beyond ASCII, so many at least are common ones in a text that is taken for GB18030.
COMMON_SHARE = 0.9


def other_encoding(data: bytes) -> str | None:
    """Says in which encoding a text is that is not UTF-8; None for UTF-8, and for what is no text.

    Spreadsheets and editors on Chinese Windows write GB18030, Notepad also UTF-16 with a mark. Any bytes may happen to be
    GB18030; so nearly all characters beyond ASCII have to be those that Chinese is written with (GB 2312).
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16" if _is_text(data, "utf-16") else None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030" if _is_text(data, "gb18030") else None
    return None


def _is_text(data: bytes, encoding: str) -> bool:
    """Whether bytes are text in an encoding, strictly, without control characters, and plausible."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    letters = set(text) - set("\t\r\n\ufeff")
    if any(unicodedata.category(letter) in ("Cc", "Cn", "Co") for letter in letters):
        return False
    beyond = [letter for letter in text if letter > "\x7f"]
    known = sum(len(letter.encode("gb2312", errors="ignore")) > 0 for letter in beyond)
    return encoding == "utf-16" or known >= COMMON_SHARE * len(beyond)


@st.cache_data(max_entries=40, show_spinner=False)
def _other_encoding(file_id: str, _file) -> str | None:
    return other_encoding(_file.getvalue())


def say_encoding(file) -> None:
    """Says so where a file is not in UTF-8."""
    if encoding := _other_encoding(file.file_id, file):
        st.caption(t("app.encoding", name=common.plain(file.name), encoding=encoding))


def put(file, folder: Path) -> Path:
    """Writes an uploaded file into a folder, text as UTF-8, under a name that is free there."""
    name = "".join(letter for letter in file.name if letter.isalnum() or letter in _PLAIN).lstrip(". ")
    stem, dot, ending = name.partition(".")
    path, number = folder / name, 2
    while path.exists():
        path, number = folder / f"{stem}-{number}{dot}{ending}", number + 1
    encoding = _other_encoding(file.file_id, file)
    path.write_bytes(file.getvalue().decode(encoding).encode("utf-8") if encoding else file.getvalue())
    return path
