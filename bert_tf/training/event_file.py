"""Writes metrics in the format that TensorBoard reads, without TensorFlow.

An event file is a row of records: the length of the data, a checksum of it, the data, a checksum of that. The
data is a protocol buffer message `Event`, of which only five fields are needed; they are put together here.
Source: TensorFlow's `event.proto`, `summary.proto` and record format; CRC-32C after Castagnoli et al. 1993.
"""

from __future__ import annotations

import functools
import os
import socket
import struct
import time
from pathlib import Path

#: Numbers of a metrics record that are no measurement.
NOT_DRAWN = ("step", "heldout")
_START_OF_SESSION = b"\x3a\x02\x08\x01"  # Event.session_log (7) { status (1): START (1) }


class EventFile:
    """One process's event file in a folder.

    Args:
        folder: made when the first record is written.
        first_step: TensorBoard drops what earlier files of the folder say from this step on, since a run that
            goes on from a checkpoint measures those steps again.
    """

    def __init__(self, folder: Path, *, first_step: int):
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        self.path = folder / name
        self._write(_bytes(3, b"brain.Event:2"), step=0)
        self._write(_START_OF_SESSION, step=first_step)

    def add(self, record: dict) -> None:
        """Adds every number of a metrics record under `train/` or `heldout-NAME/`; what is no number is left out."""
        group = f"heldout-{record['heldout']}" if "heldout" in record else "train"
        values = b"".join(
            _bytes(1, _bytes(1, f"{group}/{key}".encode()) + struct.pack("<Bf", 0x15, value))
            for key, value in record.items() if isinstance(value, (int, float)) and key not in NOT_DRAWN)
        self._write(_bytes(5, values), step=record["step"])

    def _write(self, content: bytes, *, step: int) -> None:
        """Appends an Event: wall time (1), step (2) and the content given."""
        data = struct.pack("<Bd", 0x09, time.time()) + b"\x10" + _varint(step) + content
        length = struct.pack("<Q", len(data))
        with self.path.open("ab") as file:
            file.write(length + _checksum(length) + data + _checksum(data))


def _varint(number: int) -> bytes:
    """Writes a whole number from 0, seven bits a byte, the lowest first."""
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _bytes(field: int, content: bytes) -> bytes:
    """Writes a field that holds bytes: its number and type, the length, the content."""
    return bytes([field << 3 | 2]) + _varint(len(content)) + content


def _checksum(data: bytes) -> bytes:
    """Returns the masked CRC-32C of some bytes."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """Returns the CRC-32C of some bytes: 0xE3069283 for b"123456789"."""
    table, crc = _crc_table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@functools.cache
def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table
