"""Stiffness of a fingertip, from pressing it: force against displacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from dexsim2real_audit import Trace
from dexsim2real_audit.trace import POSITION, TOUCH
from dexsim2real_description import FINGERS, JOINTS, TIPS, Cell, DexSim2RealError
from dexsim2real_description.kinematics import LinkPose

Array = NDArray[np.float64]

MIN_FORCE = 0.2
"""A press that never reaches this tells nothing about stiffness [N]."""


@dataclass(frozen=True)
class Compliance:
    """A fingertip's force law F = scale (x - contact)^exponent, for x beyond contact."""

    contact: float
    """Displacement at which force begins [m]."""
    scale: float
    """[N/m^exponent]"""
    exponent: float
    """1 is a linear spring, 1.5 an elastic sphere on a plane (Hertz)."""
    error: float
    """RMS of what the law leaves unexplained [N]."""
    loss: float
    """Share of the work of pressing that does not come back on release, 0 to 1; nan without a release."""

    def stiffness(self, force: float) -> float:
        """Slope of the law at `force` [N]: [N/m]."""
        depth = (force / self.scale) ** (1 / self.exponent)
        return float(self.scale * self.exponent * depth ** (self.exponent - 1))


def fit_compliance(displacement: Array, force: Array) -> Compliance:
    """Fit the force law to a press; displacement [m] grows into the object, force [N], both shape (N,) in time.

    Raises DexSim2RealError if there are too few samples or the force stays too small.
    """
    if len(force) < 10 or len(force) != len(displacement):
        raise DexSim2RealError(f"{len(displacement)} displacements and {len(force)} forces are too few for a fit")
    if not (np.isfinite(force).all() and np.isfinite(displacement).all()):
        raise DexSim2RealError("a displacement or a force is not a finite number")
    if np.max(force) < MIN_FORCE or np.ptp(displacement) == 0:
        raise DexSim2RealError(f"the force reaches {np.max(force):.2g} N; press with {MIN_FORCE:g} N or more")
    span, low = np.ptp(displacement), np.min(displacement)
    top = np.max(force)

    def law(x: Array) -> Array:
        depth = np.maximum(displacement - (low + span * x[0]), 0.0) / span
        return np.asarray(top * np.exp(x[1]) * depth ** x[2])

    bounds = ([-0.5, -5.0, 0.8], [0.95, 10.0, 3.0])
    starts = [(contact, 0.0, exponent) for contact in (0.0, 0.3, 0.6) for exponent in (1.0, 2.0)]
    fits = [least_squares(lambda x: law(x) - force, start, bounds=bounds) for start in starts]
    best = min(fits, key=lambda fit: float(fit.cost))
    contact, log_scale, exponent = best.x
    return Compliance(
        float(low + span * contact),
        float(top * np.exp(log_scale) / span**exponent),
        float(exponent),
        float(np.sqrt(np.mean(best.fun**2))),
        _loss(displacement, force),
    )


def press_of(trace: Trace, cell: Cell) -> tuple[str, Array, Array]:
    """The finger that pressed hardest in a trace, its tip's displacement along the press [m], and its force [N].

    The press is along the straight line that fits the tip's motion best while it touches; displacement grows with
    force. Raises DexSim2RealError if the trace lacks joints or touch.
    """
    if TOUCH not in trace or POSITION not in trace or trace[POSITION].labels != JOINTS:
        raise DexSim2RealError(f"{trace.source} needs {TOUCH} and {POSITION} of all {len(JOINTS)} joints")
    stamps = trace[TOUCH].stamps
    joints = trace[POSITION].linear(stamps)
    known = np.isfinite(joints).all(axis=1)
    forces = np.linalg.norm(trace[TOUCH].values[known].sum(axis=2), axis=2)
    finger = int(np.argmax(forces.max(axis=0, initial=0.0)))
    force = forces[:, finger]
    pose = LinkPose(cell, TIPS[finger])
    tip = np.array([pose(q)[:3, 3] for q in joints[known]])
    touching = force > 0.1 * force.max(initial=0.0)
    if np.sum(touching) < 10:
        raise DexSim2RealError(f"{trace.source} shows no press of a fingertip")
    centred = tip - tip[touching].mean(axis=0)
    direction = np.linalg.svd(centred[touching], full_matrices=False)[2][0]
    along = centred @ direction
    if np.corrcoef(along[touching], force[touching])[0, 1] < 0:
        along = -along
    return FINGERS[finger], along - along.min(), force


def _loss(displacement: Array, force: Array) -> float:
    """From the areas under loading and unloading, split at the deepest point."""
    deepest = int(np.argmax(displacement))
    loading = float(np.trapezoid(force[: deepest + 1], displacement[: deepest + 1]))
    unloading = float(-np.trapezoid(force[deepest:], displacement[deepest:]))
    if len(displacement) - deepest < 5 or loading <= 0:
        return float("nan")
    return float(np.clip(1 - unloading / loading, 0.0, 1.0))
