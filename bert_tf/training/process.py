"""Whether the process that does a run still lives, and the sign of life that it gives."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

#: A process that cannot be asked counts as ended when its run has been silent for so long.
SILENCE_SECONDS = 180.0
#: How often a process at work says that it lives, whatever it is busy with.
BEAT_SECONDS = 20.0


def at_work(status: dict) -> bool:
    """Whether the process that wrote a status still lives.

    Args:
        status: as `RunFolder.status` returns it, with its `pid`, `started` and `heartbeat`.
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
    facts = _facts(pid)
    if not facts:
        return silent < SILENCE_SECONDS
    if facts[0] == b"Z":  # it has ended, and nobody has let it go
        return False
    if status.get("started"):  # others may have got the number since, but at another time
        return int(facts[19]) == status["started"]
    return b"bert_tf" in _command(pid)  # written down before the time of the start was


@contextlib.contextmanager
def beating(beat: Callable[[], None]) -> Iterator[None]:
    """Calls a function every `BEAT_SECONDS` while the context lives, from a thread of its own.

    A beat that the disk refuses is left out: who trains will meet the same error and say it.
    """
    over = threading.Event()

    def work() -> None:
        while not over.wait(BEAT_SECONDS):
            with contextlib.suppress(OSError):
                beat()

    thread = threading.Thread(target=work, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def started_at(pid: int) -> int | None:
    """Returns when a process began, in clock ticks since the machine did; None where the system does not tell."""
    facts = _facts(pid)
    return int(facts[19]) if facts else None


def is_own_command(pid: int) -> bool:
    """Whether a process is a `python -m bert_tf`, as far as the system tells: ending it ends nothing else."""
    command = _command(pid)
    return not command or b"\0-m\0bert_tf\0" in command


def _facts(pid: int) -> list[bytes]:
    """Returns what Linux says of a process from its state on (field 3 of /proc/PID/stat); nothing elsewhere."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> bytes:
    """Returns how a process was called, each word followed by a zero byte; nothing where the system does not tell."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
