"""Dead time and dynamics of a position servo, from what it was told and what it did.

Cross-correlation gives the whole lag of a joint; a simulator has two parts of it: a dead time (network, driver,
sensor) and the servo's own dynamics. Fitting a second-order servo behind a dead time separates them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.signal import lfilter

from dexsim2real_audit import Trace
from dexsim2real_audit.trace import COMMAND, POSITION
from dexsim2real_audit.trace_delay import delay_between
from dexsim2real_description import DexSim2RealError

Array = NDArray[np.float64]

RATE = 500.0
"""Rate at which a trace's command and position are compared [Hz]."""
MIN_MOTION = 0.02
"""A joint that was told to move less than this is left out [rad]."""
_SLOWEST, _FASTEST = 2.0, 400.0
"""Natural frequencies that are searched [rad/s]."""


@dataclass(frozen=True)
class ServoResponse:
    """How one joint follows its command."""

    joint: str
    lag: float
    """Whole lag between command and motion, by cross-correlation [s]."""
    dead_time: float
    """Part of it in which nothing happens [s]."""
    frequency: float
    """Natural frequency of the servo [Hz]."""
    damping: float
    """Damping ratio; 1 is critical."""
    error: float
    """What the fitted response leaves unexplained, RMS [rad]."""


def servo_responses(trace: Trace, longest: float = 0.3) -> list[ServoResponse]:
    """The response of every joint that was told to move, with lags up to `longest` [s].

    Raises DexSim2RealError if the trace has no command or no joint was told to move.
    """
    if COMMAND not in trace or POSITION not in trace:
        raise DexSim2RealError(f"{trace.source} has no {COMMAND} or no {POSITION}; a delay needs both")
    grid = trace.grid((COMMAND, POSITION), RATE)
    joints = [joint for joint in trace[COMMAND].labels if joint in trace[POSITION].labels]
    told = _columns(trace, COMMAND, joints, trace[COMMAND].held(grid))
    done = _columns(trace, POSITION, joints, trace[POSITION].linear(grid))
    moved = np.ptp(told, axis=0) > MIN_MOTION
    if not moved.any():
        raise DexSim2RealError(f"no joint was told to move by {MIN_MOTION:g} rad; record a step or a chirp")
    return [fit_servo(joint, told[:, i], done[:, i], 1 / RATE, longest) for i, joint in enumerate(joints) if moved[i]]


def fit_servo(joint: str, command: Array, position: Array, step: float, longest: float = 0.3) -> ServoResponse:
    """Fit one joint; `command` and `position` [rad] every `step` [s], shape (N,)."""
    lag = delay_between(command, position, step, longest).seconds
    start = position[0]

    def residual(x: Array) -> Array:
        return _respond(command, start, step, x) - position

    lower, upper = [0.0, np.log(_SLOWEST), np.log(0.1)], [longest, np.log(_FASTEST), np.log(5.0)]
    guesses = [[share * max(lag, step), np.log(frequency), 0.0] for share in (0.1, 0.6) for frequency in (15.0, 80.0)]
    fits = [
        least_squares(residual, np.clip(guess, lower, upper), bounds=(lower, upper), x_scale=[0.01, 0.3, 0.3])
        for guess in guesses
    ]
    best = min(fits, key=lambda fit: float(fit.cost))
    dead_time, frequency, damping = best.x[0], np.exp(best.x[1]), np.exp(best.x[2])
    error = float(np.sqrt(np.mean(best.fun**2)))
    return ServoResponse(joint, lag, float(dead_time), float(frequency / (2 * np.pi)), float(damping), error)


def _respond(command: Array, start: float, step: float, x: Array) -> Array:
    """Second-order response to a delayed command, starting at rest at `start`, by the bilinear transform."""
    dead_time, omega, zeta = x[0], np.exp(x[1]), np.exp(x[2])
    index = np.arange(len(command)) - dead_time / step
    delayed = np.interp(index, np.arange(len(command)), command)
    k = 2 / step
    a0, a1, a2 = (
        k * k + 2 * zeta * omega * k + omega**2,
        2 * omega**2 - 2 * k * k,
        k * k - 2 * zeta * omega * k + omega**2,
    )
    b = omega**2 * np.array([1.0, 2.0, 1.0])
    return np.asarray(start + lfilter(b / a0, [1.0, a1 / a0, a2 / a0], delayed - start))


def _columns(trace: Trace, name: str, joints: list[str], values: Array) -> Array:
    labels = trace[name].labels
    return values[:, [labels.index(joint) for joint in joints]]
