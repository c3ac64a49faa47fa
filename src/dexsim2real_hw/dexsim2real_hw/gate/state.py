"""What the gate says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from dexsim2real_hw.gate.readings import Reading

Array = NDArray[np.float64]


class Mode(Enum):
    """Where the gate is between a person's decisions."""

    DISARMED = "disarmed"
    """No command leaves."""
    ARMED = "armed"
    """Holds the pose at which it was armed; the next chunk makes it run."""
    RUNNING = "running"
    """Follows the plan."""
    STOPPED = "stopped"
    """Decelerates and holds until a person resets."""


@dataclass(frozen=True)
class Command:
    """What leaves in one tick: where the joints shall be one period after its time, in the order of JOINTS."""

    time_ns: int
    """On the even grid of ticks, not when the tick came: its jitter of milliseconds is no jitter of the motion."""
    position: Array
    """[rad], shape (23,)."""
    velocity: Array
    """[rad/s], shape (23,): the difference to the command before, over the period."""


@dataclass(frozen=True)
class GateState:
    """The gate after a tick."""

    mode: Mode
    moving: bool
    """Whether the command still changes."""
    easing: bool
    """On the way from the measured pose to the first plan."""
    fired: tuple[Reading, ...]
    """Limits that changed this command."""
    cause: tuple[Reading, ...]
    """What stopped the gate, until a person resets."""
    rejected: Reading | None
    """Why the last refused message was refused, until a person resets."""


@dataclass(frozen=True)
class Answer:
    """To a person who arms, stops or resets."""

    accepted: bool
    message: str
    faults: tuple[Reading, ...] = ()
    """The limits that stand against it."""


@dataclass
class Counters:
    """Since the gate was made."""

    ticks: int = 0
    skipped: int = 0
    """Ticks that did not come in time."""
    limited: int = 0
    """Commands that a limit changed."""
    rejected: int = 0
    """Messages."""
    stops: int = 0
