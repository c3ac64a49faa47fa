"""The gate's own bounds; motion limits come from the cell."""

from __future__ import annotations

from dataclasses import dataclass

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.model import Vec3


@dataclass(frozen=True)
class InputBounds:
    """What an input must keep to."""

    age: float
    """Longest time since stamp or receipt [s]."""
    rate: float
    """Lowest rate [Hz]."""


@dataclass(frozen=True)
class GateConfig:
    """Bounds of the safety gate. Every one of them has a name in `readings.LIMITS`."""

    rate: float = 250.0
    """Ticks per second [Hz]."""
    joint_states: InputBounds = InputBounds(age=0.1, rate=60.0)
    """Half of the 120 Hz that the graph promises."""
    touch: InputBounds = InputBounds(age=0.1, rate=50.0)
    """Half of 100 Hz; not used for a cell without touch."""
    chunk: InputBounds = InputBounds(age=0.15, rate=5.0)
    """A policy at 10 Hz with half a period to spare."""
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
    hand_effort: float = 1.1
    """The same for the hand, whose servos saturate in an ordinary grasp: beyond the limit is a fault."""
    touch_force: float = 20.0
    """Per finger [N]; four times what the strongest finger joint can press with its last link."""
    workspace_lower: Vec3 = (0.15, -0.6, 0.03)
    """Box of the palm's origin in the frame of the arm's base [m]."""
    workspace_upper: Vec3 = (0.85, 0.6, 1.0)
    failed_trials: int = 2
    """Trials that may fail in a row; the next failure stops."""

    def __post_init__(self) -> None:
        if not 50.0 <= self.rate <= 1000.0:
            raise DexSim2RealError(f"gate rate is {self.rate} Hz; choose 50 to 1000 Hz")
        if not 0.0 < self.ease <= 1.0:
            raise DexSim2RealError(f"gate ease is {self.ease}; choose more than 0 and at most 1")

    @property
    def period(self) -> float:
        """Between two ticks [s]."""
        return 1.0 / self.rate
