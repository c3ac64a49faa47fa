"""Rolling out commands in simulation: one cell as a trace, or many as a family to compare with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.signals import NET, Signals, object_signals
from dexsim2real_audit.trace import COMMAND, EFFORT, OBJECTS, POSITION, TOUCH, VELOCITY, Channel, Event, Trace
from dexsim2real_description import FINGERS, JOINTS, DexSim2RealError
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.plant import CONTROL_RATE

Array = NDArray[np.float64]

PERIOD = round(1e9 / CONTROL_RATE)
"""Between ticks [ns]."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong in the middle of a rollout."""

    time: float
    """[s]"""
    cells: tuple[int, ...]
    """In which of the cells it does."""
    strike: Callable[[Counterpart, NDArray[np.intp]], None] | None = None
    """What it does to these cells, once."""
    dead_finger: str | None = None
    """Finger whose touch says nothing from then on."""


def rollout_trace(cell: Counterpart, commands: Array, source: str = "simulation") -> Trace:
    """The trace of the first of `cell`'s cells, which has begun; see `rollout_traces`."""
    return rollout_traces(cell, commands, source=source)[0]


def rollout_traces(
    cell: Counterpart, commands: Array, faults: Sequence[Fault] = (), source: str = "simulation"
) -> list[Trace]:
    """The traces of all cells, which have begun, as they follow commands at the control rate [rad], shape (T, 23).

    Raises DexSim2RealError if the physics of one breaks down.
    """
    rows: dict[str, list[NDArray[np.floating]]] = {name: [] for name in _UNITS}
    waiting = sorted(faults, key=lambda fault: fault.time)
    dead = np.zeros((cell.num_envs, len(FINGERS)), dtype=bool)
    for tick, command in enumerate(commands):
        while waiting and waiting[0].time <= tick / CONTROL_RATE:
            _strike(waiting.pop(0), cell, dead)
        values = cell.tick(command)
        rows[POSITION].append(values.position.copy())
        rows[VELOCITY].append(values.velocity.copy())
        rows[EFFORT].append(values.torque.copy())
        rows[OBJECTS].append(cell.object_poses())
        if values.touch is not None:
            rows[TOUCH].append(np.where(dead[:, :, None, None], np.float32(0), values.touch))
    if cell.broken.any():
        raise DexSim2RealError("the physics of a rollout broke down; choose gentler commands or other parameters")
    whole = {name: np.stack(values, axis=1) for name, values in rows.items() if values}
    return [_trace(i, commands, whole, faults, source) for i in range(cell.num_envs)]


def _trace(
    index: int, commands: Array, whole: Mapping[str, NDArray[np.floating]], faults: Sequence[Fault], source: str
) -> Trace:
    """One of many, whose values are (N, T, ...)."""
    stamps = PERIOD * np.arange(1, len(commands) + 1, dtype=np.int64)
    channels = {COMMAND: Channel(stamps, commands, "rad", JOINTS)}
    for name, values in whole.items():
        labels = JOINTS if name.startswith("joint") else ()
        channels[name] = Channel(stamps, values[index].astype(np.float64), _UNITS[name], labels)
    events = [Event(round(fault.time * 1e9), "fault", {}) for fault in faults if index in fault.cells]
    return Trace(channels, tuple(events), (), f"{source} {index}")


def rollout_family(cell: Counterpart, commands: Array, every: int) -> Signals:
    """What all cells, which have begun, say after every `every` ticks, each shape (N, T / every, D).

    Cells that break down are NaN throughout. `commands` as in `rollout_trace`.
    """
    count = len(commands) // every
    n, bodies = cell.num_envs, len(cell.bodies)
    widths = {POSITION: len(JOINTS), EFFORT: len(JOINTS), NET: 3 * len(FINGERS)}
    out = {name: np.zeros((n, count, width)) for name, width in widths.items()}
    poses = np.zeros((n, count, bodies, 7))
    for tick, command in enumerate(commands[: count * every]):
        values = cell.tick(command)
        if (tick + 1) % every:
            continue
        row = tick // every
        out[POSITION][:, row], out[EFFORT][:, row] = values.position, values.torque
        if values.touch is not None:
            out[NET][:, row] = values.touch.sum(axis=2).reshape(n, -1)
        poses[:, row] = cell.object_poses()
    out |= object_signals(poses)
    for values_of in out.values():
        values_of[cell.broken] = np.nan
    return out


_UNITS = {POSITION: "rad", VELOCITY: "rad/s", EFFORT: "N m", TOUCH: "N", OBJECTS: "m, quaternion"}


def _strike(fault: Fault, cell: Counterpart, dead: NDArray[np.bool_]) -> None:
    cells = np.array(fault.cells, dtype=np.intp)
    if fault.strike is not None:
        fault.strike(cell, cells)
    if fault.dead_finger is not None:
        dead[cells, FINGERS.index(fault.dead_finger)] = True
