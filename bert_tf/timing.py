"""The stopwatch that both sides of the bench use."""

from __future__ import annotations

import time
from collections.abc import Callable


def timed(function: Callable, argument, seconds: float) -> list[float]:
    """Calls a function again and again until the seconds are over, at least once; returns what each call took."""
    took, end = [], time.perf_counter() + seconds
    while not took or time.perf_counter() < end:
        start = time.perf_counter()
        function(argument)
        took.append(time.perf_counter() - start)
    return took
