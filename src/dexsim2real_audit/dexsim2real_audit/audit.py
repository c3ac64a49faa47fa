"""The audit of one recording: is it a member of the simulated family, what left first, and what explains it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.causes import Cause, CauseModel
from dexsim2real_audit.closed_loop import ClosedLoop, closed_loop, policy_for
from dexsim2real_audit.delay_model import GROUPS, delay_parts
from dexsim2real_audit.divergence import ALPHA, Comparison, compare
from dexsim2real_audit.prediction import EVERY, Prediction, predict
from dexsim2real_audit.rollout import PERIOD
from dexsim2real_audit.signals import FLOORS, NET, Signals
from dexsim2real_audit.slip import find_slips
from dexsim2real_audit.suggestion import Suggestion, gap, suggest
from dexsim2real_audit.trace import POSITION, Trace
from dexsim2real_audit.trace_delay import delay_between
from dexsim2real_audit.windows import SHORTEST, WindowConfig, find_windows
from dexsim2real_description import FINGERS, DexSim2RealError
from dexsim2real_sim import PARAMETERS, EnvConfig, ParameterSampler
from dexsim2real_sim.counterpart import Counterpart

Array = NDArray[np.float64]

LONGEST_DELAY = 0.2
"""How far a recording may lag behind the simulation, or lead [s]."""
SAME_MOTION = 0.7
"""A lag is given only where recording and simulation correlate so much: noise and contacts have no lag."""


@dataclass(frozen=True)
class AuditConfig:
    """How to audit."""

    task: str
    """One of the six tasks: its objects are on the simulated table."""
    objects: tuple[str, ...] = ()
    """What lay there, by names of the catalogue, one per slot of the task; drawn where it is not said."""
    cells: int = 128
    """Simulated cells side by side; 99 or more for a false-alarm rate of 0.02, half as many without causes."""
    alpha: float = ALPHA
    """Share of recordings from inside the family that raise an alarm."""
    longest: float = 6.0
    """Of one motion that is simulated again [s]."""
    total: float = 12.0
    """Of all of them [s]."""
    causes: bool = True
    """Estimate parameters and rank causes; without, it takes a third of the time."""
    policy: str | None = None
    """What drove the robot, a folder or the name of a shipped policy: it is tried in closed loop as well."""
    arm: str = "panda"
    hand: str = "v4"
    touch: str = "grid15"
    seed: int = 0

    def check(self) -> None:
        """Raise DexSim2RealError for what makes no audit, before anything is read or simulated."""
        if not 0.0 < self.alpha < 1.0:
            raise DexSim2RealError(f"the false-alarm rate is {self.alpha:g}; it must be between 0 and 1")
        share = self.alpha / 2 if self.causes else self.alpha
        if self.cells + 1 < 1 / share:
            raise DexSim2RealError(
                f"a false-alarm rate of {self.alpha:g} needs {ceil(1 / share) - 1} traces in the family, there are "
                f"{self.cells}; use more --cells, a larger --alpha, or --no-causes"
            )
        if not (self.longest >= SHORTEST and self.total >= SHORTEST):
            raise DexSim2RealError(
                f"motions of {self.longest:g} s, {self.total:g} s in all, are too short; use {SHORTEST:g} or more"
            )
        if self.policy is not None:
            policy_for(self.policy, self.task)


@dataclass(frozen=True)
class Lag:
    """How late a group of joints moves."""

    group: str
    delay: float
    """From command to reading [s]: by regression where it was varied, or else by cross-correlation with the middle."""
    simulated: float
    """In the middle of the family [s]."""
    correlation: float
    """Of recording and middle, shifted to where they agree best."""


@dataclass(frozen=True)
class SlipRates:
    """Slips per second of contact."""

    real: float
    low: float
    middle: float
    high: float
    """Of the family, and the band of 95 % of it."""


@dataclass(frozen=True, eq=False)
class AuditResult:
    """What an audit found."""

    config: AuditConfig
    source: str
    times: Array
    """Of the compared samples since the recording began [s], shape (T,)."""
    real: Signals
    prediction: Prediction
    bodies: tuple[str, ...]
    comparison: Comparison
    gap: float
    """Distance from the family over a member's, mean of channels; 1 is a recording like any other."""
    lags: tuple[Lag, ...]
    slips: SlipRates | None
    causes: tuple[Cause, ...] = ()
    """All parameters that a trace can show, the one that stands out most first."""
    unusual: float | None = None
    """How often a member of the family has a parameter that stands out so much; None if none was estimated."""
    suggestions: tuple[Suggestion, ...] = ()
    closed_loop: ClosedLoop | None = None
    """How the policy does in simulation, if it was given."""
    problems: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Time that each step took [s]."""

    @property
    def p_value(self) -> float:
        """Of the recording as a member: of its moments and of its parameters, as two tests (Bonferroni)."""
        moments = self.comparison.p_value
        return moments if self.unusual is None else min(1.0, 2 * min(moments, self.unusual))

    @property
    def diverged(self) -> bool:
        """Whether an alarm was raised."""
        return self.p_value <= self.config.alpha


def make_cells(config: AuditConfig) -> Counterpart:
    """The simulated cells of an audit."""
    env = EnvConfig(
        config.task,
        config.cells,
        config.seed,
        objects=config.objects or "seen",
        arm=config.arm,
        hand=config.hand,
        touch=config.touch,
    )
    return Counterpart(env)


def audit(
    trace: Trace, sampler: ParameterSampler, config: AuditConfig, cells: Counterpart | None = None
) -> AuditResult:
    """Audit a recording against the family that `sampler` describes.

    Raises DexSim2RealError if there is nothing to replay, for a task or object that does not exist, and if there are
    too few cells for the false-alarm rate.
    """
    config.check()
    clock = Stopwatch()
    with clock("make cells"):
        cell = cells or make_cells(config)
        objects = cell.in_slots(config.objects)
    windows, problems = find_windows(trace, cell.bodies, objects, WindowConfig(config.longest, config.total))
    with clock("simulate"):
        prediction = predict(cell, windows, sampler, config.seed, config.causes)
    result = examine(trace, prediction, cell.bodies, config, clock)
    suggestions: list[Suggestion] = []
    if result.diverged and result.causes:
        with clock("try suggestions"):
            suggestions = suggest(cell, windows, prediction, result.real, result.causes, config.seed)
    with clock("closed loop"):
        policy = config.policy
        loop = None if policy is None else closed_loop(policy, trace, sampler, cell.config)
    found = (*trace.problems, *problems, *_unseen(result.real))
    seconds = dict(clock.seconds)
    return replace(result, suggestions=tuple(suggestions), closed_loop=loop, problems=found, seconds=seconds)


def examine(
    trace: Trace,
    prediction: Prediction,
    bodies: Sequence[str],
    config: AuditConfig,
    clock: Stopwatch | None = None,
    model: CauseModel | None = None,
) -> AuditResult:
    """The same with the simulations done already: for several recordings of one motion from one start.

    `model` is `prediction.cause_model` of the recording's channels, if that is known already.
    """
    clock = clock or Stopwatch()
    times = (prediction.stamps - trace.span[0]) / 1e9
    real = prediction.real(trace, bodies)
    if not real:
        raise DexSim2RealError(f"{trace.source} has nothing that can be compared: no joints, touch or objects")
    with clock("estimate parameters"):
        model = model or prediction.cause_model(list(real))
        causes = () if model is None else tuple(model.causes(real))
        unusual = None if model is None else model.p_value(causes)
    family = {name: prediction.family[name] for name in real}
    with clock("compare"):
        comparison = compare(times, real, family, FLOORS, config.alpha if model is None else config.alpha / 2)
        size = gap(real, family, family)
        lags, slips = _lags(real, prediction, model), _slips(real, prediction)
    return AuditResult(
        config,
        trace.source,
        times,
        real,
        prediction,
        tuple(bodies),
        comparison,
        size,
        lags,
        slips,
        causes,
        unusual,
        seconds=clock.seconds,
    )


class Stopwatch:
    """Adds up how long named steps take."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time what happens inside."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - began


def _lags(real: Signals, prediction: Prediction, model: CauseModel | None) -> tuple[Lag, ...]:
    """How late each group of joints is, for those that moved."""
    if POSITION not in real:
        return ()
    middle = prediction.wide[POSITION][0]
    usual = dict(zip(prediction.ranges.names, prediction.ranges.middle, strict=True))
    learnt = {} if model is None else model.delays
    breaks = np.diff(prediction.stamps) > 2 * EVERY * PERIOD
    found = []
    for group, columns in GROUPS.items():
        seen, told = real[POSITION][:, columns], middle[:, columns]
        known = np.isfinite(seen).all(axis=0)
        if not known.any() or np.ptp(told[:, known], axis=0).max() < FLOORS[POSITION]:
            continue
        earlier, later = (_joined(each[:, known], breaks) for each in (told, seen))
        lag = delay_between(earlier, later, EVERY * PERIOD / 1e9, min(LONGEST_DELAY, len(told) / 240))
        if lag.correlation < SAME_MOTION:
            continue
        simulated = float(sum(usual.get(part, PARAMETERS[part].nominal) for part in delay_parts(group)))
        delay = learnt[group](real) if group in learnt else simulated + lag.seconds
        found.append(Lag(group, delay, simulated, lag.correlation))
    return tuple(found)


def _joined(values: Array, breaks: NDArray[np.bool_]) -> Array:
    """Signals (T, J) without the jumps between windows; `breaks` says after which samples they are, shape (T - 1,)."""
    return np.asarray(np.cumsum(np.where(breaks[:, None], 0.0, np.diff(values, axis=0)), axis=0))


def _slips(real: Signals, prediction: Prediction) -> SlipRates | None:
    """Slip rates of recording and family; None without touch."""
    if NET not in real or not np.isfinite(real[NET]).all():
        return None

    def rate(net: Array) -> float:
        return find_slips(prediction.stamps, net.reshape(len(net), len(FINGERS), 1, 3)).rate

    own = [rate(net) for net in prediction.family[NET] if np.isfinite(net).all()]
    low, middle, high = np.quantile(own, [0.025, 0.5, 0.975])
    return SlipRates(rate(real[NET]), float(low), float(middle), float(high))


def _unseen(real: Signals) -> list[str]:
    """What could not be compared."""
    return [
        f"{name} was not compared: the recording has no usable samples of it" for name in FLOORS if name not in real
    ]
