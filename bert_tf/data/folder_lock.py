"""One process at a time writes into a folder. The system gives the lock back when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from bert_tf.data.manifest import cannot_write

LOCK_FILE = ".lock"
#: How often one that waits asks again.
ASK_SECONDS = 0.5
#: What file systems say that know no locks.
_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}


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
    try:
        file = open(folder / LOCK_FILE, "ab")
    except OSError as error:
        raise cannot_write(folder, error) from error
    with file:
        while not (held := _try_lock(file)) and waiting is not None:
            waiting()
            time.sleep(ASK_SECONDS)
        try:
            yield held
        finally:
            if held:
                _unlock(file)


if os.name == "nt":
    import msvcrt

    def _try_lock(file) -> bool:
        file.seek(0)  # the lock is on the byte at the current place, whether it is there or not
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _try_lock(file) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            if error.errno not in _NO_LOCKS:
                raise
            warnings.warn(f"The file system of {file.name} knows no locks: let one process at a time write there.",
                          stacklevel=4)
        return True

    def _unlock(file) -> None:
        with contextlib.suppress(OSError):  # where there are no locks
            fcntl.flock(file, fcntl.LOCK_UN)
