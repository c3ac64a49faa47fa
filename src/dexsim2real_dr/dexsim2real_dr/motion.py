"""Motions replayed open loop in simulation, many cells at once: what a critic of traces sees of a simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dexsim2real_audit.trace import COMMAND, EFFORT, OBJECTS, POSITION, TOUCH, Channel, Stamps, Trace
from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.critics.trace import FEWEST, TraceCritic
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.fm_dr.coding import Coding
from dexsim2real_sim import PARAMETERS, Twin
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart, Start
from dexsim2real_sim.plant import CONTROL_RATE
from dexsim2real_sim.randomization.granular import PICTURED

EVERY = 4
"""Control ticks per sample of a simulated trace, as the policy's rate has it."""
FELT: tuple[str, ...] = tuple(
    name for name, p in PARAMETERS.items() if not p.frozen and name not in (*PICTURED, "image_lag")
)
"""Parameters that a motion without pictures may show."""
_AT_ONCE = 50
"""Cells in which rollouts are simulated, for those that teach."""
PERIOD = round(1e9 * EVERY / CONTROL_RATE)
"""Between samples [ns]."""
Watch = Callable[[int, Counterpart], None]
"""Called after each sample, with its number from 1 and the cells."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Commands and what they begin from."""

    task: str
    commands: Array
    """Joint targets at the control rate [rad], shape (T, 23)."""
    start: Start

    @property
    def samples(self) -> int:
        """Of its trace."""
        return len(self.commands) // EVERY

    @property
    def told(self) -> Channel:
        """The commands that its trace has."""
        stamps = PERIOD * np.arange(1, self.samples + 1, dtype=np.int64)
        return Channel(stamps, self.commands[EVERY - 1 : self.samples * EVERY : EVERY], "rad", JOINTS)


class MotionSimulator:
    """The cell in MuJoCo, which follows commands of recorded motions with parameters of its own."""

    def __init__(
        self,
        motions: Sequence[Motion],
        names: Sequence[str],
        twin: Twin | None = None,
        others: Mapping[str, float] | None = None,
    ) -> None:
        """For values of `names`; all else is as in `others`, and what is not there nominal, or as in a twin."""
        if not motions:
            raise SearchError("there is no motion to replay; name at least one recording")
        self.motions, self.names, self._twin = tuple(motions), tuple(names), twin
        self._others = dict(others or {})
        self._cells: dict[tuple[str, int], Counterpart] = {}

    @property
    def described(self) -> str:
        """What is replayed, in words."""
        seconds = sum(len(motion.commands) for motion in self.motions) / CONTROL_RATE
        return f"{len(self.motions)} motions of {seconds:.1f} s in all"

    def observe(self, values: Array) -> list[Evidence]:
        """The traces for several sets of values, shape (n, d). The same sets give the same traces.

        Raises DexSim2RealError for values outside their bounds.
        """
        each = [self.replay(motion, values) for motion in self.motions]
        return [Evidence(traces=traces) for traces in zip(*each, strict=True)]

    def replay(self, motion: Motion, values: Array, watch: Watch = lambda sample, cells: None) -> list[Trace]:
        """The traces of one of the motions, for several sets of values, shape (n, d)."""
        cell = self._cell(motion.task, len(values))
        rest = np.tile(list(self._others.values()), (len(values), 1))
        cell.begin((*self.names, *self._others), np.concatenate([values, rest], axis=1), motion.start)
        rows: dict[str, list[Array]] = {POSITION: [], EFFORT: [], TOUCH: [], OBJECTS: []}
        for tick, command in enumerate(motion.commands[: motion.samples * EVERY], 1):
            readings = cell.tick(command)
            if tick % EVERY == 0:
                rows[POSITION].append(np.asarray(readings.position, float))
                rows[EFFORT].append(np.asarray(readings.torque, float))
                rows[OBJECTS].append(cell.object_poses())
                if readings.touch is not None:
                    rows[TOUCH].append(np.asarray(readings.touch, float))
                watch(tick // EVERY, cell)
        told = motion.told
        arrays = {name: np.stack(row, axis=1) for name, row in rows.items() if row}
        for array in arrays.values():
            array[cell.broken] = np.nan
        return [
            Trace({COMMAND: told, **{name: channel(name, told.stamps, array[i]) for name, array in arrays.items()}})
            for i in range(len(values))
        ]

    def _cell(self, task: str, count: int) -> Counterpart:
        if (task, count) not in self._cells:
            self._cells[task, count] = Counterpart(EnvConfig(task, num_envs=count, threads=1), self._twin)
        return self._cells[task, count]


def channel(name: str, stamps: Stamps, values: Array) -> Channel:
    """One of position, torque, touch and objects, as every replayed trace has it."""
    units = {POSITION: "rad", EFFORT: "N m", TOUCH: "N", OBJECTS: "m, quaternion"}
    return Channel(stamps, values, units[name], JOINTS if name in (POSITION, EFFORT) else ())


@dataclass(frozen=True)
class Teaching:
    """What a trace critic learns from."""

    rollouts: int = 150
    """Simulated with parameters drawn evenly from the box that a search may use."""
    others: Literal["drawn", "nominal"] = "drawn"
    """Parameters that are not searched: unknown, so drawn where the critic learns and in the middle where it is asked;
    or nominal, since they were identified before."""

    def __post_init__(self) -> None:
        if self.rollouts < FEWEST:
            raise SearchError(f"the trace critic learns from {self.rollouts} rollouts; it needs {FEWEST} or more")

    @property
    def described(self) -> str:
        """In words."""
        return f"taught by {self.rollouts} rollouts, others {self.others}"

    def box(self, names: Sequence[str]) -> Coding:
        """Of what is drawn to teach: `names` and, if they are drawn, all others that a motion may show."""
        rest = [name for name in FELT if name not in names] if self.others == "drawn" else []
        return Coding.of([*names, *rest], 1)

    def simulator(self, motions: Sequence[Motion], names: Sequence[str]) -> MotionSimulator:
        """What a search for `names` asks."""
        box = self.box(names)
        middle = dict(zip(box.names, ((box.low + box.high) / 2).tolist(), strict=True))
        return MotionSimulator(motions, names, others={n: v for n, v in middle.items() if n not in names})

    def critic(self, simulator: MotionSimulator, advance: Callable[[], None] = lambda: None) -> TraceCritic:
        """The critic of what a simulator repeats; `advance` is called after every rollout.

        Raises CriticError if most rollouts break down.
        """
        box, count = self.box(simulator.names), len(simulator.names)
        values = np.random.default_rng(0).uniform(box.low, box.high, (self.rollouts, len(box.names)))
        rollouts = _in_parts(MotionSimulator(simulator.motions, box.names), values, advance)
        return TraceCritic(rollouts, simulator.names, values[:, :count])


def _in_parts(simulator: MotionSimulator, values: Array, advance: Callable[[], None]) -> Iterator[Evidence]:
    for begin in range(0, len(values), _AT_ONCE):
        for evidence in simulator.observe(values[begin : begin + _AT_ONCE]):
            advance()
            yield evidence


def twin_traces(twin: Twin, motions: Sequence[Motion]) -> Evidence:
    """What a twin does when it is told the same. Raises DexSim2RealError if its physics breaks down."""
    seen = MotionSimulator(motions, (), twin).observe(np.empty((1, 0)))[0]
    if any(np.isnan(trace[POSITION].values).any() for trace in seen.traces):
        raise DexSim2RealError(f"the physics of twin {twin.seed} broke down; choose another")
    return seen


def together(pictures: Sequence[Evidence], motions: Sequence[Evidence]) -> list[Evidence]:
    """Pictures, traces and films of the same sets of values."""
    return [replace(one, traces=other.traces, film=other.film) for one, other in zip(pictures, motions, strict=True)]
