"""Leads the robot along a planned motion: as action chunks through the safety gate, in the place of a policy."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from numpy.typing import NDArray
from rclpy.parameter import parameter_value_to_python
from rclpy.parameter_client import AsyncParameterClient
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import ARM_JOINTS, JOINTS, Cell, DexSim2RealError, Workspace, make_cell
from dexsim2real_description.ros_node import QOS, qos_without_deadline
from dexsim2real_description.scheduling import LEADER, urgent
from dexsim2real_policy.inference import ActionChunk
from dexsim2real_policy.messages import JointReader
from dexsim2real_policy.pilot import StampedChunk
from dexsim2real_policy.policy_node import CHUNKS, chunk_message
from dexsim2real_sim.planning import Motion

Array = NDArray[np.float64]

GATE = "safety_gate"
PERIOD = 0.05
"""Between two chunks [s]; the gate gives up after 0.15."""
SPACING = 0.02
"""Between the points of a chunk [s]."""
POINTS = 25
"""Per chunk."""
LEAD = 0.1
"""From the first chunk to the beginning of the motion [s]."""
MOVED = 0.05
"""A robot that is this far from where its motion begins has been moved since it was planned [rad]."""
ARRIVED = 0.05
"""Largest error of an arm joint at the end [rad]; a finger may be held off by what it touches."""
SETTLE = 60
"""Chunks after the end of the motion for which the robot may lag behind."""
PATIENCE = 10.0
"""For what the graph is asked [s]."""
_NAMELESS = "_NODE_NAME_UNKNOWN_"
"""What rmw says of a node whose topics are known before it is."""


class Mover:
    """What it takes to move the robot of a running graph. Raises DexSim2RealError where there is no graph."""

    def __init__(self, session: RosSession) -> None:
        self._session = session
        self._joints = JointReader(JOINTS)
        self._states: list[JointState] = []
        self._gate: list[DiagnosticArray] = []
        node = session.node
        joints = "/joint_states"
        node.create_subscription(JointState, joints, self._keep(self._states), qos_without_deadline(joints))
        state = "/safety_gate/state"
        node.create_subscription(DiagnosticArray, state, self._keep(self._gate), QOS[state])
        session.until(lambda: self._states and self._gate, PATIENCE, "joint states and state of the safety gate")
        names = ("arm", "hand", "touch", "workspace_lower", "workspace_upper")
        arm, hand, touch, lower, upper = self._gate_parameters(names)
        self.cell: Cell = make_cell(arm, hand, touch)
        """As the safety gate knows it."""
        self.workspace = Workspace(tuple(lower), tuple(upper))
        """In which the gate lets the palm be."""

    @property
    def simulated(self) -> bool:
        """Whether it is the simulator that tells where the joints are: anybody else is taken for a real robot."""
        node = self._session.node

        def tellers() -> list[str]:
            names = [info.node_name for info in node.get_publishers_info_by_topic("/joint_states")]
            return names if _NAMELESS not in names else []

        return self._session.until(tellers, PATIENCE, "name of who publishes /joint_states") == ["simulator"]

    @property
    def gate_mode(self) -> str:
        """What the safety gate said last: disarmed, armed, running or stopped."""
        return str(self._gate[-1].status[0].message)

    def pose(self) -> Array:
        """Where the joints are now, inside their range [rad], shape (23,)."""
        self._states.clear()
        self._session.until(lambda: self._states, PATIENCE, "joint states")
        message = self._states[-1]
        limits = self.cell.limits
        return np.clip(self._joints.positions(message.name, message.position), limits.lower, limits.upper)

    def check_free(self) -> None:
        """Raises DexSim2RealError if somebody else leads the robot, or the gate waits for a person."""
        if others := self.others():
            raise DexSim2RealError(
                f"node {others[0]} publishes action chunks, and only one may lead the robot; "
                "start the graph without it: dexsim2real up sim --policy none"
            )
        if self.gate_mode == "stopped":
            raise DexSim2RealError(
                f"the safety gate is stopped ({self._gate_word('cause')}); look, then: dexsim2real gate reset"
            )
        if self.gate_mode != "disarmed":
            raise DexSim2RealError(
                f"the safety gate is {self.gate_mode}, so somebody is about to move the robot; "
                "if nobody is: dexsim2real gate stop, then: dexsim2real gate reset"
            )

    def follow(self, motion: Motion) -> float:
        """Arm the gate, go through the motion, disarm the gate; returns the largest error of an arm joint [rad].

        Whatever happens on the way, Ctrl-C included, the gate is told to stop. Raises DexSim2RealError if the robot
        is not where the motion begins, if the gate stops, or if the robot does not arrive.
        """
        self.check_free()
        begin, end = motion.at(np.array([0.0, motion.duration]))[0]
        apart = np.abs(self.pose() - begin)
        if apart.max() > MOVED:
            joint = JOINTS[int(apart.argmax())]
            raise DexSim2RealError(f"{joint} has moved by {apart.max():.3f} rad since planning; try again")
        publisher = self._session.node.create_publisher(JointTrajectory, CHUNKS, QOS[CHUNKS])
        self._session.until(lambda: publisher.get_subscription_count(), PATIENCE, "subscription of the safety gate")
        self._session.insist(f"/{GATE}/arm", "the safety gate", PATIENCE)
        try:
            with urgent(LEADER):
                self._lead(motion, end, publisher)
        finally:
            self._ask("stop")
        self._session.until(self._reset, PATIENCE, "rest of the safety gate")
        return self._error(end)

    def _lead(self, motion: Motion, end: Array, publisher: Any) -> None:
        clock = self._session.node.get_clock()
        start_ns = clock.now().nanoseconds + round(LEAD * 1e9)
        offsets = SPACING * np.arange(1, POINTS + 1)
        settling = 0
        while settling < SETTLE:
            now_ns = clock.now().nanoseconds
            since = (now_ns - start_ns) * 1e-9
            publisher.publish(_chunk(now_ns, *motion.at(since + offsets)))
            self._session.spin(PERIOD)
            if others := self.others():
                raise DexSim2RealError(f"node {others[0]} began to publish chunks; the robot was stopped")
            if self.gate_mode == "stopped":
                raise DexSim2RealError(f"the safety gate stopped the robot: {self._gate_word('cause')}")
            if since > motion.duration:
                settling += 1
                if self._error(end) < ARRIVED:
                    return
        raise DexSim2RealError(
            f"the robot did not arrive: an arm joint is {self._error(end):.3f} rad from its goal; something may hold it"
        )

    def _error(self, end: Array) -> float:
        return float(np.abs(self.pose() - end)[: len(ARM_JOINTS)].max())

    def others(self) -> list[str]:
        """Nodes that publish action chunks, this one excepted."""
        node = self._session.node
        names = [info.node_name for info in node.get_publishers_info_by_topic(CHUNKS)]
        return [name for name in names if name != node.get_name()]

    def _ask(self, what: str) -> None:
        answer = self._session.call(f"/{GATE}/{what}")
        if not answer.success:
            raise DexSim2RealError(f"the safety gate says: {answer.message}")

    def _reset(self) -> bool:
        return bool(self._session.call(f"/{GATE}/reset").success)

    def _gate_word(self, key: str) -> str:
        return next((pair.value for pair in self._gate[-1].status[0].values if pair.key == key), "")

    def _gate_parameters(self, names: tuple[str, ...]) -> list[Any]:
        client = AsyncParameterClient(self._session.node, GATE)
        self._session.until(client.services_are_ready, PATIENCE, "parameters of the safety gate")
        future = client.get_parameters(list(names))
        self._session.until(future.done, PATIENCE, "parameters of the safety gate")
        answer: Any = future.result()
        return [parameter_value_to_python(value) for value in answer.values]

    @staticmethod
    def _keep(newest: list[Any]) -> Any:
        """A callback that keeps the last message only."""

        def take(message: Any) -> None:
            newest[:] = [message]

        return take


def _chunk(stamp_ns: int, positions: Array, velocities: Array) -> JointTrajectory:
    """A chunk with velocities [rad/s], shape (n, 23) as the positions: the gate need not guess them."""
    message = chunk_message(StampedChunk(stamp_ns, ActionChunk(positions, SPACING)), list(JOINTS))
    for point, row in zip(message.points, velocities, strict=True):
        point.velocities = array("d", row)
    return message
