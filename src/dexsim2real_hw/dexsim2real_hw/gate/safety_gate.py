"""The safety gate: the only door between a policy and the robot. No clock, no ROS: time is an argument."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Cell
from dexsim2real_hw.gate.chunk import NANOSECONDS, ActionChunk, read_chunk
from dexsim2real_hw.gate.config import GateConfig
from dexsim2real_hw.gate.motion import LOOKAHEAD, MotionFilter
from dexsim2real_hw.gate.plan import Plan
from dexsim2real_hw.gate.readings import Reading, RejectedError, at_least, at_most
from dexsim2real_hw.gate.sources import Source
from dexsim2real_hw.gate.state import Answer, Command, Counters, GateState, Mode
from dexsim2real_hw.gate.watch import JointSample, Watch, finger_forces, read_joints
from dexsim2real_hw.gate.worst import worst_position

Array = NDArray[np.float64]

JOINT_STATES, TOUCH, CHUNK = "joint_states", "touch", "chunk"
CAUGHT_UP = 0.02
"""A command this near to the first plan in every joint has caught up with it [rad]; a plan of full speed and sudden
turns, as policies make them, is never met exactly."""
_LONGEST_EXCUSE = 100
"""Characters that the gate repeats of a policy's reason not to act."""


class SafetyGate:
    """Turns action chunks into commands that are inside the motion limits of `cell`, whatever comes in.

    All times are integer nanoseconds on one clock. Between two ticks any number of inputs may come; each is
    checked, and one that cannot be right is not used. Raises DexSim2RealError without ruckig.
    """

    def __init__(self, cell: Cell, config: GateConfig | None = None) -> None:
        self.config = config or GateConfig()
        self.joints = tuple(joint.name for joint in cell.moving_joints)
        self.counters = Counters()
        self.mode = Mode.DISARMED
        self._limits = cell.limits
        self._taxels = cell.touch.num_taxels if cell.touch is not None else 0
        self._watch = Watch(cell, self.config)
        self._motion = MotionFilter(cell.limits, self.config.period, self.joints)
        self._period_ns = round(self.config.period / NANOSECONDS)
        self._forget()

    def _forget(self) -> None:
        """As if nothing had ever come in."""
        config = self.config
        bounds = {JOINT_STATES: config.joint_states, TOUCH: config.touch, CHUNK: config.chunk}
        self._sources = {name: Source(name, bound, config.stamp_ahead) for name, bound in bounds.items()}
        self._sample: JointSample | None = None
        self._measured: dict[str, list[Reading]] = {}
        self._failed_trials = 0
        self._plan: Plan | None = None
        self._plan_begins = self._time = self._last_tick = 0
        self._easing = False
        self._cause: tuple[Reading, ...] = ()
        self._rejected: Reading | None = None

    def joint_state(self, stamp_ns: int, names: Sequence[str], values: Sequence[Sequence[float]], now_ns: int) -> None:
        """Take a measurement: rows of positions [rad], velocities [rad/s] and efforts [N m] by joint name."""
        try:
            self._sources[JOINT_STATES].check(stamp_ns, now_ns)
            sample = read_joints(names, values, self.joints)
        except RejectedError as error:
            self.reject(error.reading)
            return
        self._sources[JOINT_STATES].accept(stamp_ns, now_ns)
        self._sample = sample
        effort, palm = self._watch.effort(sample.effort), self._watch.workspace(sample.position, "measured")
        self._measured[JOINT_STATES] = [effort, palm]
        self._heed(effort, palm)

    def touch(self, stamp_ns: int, force: NDArray[np.floating], now_ns: int) -> None:
        """Take taxel forces [N], shape (4, T, 3); of no interest for a cell without touch."""
        if not self._taxels:
            return
        try:
            self._sources[TOUCH].check(stamp_ns, now_ns)
            reading = self._watch.touch(finger_forces(force, self._taxels))
        except RejectedError as error:
            self.reject(error.reading)
            return
        self._sources[TOUCH].accept(stamp_ns, now_ns)
        self._measured[TOUCH] = [reading]
        self._heed(reading)

    def action_chunk(self, chunk: ActionChunk, now_ns: int) -> None:
        """Take a chunk; the first good one after arming makes the gate run, and one without points stops it."""
        if not chunk.points:
            self._policy_refuses(chunk.excuse)
            return
        source = self._sources[CHUNK]
        try:
            source.check(chunk.stamp_ns, now_ns)
            knots = read_chunk(chunk, self.joints, self.config)
        except RejectedError as error:
            self.reject(error.reading)
            return
        source.accept(chunk.stamp_ns, now_ns)
        if self.mode is Mode.ARMED:
            self.mode = Mode.RUNNING
            self._easing, self._plan_begins = True, int(knots.times[0])
        if self.mode is Mode.RUNNING and self._plan is not None:
            self._plan.splice(knots, self._time + self._period_ns)

    def _policy_refuses(self, excuse: str) -> None:
        reading = at_most("policy", " ".join(excuse.split())[:_LONGEST_EXCUSE] or "gives no reason", 1, 0)
        if self.mode is Mode.RUNNING:
            self._heed(reading)
        else:
            self.reject(reading)

    def trial_ended(self, success: bool) -> None:
        """Count trials that failed in a row."""
        self._failed_trials = 0 if success else self._failed_trials + 1

    def publisher_lost(self, source: str) -> None:
        """The middleware says that nobody publishes `source` any more: a key of the gate's inputs."""
        if self.mode is Mode.RUNNING or (self.mode is Mode.ARMED and source != CHUNK):
            self._heed(at_least("alive", source, 0, 1))

    def reject(self, reading: Reading) -> None:
        """Count a message that is not used and remember why."""
        self.counters.rejected += 1
        self._rejected = reading

    def arm(self, now_ns: int) -> Answer:
        """Hold the measured pose, ready to run. Refused, with reasons, unless everything watched is in order."""
        if self.mode is not Mode.DISARMED:
            return Answer(False, f"cannot arm: the gate is {self.mode.value}")
        faults = [reading for reading in (*self.readings(now_ns), *self._start_readings()) if reading.fired]
        if faults or self._sample is None:
            return Answer(False, f"cannot arm: {'; '.join(map(str, faults))}", tuple(faults))
        pose = np.clip(self._sample.position, self._limits.lower, self._limits.upper)
        self._motion.start(pose)
        self._time = self._last_tick = now_ns
        self._plan = Plan(now_ns, pose)
        self._sources[CHUNK] = Source(CHUNK, self.config.chunk, self.config.stamp_ahead)
        self.mode = Mode.ARMED
        return Answer(True, "armed: holding the measured pose; the next action chunk starts the motion")

    def stop(self) -> Answer:
        """Stop on a person's request and stay stopped until reset."""
        if self.mode is not Mode.STOPPED:
            self._stop((at_most("operator", "stop", 1, 0),))
        return Answer(True, "stopped")

    def reset(self) -> Answer:
        """Disarm a stopped gate that has come to rest, and forget what has been; inputs must be seen anew."""
        if self.mode in (Mode.ARMED, Mode.RUNNING):
            return Answer(False, f"cannot reset: the gate is {self.mode.value}; stop it first")
        if not self._motion.at_rest:
            return Answer(False, "cannot reset: still decelerating; ask again in a moment")
        self.mode = Mode.DISARMED
        self._forget()
        return Answer(True, "disarmed")

    def tick(self, now_ns: int) -> tuple[Command | None, GateState]:
        """Advance by one period. No command leaves before the gate has been armed."""
        self.counters.ticks += 1
        self._heed(*self._advance(now_ns), *self.readings(now_ns))
        if self._plan is None:
            return None, self._state(())
        ahead = self._time + self._period_ns * np.arange(LOOKAHEAD)
        plan = self._plan.sample(ahead)
        fired = self._motion.step(plan, self.config.ease if self._easing else 1.0)
        self.counters.limited += bool(fired)
        if self._time >= self._plan_begins and np.abs(plan[1] - self._motion.position).max() < CAUGHT_UP:
            self._easing = False
        return Command(self._time, self._motion.position, self._motion.velocity), self._state(tuple(fired))

    def readings(self, now_ns: int) -> list[Reading]:
        """Everything watched, against its bound; fired or not."""
        inputs = [self._sources[JOINT_STATES], *([self._sources[TOUCH]] if self._taxels else [])]
        if self.mode is Mode.RUNNING:
            inputs.append(self._sources[CHUNK])
        readings = [at_most("failed_trials", "in a row", self._failed_trials, self.config.failed_trials)]
        for source in inputs:
            readings += source.readings(now_ns)
        for measured in self._measured.values():
            readings += measured
        if self._plan is not None and self._sample is not None:
            readings.append(self._watch.following(self._motion.position, self._sample.position))
            readings.append(self._watch.workspace(self._motion.position, "commanded"))
        return readings

    def margins(self, now_ns: int) -> list[Reading]:
        """Everything watched, and how near the last command is to the motion limits."""
        return [*self.readings(now_ns), *(self._motion.margins() if self._plan is not None else ())]

    def _advance(self, now_ns: int) -> list[Reading]:
        """Move the tick's time on by one period, or by the ticks that were missed.

        The plan is sampled on this even grid and not at `now_ns`: jitter of a timer by 1 % of a tick would be a
        jump in acceleration of 2 % of velocity over period.
        """
        if self._plan is None:
            return []
        gap = (now_ns - self._last_tick) * NANOSECONDS
        self._last_tick = now_ns
        self._time += self._period_ns
        skipped = int((now_ns - self._time) / self._period_ns)
        self._time += skipped * self._period_ns
        self.counters.skipped += max(0, skipped)
        return [at_least("clock", "tick", gap, 0.0), at_most("clock", "tick", gap, self.config.tick_gap)]

    def _start_readings(self) -> list[Reading]:
        """Whether the measured pose is one to start from."""
        if self._sample is None:
            return []
        speed = np.abs(self._sample.velocity)
        fastest, slack = int(np.argmax(speed)), self.config.start_tolerance
        return [
            at_most("rest", self.joints[fastest], speed[fastest], self.config.rest_velocity),
            worst_position(
                self.joints, self._sample.position[None], self._limits.lower - slack, self._limits.upper + slack
            ),
        ]

    def _heed(self, *readings: Reading) -> None:
        """Stop if one of them has fired. Done on receipt as well, so that no peak is lost between two ticks."""
        alarms = tuple(reading for reading in readings if reading.fired)
        if alarms and self.mode in (Mode.ARMED, Mode.RUNNING):
            self._stop(alarms)

    def _stop(self, cause: tuple[Reading, ...]) -> None:
        self.mode, self._cause, self._easing = Mode.STOPPED, cause, False
        self.counters.stops += 1
        if self._plan is not None:
            self._plan = Plan(self._time, self._motion.stopping_point())

    def _state(self, fired: tuple[Reading, ...]) -> GateState:
        moving = self._plan is not None and not self._motion.at_rest
        return GateState(self.mode, moving, self._easing, fired, self._cause, self._rejected)
