"""The real robot's side of the graph without ros2_control: joint states out, commands of the safety gate in.

Each device is driven from a process of its own (see device.py); this node only passes vectors on. With `robot_ip`
or `can` set to `standin`, that device is simulated: a dry run of the same code.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_description import JOINTS, make_cell
from dexsim2real_description.ros_node import QOS, GraphNode, Health, run_node
from dexsim2real_description.scheduling import ROBOT
from dexsim2real_description.stamps import stamp_fields
from dexsim2real_hw.allegro.config import AllegroConfig
from dexsim2real_hw.allegro.driver import allegro_hand
from dexsim2real_hw.command import read_command
from dexsim2real_hw.connection import Connection
from dexsim2real_hw.driver import Driver, State
from dexsim2real_hw.errors import CommandError
from dexsim2real_hw.franka.config import FrankaConfig
from dexsim2real_hw.franka.driver import franka_arm
from dexsim2real_hw.franka.load import hand_load

PARAMETERS: dict[str, Any] = {
    "arm": "fr3",
    "hand": "v4",
    "plus": False,  # a V5 of type B
    "touch": "grid15",  # the skin weighs something
    "robot_ip": "172.16.0.2",  # or standin
    "can": "can0",  # or standin
    "supply_volts": 12,  # of a V4
    "stiffness": 1.0,  # of the hand's servos
    "effort_scale": 1.0,  # of the hand's servos
    "hold_s": 60.0,  # then the hand lets go
    "collision_torque": 40.0,  # [N m]
    "collision_force": 20.0,  # [N], and about the axes [N m]
    "load": True,  # tell the arm what it carries; false where Desk knows it
    "realtime": True,  # insist on a real-time kernel
    "rate": 250.0,  # of /joint_states [Hz]
}
"""Parameters of the node and their defaults."""

COMMAND_AGE = 0.1
"""A command stamped longer ago than this is not passed on [s]."""


class HardwareNode(GraphNode):
    """Two connections behind the topics of the robot."""

    urgency = ROBOT

    def __init__(self) -> None:
        super().__init__("hardware")
        values = self.take_parameters(PARAMETERS)
        self._connections = tuple(Connection(driver) for driver in make_drivers(values))
        self._refused = self._passed = self._unpublished = 0
        self._last_stamp = 0
        self._joints = self.create_publisher(JointState, "/joint_states", QOS["/joint_states"])
        topic = "/safety_gate/joint_command"
        self.create_subscription(JointTrajectory, topic, self._take_command, QOS[topic])
        self.create_service(Trigger, "/hardware/recover", self._recover)
        self.create_timer(1 / values["rate"], self._publish, clock=self.steady)
        for connection in self._connections:
            connection.start()

    def health(self) -> Health:
        """What both devices do, and why."""
        states = [connection.status() for connection in self._connections]
        values: dict[str, object] = {
            "commands": self._passed,
            "commands_refused": self._refused,
            "states_unpublished": self._unpublished,
        }
        for name, (_, message, counters) in zip(("arm", "hand"), states, strict=True):
            values[name] = message
            values |= {f"{name} {key}": number for key, number in counters.items()}
        wrong = [message for ready, message, _ in states if not ready]
        return Health("; ".join(wrong) or "running", not wrong, values)

    def at_exit(self) -> None:
        """Stop both devices."""
        for connection in self._connections:
            connection.close()

    def _publish(self) -> None:
        """Publish the newest reading of all joints; silence if one device has none tells the gate to stop."""
        states = [state for connection in self._connections if (state := connection.state()) is not None]
        if len(states) < len(self._connections):
            return
        stamp = min(state.stamp_ns for state in states)
        if stamp > self._last_stamp:
            self._last_stamp = stamp
            age = time.monotonic_ns() - stamp
            try:
                self._joints.publish(joint_state(states, self.get_clock().now().nanoseconds - age))
            except RuntimeError:  # the middleware gives up after 100 ms on an overloaded machine; the next one may pass
                self._unpublished += 1

    def _take_command(self, message: JointTrajectory) -> None:
        try:
            position, velocity = read_command(message, self.get_clock().now().nanoseconds, COMMAND_AGE)
        except CommandError as error:
            self._refused += 1
            self.get_logger().warning(str(error), throttle_duration_sec=1.0)
            return
        self._passed += 1
        first = 0
        for connection in self._connections:
            part = slice(first, first + len(connection.joints))
            connection.send(position[part], velocity[part])
            first = part.stop

    def _recover(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = True
        response.message = "; ".join(connection.recover() for connection in self._connections)
        return response


def make_drivers(values: dict[str, Any]) -> tuple[Driver, Driver]:
    """Arm and hand. Raises DexSim2RealError for what the configurations refuse."""
    cell = make_cell("fr3", values["hand"], values["touch"])
    arm = FrankaConfig(
        arm=values["arm"],
        robot_ip=values["robot_ip"],
        realtime=values["realtime"] and values["robot_ip"] != "standin",
        collision_torque=(values["collision_torque"],) * 7,
        collision_force=(values["collision_force"],) * 6,
        load=hand_load(cell) if values["load"] else None,
    )
    name = {"v4": "v4", "v5": "v5b" if values["plus"] else "v5a"}[values["hand"]]
    hand = AllegroConfig(
        hand=name,
        channel=values["can"],
        supply_volts=values["supply_volts"],
        stiffness=values["stiffness"],
        effort_scale=values["effort_scale"],
        hold_s=values["hold_s"],
    )
    if values["can"] == "standin":
        hand = replace(hand, interface="standin")
    return franka_arm(arm), allegro_hand(hand)


def joint_state(states: list[State], stamp_ns: int) -> JointState:
    """The readings of all devices, in the order of JOINTS."""
    return JointState(
        header=Header(stamp=Time(**stamp_fields(stamp_ns))),
        name=list(JOINTS),
        position=np.concatenate([state.position for state in states]).tolist(),
        velocity=np.concatenate([state.velocity for state in states]).tolist(),
        effort=np.concatenate([state.effort for state in states]).tolist(),
    )


def main() -> int:
    """Entry point of the node."""
    return run_node(HardwareNode)


if __name__ == "__main__":
    sys.exit(main())
