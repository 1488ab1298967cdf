"""One process at a time writes into a folder. The system gives the lock back when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from bert_tf.data.manifest import cannot_write

LOCK_FILE = ".lock"
#: How often one that waits asks again.
ASK_SECONDS = 0.5
#: What file systems say that know no locks.
_NO_LOCKS = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}


@contextlib.contextmanager
def locked(folder: Path, *, waiting: Callable[[], None] | None = None) -> Iterator[bool]:
    """Holds the lock of a folder.

    Args:
        folder: must be there; `LOCK_FILE` in it is what is locked, and stays behind.
        waiting: called every `ASK_SECONDS` until the lock is free; None does not wait.

    Yields:
        Whether the lock is held: always, if somebody waits for it. On a file system without locks everybody holds it,
        after a warning.

    Raises:
        ValueError: the folder cannot be written.
    """
    lock, held = FileLock(folder / LOCK_FILE), True
    try:
        lock.acquire(blocking=waiting is not None, poll_interval=ASK_SECONDS, cancel_check=waiting)
    except Timeout:
        held = False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise cannot_write(folder, error) from error
        warnings.warn(f"The file system of {folder} knows no locks: let one process at a time write there.", stacklevel=3)
    try:
        yield held
    finally:
        lock.release()
