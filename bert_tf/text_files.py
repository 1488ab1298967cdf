"""Text files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Writes a text file beside its final name and renames it; where that fails, nothing is left of it."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        scratch.write_text(text, encoding="utf-8")
        _replace(scratch, path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _replace(scratch: Path, path: Path) -> None:
    """Renames a file; waits a moment where Windows refuses because somebody is reading the one to be replaced."""
    for pause in (0.01, 0.05, 0.2):
        with contextlib.suppress(PermissionError):
            return os.replace(scratch, path)
        time.sleep(pause)
    os.replace(scratch, path)
