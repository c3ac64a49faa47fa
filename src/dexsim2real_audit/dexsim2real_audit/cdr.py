"""The messages that a recording has most of, read straight from their bytes (CDR, OMG DDSI-RTPS 10.2).

A general decoder spends most of its time on what is the same in every message: 23 joint names, the fields of a point
cloud. Here it is read once, and recognised by its bytes afterwards: a tenth of the time.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import FINGERS
from dexsim2real_description.touch_cloud import unpack

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


class TouchMessages:
    """Reads the touch clouds of one topic; `decode` is the general decoder of PointCloud2."""

    def __init__(self, decode: Callable[[bytes], Any]) -> None:
        self._decode = decode
        self._head, self._size, self._little, self._begin, self._length, self._step = b"", 0, 0, 0, 0, 0
        self._places = self._columns = self._index = np.zeros(0, np.intp)
        self._numbers = np.zeros(0, np.uint8)

    def forces(self, data: bytes) -> NDArray[np.float32]:
        """Forces [N], shape (4, T, 3). Raises as `touch_cloud.unpack` does, and as the decoder does."""
        if len(data) == self._size and data[1] & 1 == self._little and data[_NAMES : self._begin] == self._head:
            points = np.frombuffer(data, np.uint8, self._length, self._begin).reshape(-1, self._step)
            if np.array_equal(points[:, self._places], self._numbers):
                force = np.empty((len(points), 3), np.float32)
                force[self._index] = np.take(points, self._columns, axis=1).view("<f4")
                return force.reshape(len(FINGERS), -1, 3)
        message = self._decode(data)
        found = unpack(message.data, message.fields, message.point_step)
        self._remember(data, message)
        return found

    def _remember(self, data: bytes, message: Any) -> None:
        """What the next message is like if it is like this one."""
        self._size, self._little, self._step = len(data), data[1] & 1, int(message.point_step)
        self._length, self._begin = len(message.data), _points_begin(data)
        self._head = data[_NAMES : self._begin]
        offsets = {field.name: int(field.offset) for field in message.fields}
        self._places = np.array([offsets["finger"], offsets["taxel"]])
        self._columns = np.concatenate([offsets[name] + np.arange(4) for name in ("fx", "fy", "fz")])
        points = np.frombuffer(data, np.uint8, self._length, self._begin).reshape(-1, self._step)
        self._numbers = points[:, self._places]
        places = self._numbers.astype(np.intp)
        self._index = places[:, 0] * (len(points) // len(FINGERS)) + places[:, 1]


def _points_begin(data: bytes) -> int:
    """Where the points of a PointCloud2 begin."""
    _, at = _string(data, _NAMES)
    _, at = _count(data, at)  # height
    _, at = _count(data, at)  # width
    fields, at = _count(data, at)
    for _ in range(fields):
        _, at = _string(data, at)
        _, at = _count(data, at)  # offset
        _, at = _count(data, at + 1)  # after the data type, the count
    _, at = _count(data, at + 1)  # after the order of bytes, the point step
    _, at = _count(data, at)  # row step
    return _count(data, at)[1]


def poses(data: bytes) -> Array | None:
    """Position [m] and quaternion w, x, y, z of every pose of a PoseArray, shape (K, 7); None if there is none.

    Raises struct.error or ValueError for bytes that are something else.
    """
    _, at = _string(data, _NAMES)
    count, at = _count(data, at)
    if not count:
        return None
    at += -(at - BODY) % 8
    rows = np.frombuffer(data, "<f8" if data[1] & 1 else ">f8", 7 * count, at).reshape(count, 7)
    return rows[:, [0, 1, 2, 6, 3, 4, 5]].astype(np.float64)


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
