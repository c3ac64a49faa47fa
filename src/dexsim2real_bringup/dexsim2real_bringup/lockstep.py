"""Simulated robot, safety gate and policy in lockstep: the loop of the live graph in simulated time, without ROS.

What the graph's nodes are thin shells of is called here directly, at the nodes' rates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

from dexsim2real_bringup.agenda import Agenda
from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_hw.gate import ActionChunk, ChunkPoint, GateConfig, GateState, SafetyGate
from dexsim2real_policy import Policy
from dexsim2real_policy.pilot import Pilot, StampedChunk
from dexsim2real_policy.sync import JointSample
from dexsim2real_sim.cameras import Cameras
from dexsim2real_sim.live import LiveCell, Verdict
from dexsim2real_sim.live_clock import SCENE_RATE, TOUCH_RATE, Periodic
from dexsim2real_sim.plant import CONTROL_RATE

_ONE = np.array([0])


@dataclass(frozen=True)
class Delays:
    """What takes time in the graph; everything else is immediate here."""

    policy: float = 0.01
    """From an observation to its chunk [s]."""
    images: float = 0.05
    """From exposure to arrival [s]."""


class Lockstep:
    """A simulated cell, a gate and a policy; nothing happens but while its agenda is worked off.

    The three tick at phases of their own, drawn from `rng`, as processes that started some time do.
    """

    def __init__(
        self,
        live: LiveCell,
        policy: Policy,
        rng: np.random.Generator,
        cameras: Cameras | None = None,
        config: GateConfig | None = None,
        delays: Delays | None = None,
    ) -> None:
        """`cameras` give the images that the policy wants, in the order of its contract."""
        self.live, self.pilot = live, Pilot(policy)
        self.gate = SafetyGate(live.cell, config)
        self.agenda = Agenda()
        self.state: GateState = self.gate.tick(self.agenda.now)[1]
        """Of the gate, after its last tick."""
        self.speed = inf
        """Of the fastest joint, as last measured [rad/s]."""
        self.verdict: Verdict = "open"
        """On the task, by the last look at it."""
        self.complaint = ""
        """Why the policy said nothing when it was last asked."""
        self._cameras, self._delays, self._phases = cameras, delays or Delays(), rng
        self._touch_due, self._scene_due = Periodic(TOUCH_RATE), Periodic(SCENE_RATE)
        self._acting, self._command_ns, self._first_tick = False, self.agenda.now, live.ticks
        self._every(CONTROL_RATE, self._robot)
        self._every(self.gate.config.rate, self._tick)

    def start_again(self) -> None:
        """Start the task anew, with another draw."""
        self.live.reset()
        self.speed = inf

    def let_policy_act(self) -> None:
        """From now on the policy is asked at its rate."""
        self.pilot.restart()
        self._acting = True
        self._every(self.pilot.contract.observation.rate, self._ask)

    def _every(self, rate: float, call: Callable[[], None]) -> None:
        self.agenda.every(rate, self._phases.uniform(0.0, 1.0 / rate), call)

    def _robot(self) -> None:
        """One control period of the robot, as its node does it."""
        now, live, sensors = self.agenda.now, self.live, self.pilot.sensors
        live.tick((now - self._command_ns) * 1e-9 + 1.0 / CONTROL_RATE)
        readings = live.readings()
        rows = [row[0].tolist() for row in (readings.position, readings.velocity, readings.torque)]
        joints = JointSample(*np.array(rows))
        self.speed = float(np.abs(joints.velocity).max())
        self.gate.joint_state(now, JOINTS, rows, now)
        sensors.joints.put(now, joints)
        if sensors.features is not None:
            sensors.features.put(now, live.features()[0])
        elapsed = (live.ticks - self._first_tick) / CONTROL_RATE
        if readings.touch is not None and self._touch_due(elapsed):
            force = readings.touch[0].copy()
            self.gate.touch(now, force, now)
            if sensors.touch is not None:
                sensors.touch.put(now, force)
        if self._scene_due(elapsed):
            self.verdict = live.judge()
            self._look()

    def _look(self) -> None:
        if self._cameras is None or not self._acting:
            return
        images = self._cameras.frames(_ONE).color[0]
        for stream, image in zip(self.pilot.sensors.cameras.values(), images, strict=True):
            self.agenda.after(self._delays.images, partial(stream.put, self.agenda.now, image))

    def _tick(self) -> None:
        """One period of the gate."""
        command, self.state = self.gate.tick(self.agenda.now)
        if command is None:
            return
        names = self.gate.joints
        position, velocity = (dict(zip(names, row, strict=True)) for row in (command.position, command.velocity))
        self.live.command(position, velocity)
        self._command_ns = command.time_ns + round(self.gate.config.period * 1e9)
        self.pilot.sensors.command.put(command.time_ns, command.position)

    def _ask(self) -> None:
        """One question to the policy; its answer comes when it has thought."""
        try:
            stamped = self.pilot.step(self.agenda.now)
            self.complaint = self.pilot.problem
        except DexSim2RealError as error:
            stamped, self.complaint = None, str(error)
        if stamped is not None:
            self.agenda.after(self._delays.policy, partial(self._follow, stamped))

    def _follow(self, stamped: StampedChunk) -> None:
        chunk = stamped.chunk
        points = [
            ChunkPoint(round(seconds * 1e9), row) for seconds, row in zip(chunk.times, chunk.positions, strict=True)
        ]
        joints = self.pilot.contract.action.joints
        self.gate.action_chunk(ActionChunk(stamped.stamp_ns, joints, points), self.agenda.now)
