"""Whether the process that does a run still lives, and the sign of life that it gives."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import psutil

#: A process whose begin does not tell whose it is counts as ended when its run has been silent for so long.
SILENCE_SECONDS = 180.0
#: How often a process at work says that it lives, whatever it is busy with.
BEAT_SECONDS = 20.0
#: By how much two readings of when a process began may differ: some systems count whole seconds.
CLOCK_SECONDS = 2.0


def at_work(status: dict) -> bool:
    """Whether the process that wrote a status still lives.

    Others may have got its number since, but then at another time. Where the times differ because the clock was set
    meanwhile, a `python -m bert_tf` that has just given a sign of life counts.

    Args:
        status: as `RunFolder.status` returns it, with its `pid`, `started` and `heartbeat`.
    """
    pid, silent = status.get("pid", 0), time.time() - status.get("heartbeat", 0.0)
    if pid <= 0:
        return False
    try:
        process = psutil.Process(pid)
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(timeout=0)
            return False  # it has ended; if it was a child of this process, that is now off the books
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if abs(process.create_time() - (status.get("started") or 0.0)) <= CLOCK_SECONDS:
            return True
        return silent < SILENCE_SECONDS and is_own_command(pid)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # it lives, and is somebody else's
        return silent < SILENCE_SECONDS


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


def started_at(pid: int) -> float | None:
    """Returns when a process began, in seconds since 1970; None if it is gone or the system does not tell."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def is_own_command(pid: int) -> bool:
    """Whether a process is a `python -m bert_tf`, as far as the system tells: ending it ends nothing else."""
    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return True
    return not words or ("-m", "bert_tf") in zip(words, words[1:])
