"""Joints that others move: q_driven = ratio * q_driver + offset, found in recorded motion.

An underactuated hand has fewer motors than joints; Lin et al. 2025 (autotune) model the others as linear in the
joint that drives them. The line is fitted robustly (Huber) to the first part of the recording and judged on the rest;
a joint that the line predicts hardly better than its own mean does is not coupled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.trace import COMMAND, POSITION, Trace
from dexsim2real_description import DexSim2RealError, UnknownNameError

Array = NDArray[np.float64]

MOVES = 0.02
"""A joint that moves less says nothing about couplings [rad]."""
COUPLED = 0.3
"""Held-out error of a coupling over that of the driven joint's mean, at most: a line that explains nine tenths of the
variance. Joints of one grasp move alike without being coupled, but not so much alike."""
SHORTEST = 50
"""Samples at least."""
_HUBER = 1.345
"""Residuals beyond so many standard deviations count by their size, not its square (95 % efficient)."""
_ROUNDS = 30


@dataclass(frozen=True)
class Coupling:
    """How one joint follows another."""

    driven: str
    driver: str
    ratio: float
    ratio_error: float
    """Standard error, with neighbouring samples counted as far as they are independent."""
    offset: float
    """[rad]"""
    offset_error: float
    """[rad]"""
    held_out: float
    """Error of the line on the part that was held out, RMS [rad]."""
    independent: float
    """The same of the driven joint's mean [rad]."""
    coupled: bool
    """Whether the line is that much better."""


def find_couplings(trace: Trace, pairs: Sequence[tuple[str, str]] = (), train: float = 5 / 7) -> list[Coupling]:
    """Couplings of the named pairs (driven, driver); without any, of every joint that moves and is not commanded.

    Such a joint's driver is the commanded joint that fits best. The first part `train` of the recording is fitted.
    Raises DexSim2RealError without positions, for a joint that does not move, and if no joint could be driven;
    UnknownNameError for a joint that was not recorded.
    """
    if POSITION not in trace:
        raise DexSim2RealError(f"{trace.source} has no {POSITION}; couplings are found in recorded motion")
    if not 0.0 < train < 1.0:
        raise DexSim2RealError(f"the share to fit is {train:g}; it must be between 0 and 1")
    channel = trace[POSITION]
    known = np.isfinite(channel.values).all(axis=1)
    if known.sum() < SHORTEST:
        raise DexSim2RealError(f"{trace.source} has {known.sum()} samples of positions; {SHORTEST} are needed")
    positions = dict(zip(channel.labels, channel.values[known].T.astype(np.float64), strict=True))
    border = round(train * known.sum())
    moving = [joint for joint, values in positions.items() if np.ptp(values[:border]) > MOVES]
    if pairs:
        return [_named(positions, moving, pair, border, trace.source) for pair in pairs]
    commanded = _commanded(trace)
    drivers = [joint for joint in moving if joint in commanded]
    driven = [joint for joint in moving if joint not in commanded]
    if not drivers or not driven:
        raise DexSim2RealError(
            f"{trace.source} has {len(drivers)} joints that were commanded and moved, and {len(driven)} that moved "
            "without a command; a coupling needs one of each, or name the pairs: --couplings DRIVEN:DRIVER"
        )
    fits = ([_fit(positions, joint, driver, border) for driver in drivers] for joint in driven)
    return [_best(each, positions, border) for each in fits]


def couple(spec: mujoco.MjSpec, couplings: Mapping[str, Coupling]) -> None:
    """Add an equality constraint to a model for each coupling, by the names of its joints.

    MuJoCo counts joint positions from those of the model's reference pose. Raises UnknownNameError for a joint that
    the model does not have.
    """
    joints = {joint.name: joint for joint in spec.joints}
    for coupling in couplings.values():
        for name in (coupling.driven, coupling.driver):
            if name not in joints:
                raise UnknownNameError("joint", name, joints)
        unit = np.pi / 180 if spec.compiler.degree else 1.0
        driven, driver = (unit * joints[name].ref for name in (coupling.driven, coupling.driver))
        shift = coupling.offset + coupling.ratio * driver - driven
        equality = spec.add_equality(name1=coupling.driven, name2=coupling.driver, type=mujoco.mjtEq.mjEQ_JOINT)
        equality.data[:5] = [shift, coupling.ratio, 0.0, 0.0, 0.0]


def parse_pair(text: str) -> tuple[str, str]:
    """DRIVEN:DRIVER as two names. Raises DexSim2RealError."""
    driven, colon, driver = text.partition(":")
    if not (driven and colon and driver) or driven == driver:
        raise DexSim2RealError(f"{text!r} is no pair of joints; write DRIVEN:DRIVER")
    return driven, driver


def _commanded(trace: Trace) -> set[str]:
    """Joints whose command moves."""
    if COMMAND not in trace:
        return set()
    told = trace[COMMAND]
    return {joint for joint, moves in zip(told.labels, np.ptp(told.values, axis=0), strict=True) if moves > MOVES}


def _named(
    positions: Mapping[str, Array], moving: Sequence[str], pair: tuple[str, str], border: int, source: str
) -> Coupling:
    for joint in pair:
        if joint not in positions:
            raise UnknownNameError("recorded joint", joint, positions)
        if joint not in moving:
            raise DexSim2RealError(f"{joint} does not move by {MOVES:g} rad in the part of {source} that is fitted")
    return _fit(positions, *pair, border)


def _best(fits: Sequence[Coupling], positions: Mapping[str, Array], border: int) -> Coupling:
    """The one that fits the fitted part best; what was held out chooses nothing."""

    def error(fit: Coupling) -> float:
        residual = positions[fit.driven][:border] - fit.ratio * positions[fit.driver][:border] - fit.offset
        return float(np.mean(residual**2))

    return min(fits, key=error)


def _fit(positions: Mapping[str, Array], driven: str, driver: str, border: int) -> Coupling:
    x, y = positions[driver], positions[driven]
    rows = np.stack([x, np.ones_like(x)], axis=1)
    found, errors = _line(rows[:border], y[:border])
    held_out = _rms(y[border:] - rows[border:] @ found)
    independent = _rms(y[border:] - y[:border].mean())
    ratio, offset = found.tolist()
    coupled = held_out < COUPLED * independent
    return Coupling(driven, driver, ratio, float(errors[0]), offset, float(errors[1]), held_out, independent, coupled)


def _line(rows: Array, y: Array) -> tuple[Array, Array]:
    """Ratio and offset by Huber's estimate, reweighted until it stands, and their standard errors."""
    weights = np.ones(len(y))
    for _ in range(_ROUNDS):
        found = np.linalg.lstsq(rows * np.sqrt(weights)[:, None], y * np.sqrt(weights), rcond=None)[0]
        residual = y - rows @ found
        scale = max(1.4826 * float(np.median(np.abs(residual))), 1e-9)
        weights = np.minimum(1.0, _HUBER * scale / np.maximum(np.abs(residual), 1e-12))
    alike = float(np.clip(np.corrcoef(residual[:-1], residual[1:])[0, 1], 0.0, 0.999)) if scale > 1e-9 else 0.0
    independent = (1 - alike) / (1 + alike)  # share of samples, of a first-order autoregressive residual
    influence = rows * (weights * residual)[:, None]
    bread = np.linalg.inv(rows.T @ (rows * weights[:, None]))
    covariance = bread @ (influence.T @ influence) @ bread / independent
    return np.asarray(found), np.sqrt(np.diag(covariance))


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))
