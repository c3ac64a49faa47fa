"""Which parameters the data cannot tell: those that no motion shows, and those that this recording did not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr, solve_triangular

from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.dynamics import JOINT_TERMS, columns
from dexsim2real_dr.identify.fit import Fit
from dexsim2real_dr.identify.inertia import PARAMETER_NAMES, PER_LINK
from dexsim2real_dr.identify.motion import Motion

Array = NDArray[np.float64]

TOLD = 0.5
"""A parameter counts as told by the data if they shrank its prior width at least to this share."""
_MOMENTS = ("m", "m*cx", "m*cy", "m*cz", "Ixx", "Iyy", "Izz", "Ixy", "Ixz", "Iyz")
_RANK_TOLERANCE = 1e-8
_SAMPLES = 400


@dataclass(frozen=True)
class Structure:
    """What inverse dynamics of a chain can show at all, whatever the motion."""

    names: tuple[str, ...]
    """All parameters in which torque is linear."""
    rank: int
    """How many independent combinations of them there are."""
    without_effect: tuple[str, ...]
    """Parameters that change no torque."""
    merged: dict[str, tuple[str, ...]]
    """Parameters that appear only in a sum with others: name to the others."""


def structure(chain: Chain, links: Sequence[str]) -> Structure:
    """Base parameters of a chain, by QR of its torque at random motions (Gautier 1991)."""
    names = parameter_names(chain, links, _MOMENTS)
    table = columns(chain, _random_motion(chain)).reshape(-1, len(names))
    scale = np.linalg.norm(table, axis=0)
    zero = scale < _RANK_TOLERANCE * scale.max()
    live = np.flatnonzero(~zero)
    _, triangle, order = qr(table[:, live] / scale[live], mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(triangle))
    rank = int(np.sum(diagonal > _RANK_TOLERANCE * diagonal[0]))
    shares = solve_triangular(triangle[:rank, :rank], triangle[:rank, rank:])
    merged = {
        names[live[order[rank + k]]]: tuple(names[live[order[i]]] for i in np.flatnonzero(np.abs(column) > 1e-6))
        for k, column in enumerate(shares.T)
    }
    return Structure(names, rank, tuple(names[i] for i in np.flatnonzero(zero)), merged)


def parameter_names(chain: Chain, links: Sequence[str], per_link: Sequence[str] = PARAMETER_NAMES) -> tuple[str, ...]:
    """Names in the order of a fit: bodies first, then joint terms, such as `arm_link_3.mass`."""
    bodies = [f"{link}.{name}" for link in links for name in per_link]
    return (*bodies, *(f"{joint}.{term}" for joint in chain.names for term in JOINT_TERMS))


def left_open(fit: Fit) -> Array:
    """Share of the prior width of each of the robot's parameters that is left after the data, 0 to 1, shape (14 n,)."""
    return np.minimum(1.0, np.sqrt(np.diag(_of_robot(fit))))


def directions_told(fit: Fit) -> int:
    """Number of independent combinations of the robot's parameters that the data told."""
    return int(np.sum(np.linalg.eigvalsh(_of_robot(fit)) < TOLD**2))


def _of_robot(fit: Fit) -> Array:
    """Covariance without the errors of the sensors, which are no property of the robot, shape (14 n, 14 n)."""
    size = len(fit.dynamics.inertias) * (PER_LINK + len(JOINT_TERMS))
    return fit.covariance[:size, :size]


def _random_motion(chain: Chain) -> Motion:
    rng = np.random.default_rng(0)  # any motion in general position gives the same rank
    q, dq, ddq = rng.uniform(-2.0, 2.0, (3, _SAMPLES, chain.size))
    return Motion(np.arange(_SAMPLES, dtype=np.float64), q, dq, ddq, np.zeros_like(q))
