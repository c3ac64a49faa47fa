"""Motions replayed open loop in simulation, many cells at once: what a critic of traces sees of a simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dexsim2real_audit.trace import COMMAND, OBJECTS, POSITION, TOUCH, Channel, Trace
from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.errors import SearchError
from dexsim2real_sim import Twin
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart, Start
from dexsim2real_sim.plant import CONTROL_RATE

EVERY = 4
"""Control ticks per sample of a simulated trace, as the policy's rate has it."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Commands and what they begin from."""

    task: str
    commands: Array
    """Joint targets at the control rate [rad], shape (T, 23)."""
    start: Start


def recorded_motion(trace: Trace, task: str) -> Motion:
    """What a recording was told to do, from its first command on, and how it began.

    Where objects were recorded they are put there; otherwise the task puts them. Raises DexSim2RealError without
    commands or positions of all joints.
    """
    told, done = trace[COMMAND], trace[POSITION]
    stamps = np.arange(told.stamps[0], told.stamps[-1] + 1, round(1e9 / CONTROL_RATE), dtype=np.int64)
    columns = [told.labels.index(joint) for joint in JOINTS if joint in told.labels]
    if len(columns) < len(JOINTS) or len(stamps) < 2 * EVERY:
        raise SearchError(
            f"{trace.source} has commands for {len(columns)} of {len(JOINTS)} joints and {len(stamps)} control "
            "periods; record a motion of the whole robot"
        )
    commands = told.held(stamps)[:, columns]
    first = done.linear(np.maximum(stamps[:1], done.stamps[0]))[0]
    joints = np.array([first[done.labels.index(joint)] if joint in done.labels else commands[0, i]
                       for i, joint in enumerate(JOINTS)])  # fmt: skip
    return Motion(task, commands, Start(joints, commands[0], _poses(trace, task)))


def _poses(trace: Trace, task: str) -> dict[str, Array]:
    if OBJECTS not in trace:
        return {}
    cell, poses = Counterpart(EnvConfig(task, threads=1)), trace[OBJECTS].values[0]
    cell.begin()
    return dict(zip(cell.bodies, poses, strict=True)) if len(poses) == len(cell.bodies) else {}


class MotionSimulator:
    """The cell in MuJoCo, which follows commands of recorded motions with parameters of its own."""

    def __init__(self, motions: Sequence[Motion], names: Sequence[str], twin: Twin | None = None) -> None:
        """For values of `names`; all else is nominal, or as in a twin."""
        if not motions:
            raise SearchError("there is no motion to replay; name at least one recording")
        self.motions, self.names, self._twin = tuple(motions), tuple(names), twin
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
        each = [self._replay(motion, values) for motion in self.motions]
        return [Evidence(traces=traces) for traces in zip(*each, strict=True)]

    def _replay(self, motion: Motion, values: Array) -> list[Trace]:
        cell = self._cell(motion.task, len(values))
        cell.begin(self.names, values, motion.start)
        count = len(motion.commands) // EVERY
        stamps = round(1e9 * EVERY / CONTROL_RATE) * np.arange(1, count + 1, dtype=np.int64)
        rows: dict[str, list[Array]] = {POSITION: [], TOUCH: [], OBJECTS: []}
        for tick, command in enumerate(motion.commands[: count * EVERY], 1):
            readings = cell.tick(command)
            if tick % EVERY == 0:
                rows[POSITION].append(np.asarray(readings.position, float))
                rows[OBJECTS].append(cell.object_poses())
                if readings.touch is not None:
                    rows[TOUCH].append(np.asarray(readings.touch, float))
        told = Channel(stamps, motion.commands[EVERY - 1 : count * EVERY : EVERY], "rad", JOINTS)
        arrays = {name: np.stack(row, axis=1) for name, row in rows.items() if row}
        for array in arrays.values():
            array[cell.broken] = np.nan
        return [
            Trace({COMMAND: told, **{name: _channel(name, stamps, array[i]) for name, array in arrays.items()}})
            for i in range(len(values))
        ]

    def _cell(self, task: str, count: int) -> Counterpart:
        if (task, count) not in self._cells:
            self._cells[task, count] = Counterpart(EnvConfig(task, num_envs=count, threads=1), self._twin)
        return self._cells[task, count]


def _channel(name: str, stamps: np.ndarray, values: Array) -> Channel:
    units = {POSITION: "rad", TOUCH: "N", OBJECTS: "m, quaternion"}
    return Channel(stamps, values, units[name], JOINTS if name == POSITION else ())


def twin_traces(twin: Twin, motions: Sequence[Motion]) -> Evidence:
    """What a twin does when it is told the same. Raises DexSim2RealError if its physics breaks down."""
    seen = MotionSimulator(motions, (), twin).observe(np.empty((1, 0)))[0]
    if any(np.isnan(trace[POSITION].values).any() for trace in seen.traces):
        raise DexSim2RealError(f"the physics of twin {twin.seed} broke down; choose another")
    return seen


def together(pictures: Sequence[Evidence], motions: Sequence[Evidence]) -> list[Evidence]:
    """Pictures and traces of the same sets of values."""
    return [replace(one, traces=other.traces) for one, other in zip(pictures, motions, strict=True)]
