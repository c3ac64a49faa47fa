"""Breaks the live graph piece by piece, and measures how it stops and whether it works again afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_bringup.fault_relay import NODE, ORDERS, PREFIX, RELAYED, Disturbance, remappings
from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_bringup.graph_bench import run_when_ready, start_running
from dexsim2real_bringup.graph_listener import COMMANDS, GATE_STATE, JOINTS_TOPIC, KEPT, GraphListener
from dexsim2real_bringup.motion_record import AT_REST, ROBOT_AT_REST, MotionRecord, within, worst_share
from dexsim2real_bringup.processes import Processes
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import CAMERAS, DexSim2RealError, make_cell
from dexsim2real_description.ros_node import qos_without_deadline
from dexsim2real_hw.gate import GateConfig

MOVING = 0.1
"""Commanded joint speed that counts as motion [rad/s]."""
WATCH = 2.0
"""How long a fault is watched [s]."""
LONGEST_WATCH = 15.0
"""The same while nothing at all comes from the gate, which is then the finding [s]."""
RECOVERY = 60.0
"""How long the graph may take to work again [s]."""


@dataclass(frozen=True)
class Fault:
    """A node killed, or an input disturbed."""

    node: str = ""
    topic: str = ""
    disturbance: Disturbance = "none"

    @property
    def name(self) -> str:
        """For tables."""
        return f"{self.node} killed" if self.node else f"{self.topic} {self.disturbance}"


KILLS = tuple(
    Fault(node=name)
    for name in ("simulator", *(f"{camera}_camera" for camera in CAMERAS), "policy", "safety_gate", "markers")
)
DISTURBANCES = tuple(
    Fault(topic=topic, disturbance=kind)
    for topic in RELAYED
    for kind in ("frozen", "delayed", "nan")
    if kind != "nan" or "image" not in topic  # bytes have no NaN
)
_PUBLISHERS = {
    "simulator": ("/joint_states", "/touch/points"),
    "policy": ("/policy/action_chunk",),
    **{f"{camera}_camera": (f"/{camera}_camera/color/image_raw",) for camera in CAMERAS},
}


@dataclass(frozen=True)
class FaultResult:
    """What a fault did."""

    fault: str
    stopped_ms: float | None
    """Until the gate said that it had stopped; None if it did not."""
    held_ms: float | None
    """Until commands had come to rest, or the robot where no commands come; None if they did not."""
    cause: str
    """What the gate says stopped it."""
    limit_share: float
    """Largest share of a motion limit that any command took from the fault on."""
    works_again: bool

    @property
    def within_limits(self) -> bool:
        """Whether every command kept to the motion limits."""
        return within(self.limit_share)


def measure_faults(options: GraphOptions, faults: Sequence[Fault]) -> Iterator[FaultResult]:
    """Break a running graph with one fault after the other; `options.policy` must keep the robot moving.

    Raises DexSim2RealError if the graph does not come up.
    """
    for relayed in (False, True):
        chosen = [fault for fault in faults if bool(fault.topic) == relayed]
        if chosen:
            with _BreakableGraph(options, relayed) as breakable:
                for fault in chosen:
                    yield breakable.measure(fault)


class _BreakableGraph:
    """The graph on the simulated robot, its inputs led through a relay if `relayed`."""

    def __init__(self, options: GraphOptions, relayed: bool) -> None:
        self._limits = make_cell(options.arm, options.hand, options.touch).limits
        self._output: list[str] = []
        words = remappings(_PUBLISHERS) if relayed else None
        nodes = (*graph("sim", options), *((NODE,) if relayed else ()))
        self._processes = Processes(nodes, lambda name, line: self._output.append(f"{name}: {line}"), words)
        self._relayed = relayed
        self.commands, self._positions, self._robot = MotionRecord(), MotionRecord(), MotionRecord()

    def __enter__(self) -> _BreakableGraph:
        self._processes.__enter__()
        try:
            self._session = RosSession("fault_bench")
            node = self._session.node
            self._listener = GraphListener(node, images=False)
            self._orders = node.create_publisher(String, ORDERS, 1)
            commands, states = qos_without_deadline(COMMANDS), qos_without_deadline(JOINTS_TOPIC)
            commands.depth = states.depth = KEPT
            node.create_subscription(JointTrajectory, COMMANDS, self._take_command, commands)
            joints = PREFIX + JOINTS_TOPIC if self._relayed else JOINTS_TOPIC
            node.create_subscription(JointState, joints, self._take_joints, states)
            start_running(self._session, self._listener, self._processes, self._output)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._processes.stop()
        self._session.__exit__(kind, error, trace)

    def measure(self, fault: Fault) -> FaultResult:
        """Wait for motion, cause the fault, watch, mend it, and see whether everything works again."""
        self._get_moving()
        begin = time.monotonic()
        self._cause(fault)
        stopped = self._watch(begin, fault)
        if stopped is not None or fault.node == "safety_gate":
            held = self._held(fault, begin)
        else:
            held = None
        share = worst_share(self._positions.since(begin), self._limits, GateConfig().period)
        cause = self._listener.last(GATE_STATE, "cause") if stopped is not None else self._unstopped(fault)
        return FaultResult(fault.name, stopped, held, cause, share, self._mend(fault))

    def _cause(self, fault: Fault) -> None:
        if fault.node:
            self._processes.kill(fault.node)
        else:
            self._orders.publish(String(data=f"{fault.topic} {fault.disturbance}"))

    def _watch(self, begin: float, fault: Fault) -> float | None:
        """Look on; returns after how long the gate said that it stopped [ms]."""
        stopped = None
        gone = fault.node == "safety_gate"
        while (elapsed := time.monotonic() - begin) < WATCH or (
            elapsed < LONGEST_WATCH and not gone and self.commands.times[-1] < begin + WATCH / 2
        ):
            self._session.spin(0.002)
            if stopped is None and self._listener.messages[GATE_STATE] == "stopped":
                stopped = elapsed * 1e3
        return stopped

    def _held(self, fault: Fault, begin: float) -> float | None:
        """After how long there was rest [ms]: of the commands, or of the robot where the gate itself is gone."""
        gone = fault.node == "safety_gate"
        settled = self._robot.settled(begin, ROBOT_AT_REST) if gone else self.commands.settled(begin, AT_REST)
        return None if settled is None else (settled - begin) * 1e3

    def _unstopped(self, fault: Fault) -> str:
        return "no commands: the robot keeps its last target" if fault.node == "safety_gate" else "not stopped"

    def _mend(self, fault: Fault) -> bool:
        """Undo the fault, reset, arm, and see whether the robot moves again."""
        if fault.node:
            self._processes.start(fault.node)
        else:
            self._orders.publish(String(data=f"{fault.topic} none"))
        try:
            if fault.node == "safety_gate":
                self._session.until(lambda: self._listener.messages[GATE_STATE] == "disarmed", RECOVERY, "new gate")
            self._get_moving()
        except DexSim2RealError:
            return False
        return True

    def _get_moving(self) -> None:
        """Reset and arm until the robot moves. Raises DexSim2RealError if it does not come to that."""
        end = time.monotonic() + RECOVERY
        while not self._moves():
            if self._listener.messages.get(GATE_STATE) != "running":
                run_when_ready(self._session, self._listener)
            if time.monotonic() > end:
                raise DexSim2RealError(f"the robot does not move within {RECOVERY:g} s: {'; '.join(self._output[-3:])}")
            self._session.spin(0.05)

    def _moves(self) -> bool:
        recent = [
            v for t, v in zip(self.commands.times, self.commands.values, strict=True) if t > time.monotonic() - 0.1
        ]
        fast = bool(recent) and bool(np.abs(recent[-1]).max() > MOVING)
        return fast and self._listener.messages.get(GATE_STATE) == "running"

    def _take_command(self, message: JointTrajectory) -> None:
        now = time.monotonic()
        self.commands.add(now, np.array(message.points[0].velocities))
        self._positions.add(now, np.array(message.points[0].positions))

    def _take_joints(self, message: JointState) -> None:
        self._robot.add(time.monotonic(), np.array(message.velocity))
