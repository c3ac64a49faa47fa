"""From a posture to a posture without touching anything: the straight way if it is free, otherwise one around."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS, DexSim2RealError, Limits
from dexsim2real_sim.planning.collision import Collisions
from dexsim2real_sim.planning.path import find_path
from dexsim2real_sim.planning.timing import Motion, smooth_curve

Array = NDArray[np.float64]

_ARM = len(ARM_JOINTS)
SEARCH = 10.0
"""For which a way is looked for [s]."""
_FINE = 0.005
"""Between postures of the finished motion that are looked at: no joint moves further [rad]."""
_SPACINGS = (0.4, 0.2, 0.1, 0.05, 0.025, 0.0125)
"""Of the smooth curve's knots [rad]: rounder corners are tried first."""
_NO_HAND = 0.1
"""Way of a hand that does not move [rad]; no more than a coordinate needs to be one."""


def plan_motion(
    collisions: Collisions, limits: Limits, start: Array, goal: Array, speed: float, search: float = SEARCH
) -> Motion:
    """The motion from `start` to `goal` [rad], shape (23,) each, at a share `speed` of the limits.

    It keeps CLEARANCE from everything, or as much as start and goal do, if that is less. Raises DexSim2RealError if
    one of them touches something, if no way is found, and for what the extra `plan` brings where that is missing.
    """
    clearance = min(collisions.demand(start, "where the robot is"), collisions.demand(goal, "where it shall go"))
    straight = np.linspace(start, goal, 2 + int(np.abs(goal - start).max() / _FINE))
    if collisions.clear_along(straight, clearance):
        return _timed(collisions, limits, straight[[0, -1]], speed, clearance)
    return _timed(collisions, limits, _around(collisions, start, goal, clearance, search), speed, clearance)


def time_waypoints(collisions: Collisions, limits: Limits, waypoints: Array, speed: float) -> Motion:
    """The motion along somebody else's waypoints, shape (k, 23), which are looked at as closely as our own."""
    ends = (collisions.demand(waypoints[0], "where the path begins"), collisions.demand(waypoints[-1], "where it ends"))
    return _timed(collisions, limits, waypoints, speed, min(ends))


def _around(collisions: Collisions, start: Array, goal: Array, clearance: float, search: float) -> Array:
    """Corners of a way, shape (k, 23).

    Searched over the arm's joints and how far the hand has got from its first to its last posture, so that fingers
    do not wander.
    """
    hand = goal[_ARM:] - start[_ARM:]
    reach = max(float(np.abs(hand).max()), _NO_HAND)

    def posture(point: Array) -> Array:
        return np.concatenate([point[:_ARM], start[_ARM:] + point[_ARM] / reach * hand])

    ends = np.append(start[:_ARM], 0.0), np.append(goal[:_ARM], reach)
    bounds = np.append(collisions.lower[:_ARM], 0.0), np.append(collisions.upper[:_ARM], reach)
    found = find_path(*ends, bounds, lambda point: collisions.clear(posture(point), clearance), search)
    if found is None:
        raise DexSim2RealError(
            f"no way to that pose was found within {search:g} s: something is between, "
            "or the hand cannot change its posture without touching itself; try a pose in between"
        )
    return np.array([posture(point) for point in found])


def _timed(collisions: Collisions, limits: Limits, corners: Array, speed: float, clearance: float) -> Motion:
    """The smoothest curve along the corners that is free, with its timing; half of the clearance may go to curves."""
    if np.abs(corners - corners[0]).max() < _FINE:
        raise DexSim2RealError("the robot is there already")
    for spacing in _SPACINGS:
        curve = smooth_curve(corners, spacing)
        count = 2 + int(np.abs(np.diff(corners, axis=0)).max(axis=1).sum() / _FINE)
        if collisions.clear_along(curve(np.linspace(0.0, curve.t[-1], count)), clearance / 2):
            return Motion(curve, limits, speed)
    raise DexSim2RealError("the way that was found comes too near to something; try again, or a pose in between")
