"""The robot's side of the graph where ros2_control drives it: the gate's commands to two controllers, states back.

    /safety_gate/joint_command -> /arm_controller/joint_trajectory, /hand_controller/joint_trajectory
    /joint_state_broadcaster/joint_states -> /joint_states

With `hardware` twin it also passes the targets of the topic-based hardware to the simulated robot, which takes
trajectories: /twin/joint_target -> /twin/joint_command.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_description import ARM_JOINTS, JOINTS, make_cell
from dexsim2real_description.ros_node import QOS, GraphNode, Health, run_node
from dexsim2real_hw.command import read_command
from dexsim2real_hw.driver import limits_of
from dexsim2real_hw.errors import CommandError
from dexsim2real_hw.ros2_control import Knot, StateMerger, joint_names, with_stop

PARAMETERS: dict[str, Any] = {
    "hardware": "real",  # real, twin or mock
    "arm": "fr3",
    "hand": "v4",
    "lead": 0.012,  # time that a controller has to reach a command: one and a half periods of 120 Hz [s]
}
"""Parameters of the node and their defaults."""

COMMAND_AGE = 0.1
"""A command stamped longer ago than this is not passed on [s]."""
SILENCE = 0.1
"""Without states for this long the node reports an error [s]."""


class Ros2ControlBridgeNode(GraphNode):
    """Passes commands and states on, renamed and checked."""

    def __init__(self) -> None:
        super().__init__("hardware")
        values = self.take_parameters(PARAMETERS)
        limits = make_cell(values["arm"], values["hand"]).limits
        arm, hand = slice(0, len(ARM_JOINTS)), slice(len(ARM_JOINTS), len(JOINTS))
        self._lead = values["lead"]
        self._merger = StateMerger(values["hardware"])
        self._parts = [
            (part, names, limits_of(limits, part), self.create_publisher(JointTrajectory, topic, QoSProfile(depth=1)))
            for part, names, topic in zip(
                (arm, hand),
                joint_names(values["hardware"]),
                ("/arm_controller/joint_trajectory", "/hand_controller/joint_trajectory"),
                strict=True,
            )
        ]
        self._passed = self._refused = self._states = 0
        self._last_state = self.steady.now().nanoseconds
        self._reason = "no joint states from ros2_control yet: are controllers and hardware active?"
        self._joints = self.create_publisher(JointState, "/joint_states", QOS["/joint_states"])
        self._subscribe(JointTrajectory, "/safety_gate/joint_command", self._take_command)
        self._subscribe(JointState, "/joint_state_broadcaster/joint_states", self._take_states)
        if values["hardware"] == "twin":
            self._twin = self.create_publisher(
                JointTrajectory, "/twin/joint_command", QOS["/safety_gate/joint_command"]
            )
            self._subscribe(JointState, "/twin/joint_target", self._take_twin_target)

    def health(self) -> Health:
        """Counts, and whether states still come."""
        silence = (self.steady.now().nanoseconds - self._last_state) * 1e-9
        values = {"states": self._states, "commands": self._passed, "refused": self._refused}
        if silence > SILENCE:
            return Health(self._reason, False, values)
        return Health("running", True, values)

    def _subscribe(self, kind: Any, topic: str, callback: Any) -> None:
        self.create_subscription(kind, topic, callback, QOS.get(topic, QoSProfile(depth=1)))

    def _take_command(self, message: JointTrajectory) -> None:
        try:
            position, velocity = read_command(message, self.get_clock().now().nanoseconds, COMMAND_AGE)
        except CommandError as error:
            self._refuse(error)
            return
        self._passed += 1
        for part, names, limits, publisher in self._parts:
            publisher.publish(trajectory(names, with_stop(position[part], velocity[part], limits, self._lead)))

    def _take_states(self, message: JointState) -> None:
        try:
            merged = self._merger.merge(message.name, message.position, message.velocity, message.effort)
        except CommandError as error:
            self._reason = str(error)
            self._refuse(error)
            return
        self._states += 1
        self._last_state = self.steady.now().nanoseconds
        self._reason = "no joint states from ros2_control any more"
        position, velocity, effort = merged.tolist()
        self._joints.publish(
            JointState(header=message.header, name=list(JOINTS), position=position, velocity=velocity, effort=effort)
        )

    def _take_twin_target(self, message: JointState) -> None:
        """The plugin sends NaN until a controller has written: those go no further."""
        try:
            (position,) = self._merger.merge(message.name, message.position)
        except CommandError as error:
            self._refuse(error)
            return
        self._twin.publish(trajectory(JOINTS, (Knot(0.0, position, np.zeros(len(JOINTS))),)))

    def _refuse(self, error: CommandError) -> None:
        self._refused += 1
        self.get_logger().warning(str(error), throttle_duration_sec=1.0)


def trajectory(names: Sequence[str], knots: Sequence[Knot]) -> JointTrajectory:
    """A message whose stamp is zero, which controllers take as: from now on."""
    points = []
    for knot in knots:
        seconds = int(knot.time)
        after = Duration(sec=seconds, nanosec=round((knot.time - seconds) * 1e9))
        points.append(
            JointTrajectoryPoint(
                positions=knot.position.tolist(), velocities=knot.velocity.tolist(), time_from_start=after
            )
        )
    return JointTrajectory(joint_names=list(names), points=points)


def main() -> int:
    """Entry point of the node."""
    return run_node(Ros2ControlBridgeNode)


if __name__ == "__main__":
    sys.exit(main())
