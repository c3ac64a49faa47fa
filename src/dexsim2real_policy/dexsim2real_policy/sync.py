"""Sensor streams to one observation: paired by stamp, refused when stale. No clock, no ROS: time is an argument."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.errors import PolicyError

T = TypeVar("T")
Array = NDArray[np.float64]
_KEPT = 16
"""Samples per stream: at 250 Hz more than the 50 ms that joint states may lag behind."""


class StaleError(PolicyError):
    """A sensor is silent, or its last value is too old to act on."""


class Stream(Generic[T]):
    """The last samples of one sensor."""

    def __init__(self, name: str, max_age: float) -> None:
        self.name = name
        self.max_age = max_age
        self._samples: deque[tuple[int, T]] = deque(maxlen=_KEPT)

    def put(self, stamp_ns: int, value: T) -> None:
        """Take a sample. Where time goes back, as when a simulation starts again, the past is forgotten."""
        if self._samples and stamp_ns <= self._samples[-1][0]:
            self._samples.clear()
        self._samples.append((stamp_ns, value))

    @property
    def last_ns(self) -> int | None:
        """Stamp of the newest sample; None before the first."""
        return self._samples[-1][0] if self._samples else None

    def take(self, not_after_ns: int, now_ns: int) -> tuple[T, float]:
        """The newest value that is not younger than `not_after_ns`, and its age [s].

        Raises StaleError if there is none or if it is too old, or as far in the future.
        """
        for stamp_ns, value in reversed(self._samples):
            if stamp_ns <= not_after_ns:
                age = (now_ns - stamp_ns) / 1e9
                if abs(age) > self.max_age:
                    raise StaleError(
                        f"{self.name}: {age:.3f} s old, limit {self.max_age:g} s; check its publisher and the clocks"
                    )
                return value, age
        if self._samples:
            raise StaleError(f"{self.name}: every value is younger than the joint state; check that the clocks agree")
        raise StaleError(f"{self.name}: no value received; check that its publisher runs")


@dataclass(frozen=True, eq=False)
class JointSample:
    """One joint state, in the order of the spec's joints, each shape (23,)."""

    position: Array
    """[rad]"""
    velocity: Array
    """[rad/s]"""
    torque: Array
    """[N m]"""


@dataclass(frozen=True, eq=False)
class Observation:
    """Values that belong together."""

    stamp_ns: int
    """Of the joint state; nothing in it is younger."""
    joints: JointSample
    touch: NDArray[np.float32] | None
    """[N], shape (4, T, 3)."""
    images: dict[str, NDArray[np.uint8]]
    """RGB by camera name, shape (h, w, 3)."""
    command: Array | None
    """The joint command in force [rad], shape (23,); None while nobody commands the robot."""
    ages: dict[str, float]
    """How old each value is now, by stream [s]."""
    features: Array | None = None
    """What only a simulator knows, shape (F,); None for a policy that does not ask for it."""


class SensorSync:
    """The streams that a policy needs, and the command stream of whoever drives the robot."""

    def __init__(self, spec: ObservationSpec) -> None:
        self.joints: Stream[JointSample] = Stream("joint states", spec.max_joint_age)
        self.command: Stream[Array] = Stream("command", spec.max_joint_age)
        self.touch: Stream[NDArray[np.float32]] | None = None
        if spec.touch_layout is not None:
            self.touch = Stream("touch", spec.max_touch_age)
        self.cameras: dict[str, Stream[NDArray[np.uint8]]] = {
            name: Stream(f"{name} camera", spec.max_image_age) for name in spec.cameras
        }
        self.features: Stream[Array] | None = Stream("features", spec.max_joint_age) if spec.features else None

    def take(self, now_ns: int) -> Observation:
        """The newest joint state, and of every other stream the newest value that is not younger.

        Raises StaleError, which names the first stream that is silent or older than its limit.
        """
        stamp_ns = self.joints.last_ns if self.joints.last_ns is not None else now_ns
        ages: dict[str, float] = {}
        joints, ages[self.joints.name] = self.joints.take(stamp_ns, now_ns)
        touch = None
        if self.touch is not None:
            touch, ages[self.touch.name] = self.touch.take(stamp_ns, now_ns)
        images = {}
        for name, stream in self.cameras.items():
            images[name], ages[stream.name] = stream.take(stamp_ns, now_ns)
        features = None
        if self.features is not None:
            features, ages[self.features.name] = self.features.take(stamp_ns, now_ns)
        return Observation(stamp_ns, joints, touch, images, self._command(stamp_ns, now_ns), ages, features)

    def _command(self, stamp_ns: int, now_ns: int) -> Array | None:
        try:
            return self.command.take(stamp_ns, now_ns)[0]
        except StaleError:
            return None
