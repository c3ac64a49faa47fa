"""Maximum a posteriori fit of a chain's dynamics to a recorded motion.

The prior keeps what the data cannot tell at the maker's values; bounds keep every body possible and every
friction positive. Noise per joint is estimated from the residual. Samples of a signal filtered at f Hz are not
independent: a motion of T seconds counts as 2 f T of them (Nyquist), whatever its sample rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from dexsim2real_description.model import Inertia
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.dynamics import JOINT_TERMS, Dynamics, columns, rms
from dexsim2real_dr.identify.inertia import (
    PER_LINK,
    LinkFamily,
    family_jacobian,
    family_vector,
    from_vector,
)
from dexsim2real_dr.identify.motion import Motion

Array = NDArray[np.float64]

TERM_WIDTHS: tuple[float, ...] = (0.5, 0.5, 0.1, 0.3)
"""Prior widths of JOINT_TERMS around zero [N m, N m s/rad, kg m^2, N m]; published arms lie inside (FACTS 1.4)."""
TERM_LOWER: tuple[float, ...] = (0.0, 0.0, 0.0, -np.inf)
MAX_SURPRISE = 3.0
"""No inertial parameter moves further than this many prior widths from the maker's."""
NOISE_ROUNDS = 4
"""Rounds of fitting and estimating the noise; the estimate moves by under 1 % after the third."""
_ENOUGH = 1e-5
"""Relative change of the cost at which a fit ends: less than a hundredth of one standard deviation."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted chain and how much the data said about it."""

    dynamics: Dynamics
    z: Array
    """Parameters in prior widths, bodies first, then JOINT_TERMS joint by joint, shape (14 n,)."""
    covariance: Array
    """Of z, after the data; before the data it is the identity. Shape (14 n, 14 n)."""
    noise: Array
    """Standard deviation of what the model leaves unexplained [N m], shape (n,)."""


def fit_dynamics(chain: Chain, motion: Motion, start: Sequence[Inertia], cutoff: float) -> Fit:
    """Fit inertias around `start` (one per moving link) and joint terms to `motion`, filtered at `cutoff` [Hz]."""
    families = [LinkFamily.around(inertia) for inertia in start]
    table = columns(chain, motion)
    independent = 2 * cutoff * (motion.time[-1] - motion.time[0]) / len(motion.time)
    noise = np.std(motion.tau, axis=0)
    z = np.zeros(table.shape[2])
    triangles = np.stack([_triangle(np.column_stack([table[:, i], motion.tau[:, i]])) for i in range(chain.size)])
    for _ in range(NOISE_ROUNDS):
        triangle = _triangle(np.concatenate(triangles * (np.sqrt(independent) / noise)[:, None, None]))
        z, covariance = _solve(triangle[:, :-1], triangle[:, -1], families, z)
        noise = rms(motion.tau - table @ _parameters(families, z))
    return Fit(_dynamics(_parameters(families, z), chain.size), z, covariance, noise)


def _triangle(rows: Array) -> Array:
    """Few rows with the same least-squares solution as many: R of rows whose last column is the target."""
    triangle: Array = np.linalg.qr(rows, mode="r")  # type: ignore[assignment]  # numpy's stub knows no mode "r"
    return triangle


def _solve(matrix: Array, target: Array, families: Sequence[LinkFamily], z0: Array) -> tuple[Array, Array]:
    """The most probable z, and its covariance."""
    bodies = PER_LINK * len(families)
    widths = _widths(len(families))

    def residual(z: Array) -> Array:
        return np.concatenate([matrix @ _parameters(families, z) - target, z])

    def jacobian(z: Array) -> Array:
        slope = np.diag(np.concatenate([np.ones(bodies), widths]))
        slope[:bodies, :bodies] = family_jacobian(families, z[:bodies])
        return np.concatenate([matrix @ slope, np.eye(len(z))])

    lower = np.concatenate([np.full(bodies, -MAX_SURPRISE), np.tile(TERM_LOWER, len(families))])
    upper = np.concatenate([np.full(bodies, MAX_SURPRISE), np.full(len(widths), np.inf)])
    inside = np.clip(z0, lower + 1e-6, upper - 1e-6)
    # lsmr: the exact solver's SVDs take 20 times as long where OpenBLAS has to share its cores with other programs.
    solution = least_squares(
        residual, inside, jac=jacobian, bounds=(lower, upper), max_nfev=100, ftol=_ENOUGH, tr_solver="lsmr"
    )
    slope = jacobian(solution.x)
    return solution.x, np.asarray(np.linalg.inv(slope.T @ slope), np.float64)


def _widths(links: int) -> Array:
    return np.tile(TERM_WIDTHS, links)


def _parameters(families: Sequence[LinkFamily], z: Array) -> Array:
    """Physical parameters in the order of `columns`, shape (14 n,)."""
    bodies = PER_LINK * len(families)
    return np.concatenate([family_vector(families, z[:bodies]), _widths(len(families)) * z[bodies:]])


def _dynamics(parameters: Array, links: int) -> Dynamics:
    bodies = np.split(parameters[: PER_LINK * links], links)
    terms = parameters[PER_LINK * links :].reshape(links, len(JOINT_TERMS))
    return Dynamics(tuple(from_vector(body) for body in bodies), terms)
