"""The two messages that a recording has most of, read straight from their bytes (CDR, OMG DDSI-RTPS 10.2).

A general decoder spends most of its time on 23 joint names that are the same in every message. Here they are read
once, and recognised by their bytes afterwards: a tenth of the time.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BODY = 4
"""Bytes before the body; alignment counts from here."""
_NAMES = BODY + 8
"""Frame and joint names begin after the stamp."""


def header_stamp(data: bytes) -> int:
    """Stamp [ns] of a serialised message that begins with a header."""
    seconds, nanoseconds = struct.unpack_from("<iI" if data[1] & 1 else ">iI", data, BODY)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


class JointMessages:
    """Reads JointState and JointTrajectory messages of one topic.

    All methods raise struct.error or ValueError for bytes that are something else.
    """

    def __init__(self) -> None:
        self._head = b""
        self._names: tuple[tuple[str, ...], int] = ((), 0)

    def joint_state(self, data: bytes) -> tuple[tuple[str, ...], list[Array]]:
        """Joint names, and position [rad], velocity [rad/s] and effort [N m], each shape (J,) or (0,)."""
        names, at = self._joint_names(data)
        arrays = []
        for _ in range(3):
            values, at = _floats(data, at)
            arrays.append(values)
        return names, arrays

    def trajectory(self, data: bytes) -> tuple[tuple[str, ...], list[Array]]:
        """Joint names, and positions of the first point [rad], shape (J,); no array if there is no point."""
        names, at = self._joint_names(data)
        points, at = _count(data, at)
        return names, [_floats(data, at)[0]] if points else []

    def _joint_names(self, data: bytes) -> tuple[tuple[str, ...], int]:
        if not self._head or data[1] & 1 != self._head[1] & 1 or data[_NAMES : len(self._head)] != self._head[_NAMES:]:
            self._names = _read_names(data)
            self._head = data[: self._names[1]]
        return self._names


def _read_names(data: bytes) -> tuple[tuple[str, ...], int]:
    """Joint names after the frame's name, and where they end."""
    _, at = _string(data, _NAMES)
    count, at = _count(data, at)
    names = []
    for _ in range(count):
        name, at = _string(data, at)
        names.append(name)
    return tuple(names), at


def _count(data: bytes, at: int) -> tuple[int, int]:
    at += -(at - BODY) % 4
    (count,) = struct.unpack_from("<I" if data[1] & 1 else ">I", data, at)
    return int(count), at + 4


def _string(data: bytes, at: int) -> tuple[str, int]:
    size, at = _count(data, at)
    if at + size > len(data):
        raise ValueError("a name reaches beyond the message")
    return data[at : at + size - 1].decode(), at + size


def _floats(data: bytes, at: int) -> tuple[Array, int]:
    count, at = _count(data, at)
    if not count:
        return np.empty(0), at
    at += -(at - BODY) % 8
    return np.frombuffer(data, "<f8" if data[1] & 1 else ">f8", count, at), at + 8 * count
