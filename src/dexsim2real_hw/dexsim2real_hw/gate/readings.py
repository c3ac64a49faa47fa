"""What the gate watches, in one vocabulary: the names of the limits and a reading against one of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dexsim2real_description import DexSim2RealError


class Action(Enum):
    """What the gate does when a limit fires."""

    CLAMP = "clamp"
    """The command is replaced by the nearest motion inside the limits; the graph keeps running."""
    REJECT = "reject"
    """The message is not used. Silence that follows from it is the business of `age`."""
    STOP = "stop"
    """Decelerate within limits, hold, and stay stopped until a person resets."""


@dataclass(frozen=True)
class Limit:
    """One thing that can fire."""

    action: Action
    unit: str
    meaning: str


LIMITS: dict[str, Limit] = {
    "position": Limit(Action.CLAMP, "rad", "command outside the joint's range, or braking would end outside it"),
    "velocity": Limit(Action.CLAMP, "rad/s", "first difference of the command, or of what braking from it would be"),
    "acceleration": Limit(Action.CLAMP, "rad/s^2", "second difference of the command"),
    "jerk": Limit(Action.CLAMP, "rad/s^3", "third difference of the command"),
    "joints": Limit(Action.REJECT, "names", "wrong, missing or repeated joint names; order does not matter"),
    "shape": Limit(Action.REJECT, "numbers", "not one number per joint"),
    "finite": Limit(Action.REJECT, "numbers", "numbers that are not finite, or beyond a million"),
    "points": Limit(Action.REJECT, "points", "too many points in the chunk"),
    "times": Limit(Action.REJECT, "s", "a time before that of the point before it, or before 0"),
    "horizon": Limit(Action.REJECT, "s", "last point too far in the future"),
    "stamp_ahead": Limit(Action.REJECT, "s", "stamp in the future"),
    "stamp_order": Limit(Action.REJECT, "s", "stamp not later than the one before it"),
    "delay": Limit(Action.REJECT, "s", "time from stamp to receipt"),
    "age": Limit(Action.STOP, "s", "time since an input came that could be used"),
    "rate": Limit(Action.STOP, "Hz", "input comes too slowly"),
    "policy": Limit(Action.STOP, "", "a chunk without points: the policy says that it cannot act, and why"),
    "alive": Limit(Action.STOP, "", "the middleware reports that the publisher of an input is gone"),
    "clock": Limit(Action.STOP, "s", "time between two ticks: negative, or so long that the gate itself stood still"),
    "effort": Limit(Action.STOP, "N m", "measured joint torque"),
    "following": Limit(Action.STOP, "rad", "measured arm joint away from its command: blocked, or switched off"),
    "touch_force": Limit(Action.STOP, "N", "sum over a finger's taxels of the measured force"),
    "workspace": Limit(Action.STOP, "m", "palm outside its box, as commanded or as measured"),
    "failed_trials": Limit(Action.STOP, "trials", "trials that failed in a row"),
    "operator": Limit(Action.STOP, "", "a person asked for a stop"),
    "rest": Limit(Action.REJECT, "rad/s", "a joint moves while the gate is being armed"),
}
"""Every limit by name. `rest` refuses arming; all other rejections are of messages."""


@dataclass(frozen=True)
class Reading:
    """One value against its bound."""

    name: str
    """A key of LIMITS."""
    where: str
    """Joint, finger, axis or input."""
    value: float
    bound: float
    margin: float
    """Distance to the bound in the unit of the limit; negative beyond it."""

    @property
    def fired(self) -> bool:
        """Whether the value is beyond the bound; a value that is not a number always is."""
        return not self.margin >= 0.0

    def __str__(self) -> str:
        unit = LIMITS[self.name].unit
        value, bound = (f"{number:.4g} {unit}".strip() for number in (self.value, self.bound))
        return f"{self.name} {self.where}: {value} against {bound}"


def at_most(name: str, where: str, value: float, bound: float) -> Reading:
    """A reading that fires above its bound."""
    return Reading(name, where, float(value), float(bound), float(bound - value))


def at_least(name: str, where: str, value: float, bound: float) -> Reading:
    """A reading that fires below its bound."""
    return Reading(name, where, float(value), float(bound), float(value - bound))


class RejectedError(DexSim2RealError):
    """A message that the gate does not use; `reading` says why."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        super().__init__(f"rejected: {reading}")
