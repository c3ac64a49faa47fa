"""``bench gate``: what a tick of the safety gate costs on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_description import DexSim2RealError, make_cell
from dexsim2real_hw.gate import ActionChunk, ChunkPoint, GateConfig, Mode, SafetyGate

Array = NDArray[np.float64]

_HORIZON = np.arange(16) / 30
_CHUNK_TICKS = 4
"""A chunk every so many ticks: about 30 Hz."""
_ANYWHERE: tuple[float, float, float] = (5.0, 5.0, 5.0)


def bench_gate(arm: str = "panda", hand: str = "v4", ticks: int = 5000, json: Path | None = None) -> None:
    """Time the safety gate, without ROS, on plans inside the limits, noisy ones and ones that no robot can follow.

    Args:
        arm: panda or fr3.
        hand: v4 or v5.
        ticks: how many to time for each kind of plan.
        json: write the table to this file as well.
    """
    if ticks < 1:
        raise DexSim2RealError(f"{ticks} ticks measure nothing; use 1 or more")
    limits = make_cell(arm, hand).limits
    middle, half = 0.5 * (limits.lower + limits.upper), 0.5 * (limits.upper - limits.lower)
    rng = np.random.default_rng(0)
    plans: dict[str, Callable[[Array], Array]] = {
        "inside the limits": lambda t: middle + 0.05 * half * np.sin(2 * t),
        "noise of 5 mrad on it": lambda t: middle + 0.05 * half * np.sin(2 * t) + rng.normal(0, 5e-3, (len(t), 23)),
        "out of range, jumping": lambda t: middle + 1.2 * half * np.sin(9 * t + rng.uniform(0, 6)),
    }
    rows = [_measure(name, plan, middle, arm, hand, ticks) for name, plan in plans.items()]
    show(f"One tick of the safety gate (load average {os.getloadavg()[0]:.1f})", rows, json)


def _measure(
    name: str, plan: Callable[[Array], Array], pose: Array, arm: str, hand: str, ticks: int
) -> dict[str, Cell]:
    """Drive a gate whose robot follows at once."""
    far = tuple(-bound for bound in _ANYWHERE)
    config = GateConfig(workspace_lower=(far[0], far[1], far[2]), workspace_upper=_ANYWHERE, ease=1.0)
    gate = SafetyGate(make_cell(arm, hand), config)
    now, period = 10**12, round(1e9 * config.period)
    spent, worked, still, no_force = [], [], [0.0] * len(pose), np.zeros((4, 15, 3))
    for k in range(ticks):
        now += period
        gate.joint_state(now, gate.joints, (pose.tolist(), still, still), now)
        gate.touch(now, no_force, now)
        if k == 0:
            gate.arm(now)
        if k % _CHUNK_TICKS == 0:
            gate.action_chunk(_chunk(gate, plan, now), now)
        began, working = time.perf_counter_ns(), time.thread_time_ns()
        command, _ = gate.tick(now)
        spent.append(time.perf_counter_ns() - began)
        worked.append(time.thread_time_ns() - working)
        pose = pose if command is None else command.position
    p50, p99 = np.percentile(spent, (50, 99)) * 1e-6
    limited = gate.counters.limited / ticks
    return {
        "plan": name,
        "p50 [ms]": float(p50),
        "p99 [ms]": float(p99),
        "p99 of processor time [ms]": float(np.percentile(worked, 99)) * 1e-6,
        "commands that a limit changed": f"{limited:.0%}",
        "still running": gate.mode is Mode.RUNNING,
    }


def _chunk(gate: SafetyGate, plan: Callable[[Array], Array], now: int) -> ActionChunk:
    rows = plan((now - 10**12) * 1e-9 + _HORIZON[:, None]) * np.ones(len(gate.joints))
    points = [ChunkPoint(round(1e9 * t), row) for t, row in zip(_HORIZON.tolist(), rows.tolist(), strict=True)]
    return ActionChunk(now, gate.joints, points)
