"""Parts of a recording that can be simulated again: each begins where the robot rests and touches nothing.

Open-loop replay of minutes means nothing, for contacts multiply every difference; and in the middle of a motion or a
grasp the state of servos and contacts is not known. From rest it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from dexsim2real_audit.rollout import PERIOD
from dexsim2real_audit.slip import CONTACT
from dexsim2real_audit.trace import COMMAND, OBJECTS, POSITION, TOUCH, Stamps, Trace
from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_sim.counterpart import Start

Array = NDArray[np.float64]

REST = 0.3
"""The robot rests when its command has not moved for this long [s]."""
STILL = 2e-3
"""Commands that move less within that time do not move [rad]."""
SHORTEST = 1.0
"""A window is not worth simulating if it is shorter [s]."""
LEAST_MOTION = 0.05
"""Nor if no joint is told to move by this much in it [rad]."""
LEAP = (0.5, 0.15)
"""Joints [rad] or objects [m] that move by more between two samples were put elsewhere: the task began anew."""
_FINGER_COLUMN = 2


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a recording, at the ticks of the simulation."""

    stamps: Stamps
    """Ends of the ticks [ns], shape (T,)."""
    commands: Array
    """What the servos are to be told for each tick [rad], shape (T, 23)."""
    start: Start

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.stamps) * PERIOD / 1e9


@dataclass(frozen=True)
class WindowConfig:
    """Which parts to take."""

    longest: float = 6.0
    """Of one window [s]."""
    total: float = 12.0
    """Of all windows [s]; more of them than that are thinned out evenly."""


def moves(trace: Trace) -> bool:
    """Whether the robot is told to move at all."""
    return COMMAND in trace and float(np.ptp(trace[COMMAND].values, axis=0).max()) > LEAST_MOTION


def find_windows(
    trace: Trace, bodies: Sequence[str], objects: Mapping[str, str], config: WindowConfig | None = None
) -> tuple[list[Window], list[str]]:
    """The windows of a trace in which the robot moves, and what was left out and why.

    `bodies` are the simulated free bodies in the order of the recorded object poses, `objects` what the slots held.
    Raises DexSim2RealError without commands of all joints, or if nothing moves.
    """
    config = config or WindowConfig()
    missing = [joint for joint in JOINTS if COMMAND not in trace or joint not in trace[COMMAND].labels]
    if missing:
        raise DexSim2RealError(
            f"{trace.source} has no commands of {', '.join(missing[:3])}{' and others' if len(missing) > 3 else ''}; "
            "an audit replays the commands of all joints: record /safety_gate/joint_command"
        )
    ticks = _ticks(trace)
    commands = trace[COMMAND].linear(ticks)[:, [trace[COMMAND].labels.index(joint) for joint in JOINTS]]
    resting, leaps = _resting(trace, ticks, commands), _leaps(trace, ticks)
    problems: list[str] = []
    found = _spans(resting, leaps, round(config.longest * 1e9 / PERIOD))
    if not found:
        problems.append("the robot never rests untouched; the replay begins with the first command, as it stood then")
        end = next(iter(np.flatnonzero(leaps)), len(ticks))
        found = [(0, min(int(end), round(config.longest * 1e9 / PERIOD)))]
    moving = [(a, b) for a, b in found if np.ptp(commands[a:b], axis=0).max() > LEAST_MOTION]
    if not moving:
        raise DexSim2RealError(f"no joint of {trace.source} is told to move by {LEAST_MOTION:g} rad from rest")
    chosen = _thinned(moving, config.total)
    if len(chosen) < len(moving):
        problems.append(f"{len(chosen)} of {len(moving)} motions from rest were simulated, evenly over the recording")
    return [_window(trace, ticks[a:b], commands[a:b], bodies, objects) for a, b in chosen], problems


def _ticks(trace: Trace) -> Stamps:
    """Even stamps, on the first joint reading that has a command before it."""
    span = trace.grid((COMMAND, POSITION), 1e9 / PERIOD)
    readings = trace[POSITION].stamps
    first = int(readings[np.searchsorted(readings, span[0])])
    return np.arange(first, span[-1] + 1, PERIOD, dtype=np.int64)


def _resting(trace: Trace, ticks: Stamps, commands: Array) -> NDArray[np.bool_]:
    """Where the command has not moved for a while and no finger presses, shape (T,)."""
    back = round(REST * 1e9 / PERIOD)
    spread = [
        extreme(commands, back, axis=0, origin=(back - 1) // 2) for extreme in (maximum_filter1d, minimum_filter1d)
    ]
    resting: NDArray[np.bool_] = (spread[0] - spread[1]).max(axis=1) < STILL
    resting[:back] = False
    if TOUCH in trace:
        touch = trace[TOUCH]
        press = np.abs(touch.values[..., _FINGER_COLUMN].sum(axis=-1)).max(axis=1)
        last = np.clip(np.searchsorted(touch.stamps, ticks, side="right") - 1, 0, None)
        resting &= press[last] < CONTACT
    return resting


def _leaps(trace: Trace, ticks: Stamps) -> NDArray[np.bool_]:
    """Ticks before which something was put elsewhere, shape (T,)."""
    leaps = np.zeros(len(ticks), dtype=bool)
    for name, part, bound in ((POSITION, slice(None), LEAP[0]), (OBJECTS, slice(0, 3), LEAP[1])):
        if name in trace and len(trace[name].stamps) > 1:
            channel = trace[name]
            values = channel.values[..., part].reshape(len(channel.stamps), -1)
            jumps = channel.stamps[1:][np.abs(np.diff(values, axis=0)).max(axis=1) > bound]
            at = np.searchsorted(ticks, jumps)
            leaps[at[at < len(ticks)]] = True
    return leaps


def _spans(resting: NDArray[np.bool_], leaps: NDArray[np.bool_], longest: int) -> list[tuple[int, int]]:
    """Begin and end of windows: from the last tick of a rest to the next rest, none over a leap."""
    spans: list[tuple[int, int]] = []
    begins = np.flatnonzero(resting[:-1] & ~resting[1:])
    free, least = 0, round(SHORTEST * 1e9 / PERIOD)
    for begin in begins.tolist():
        if begin < free:
            continue
        cut = np.flatnonzero(leaps[begin + 1 : begin + longest])
        rest = np.flatnonzero(resting[begin + 1 : begin + longest])
        ends = [begin + 1 + int(found[0]) for found in (cut, rest) if len(found)]
        end = min(begin + longest, len(resting), *ends)
        if end - begin >= least:
            spans.append((begin, end))
            free = end
    return spans


def _thinned(spans: list[tuple[int, int]], total: float) -> list[tuple[int, int]]:
    """As many windows as `total` [s] allows, evenly chosen."""
    seconds = np.mean([(b - a) * PERIOD / 1e9 for a, b in spans])
    count = max(1, min(len(spans), int(total / seconds + 1e-9)))
    chosen = np.unique(np.linspace(0, len(spans) - 1, count).round().astype(int))
    return [spans[i] for i in chosen]


def _window(trace: Trace, ticks: Stamps, commands: Array, bodies: Sequence[str], objects: Mapping[str, str]) -> Window:
    position, back = trace[POSITION], round(REST * 1e9)
    joints = commands[0].copy()
    before = position.between(int(ticks[0]) - back, int(ticks[0]) + 1)
    for column, label in enumerate(position.labels):
        if len(before.stamps):
            joints[JOINTS.index(label)] = before.values[:, column].mean()
    poses: dict[str, Array] = {}
    if OBJECTS in trace and trace[OBJECTS].values.shape[1] == len(bodies):
        seen = trace[OBJECTS].linear(np.clip(ticks[:1], trace[OBJECTS].stamps[0], trace[OBJECTS].stamps[-1]))[0]
        seen[:, 3:] /= np.linalg.norm(seen[:, 3:], axis=1, keepdims=True)
        poses = dict(zip(bodies, seen, strict=True))
    return Window(ticks, commands, Start(joints, commands[0], poses, objects))
