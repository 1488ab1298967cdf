"""Whether the process that does a run still lives."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

#: A process that cannot be asked counts as ended when its run has been silent for so long.
SILENCE_SECONDS = 180.0


def at_work(status: dict) -> bool:
    """Whether the process that wrote a status still lives.

    Args:
        status: as `RunFolder.status` returns it, with its `pid` and `heartbeat`.
    """
    pid, silent = status.get("pid", 0), time.time() - status.get("heartbeat", 0.0)
    if os.name == "nt":  # where asking a process with signal 0 would end it
        return silent < SILENCE_SECONDS
    if pid <= 0:
        return False
    with contextlib.suppress(ChildProcessError):  # if it is our child and has ended, let it go
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is somebody else's
        pass
    command = _command_of(pid)
    return b"bert_tf" in command if command else silent < SILENCE_SECONDS  # others may have got the number since


def _command_of(pid: int) -> bytes:
    """Returns how a process was called, `zombie` for one that has ended, nothing where the system does not tell."""
    try:
        ended = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
        return b"zombie" if ended else Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
