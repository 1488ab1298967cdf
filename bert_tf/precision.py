"""In which precision a network computes here."""

from __future__ import annotations

import functools
from pathlib import Path

#: Keras' policies that a network can have; weights are float32 in both. The score of padding would overflow float16.
PRECISIONS = ("float32", "mixed_bfloat16")
#: What Linux calls a processor's bfloat16 instructions, on x86.
BFLOAT16_INSTRUCTIONS = {"avx512_bf16", "amx_bf16"}
CPU_FACTS = Path("/proc/cpuinfo")
NVIDIA_DRIVER = Path("/dev/nvidiactl")


def require_precision(name: str, value) -> None:
    """Raises ValueError if `value` is none of `PRECISIONS`."""
    if value not in PRECISIONS:
        raise ValueError(f"{name} should be {' or '.join(PRECISIONS)}, not {value!r}.")


@functools.cache
def native_precision() -> str:
    """Returns the precision in which training is fastest on this machine.

    bfloat16 where it is computed in hardware: on an NVIDIA GPU, and on processors with instructions for it. Elsewhere it is
    emulated and takes longer than float32 (a sixth, measured on AVX2). Where nothing tells, on macOS and Windows, float32.
    """
    if NVIDIA_DRIVER.exists():
        return "mixed_bfloat16"
    try:
        facts = CPU_FACTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "float32"
    return "mixed_bfloat16" if BFLOAT16_INSTRUCTIONS & set(facts.split()) else "float32"
