"""Maximum a posteriori fit of a chain's dynamics to a recorded motion.

The prior keeps what the data cannot tell at the maker's values; bounds keep every body possible and every
friction positive. Noise per joint is estimated from the residual. Samples of a signal filtered at f Hz are not
independent: a motion of T seconds counts as 2 f T of them (Nyquist), whatever its sample rate.

Only what is slower than FIT_CUTOFF is fitted: the model has no vibration, and a joint that vibrates would seem noisy
and weigh little although its gravity torque is measured as well as another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.signal import butter, sosfiltfilt

from dexsim2real_description.model import Inertia
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.dynamics import (
    JOINT_TERMS,
    SENSOR_TERMS,
    Dynamics,
    columns,
    of_own_joint,
    rms,
    sensor_features,
)
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
SENSOR_WIDTHS: tuple[float, ...] = (0.05, 0.05, 0.003, 0.003, 0.003)
"""Prior widths of SENSOR_TERMS around zero [N m, N m, 1, 1, 1]; docs/identify.md says how they were chosen."""
KEEP = 10
"""Samples kept per period of a cutoff frequency; more are the same information again."""
FIT_CUTOFF = 3.0
"""Columns and torque are filtered at this frequency for the fit, forwards and backwards [Hz]."""
MAX_SURPRISE = 3.0
"""No inertial parameter moves further than this many prior widths from the maker's."""
NOISE_ROUNDS = 8
"""Rounds of fitting and estimating the noise and what leaks; predictions of a real arm move by under 0.1 % after."""
_ENOUGH = 1e-5
"""Relative change of the cost at which a fit ends: less than a hundredth of one standard deviation."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted chain and how much the data said about it."""

    dynamics: Dynamics
    z: Array
    """Parameters in prior widths: bodies, JOINT_TERMS joint by joint, SENSOR_TERMS joint by joint, shape (19 n,)."""
    covariance: Array
    """Of z, after the data; before the data it is the identity. Shape (19 n, 19 n)."""
    noise: Array
    """Standard deviation of what the model leaves unexplained below FIT_CUTOFF [N m], shape (n,)."""


def fit_dynamics(chain: Chain, motion: Motion, start: Sequence[Inertia], cutoff: float) -> Fit:
    """Fit inertias around `start` (one per moving link), joint and sensor terms to `motion`, filtered at `cutoff` [Hz].

    What leaks into the sensors depends on the bodies: in each round it is that of the bodies of the round before.
    """
    families = [LinkFamily.around(inertia) for inertia in start]
    lowest = min(cutoff, FIT_CUTOFF)
    moments = chain.moments(motion.q, motion.dq, motion.ddq)
    robot, torque = (_slow(values, motion.time, lowest) for values in (columns(chain, motion), motion.tau))
    independent = 2 * lowest * (motion.time[-1] - motion.time[0]) / len(torque)
    noise = np.std(torque, axis=0)
    z = np.zeros(chain.size * (PER_LINK + len(JOINT_TERMS) + len(SENSOR_TERMS)))
    for _ in range(NOISE_ROUNDS):
        sensors = of_own_joint(sensor_features(motion, moments @ _parameters(families, z)[: moments.shape[-1]]))
        table = np.concatenate([robot, _slow(sensors, motion.time, lowest)], axis=2)
        rows = np.concatenate([table, torque[:, :, None]], axis=2) * (np.sqrt(independent) / noise)[:, None]
        triangle = _triangle(np.concatenate([_triangle(rows[:, i]) for i in range(chain.size)]))
        z, covariance = _solve(triangle[:, :-1], triangle[:, -1], families, z)
        noise = rms(torque - table @ _parameters(families, z))
    return Fit(_dynamics(_parameters(families, z), chain.size), z, covariance, noise)


def _slow(values: Array, time: Array, cutoff: float) -> Array:
    """What of `values`, shape (N, ...), is slower than `cutoff` [Hz], thinned to what is left of it."""
    step = time[1] - time[0]
    sos = butter(2, cutoff, fs=1 / step, output="sos")
    return np.asarray(sosfiltfilt(sos, values, axis=0)[:: max(1, int(1 / (KEEP * cutoff * step)))])


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

    free = np.full(len(families) * len(SENSOR_TERMS), -np.inf)
    lower = np.concatenate([np.full(bodies, -MAX_SURPRISE), np.tile(TERM_LOWER, len(families)), free])
    upper = np.concatenate([np.full(bodies, MAX_SURPRISE), np.full(len(widths), np.inf)])
    inside = np.clip(z0, lower + 1e-6, upper - 1e-6)
    # lsmr: the exact solver's SVDs take 20 times as long where OpenBLAS has to share its cores with other programs.
    solution = least_squares(
        residual, inside, jac=jacobian, bounds=(lower, upper), max_nfev=100, ftol=_ENOUGH, tr_solver="lsmr"
    )
    slope = jacobian(solution.x)
    return solution.x, np.asarray(np.linalg.inv(slope.T @ slope), np.float64)


def _widths(links: int) -> Array:
    return np.concatenate([np.tile(TERM_WIDTHS, links), np.tile(SENSOR_WIDTHS, links)])


def _parameters(families: Sequence[LinkFamily], z: Array) -> Array:
    """Physical parameters in the order of `z`, shape (19 n,)."""
    bodies = PER_LINK * len(families)
    return np.concatenate([family_vector(families, z[:bodies]), _widths(len(families)) * z[bodies:]])


def _dynamics(parameters: Array, links: int) -> Dynamics:
    borders = np.cumsum([links * PER_LINK, links * len(JOINT_TERMS)])
    bodies, joints, sensors = (part.reshape(links, -1) for part in np.split(parameters, borders))
    return Dynamics(tuple(from_vector(body) for body in bodies), joints, sensors)
