"""Parameters of the simulated robot from recorded joint targets and positions (Lin et al. 2025, autotune).

The same targets are replayed in many simulated cells at once, each with other parameters; what tracks the recording
best is kept. Lin et al. draw all candidates at random once. Here a regression of parameters on positions, learnt from
each batch, says where the recording belongs and how sure that is, and the next batch is drawn from there. Arm and hand
have their own candidates in the same rollouts, for an arm's parameters hardly move fingers and the other way round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.trace import COMMAND, POSITION, Trace
from dexsim2real_description import ARM_JOINTS, JOINTS, DexSim2RealError
from dexsim2real_sim import PARAMETERS
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart, Start
from dexsim2real_sim.plant import CONTROL_RATE
from dexsim2real_sim.randomization import AdrBox, Independent, Randomization, Uniform
from dexsim2real_sim.ridge import Ridge

Array = NDArray[np.float64]

PARTS: Mapping[str, slice] = {"arm": slice(0, len(ARM_JOINTS)), "hand": slice(len(ARM_JOINTS), len(JOINTS))}
QUANTITIES = ("stiffness", "damping_gain", "damping", "friction", "armature", "delay", "backlash")
"""What is tuned of each part; torque limits show only where they are reached, so they are not."""
MOVES = 0.02
"""A part none of whose joints is told to move by this much is left as it is [rad]."""
SHORTEST = 2.0
"""A recording is too short to tune and to judge by if it is shorter [s]."""
RESTS = 0.05
"""A joint rests at the start if it is slower [rad/s]: five times the fastest that a resting Panda says it is, in the
first 40 ms of the recording of Gaz et al. 2019."""
TOLD = 0.25
"""A parameter is told if its standard error is under this share of its manual range."""
TOGETHER = 0.8
"""Two parameters are told only together if their errors correlate so much."""
LEAST_WIDTH = 0.1
"""Of a tuned parameter's new range, over that of its manual range: wear and temperature change it anyway."""
FINALISTS, FEWEST = 3, 8
"""Candidates that are compared at the end, and the fewest from which a regression is learnt."""
_SURE = 3.0
"""Half width of the next batch, in errors of the regression."""
_EVERY = 2
"""Ticks per sample that the regression sees: 60 of 120 Hz."""
_FIRST = 12
"""Ticks at the start through which a parabola is laid: its slope there is a joint's speed, even if it speeds up."""
_CLEARLY = 5.0
"""Standard errors of that speed by which it must be above `RESTS`."""
_NOISE = (5e-4, 0.02)
"""Least and most noise of simulated positions: as much as the best candidate is wrong by [rad]."""
_ASIDE = np.array([0.35, 0.45, 0.03, 1.0, 0.0, 0.0, 0.0])
"""Where the simulated object stands out of the way."""


@dataclass(frozen=True)
class TuneConfig:
    """How to tune."""

    candidates: int = 64
    """Sets of parameters that are simulated side by side."""
    rounds: int = 8
    """Times that they are."""
    longest: float = 20.0
    """Of the recording, from the first target on, this much is used [s]."""
    train: float = 5 / 7
    """Share of it that is tuned to; the rest, at its end, only judges."""
    seed: int = 0


@dataclass(frozen=True)
class Tuned:
    """One tuned parameter."""

    name: str
    value: float
    error: float
    """Root mean square error of such estimates on simulated rollouts that were left out, in its unit."""
    told: bool
    """Whether the recording tells it."""
    together_with: tuple[str, ...]
    """Parameters whose effect looks alike, so that only their combination is known."""


@dataclass(frozen=True, eq=False)
class TuneResult:
    """A tuned robot."""

    parameters: tuple[Tuned, ...]
    errors: Mapping[str, tuple[tuple[float, float], tuple[float, float]]]
    """Tracking error of each part, RMS [rad]: fitted and held out, first nominal, then tuned."""
    used: float
    """Of the recording [s]."""
    seconds: float
    """Time that it took [s]."""


@dataclass(frozen=True, eq=False)
class _Part:
    """Arm or hand: what is tuned, and on which joints it is judged."""

    names: tuple[str, ...]
    low: Array
    width: Array
    """Of the search, shape (7,)."""
    joints: NDArray[np.intp]

    @classmethod
    def of(cls, name: str, joints: NDArray[np.intp]) -> _Part:
        """A width of the manual range beyond it is searched, inside the physical bounds."""
        names = tuple(f"{name}_{quantity}" for quantity in QUANTITIES)
        ends = []
        for p in (PARAMETERS[each] for each in names):
            width = p.range[1] - p.range[0]
            ends.append((max(p.bounds[0], p.range[0] - width), min(p.bounds[1], p.range[1] + width)))
        low, high = np.array(ends).T
        return cls(names, low, high - low, joints)

    @property
    def nominal(self) -> Array:
        """In widths of the search from its low end, shape (7,)."""
        return (np.array([PARAMETERS[name].nominal for name in self.names]) - self.low) / self.width


@dataclass(frozen=True, eq=False)
class _Case:
    """What is replayed, and what it is compared with."""

    cells: Counterpart
    start: Start
    commands: Array
    position: Array
    """As recorded, at the ticks, shape (T, 23); nan where nothing was."""
    border: int
    """Ticks before it are tuned to."""
    parts: tuple[_Part, ...]

    def errors(self, tables: list[Array]) -> list[Array]:
        """Simulated minus recorded positions of each part's joints [rad], shape (cells, T, joints).

        One table for each part, in widths of the search, shape (cells, 7). Infinite where physics broke down.
        """
        values = [part.low + table * part.width for part, table in zip(self.parts, tables, strict=True)]
        names = [name for part in self.parts for name in part.names]
        whole = np.concatenate([*values, np.zeros((self.cells.num_envs, 1))], axis=1)
        self.cells.begin([*names, "position_noise"], whole, self.start)
        seen = np.stack([self.cells.tick(command).position.astype(float) for command in self.commands], axis=1)
        seen[self.cells.broken] = np.inf
        return [seen[:, :, part.joints] - self.position[:, part.joints] for part in self.parts]

    def rms(self, error: Array) -> tuple[float, float]:
        """Of the fitted and the held-out part of errors (T, joints) [rad]; 1 where physics broke down."""
        first, second = (float(np.sqrt(np.mean(part**2))) for part in (error[: self.border], error[self.border :]))
        return (first, second) if np.isfinite(first + second) else (1.0, 1.0)


class _Search:
    """The search for one part's values, all in widths of the search."""

    def __init__(self, part: _Part, config: TuneConfig, seed: int) -> None:
        self.part = part
        self._rng, self._count = np.random.default_rng([config.seed, seed]), config.candidates
        self._low, self._high = np.zeros(len(part.names)), np.ones(len(part.names))
        self._best: Array = part.nominal
        self._least = np.inf
        self._estimate, self._error = part.nominal, np.ones(len(part.names))
        self._likeness: Array = np.eye(len(part.names))

    def draw(self) -> Array:
        """The next candidates, shape (n, 7): the best estimate, and others around it."""
        self._table = self._rng.uniform(self._low, self._high, (self._count, len(self._low)))
        self._table[0] = self._estimate
        return self._table

    def learn(self, errors: Array, case: _Case) -> None:
        """From what the candidates did, shape (n, T, joints): where the recording, whose error is 0, belongs."""
        scores = np.array([case.rms(error)[0] for error in errors])
        if scores.min() < self._least:
            self._least, self._best = float(scores.min()), self._table[scores.argmin()]
        whole = np.isfinite(errors).all(axis=(1, 2))
        seen = errors[whole, : case.border : _EVERY].reshape(whole.sum(), -1)
        seen += self._rng.normal(0, np.clip(self._least, *_NOISE), seen.shape)
        ridge = Ridge(seen, self._table[whole])
        self._estimate = np.clip(ridge(np.zeros((1, seen.shape[1])))[0], 0.0, 1.0)
        self._error = ridge.error
        self._likeness = np.asarray(np.corrcoef((ridge.left_out - self._table[whole]).T))
        half = np.maximum(_SURE * self._error, 1e-3)
        self._low, self._high = np.clip(self._estimate - half, 0, 1), np.clip(self._estimate + half, 0, 1)

    def finalists(self) -> Array:
        """One batch whose first rows are the nominal values, the last estimate and the best candidate."""
        rows = np.stack([self.part.nominal, self._estimate, self._best])
        return np.concatenate([rows, np.tile(rows[:1], (self._count - FINALISTS, 1))])

    def told(self, values: Array) -> list[Tuned]:
        """The values in their units, and how well they are known."""
        found = []
        for k, name in enumerate(self.part.names):
            low, high = PARAMETERS[name].range
            alike = np.abs(self._likeness[k]) > TOGETHER
            others = tuple(other for j, other in enumerate(self.part.names) if alike[j] and j != k)
            error = float(self._error[k] * self.part.width[k])
            value = float(self.part.low[k] + values[k] * self.part.width[k])
            found.append(Tuned(name, value, error, error < TOLD * (high - low), others))
        return found


def autotune(
    trace: Trace,
    arm: str,
    hand: str,
    config: TuneConfig | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> TuneResult:
    """Tune the parameters of arm and hand to a recording that begins at rest, away from everything.

    Raises DexSim2RealError without targets and positions, if it begins in motion, and if too little of it moves.
    """
    config = config or TuneConfig()
    began = time.perf_counter()
    case = _case(trace, arm, hand, config)
    searches = [_Search(part, config, seed) for seed, part in enumerate(case.parts)]
    for number in range(config.rounds):
        for search, errors in zip(searches, case.errors([search.draw() for search in searches]), strict=True):
            search.learn(errors, case)
        progress(number + 1)
    judged = case.errors([search.finalists() for search in searches])
    found: list[Tuned] = []
    scores: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {}
    for search, errors in zip(searches, judged, strict=True):
        nominal, *tuned = (case.rms(error) for error in errors[:FINALISTS])
        winner = int(np.argmin([fitted for fitted, _ in tuned]))
        scores[search.part.names[0].split("_")[0]] = (nominal, tuned[winner])
        found += search.told(search.finalists()[1 + winner])
    return TuneResult(tuple(found), scores, len(case.commands) / CONTROL_RATE, time.perf_counter() - began)


def tuned_randomization(result: TuneResult, task: str, source: str, revision: str) -> Randomization:
    """The manual ranges of all parameters, but for those told: around their values, by twice their errors."""
    told = [each for each in result.parameters if each.told]
    low, high = [], []
    for each in told:
        p = PARAMETERS[each.name]
        half = max(2 * each.error, LEAST_WIDTH / 2 * (p.range[1] - p.range[0]))
        middle = min(max(each.value, p.bounds[0] + half), p.bounds[1] - half)
        low.append(middle - half)
        high.append(middle + half)
    names = [each.name for each in told]
    rest = Uniform([name for name, p in PARAMETERS.items() if not p.frozen and name not in names])
    drawn = Independent([rest, AdrBox(names, low, high)]) if told else rest
    return Randomization("manual", task, drawn, drawn.entropy(), critic=f"identify {source}", revision=revision)


def _case(trace: Trace, arm: str, hand: str, config: TuneConfig) -> _Case:
    """The recording at the ticks of the simulation. Joints that were not recorded stay where they are."""
    for name in (COMMAND, POSITION):
        if name not in trace:
            raise DexSim2RealError(f"{trace.source} has no {name}; tuning replays targets and compares positions")
    if not 0.0 < config.train < 1.0 or config.candidates < FEWEST or config.rounds < 1:
        raise DexSim2RealError(f"tuning needs a share to fit between 0 and 1, {FEWEST} candidates and 1 round, or more")
    told, done = trace[COMMAND], trace[POSITION]
    ticks = trace.grid((COMMAND, POSITION), CONTROL_RATE)[: round(config.longest * CONTROL_RATE)]
    if len(ticks) < SHORTEST * CONTROL_RATE:
        raise DexSim2RealError(f"{trace.source} is {len(ticks) / CONTROL_RATE:.1f} s long; {SHORTEST:g} s are needed")
    _check_rest(done.linear(ticks[:_FIRST]), done.labels, trace.source)
    cells = Counterpart(EnvConfig("pick_place", config.candidates, config.seed, arm=arm, hand=hand))
    cells.begin()
    commands = np.tile(cells.target[0], (len(ticks), 1))
    position = np.full_like(commands, np.nan)
    for column, joint in enumerate(JOINTS):
        if joint in done.labels:
            position[:, column] = done.linear(ticks)[:, done.labels.index(joint)]
            commands[:, column] = position[0, column]
        if joint in told.labels:
            commands[:, column] = told.held(ticks)[:, told.labels.index(joint)]
    border = round(config.train * len(ticks))
    moves = (np.ptp(commands[:border], axis=0) > MOVES) & np.isfinite(position).all(axis=0)
    parts = tuple(
        _Part.of(name, np.flatnonzero(moves[joints]) + joints.start)
        for name, joints in PARTS.items()
        if any(moves[joints])
    )
    if not parts:
        raise DexSim2RealError(f"no joint of {trace.source} is told to move by {MOVES:g} rad; record a motion of all")
    joints = np.where(np.isfinite(position[0]), position[0], commands[0])
    return _Case(cells, Start(joints, commands[0], {cells.bodies[0]: _ASIDE}), commands, position, border, parts)


def _check_rest(positions: Array, joints: Sequence[str], source: str) -> None:
    """Raise DexSim2RealError if one of the joints is moving at the first of the ticks, shape (ticks, joints) [rad]."""
    powers = np.vander(np.arange(_FIRST) / CONTROL_RATE, 3, increasing=True)
    solved = np.linalg.pinv(powers)
    terms = solved @ positions
    noise = np.sqrt(np.sum((positions - powers @ terms) ** 2, axis=0) / (_FIRST - 3))
    speed = np.abs(terms[1])
    surely = speed - _CLEARLY * noise * np.linalg.norm(solved[1])
    fastest = int(np.argmax(surely))
    if surely[fastest] > RESTS:
        raise DexSim2RealError(
            f"{source} must begin at rest, as its simulation does, but {joints[fastest]} begins at "
            f"{speed[fastest]:.2f} rad/s; cut it to begin where the robot rests, or record it again"
        )
