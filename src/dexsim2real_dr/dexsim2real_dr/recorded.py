"""Recorded motions: what a robot was told, how it began, and what it did, as a simulator can be asked to repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dexsim2real_audit.bag_trace import read_trace
from dexsim2real_audit.trace import COMMAND, EFFORT, OBJECTS, POSITION, TOUCH, Trace
from dexsim2real_description import JOINTS
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.motion import EVERY, Motion, channel
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart, Start
from dexsim2real_sim.plant import CONTROL_RATE


def read_recordings(files: Sequence[Path]) -> list[Trace]:
    """Bags, or saved traces (.npz). Raises DexSim2RealError for one without commands or positions."""
    needed = (POSITION, COMMAND)
    return [Trace.load(file) if file.suffix == ".npz" else read_trace(file, needed) for file in files]


def recorded_motion(trace: Trace, task: str, objects: Sequence[str] = ()) -> Motion:
    """What a recording was told to do, from its first command on, and how it began.

    `objects` of the catalogue were in the task's places; otherwise the task draws some. Where poses were recorded they
    are put there, else where the task puts them. Raises DexSim2RealError without commands of all joints, or for other
    objects than the task has places for.
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
    cell = Counterpart(EnvConfig(task, threads=1))
    return Motion(task, commands, Start(joints, commands[0], _poses(trace, cell), cell.in_slots(objects)))


def recorded_evidence(traces: Sequence[Trace], motions: Sequence[Motion]) -> Evidence:
    """What recordings say at the moments at which a simulator that repeats them is sampled."""
    return Evidence(traces=tuple(_sampled(trace, motion) for trace, motion in zip(traces, motions, strict=True)))


def _sampled(trace: Trace, motion: Motion) -> Trace:
    """Position, torque, touch and objects, nan where nothing was recorded."""
    told = motion.told
    stamps = trace[COMMAND].stamps[0] + told.stamps
    channels = {COMMAND: told}
    for name in (POSITION, EFFORT, TOUCH, OBJECTS):
        if name in trace:
            values = trace[name].linear(stamps)
            if name in (POSITION, EFFORT):
                known = [trace[name].labels.index(joint) if joint in trace[name].labels else -1 for joint in JOINTS]
                values = np.where(np.array(known) >= 0, values[:, known], np.nan)
            channels[name] = channel(name, told.stamps, values)
    return Trace(channels, source=trace.source)


def _poses(trace: Trace, cell: Counterpart) -> dict[str, Array]:
    if OBJECTS not in trace:
        return {}
    poses = trace[OBJECTS].values[0]
    cell.begin()
    return dict(zip(cell.bodies, poses, strict=True)) if len(poses) == len(cell.bodies) else {}
