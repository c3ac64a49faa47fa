"""The gate's own bounds; motion limits come from the cell."""

from __future__ import annotations

from dataclasses import dataclass

from dexsim2real_description import DexSim2RealError, Workspace
from dexsim2real_description.model import Vec3


def _check_positive(kind: str, config: object) -> None:
    for name, value in vars(config).items():
        if isinstance(value, int | float) and not 0.0 < value < float("inf"):
            raise DexSim2RealError(f"{kind} {name} is {value}; choose a positive number")


@dataclass(frozen=True)
class InputBounds:
    """What an input must keep to."""

    age: float
    """Longest time since the last message came [s]."""
    delay: float
    """Longest time from a message's stamp to its coming [s]."""
    rate: float
    """Lowest rate [Hz]."""


@dataclass(frozen=True)
class GateConfig:
    """Bounds of the safety gate. Every one of them has a name in `readings.LIMITS`."""

    rate: float = 125.0
    """Ticks per second [Hz]."""
    joint_states: InputBounds = InputBounds(age=0.1, delay=0.05, rate=60.0)
    """Rate: half of the 120 Hz that the graph promises."""
    touch: InputBounds = InputBounds(age=0.1, delay=0.15, rate=50.0)
    """Rate: half of 100 Hz. Not used for a cell without touch."""
    chunk: InputBounds = InputBounds(age=0.15, delay=0.35, rate=5.0)
    """Age: a policy at 10 Hz with half a period to spare. Delay: a chunk carries the stamp of its observation, which
    may be an image 0.25 s old, and inference comes on top."""
    stamp_ahead: float = 0.02
    """How far a stamp may lie in the future [s]: the clocks of two machines."""
    tick_gap: float = 0.1
    """Longest time between two ticks [s]."""
    max_points: int = 64
    """Points per chunk."""
    max_horizon: float = 5.0
    """Time of a chunk's last point [s]."""
    ease: float = 0.2
    """Fraction of the velocity and acceleration limits until the first plan has been caught up with."""
    rest_velocity: float = 0.2
    """Largest measured joint velocity at which the gate can be armed [rad/s]."""
    start_tolerance: float = 0.05
    """How far outside its range a joint may be measured when the gate is armed [rad]."""
    arm_effort: float = 0.9
    """Fraction of the arm's torque limits at which to stop."""
    hand_effort: float = 1.3
    """The same for the hand, whose servos saturate in an ordinary grasp: beyond that, and noise, is a fault."""
    following: float = 0.35
    """How far an arm joint may be from its command [rad]: 0.1 s at full speed, and some."""
    touch_force: float = 20.0
    """Per finger [N]; four times what the strongest finger joint can press with its last link."""
    workspace_lower: Vec3 = Workspace.lower
    """Box of the palm's origin in the frame of the arm's base [m]."""
    workspace_upper: Vec3 = Workspace.upper
    failed_trials: int = 2
    """Trials that may fail in a row; the next failure stops."""

    def __post_init__(self) -> None:
        if not 50.0 <= self.rate <= 1000.0:
            raise DexSim2RealError(f"gate rate is {self.rate} Hz; choose 50 to 1000 Hz")
        if self.ease > 1.0:
            raise DexSim2RealError(f"gate ease is {self.ease}; choose at most 1")
        _check_positive("the gate's", self)
        for name in ("joint_states", "touch", "chunk"):
            _check_positive(f"the gate's {name}", getattr(self, name))
        if not all(low < high for low, high in zip(self.workspace_lower, self.workspace_upper, strict=True)):
            raise DexSim2RealError(
                f"the gate's workspace reaches from {self.workspace_lower} to {self.workspace_upper}; "
                "every lower bound must be below its upper bound"
            )

    @property
    def period(self) -> float:
        """Between two ticks [s]."""
        return 1.0 / self.rate
