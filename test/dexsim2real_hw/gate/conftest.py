"""A gate in front of a robot that does what it is told, on a clock that the test moves."""

import numpy as np
import pytest

from dexsim2real_description import JOINTS, make_cell
from dexsim2real_hw.gate import ActionChunk, ChunkPoint, GateConfig, SafetyGate

START = 1_000_000_000_000
HOME = np.array([0, 0, 0, -1.57, 0, 1.57, -0.785] + [0.1, 0.5, 0.5, 0.5] * 3 + [0.8, 0.3, 0.5, 0.5])


class Rig:
    """Feeds a gate with healthy inputs unless told otherwise, and keeps what leaves it."""

    def __init__(self, cell, config=None):
        self.cell, self.gate = cell, SafetyGate(cell, config)
        self.now = START
        self.period_ns = round(1e9 * self.gate.config.period)
        self.pose = HOME.copy()
        self.sent = []
        self.state = None

    def feel(self, stamp=None, **changes):
        """One joint state."""
        names = changes.get("names", JOINTS)
        rows = [changes.get("position", self.pose)]
        rows += [changes.get(kind, np.zeros(len(JOINTS))) for kind in ("velocity", "effort")]
        self.gate.joint_state(self.now if stamp is None else stamp, names, rows, self.now)

    def press(self, newtons=0.0, finger=0, stamp=None):
        """One touch message with one pressed taxel."""
        force = np.zeros((4, 15, 3))
        force[finger, 3, 2] = newtons
        self.gate.touch(self.now if stamp is None else stamp, force, self.now)

    def plan(self, positions, times, velocities=None, names=JOINTS, stamp=None, excuse=""):
        """One action chunk: rows of positions at times [s]."""
        points = [
            ChunkPoint(round(t * 1e9), row, () if velocities is None else velocities[i])
            for i, (t, row) in enumerate(zip(times, positions, strict=True))
        ]
        self.gate.action_chunk(ActionChunk(self.now if stamp is None else stamp, names, points, excuse), self.now)

    def tick(self, count=1, quiet=()):
        """Ticks with every input but the quiet ones; the robot follows at once."""
        for _ in range(count):
            self.now += self.period_ns
            if "joint_states" not in quiet:
                self.feel()
            if "touch" not in quiet:
                self.press()
            command = self.tick_now()
        return command

    def tick_now(self):
        """One tick, with what has been fed already."""
        command, self.state = self.gate.tick(self.now)
        if command is not None:
            self.sent.append(command.position)
            self.pose = command.position.copy()
        return command

    def arm(self):
        """Arm after the inputs have been seen; the sent commands start here, at rest."""
        self.tick(2)
        answer = self.gate.arm(self.now)
        assert answer.accepted, answer.message
        self.sent = [self.pose.copy()] * 4

    def run(self, seconds=0.0):
        """Arm and follow chunks that say 'stay'."""
        self.arm()
        self.keep_running(max(seconds, 2 * self.gate.config.period))

    def keep_running(self, seconds):
        """Stay where the last command was, with a fresh chunk every 50 ms."""
        target = self.pose.copy()
        for k in range(round(seconds * self.gate.config.rate)):
            if k % 12 == 0:
                self.plan([target], [0.0])
            self.tick()


def worst_excess(limits, period, positions):
    """How far a sequence of commands, shape (n, J), is beyond the limits; rates relative, position in rad."""
    p = np.asarray(positions)
    v = np.diff(p, axis=0) / period
    a = np.diff(v, axis=0) / period
    j = np.diff(a, axis=0) / period
    low, high = limits.velocity_bounds(p[1:])
    return {
        "position": max((p - limits.upper).max(), (limits.lower - p).max()),
        "velocity": max(((v - high) / limits.velocity).max(), ((low - v) / limits.velocity).max()),
        "acceleration": (np.abs(a) / limits.acceleration).max() - 1,
        "jerk": (np.abs(j) / limits.jerk).max() - 1,
    }


@pytest.fixture(scope="session")
def excess():
    return worst_excess


@pytest.fixture(scope="session")
def make_rig():
    def make(arm="panda", hand="v4", touch="grid15", rate=250.0, **config):
        return Rig(make_cell(arm, hand, touch), GateConfig(rate=rate, **config))

    return make


@pytest.fixture
def rig(make_rig):
    return make_rig()
