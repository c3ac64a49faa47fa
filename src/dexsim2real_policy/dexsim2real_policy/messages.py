"""ROS messages to arrays, without ROS: anything with the right attributes will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import DexSim2RealError
from dexsim2real_policy.sync import JointSample

Array = NDArray[np.float64]


class ImageMessage(Protocol):
    """What is needed of sensor_msgs/Image."""

    height: int
    width: int
    encoding: str
    step: int
    data: bytes


class JointReader:
    """Brings joint messages into the order of a contract, whatever order they come in."""

    def __init__(self, joints: Sequence[str]) -> None:
        self._joints = tuple(joints)
        self._orders: dict[tuple[str, ...], NDArray[np.intp]] = {}

    def sample(
        self, names: Sequence[str], position: Sequence[float], velocity: Sequence[float], effort: Sequence[float]
    ) -> JointSample:
        """A joint state. Raises DexSim2RealError if a joint or a value is missing or not finite."""
        order = self._order(names)
        rows = {"position": position, "velocity": velocity, "effort": effort}
        return JointSample(*(_ordered(name, row, order) for name, row in rows.items()))

    def positions(self, names: Sequence[str], positions: Sequence[float]) -> Array:
        """Positions [rad], shape (23,), alike."""
        return _ordered("position", positions, self._order(names))

    def _order(self, names: Sequence[str]) -> NDArray[np.intp]:
        key = tuple(names)
        if key not in self._orders:
            missing = [joint for joint in self._joints if joint not in key]
            if missing or len(key) != len(self._joints):
                raise DexSim2RealError(
                    f"message has {len(key)} joints, expected the {len(self._joints)} of the policy"
                    + (f"; it lacks {', '.join(missing)}" if missing else "")
                )
            self._orders = {key: np.array([key.index(joint) for joint in self._joints])}  # a publisher keeps its order
        return self._orders[key]


def _ordered(name: str, row: Sequence[float], order: NDArray[np.intp]) -> Array:
    values = np.array(row, dtype=np.float64)
    if values.shape != order.shape:
        raise DexSim2RealError(f"message has {values.size} numbers for {name}, expected {len(order)}, one per joint")
    if not np.isfinite(values).all():
        raise DexSim2RealError(f"message has a {name} that is not finite")
    ordered: Array = values[order]
    return ordered


def rgb_image(message: ImageMessage) -> NDArray[np.uint8]:
    """The pixels, shape (h, w, 3), as a view of the message. Raises DexSim2RealError unless it is whole and rgb8."""
    if message.encoding != "rgb8":
        raise DexSim2RealError(f"image has encoding {message.encoding!r}, expected 'rgb8'; set the camera to RGB")
    size, row = message.height * message.step, 3 * message.width
    data = np.frombuffer(message.data, dtype=np.uint8)
    if data.size != size or message.step < row or size == 0:
        raise DexSim2RealError(f"image has {data.size} bytes for {message.height} rows of {message.step}")
    return data.reshape(message.height, message.step)[:, :row].reshape(message.height, message.width, 3)
