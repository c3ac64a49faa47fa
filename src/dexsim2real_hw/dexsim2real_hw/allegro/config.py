"""How an Allegro Hand is connected and how firmly it is driven."""

from __future__ import annotations

from dataclasses import dataclass

from dexsim2real_hw.allegro.hands import HandType, hand_type
from dexsim2real_hw.errors import HardwareError


@dataclass(frozen=True)
class AllegroConfig:
    """One hand on one CAN bus. Raises HardwareError for numbers outside their ranges."""

    hand: str = "v4"
    """`v4`, `v5a` (four fingers) or `v5b` (Plus)."""
    interface: str = "socketcan"
    """Of python-can; `standin` is a simulated hand."""
    channel: str = "can0"
    """Not the one of the XELA sensors: both use the same identifiers (FACTS 2.7)."""
    supply_volts: int = 12
    """Of a V4: 8, 12 or 24 [V]."""
    stiffness: float = 1.0
    """Scales kp, and kd with its root, 0 to 1; below 1 for a first power-on."""
    effort_scale: float = 1.0
    """Scales the largest torque, 0 to 1; below 1 for a first power-on."""
    stale_s: float = 0.1
    """A command older than this is not followed: the hand holds [s]."""
    hold_s: float = 60.0
    """After holding for this long since the last command, the servos go off and the hand lets go [s]."""

    def __post_init__(self) -> None:
        for name in ("stiffness", "effort_scale"):
            if not 0 < getattr(self, name) <= 1:
                raise HardwareError(f"{name} is {getattr(self, name)}; it must be above 0 and at most 1")
        for name in ("stale_s", "hold_s"):
            if not 0 < getattr(self, name) < float("inf"):
                raise HardwareError(f"{name} is {getattr(self, name)} s; it must be a positive number")

    def hand_type(self) -> HandType:
        """Scales, gains and limits of this hand."""
        return hand_type(self.hand, self.supply_volts)
