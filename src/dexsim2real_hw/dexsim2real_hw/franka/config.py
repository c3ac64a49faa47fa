"""How a Franka arm is connected, how stiff it is, and what counts as a collision."""

from __future__ import annotations

from dataclasses import dataclass, field

from dexsim2real_description import make_cell
from dexsim2real_description.arm import ARMS
from dexsim2real_hw.errors import HardwareError
from dexsim2real_hw.franka.load import Load, hand_load


@dataclass(frozen=True)
class FrankaConfig:
    """One FR3. Raises HardwareError for another arm and for numbers outside their ranges."""

    arm: str = "fr3"
    robot_ip: str = "172.16.0.2"
    """`standin` is a simulated arm."""
    realtime: bool = True
    """Insist on a PREEMPT_RT kernel, as the maker asks; without one the robot drops out now and then."""
    stiffness: tuple[float, ...] = (3000.0, 3000.0, 3000.0, 2500.0, 2500.0, 2000.0, 2000.0)
    """Internal joint impedance [N m/rad] (maker's examples; FACTS 1.5)."""
    contact_torque: tuple[float, ...] = (20.0,) * 7
    collision_torque: tuple[float, ...] = (40.0,) * 7
    """From the second on the robot stops with a reflex [N m] (maker's examples; FACTS 1.5)."""
    contact_force: tuple[float, ...] = (10.0,) * 6
    collision_force: tuple[float, ...] = (20.0,) * 6
    """x, y, z [N] and about x, y, z [N m]. Raise both for contact-rich tasks, before connecting (FACTS 1.6)."""
    load: Load | None = field(default_factory=lambda: hand_load(make_cell(arm="fr3")))
    """What the flange carries; None where Desk already knows it."""
    stale_s: float = 0.1
    """Without a command for this long the arm slows down within limits and holds [s]."""

    def __post_init__(self) -> None:
        if self.arm == "panda":
            raise HardwareError(
                "pylibfranka drives the FR3 only (system image 5.9.0 or later), not a Panda (FER): for a Panda use "
                "the Python package panda-python (libfranka 0.9) or ROS 2 with multipanda_ros2"
            )
        if self.arm != "fr3":
            raise HardwareError(f"no driver for arm {self.arm!r}; of {', '.join(ARMS)} this one drives fr3")
        for name, count in (
            ("stiffness", 7),
            ("contact_torque", 7),
            ("collision_torque", 7),
            ("contact_force", 6),
            ("collision_force", 6),
        ):
            values = getattr(self, name)
            if len(values) != count or not all(0 < value < float("inf") for value in values):
                raise HardwareError(f"{name} is {values}; it must be {count} positive numbers")
        if not 0 < self.stale_s < float("inf"):
            raise HardwareError(f"stale_s is {self.stale_s} s; it must be a positive number")
