"""What differs between Allegro hands: scales, current limits, serial numbers (FACTS 2.2 to 2.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi

import numpy as np

from dexsim2real_description import HAND_JOINTS, Limits, UnknownNameError, make_cell
from dexsim2real_hw.driver import Array, limits_of
from dexsim2real_hw.errors import HardwareError

_GEARED = np.isin(np.arange(16), (1, 5, 9))
"""Joints with double gear ratio on a V5 Plus (type B)."""

V4_FULL_PWM: dict[int, float] = {12: 1200.0, 8: 800.0, 24: 500.0}
"""PWM counts of full torque by supply voltage [V] (AV4 AllegroHandDrv.cpp)."""
_V4_FINGER_SHARE = (375 / 1200, 675 / 1200, 450 / 1200, 285 / 1200)
_V4_THUMB_SHARE = (525 / 1200, 405 / 1200, 270 / 1200, 270 / 1200)
"""The maker's PWM limits over full PWM: roll, near, middle, far (WR2 v4_spec.hpp).

The effort limits of the description are the same shares rounded to three digits; the smaller of both holds, so that
a hand at its limit does not look to the safety gate like one beyond it.
"""

_V5_COUNTS_PER_NM = 1430.0
"""mA per N m (WV5)."""
_V5_LIMIT = 150.0
"""Clamp of the maker's own controller, 0.1 N m [mA] (IC5 bhand_gains.md); half of it on geared joints."""

_V5B_LOWER = (-0.3, -0.01, -0.07, -0.02, -0.26, -0.21, -0.12, -0.21, -0.26, -0.21, -0.12, -0.21, 0, -0.26, -0.05, -0.09)
_V5B_UPPER = (0.3, 1.6, 1.86, 2.01, 0.26, 1.79, 1.86, 1.85, 0.29, 1.79, 1.86, 1.85, 1.78, 1.65, 1.85, 1.80)
"""Stops of the type B right hand [rad] (WV5 URDF; FACTS 2.2)."""


@dataclass(frozen=True, eq=False)
class HandType:
    """One kind of hand, as its driver sees it; vectors have shape (16,), in the order of HAND_JOINTS."""

    name: str
    radians_per_count: float
    counts_per_nm: Array
    """PWM counts (V4) or mA (V5) per N m."""
    limit: Array
    """Largest number of counts ever sent."""
    kp: Array
    """[N m/rad]"""
    kd: Array
    """[N m s/rad]"""
    limits: Limits
    serial_letter: str
    """Third letter of a V5 serial number; empty for the V4, which has none."""
    silent_when_off: bool
    """The V5 reports positions only while its servos are on."""
    period_ms: int = 3
    """Of the position reports, 333 Hz; the V5 can also do 2."""


def hand_type(name: str, supply_volts: int = 12) -> HandType:
    """The hand `v4`, `v5a` (four fingers) or `v5b` (Plus).

    `supply_volts` is that of a V4: 8, 12 or 24. Raises UnknownNameError for another name, HardwareError for
    another voltage.
    """
    if name == "v4":
        return _v4(supply_volts)
    if name == "v5a":
        return _v5("v5a", "A", np.ones(16))
    if name == "v5b":
        plus = _v5("v5b", "B", np.where(_GEARED, 0.5, 1.0))
        lower = np.maximum(plus.limits.lower, _V5B_LOWER)
        upper = np.minimum(plus.limits.upper, _V5B_UPPER)
        return replace(plus, limits=replace(plus.limits, lower=lower, upper=upper))
    raise UnknownNameError("hand", name, ("v4", "v5a", "v5b"))


def _v4(supply_volts: int) -> HandType:
    if supply_volts not in V4_FULL_PWM:
        raise HardwareError(f"an Allegro V4 runs on 8, 12 or 24 V, not on {supply_volts} V")
    full = V4_FULL_PWM[supply_volts]
    kp, kd, limits = _description("v4")
    return HandType(
        name="v4",
        radians_per_count=333.3 / 65536 * pi / 180,
        counts_per_nm=np.full(16, full),
        limit=full * np.minimum((*_V4_FINGER_SHARE * 3, *_V4_THUMB_SHARE), limits.effort),
        kp=kp,
        kd=kd,
        limits=limits,
        serial_letter="",
        silent_when_off=False,
    )


def _v5(name: str, letter: str, gearing: Array) -> HandType:
    kp, kd, limits = _description("v5")
    return HandType(
        name=name,
        radians_per_count=0.088 * pi / 180,
        counts_per_nm=_V5_COUNTS_PER_NM * gearing,
        limit=_V5_LIMIT * gearing,
        kp=kp,
        kd=kd,
        limits=limits,
        serial_letter=letter,
        silent_when_off=True,
    )


def _description(version: str) -> tuple[Array, Array, Limits]:
    """Gains and limits of the hand joints from the description of the cell."""
    cell = make_cell(hand=version)
    kp = np.array([servo.kp for servo in cell.hand.servos])
    kd = np.array([servo.kd for servo in cell.hand.servos])
    return kp, kd, limits_of(cell.limits, slice(-len(HAND_JOINTS), None))
