"""Touch as a point cloud: the bytes of the messages on /touch/points, without ROS.

One point per taxel: position x, y, z [m] and force fx, fy, fz [N], all float32, then finger and taxel numbers.
Position is in the tip frame of the point's own finger. Force is what the taxel exerts on the object it touches, in
the taxel's frame (z outward, so pressing is positive). The cloud as a whole has no single frame; a viewer places
the fingers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dexsim2real_description.errors import DexSim2RealError
from dexsim2real_description.names import FINGERS

TOUCH_FRAME = "fingertips"
"""frame_id of the cloud: every point is in the frame of its own fingertip."""


class Field(Protocol):
    """What is needed of a field description; sensor_msgs/PointField has it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def datatype(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class CloudField:
    """One field of a point, with the names and codes of sensor_msgs/PointField."""

    name: str
    offset: int
    datatype: int
    count: int = 1


_UINT8, _FLOAT32 = 2, 7  # sensor_msgs/PointField
_NUMPY = {_UINT8: "u1", _FLOAT32: "<f4"}

FIELDS: tuple[CloudField, ...] = (
    *(CloudField(name, 4 * i, _FLOAT32) for i, name in enumerate(("x", "y", "z", "fx", "fy", "fz"))),
    CloudField("finger", 24, _UINT8),
    CloudField("taxel", 25, _UINT8),
)
POINT_STEP = 28
"""Bytes per point: 26 used, padded to a multiple of 4."""


def _point_type(fields: Sequence[Field], point_step: int) -> np.dtype[np.void]:
    wanted = {field.name: field.datatype for field in FIELDS}
    given = {field.name: field for field in fields if field.name in wanted}
    for name, datatype in wanted.items():
        if name not in given:
            raise DexSim2RealError(f"touch cloud has no field {name!r}; expected the fields {', '.join(wanted)}")
        if given[name].datatype != datatype:
            raise DexSim2RealError(
                f"touch cloud field {name!r} has type code {given[name].datatype}, expected {datatype}"
            )
    formats = [_NUMPY[wanted[name]] for name in wanted]
    offsets = [int(given[name].offset) for name in wanted]
    end = max(offset + np.dtype(form).itemsize for offset, form in zip(offsets, formats, strict=True))
    if end > point_step:
        raise DexSim2RealError(f"touch cloud fields end at byte {end} of a point of {point_step} bytes")
    return np.dtype({"names": list(wanted), "formats": formats, "offsets": offsets, "itemsize": point_step})


_POINT = _point_type(FIELDS, POINT_STEP)


def pack(force: ArrayLike, positions: ArrayLike) -> bytes:
    """The cloud's data for forces [N], shape (4, T, 3), at tip-frame positions [m], shape (T, 3).

    Points come finger by finger (index, middle, ring, thumb), taxel by taxel, with the layout of FIELDS and
    POINT_STEP. Raises DexSim2RealError for other shapes.
    """
    forces, places = np.asarray(force, np.float32), np.asarray(positions, np.float32)
    if forces.ndim != 3 or forces.shape[0] != len(FINGERS) or forces.shape[2] != 3:
        raise DexSim2RealError(f"touch force has shape {forces.shape}, expected ({len(FINGERS)}, T, 3)")
    taxels = forces.shape[1]
    if places.shape != (taxels, 3):
        raise DexSim2RealError(f"taxel positions have shape {places.shape}, expected ({taxels}, 3)")
    points = np.zeros((len(FINGERS), taxels), _POINT)
    for axis, name in enumerate("xyz"):
        points[name] = places[:, axis]
        points[f"f{name}"] = forces[:, :, axis]
    points["finger"] = np.arange(len(FINGERS))[:, None]
    points["taxel"] = np.arange(taxels)
    return points.tobytes()


def unpack(data: bytes | bytearray | memoryview, fields: Sequence[Field], point_step: int) -> NDArray[np.float32]:
    """Forces [N], shape (4, T, 3), from a cloud's data; points may come in any order.

    `data` is anything with a buffer of bytes, such as the array in a message. Raises DexSim2RealError if a
    field is missing or of another type, or if the points are not every taxel of every finger once.
    """
    point = _point_type(fields, point_step)
    size = memoryview(data).nbytes
    if size == 0 or size % point_step:
        raise DexSim2RealError(f"touch cloud has {size} bytes, not a multiple of its {point_step} bytes per point")
    points = np.frombuffer(data, point)
    taxels = len(points) // len(FINGERS)
    index = points["finger"].astype(np.intp) * taxels + points["taxel"]
    inside = (points["finger"] < len(FINGERS)) & (points["taxel"] < taxels)
    if not inside.all() or len(np.unique(index)) != len(FINGERS) * taxels or len(points) % len(FINGERS):
        raise DexSim2RealError(
            f"touch cloud of {len(points)} points is not every taxel of {len(FINGERS)} fingers exactly once"
        )
    force = np.empty((len(FINGERS) * taxels, 3), np.float32)
    for axis, name in enumerate(("fx", "fy", "fz")):
        force[index, axis] = points[name]
    return force.reshape(len(FINGERS), taxels, 3)
