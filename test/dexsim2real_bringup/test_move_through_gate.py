"""A planned motion of the simulated robot goes through the safety gate with its usual bounds, from beginning to end.

Robot, gate and leader tick at rates of their own, the gate late by up to 4 ms, on a clock that the test moves.
"""

import numpy as np
import pytest

pytest.importorskip("ruckig", reason="needs the extra 'plan'")

from dexsim2real_bringup import mover
from dexsim2real_bringup.move_goal import goal_joints
from dexsim2real_description import JOINTS
from dexsim2real_hw.gate import ActionChunk, ChunkPoint, Mode, SafetyGate
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.live import LiveCell
from dexsim2real_sim.planning import Collisions, plan_motion
from dexsim2real_sim.plant import CONTROL_RATE

START = 10**12


class Graph:
    """What the nodes `simulator` and `safety_gate` do, tick by tick."""

    def __init__(self):
        self.live = LiveCell(EnvConfig("pick_place"))
        self.gate = SafetyGate(self.live.cell)
        self.now, self._meant, self._late = START, START, np.random.default_rng(0)
        self._robot, self._gate = START, START
        self.efforts = []

    def run(self, seconds):
        """Let time pass."""
        end = self.now + round(seconds * 1e9)
        while (due := min(self._robot, self._gate)) <= end:
            self.now = max(due, self.now)
            if due == self._robot:
                self._tick_robot()
            else:
                self._tick_gate()
        self.now = max(end, self.now)

    def _tick_robot(self):
        period = 1e9 / CONTROL_RATE
        self.live.tick((self._robot + period - self._meant) * 1e-9)
        felt = self.live.readings()
        self.efforts.append(np.abs(felt.torque[0]) / self.live.cell.limits.effort)
        rows = (felt.position[0], felt.velocity[0], felt.torque[0])
        self.gate.joint_state(self.now, JOINTS, rows, self.now)
        self.gate.touch(self.now, felt.touch[0], self.now)
        self._robot += round(period)

    def _tick_gate(self):
        self.now += int(self._late.integers(0, 4_000_000))
        command, _ = self.gate.tick(self.now)
        period = round(self.gate.config.period * 1e9)
        if command is not None:
            named = (dict(zip(JOINTS, row, strict=True)) for row in (command.position, command.velocity))
            self.live.command(*named)
            self._meant = command.time_ns + period
        self._gate += period

    def follow(self, motion):
        """Lead the robot as the mover does."""
        begin = self.now + round(mover.LEAD * 1e9)
        offsets = mover.SPACING * np.arange(1, mover.POINTS + 1)
        while (since := (self.now - begin) * 1e-9) < motion.duration + 0.5:
            rows = zip(offsets, *motion.at(since + offsets), strict=True)
            points = [ChunkPoint(round(after * 1e9), position, velocity) for after, position, velocity in rows]
            self.gate.action_chunk(ActionChunk(self.now, JOINTS, points), self.now)
            self.run(mover.PERIOD)


@pytest.mark.parametrize("speed", [0.1, 0.2])
def test_it_goes_to_where_pouring_begins(speed):
    graph = Graph()
    graph.run(1.0)
    limits, collisions = graph.live.cell.limits, Collisions(graph.live.cell)
    start = np.clip(graph.live.readings().position[0], limits.lower, limits.upper)
    goal = goal_joints("pouring", graph.live.cell, collisions, start)
    motion = plan_motion(collisions, limits, start, goal, speed)
    assert graph.gate.arm(graph.now).accepted
    graph.follow(motion)
    stopped = [str(reading) for reading in graph.gate.readings(graph.now) if reading.fired]
    assert graph.gate.mode is Mode.RUNNING, stopped
    assert graph.gate.counters.skipped == 0
    assert np.abs(graph.live.readings().position[0] - goal)[:7].max() < mover.ARRIVED
    # A servo's torque is told with kp h v on top: 2000 N m/rad over 120 Hz is 16.7 N m s/rad, of the 12 N m of a wrist.
    fastest = np.abs(motion.at(np.linspace(0.0, motion.duration, 500))[1][:, 4:7]).max()
    assert np.array(graph.efforts)[:, 4:7].max() < 0.05 + 16.7 * fastest / 12
