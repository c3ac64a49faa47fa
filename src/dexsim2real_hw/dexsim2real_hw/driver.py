"""The one interface of arm and hand drivers, real or stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Limits
from dexsim2real_hw.errors import CommandError

Array = NDArray[np.float64]


class Mode(IntEnum):
    """What a device does with its motors."""

    DISCONNECTED = 0
    HOLDING = 1
    """Powered, keeping its position: no command yet, or the last one is too old."""
    TRACKING = 2
    """Following commands."""
    OFF = 3
    """Reachable, motors without power."""
    FAULT = 4
    """Stopped itself or was stopped by a person; the message says why. `recover` tries again."""


@dataclass(frozen=True)
class Features:
    """What a driver offers; known before anything is connected."""

    name: str
    joints: tuple[str, ...]
    limits: Limits
    """Of these joints."""
    rate: float
    """Of its control loop and its states [Hz]."""
    effort: Literal["measured", "commanded"]
    """Where `State.effort` comes from."""


@dataclass(frozen=True, eq=False)
class State:
    """One reading of a device; vectors have one number per joint of `Features.joints`."""

    stamp_ns: int
    """`time.monotonic_ns` when the device's message arrived."""
    position: Array
    """[rad]"""
    velocity: Array
    """[rad/s]"""
    effort: Array
    """[N m]; of an Allegro V4 nominal, see docs/hardware.md."""
    sent: Array
    """The position [rad] that the control loop last acted on, after every bound."""
    mode: Mode
    message: str = ""
    """Why the mode is what it is."""
    counters: Mapping[str, float] = field(default_factory=dict)
    """Events since `connect`, by name."""


class Driver(Protocol):
    """An arm or a hand. `connect` powers it and holds its position; it moves only after `send`."""

    @property
    def features(self) -> Features:
        """What this driver offers; may be asked while disconnected."""

    def connect(self) -> None:
        """Open the device, make sure that it is the expected one, and hold its position.

        Raises HardwareError if it cannot be reached or is another one.
        """

    def state(self) -> State:
        """The newest reading. Raises HardwareError if the device is not connected or its loop has ended."""

    def send(self, position: Array, velocity: Array | None = None) -> Array:
        """Move towards `position` [rad], passing it at `velocity` [rad/s], both shape (J,); returns what was sent.

        What was sent is the target after clamping to the limits; how far the loop has got is `State.sent`.
        Raises CommandError for a target that cannot be clamped, HardwareError as `state` does.
        """

    def recover(self) -> None:
        """Leave `Mode.FAULT` or `Mode.OFF` and hold the position; a person must have looked first."""

    def disconnect(self) -> None:
        """Stop within limits, make the device safe and close it. Does nothing if it is not connected."""


def limits_of(limits: Limits, part: slice) -> Limits:
    """The limits of some joints only; a velocity envelope stays with the joints from the first on."""
    return replace(
        limits,
        lower=limits.lower[part],
        upper=limits.upper[part],
        velocity=limits.velocity[part],
        acceleration=limits.acceleration[part],
        jerk=limits.jerk[part],
        effort=limits.effort[part],
        envelope=limits.envelope if part.start in (None, 0) else None,
    )


def clamped(features: Features, position: Array, velocity: Array | None) -> tuple[Array, Array]:
    """Target and velocity within the limits, both shape (J,); no velocity means: come to rest there.

    Raises CommandError for a wrong shape or a number that is not finite.
    """
    limits = features.limits
    speed = np.zeros(len(features.joints)) if velocity is None else velocity
    for what, vector in (("position", position), ("velocity", speed)):
        if np.shape(vector) != (len(features.joints),):
            raise CommandError(
                f"{features.name}: the {what} command has shape {np.shape(vector)}, "
                f"expected ({len(features.joints)},): one number per joint"
            )
        if not np.isfinite(vector).all():
            bad = [joint for joint, number in zip(features.joints, vector, strict=True) if not np.isfinite(number)]
            raise CommandError(f"{features.name}: the {what} command of {', '.join(bad)} is not finite; not sent")
    return (
        np.clip(position, limits.lower, limits.upper),
        np.clip(speed, -limits.velocity, limits.velocity),
    )
