"""Identification of an arm from one recorded motion, with a part of it held out to judge the result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit import Trace
from dexsim2real_audit.trace import EFFORT, POSITION, VELOCITY
from dexsim2real_description import ARM_JOINTS, HAND_JOINTS, DexSim2RealError, UnknownNameError, make_cell
from dexsim2real_description.arm import ARMS, FR3_INERTIAS, PANDA_CAD_MASSES, PANDA_INERTIAS
from dexsim2real_description.model import Inertia
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.dynamics import Dynamics, published_friction, rms
from dexsim2real_dr.identify.fit import KEEP, Fit, fit_dynamics
from dexsim2real_dr.identify.inertia import PER_LINK, scaled_to
from dexsim2real_dr.identify.load import hand_load
from dexsim2real_dr.identify.motion import Motion, make_motion

Array = NDArray[np.float64]

MAKER, TUNED, PUBLISHED = "maker's", "tuned", "published"
"""The models that are compared: before tuning, after, and the published identification of the same arm."""

TRIM = 0.1
"""Left out at the ends of both parts, where the filter's transient is [s]."""
LINKS: tuple[str, ...] = tuple(f"arm_link_{i}" for i in range(1, 8))
"""The moving links."""


@dataclass(frozen=True)
class ArmConfig:
    """How to identify an arm."""

    arm: str = "panda"
    """panda or fr3."""
    hand: str = "none"
    """What the arm carried: none, v4 or v5 (with its touch skin); its known weight is taken off the torque."""
    cutoff: float = 10.0
    """Signals are filtered at this frequency, forwards and backwards [Hz]."""
    train: float = 5 / 7
    """Share of the recording that is fitted; the rest, at its end, only judges. 10 s of 14 s by default."""


@dataclass(frozen=True, eq=False)
class ArmResult:
    """An identified arm."""

    config: ArmConfig
    chain: Chain
    start: tuple[Inertia, ...]
    """The maker's inertias, where the fit began."""
    fit: Fit
    train: Motion
    held_out: Motion
    predictions: Mapping[str, tuple[Array, Array]]
    """Torque of each compared model on the train and the held-out part [N m], each shape (N, n)."""
    seconds: float
    """Time that the fit took [s]."""

    def errors(self, model: str) -> tuple[Array, Array]:
        """Torque error of a compared model, RMS per joint, on the train and the held-out part [N m], shape (n,)."""
        train, held_out = self.predictions[model]
        return rms(self.train.tau - train), rms(self.held_out.tau - held_out)


def start_inertias(arm: str) -> tuple[Inertia, ...]:
    """The maker's CAD-like inertias of the moving links.

    For the Panda the maker gives masses only (FACTS 1.4 b); shapes and centres are those of its successor, the
    FR3, whose links look the same (FACTS 1.4 c). Raises UnknownNameError.
    """
    if arm not in ARMS:
        raise UnknownNameError("arm", arm, ARMS)
    if arm == "panda":
        pairs = zip(FR3_INERTIAS[1:], PANDA_CAD_MASSES[1:], strict=True)
        return tuple(scaled_to(inertia, mass) for inertia, mass in pairs)
    return FR3_INERTIAS[1:]


def motion_of(trace: Trace, cutoff: float) -> Motion:
    """The arm's motion in a trace, filtered at `cutoff` [Hz].

    Raises DexSim2RealError if the trace has no effort or not all arm joints.
    """
    for name in (POSITION, EFFORT):
        if name not in trace:
            raise DexSim2RealError(f"{trace.source} has no {name}; identification needs measured torque")
    position = trace[POSITION]
    missing = [joint for joint in ARM_JOINTS if joint not in position.labels]
    if missing:
        raise DexSim2RealError(f"{trace.source} has no joint {', '.join(missing)}")
    stamps = (position.stamps - position.stamps[0]) / 1e9
    velocity = trace[VELOCITY].columns(ARM_JOINTS) if VELOCITY in trace else None
    return make_motion(stamps, position.columns(ARM_JOINTS), velocity, trace[EFFORT].columns(ARM_JOINTS), cutoff)


def identify_arm(motion: Motion, config: ArmConfig | None = None) -> ArmResult:
    """Fit inertias and joint friction of an arm to the first part of `motion` and judge them on the rest.

    Raises DexSim2RealError if either part is too short.
    """
    config = config or ArmConfig()
    start = start_inertias(config.arm)
    chain = Chain.of([joint for joint in ARMS[config.arm].joints if joint.axis is not None])
    train, held_out = (_unloaded(part, chain, config) for part in _split(motion, config))
    began = time.perf_counter()
    fit = fit_dynamics(chain, train, start, config.cutoff)
    seconds = time.perf_counter() - began
    models = {MAKER: Dynamics.frictionless(start), TUNED: fit.dynamics}
    predictions = {name: (m.torque(chain, train), m.torque(chain, held_out)) for name, m in models.items()}
    if config.arm == "panda":
        predictions[PUBLISHED] = (published_torque(chain, train), published_torque(chain, held_out))
    return ArmResult(config, chain, start, fit, train, held_out, predictions, seconds)


def published_torque(chain: Chain, motion: Motion) -> Array:
    """Torque of a Panda with the inertias and the friction of Gaz et al. 2019 (FACTS 1.4 a) [N m], shape (N, 7)."""
    return Dynamics.frictionless(PANDA_INERTIAS[1:]).torque(chain, motion) + published_friction(motion.dq)


def _unloaded(motion: Motion, chain: Chain, config: ArmConfig) -> Motion:
    """The motion with the torque that the hand takes taken off."""
    if config.hand == "none":
        return motion
    cell = make_cell(config.arm, config.hand)
    load = hand_load(cell, np.zeros(len(HAND_JOINTS)))
    columns = chain.regressor(motion.q, motion.dq, motion.ddq)[:, :, -PER_LINK:]
    return replace(motion, tau=motion.tau - columns @ load)


def _split(motion: Motion, config: ArmConfig) -> tuple[Motion, Motion]:
    """The part to fit and the part to judge by, thinned to what the filter left of them."""
    end = motion.time[-1]
    if not 0.0 < config.train < 1.0:
        raise DexSim2RealError(f"the share to fit is {config.train:g}; choose one between 0 and 1")
    border = config.train * end
    if min(border, end - border) < 2.0:
        raise DexSim2RealError(f"{end:.1f} s are too short: both parts need 2 s or more")
    step = motion.time[1] - motion.time[0]
    thin = slice(None, None, max(1, int(1 / (KEEP * config.cutoff * step))))
    train = motion.between(TRIM, border - TRIM).at(thin)
    return train, motion.between(border + TRIM, end - TRIM).at(thin)
