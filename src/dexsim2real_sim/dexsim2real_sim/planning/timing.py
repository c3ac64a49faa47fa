"""When to be where on a path: a smooth curve along its corners, gone through from rest to rest by ruckig."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from dexsim2real_description import DexSim2RealError, Limits
from dexsim2real_description.optional import require

Array = NDArray[np.float64]

_DEGREE = 3
_GRID = 0.01
"""Of the curve's parameter, on which limits that depend on position are looked at [rad]."""
_SLOWEST = 1e-3
"""Along the path [rad/s]; less means that the arm may not move there at all."""


def smooth_curve(corners: Array, spacing: float) -> BSpline:
    """A cubic spline along the polyline through `corners`, shape (k, J), its parameter the way along it [rad].

    Schoenberg's variation-diminishing spline: control points are the polyline itself at the knots' averages. So it
    has continuous accelerations, is exact where the polyline is straight, and cuts corners by no more than about
    `spacing` [rad], the distance of its knots.
    """
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    count = max(1, int(np.ceil(way[-1] / spacing)))
    breaks = np.linspace(0.0, way[-1], count + 1)
    knots = np.concatenate([np.zeros(_DEGREE), breaks, np.full(_DEGREE, way[-1])])
    places = np.array([knots[i + 1 : i + 1 + _DEGREE].mean() for i in range(count + _DEGREE)])
    control = np.stack([np.interp(places, way, column) for column in corners.T], axis=1)
    return BSpline(knots, control, _DEGREE)


class Motion:
    """A curve and the time law on it: from rest to rest, inside the limits."""

    def __init__(self, curve: BSpline, limits: Limits, speed: float) -> None:
        """At `speed`, in (0, 1], it is the motion at full limits slowed down: v by speed, a by speed^2, j by speed^3.

        Raises DexSim2RealError without ruckig, or for a path on which a joint may not move.
        """
        self._curve, self._slope = curve, curve.derivative()
        self._law = _rest_to_rest(float(curve.t[-1]), *_rates(curve, limits, speed))
        self.duration = float(self._law.duration)
        """[s]"""

    def at(self, times: Array) -> tuple[Array, Array]:
        """Positions [rad] and velocities [rad/s], shape (n, J) each, at times [s], shape (n,); at rest outside."""
        states = [self._law.at_time(time) for time in np.clip(times, 0.0, self.duration)]
        way = np.array([state[0] for state in states]).ravel().clip(0.0, self._curve.t[-1])
        rate = np.array([state[1] for state in states]).reshape(-1, 1)
        return self._curve(way), self._slope(way) * rate


def _rates(curve: BSpline, limits: Limits, speed: float) -> tuple[float, float, float]:
    """Largest rate, acceleration and jerk along the curve that keep every joint inside its limits.

    With q(s(t)): q'' = q_ss s'^2 + q_s s'' and q''' = q_sss s'^3 + 3 q_ss s' s'' + q_s s'''; each term gets an equal
    share of its limit. A spline's derivative is bounded by its control points.
    """
    first, second, third = (np.abs(curve.derivative(order).c).max(axis=0) for order in (1, 2, 3))
    acceleration, jerk = limits.acceleration * speed**2, limits.jerk * speed**3
    with np.errstate(divide="ignore"):
        rate = min(
            _slowest_place(curve, limits) * speed,
            float(np.sqrt(acceleration / 2 / second).min()),
            float(np.cbrt(jerk / 3 / third).min()),
        )
        turn = min(float((acceleration / 2 / first).min()), float((jerk / 9 / (second * rate)).min()))
        return rate, turn, float((jerk / 3 / first).min())


def _slowest_place(curve: BSpline, limits: Limits) -> float:
    """Largest rate along the curve at which no joint is anywhere faster than it may be there."""
    way = np.linspace(0.0, curve.t[-1], 2 + int(curve.t[-1] / _GRID))
    positions, slopes = curve(way), curve.derivative()(way)
    low, high = limits.velocity_bounds(positions)
    with np.errstate(divide="ignore"):
        rate = float((np.where(slopes > 0, high, -low) / np.abs(slopes)).min())
    if rate < _SLOWEST:
        raise DexSim2RealError(
            "the path ends so near the end of a joint's range that the arm may not move there; "
            "choose a pose further from it"
        )
    return rate


def _rest_to_rest(length: float, rate: float, acceleration: float, jerk: float) -> Any:
    ruckig = require("ruckig", "plan")
    ask, law = ruckig.InputParameter(1), ruckig.Trajectory(1)
    ask.current_position, ask.target_position = [0.0], [length]
    ask.max_velocity, ask.max_acceleration, ask.max_jerk = [rate], [acceleration], [jerk]
    ruckig.Ruckig(1).calculate(ask, law)
    return law
