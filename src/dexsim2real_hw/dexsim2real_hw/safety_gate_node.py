"""The safety gate in the graph: action chunks in, commands out, nothing else commands the robot."""

from __future__ import annotations

import json
import sys
import time
from array import array
from collections import deque
from dataclasses import asdict
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration as DurationMessage
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.duration import Duration
from rclpy.event_handler import QoSLivelinessChangedInfo, QoSRequestedDeadlineMissedInfo, SubscriptionEventCallbacks
from sensor_msgs.msg import JointState, PointCloud2
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_description import DexSim2RealError, make_cell
from dexsim2real_description.ros_node import QOS, GraphNode, Health, diagnostic_status, run_node
from dexsim2real_description.scheduling import GATE
from dexsim2real_description.stamps import nanoseconds, stamp_fields
from dexsim2real_description.touch_cloud import unpack
from dexsim2real_hw.gate import (
    CHUNK,
    ActionChunk,
    Answer,
    ChunkPoint,
    Command,
    GateConfig,
    InputBounds,
    Mode,
    Reading,
    SafetyGate,
)
from dexsim2real_hw.gate.report import FiredLimits, describe, trial_outcome

CELL: dict[str, Any] = {"arm": "panda", "hand": "v4", "touch": "grid15"}
INPUTS = ("joint_states", "touch", "chunk")
BOUNDS: dict[str, Any] = {
    name: list(value) if isinstance(value, tuple) else value
    for name, value in asdict(GateConfig()).items()
    if name not in INPUTS
} | {f"{name}_{bound}": value for name in INPUTS for bound, value in asdict(getattr(GateConfig(), name)).items()}
"""Parameters of the node and their defaults: the cell, and every bound of GateConfig (chunk_age, for example)."""

REPORT_PERIOD = 0.1
LAST_WORD = Duration(nanoseconds=200_000_000)
"""For which the node then waits until its last command and state have been heard."""
LONGEST_STOP = 1.0
"""For which the node waits, when it is told to go, until the robot is at rest [s]."""

LEVELS = {Mode.DISARMED: DiagnosticStatus.OK, Mode.ARMED: DiagnosticStatus.OK, Mode.STOPPED: DiagnosticStatus.ERROR}


class SafetyGateNode(GraphNode):
    """Turns messages into calls of a SafetyGate, and its commands into messages."""

    urgency = GATE

    def __init__(self) -> None:
        super().__init__("safety_gate")
        values = self.take_parameters({**CELL, **BOUNDS})
        cell = make_cell(*(values.pop(name) for name in CELL))
        self._gate = SafetyGate(cell, make_config(values))
        self._touch_fields = 12 * cell.touch.num_taxels if cell.touch is not None else 0
        self._simulated = bool(self.get_parameter("use_sim_time").value)
        self._offset_ns = self._clock_offset()
        self._fired, self._tick_ns = FiredLimits(), deque[int](maxlen=1000)
        self._deadlines, self._unreadable, self._last_trial = 0, 0, None
        self._shown: object = None
        self._command = self._blank_command()
        self._commands = self._publisher(JointTrajectory, "/safety_gate/joint_command")
        self._states = self._publisher(DiagnosticArray, "/safety_gate/state")
        self._listen()
        _, self._state = self._gate.tick(self._now())
        self.create_timer(self._gate.config.period, self._tick, clock=None if self._simulated else self.steady)
        self.create_timer(REPORT_PERIOD, self._report, clock=self.steady)
        self._report()

    def health(self) -> Health:
        """Its state, how long a tick takes, and what came that could not be read."""
        state = self._state
        p50, p99 = np.percentile(self._tick_ns or [0], (50, 99)) * 1e-6
        values = {
            "tick p50 [ms]": f"{p50:.3f}",
            "tick p99 [ms]": f"{p99:.3f}",
            "skipped ticks": self._gate.counters.skipped,
            "missed deadlines": self._deadlines,
            "unreadable trial events": self._unreadable,
        }
        causes = "; ".join(map(str, state.cause))
        stopped = state.mode is Mode.STOPPED
        return Health(f"{state.mode.value}{': ' if causes else ''}{causes}", not stopped, values)

    def at_exit(self) -> None:
        """Decelerate, and say once more where to hold."""
        self._gate.stop()
        last = self.steady.now().nanoseconds + round(LONGEST_STOP * 1e9)
        self._tick()
        while self._state.moving and self.steady.now().nanoseconds < last:
            time.sleep(self._gate.config.period)
            self._tick()
        self._report()
        for publisher in (self._commands, self._states):  # what is under way goes down with its writer
            publisher.wait_for_all_acked(LAST_WORD)

    def _listen(self) -> None:
        watched = SubscriptionEventCallbacks(deadline=self._deadline_missed)
        chunks = SubscriptionEventCallbacks(deadline=self._deadline_missed, liveliness=self._liveliness_changed)
        self._subscribe(JointState, "/joint_states", self._joint_state, watched)
        self._subscribe(JointTrajectory, "/policy/action_chunk", self._action_chunk, chunks)
        self._subscribe(String, "/trial/event", self._trial_event)
        if self._touch_fields:
            self._subscribe(PointCloud2, "/touch/points", self._touch)
        self.create_service(Trigger, "/safety_gate/arm", self._arm)
        self.create_service(Trigger, "/safety_gate/stop", self._stop)
        self.create_service(Trigger, "/safety_gate/reset", self._reset)

    def _joint_state(self, message: JointState) -> None:
        rows = (message.position, message.velocity, message.effort)
        self._gate.joint_state(self._stamp(message.header.stamp), message.name, rows, self._now())

    def _touch(self, message: PointCloud2) -> None:
        try:
            force = unpack(message.data, message.fields, message.point_step)
        except (DexSim2RealError, ValueError):
            numbers = 3 * message.width * message.height
            self._gate.reject(Reading("shape", "touch cloud", numbers, self._touch_fields, -1.0))
            return
        self._gate.touch(self._stamp(message.header.stamp), force, self._now())

    def _action_chunk(self, message: JointTrajectory) -> None:
        points = [
            ChunkPoint(nanoseconds(point.time_from_start), point.positions, point.velocities)
            for point in message.points
        ]
        header = message.header
        chunk = ActionChunk(self._stamp(header.stamp), message.joint_names, points, excuse=header.frame_id)
        self._gate.action_chunk(chunk, self._now())

    def _trial_event(self, message: String) -> None:
        try:
            event = json.loads(message.data)
        except ValueError:
            self._unreadable += 1
            return
        success = trial_outcome(event)
        if success is not None and event.get("trial") != self._last_trial:  # a second judge is not a second trial
            self._last_trial = event.get("trial")
            self._gate.trial_ended(success)

    def _deadline_missed(self, info: QoSRequestedDeadlineMissedInfo) -> None:
        self._deadlines += info.total_count_change

    def _liveliness_changed(self, info: QoSLivelinessChangedInfo) -> None:
        if info.alive_count == 0:
            self._gate.publisher_lost(CHUNK)

    def _arm(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._answer(self._gate.arm(self._now()), response)

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._answer(self._gate.stop(), response)

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        answer = self._gate.reset()
        if answer.accepted:
            self._offset_ns = self._clock_offset()
        return self._answer(answer, response)

    def _answer(self, answer: Answer, response: Trigger.Response) -> Trigger.Response:
        if answer.accepted:  # on two lines, since rclpy allows one severity per line of code
            self.get_logger().info(answer.message)
        else:
            self.get_logger().warning(answer.message)
        response.success, response.message = answer.accepted, answer.message
        return response

    def _tick(self) -> None:
        began = time.perf_counter_ns()
        command, self._state = self._gate.tick(self._now())
        if command is not None:
            self._publish(command)
        self._tick_ns.append(time.perf_counter_ns() - began)
        self._fired.add(self._state.fired)
        showing = (self._state.mode, self._state.easing, self._state.moving)
        if showing != self._shown:
            self._shown = showing
            self._report()

    def _publish(self, command: Command) -> None:
        message = self._command
        message.header.stamp = Time(**stamp_fields(command.time_ns - self._offset_ns))
        message.points[0].positions = array("d", command.position.tobytes())
        message.points[0].velocities = array("d", command.velocity.tobytes())
        self._commands.publish(message)

    def _report(self) -> None:
        state = self._state
        fired = self._fired.take()
        words = describe(state, fired, self._gate.margins(self._now()), self._gate.counters)
        level = LEVELS.get(state.mode, DiagnosticStatus.WARN if fired else DiagnosticStatus.OK)
        message = DiagnosticArray(status=[diagnostic_status("safety_gate", state.mode.value, level, words)])
        message.header.stamp = self.get_clock().now().to_msg()
        self._states.publish(message)

    def _blank_command(self) -> JointTrajectory:
        """A trajectory of one point: where to be one period after the stamp."""
        after = round(self._gate.config.period * 1e9)
        point = JointTrajectoryPoint(time_from_start=DurationMessage(**stamp_fields(after)))
        return JointTrajectory(joint_names=list(self._gate.joints), points=[point])

    def _now(self) -> int:
        """The gate's time [ns]: steady, or the simulation's."""
        return int((self.get_clock() if self._simulated else self.steady).now().nanoseconds)

    def _stamp(self, stamp: Time) -> int:
        return nanoseconds(stamp) + self._offset_ns

    def _clock_offset(self) -> int:
        """From stamps to the gate's time [ns].

        Taken once, so that a step of the system's clock shows as delay and stops the robot, until a person resets.
        """
        return 0 if self._simulated else self._now() - int(self.get_clock().now().nanoseconds)

    def _publisher(self, kind: type, topic: str) -> Any:
        return self.create_publisher(kind, topic, QOS[topic])

    def _subscribe(
        self, kind: type, topic: str, callback: Any, events: SubscriptionEventCallbacks | None = None
    ) -> None:
        self.create_subscription(kind, topic, callback, QOS[topic], event_callbacks=events)


def make_config(values: dict[str, Any]) -> GateConfig:
    """The bounds from the node's parameters. Raises DexSim2RealError for what makes no sense."""
    bounds = dict(values)
    inputs: dict[str, Any] = {
        name: InputBounds(**{field: bounds.pop(f"{name}_{field}") for field in ("age", "delay", "rate")})
        for name in INPUTS
    }
    for name in ("workspace_lower", "workspace_upper"):
        if len(bounds[name]) != 3:
            raise DexSim2RealError(f"parameter {name!r} is {list(bounds[name])}, expected three numbers: x, y, z [m]")
        bounds[name] = tuple(map(float, bounds[name]))
    return GateConfig(**bounds, **inputs)


def main() -> int:
    """Entry point of the node."""
    return run_node(SafetyGateNode)


if __name__ == "__main__":
    sys.exit(main())
