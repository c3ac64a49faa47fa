"""Stands between publishers and their subscribers, and can freeze, delay or spoil what passes.

A node of its own, for images pass through it; whoever measures says on ORDERS what it shall do.
"""

from __future__ import annotations

import array
import sys
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image, JointState, PointCloud2
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_bringup.graph import NodeSpec
from dexsim2real_description.ros_node import QOS, GraphNode, qos_without_deadline, run_node
from dexsim2real_description.scheduling import ROBOT
from dexsim2real_description.touch_cloud import POINT_STEP

Disturbance = Literal["none", "frozen", "delayed", "nan"]

DELAY = 0.5
"""[s]"""
ORDERS = "/fault_relay/orders"
"""Topic and disturbance, in one text with a space between."""
NODE = NodeSpec("dexsim2real_bringup", "fault_relay", "fault_relay", images=True)
PREFIX = "/undisturbed"
"""The relayed publisher is remapped to its topic behind this."""
_PERIOD = 0.002
"""Between two looks for delayed messages that are due [s]."""

RELAYED: Mapping[str, type] = {
    "/joint_states": JointState,
    "/touch/points": PointCloud2,
    "/front_camera/color/image_raw": Image,
    "/wrist_camera/color/image_raw": Image,
    "/policy/action_chunk": JointTrajectory,
}
"""The inputs of policy and gate."""


def remappings(node_topics: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Command line words, by node, that lead these topics of it through the relay."""
    return {
        node: [word for topic in topics for word in ("-r", f"{topic}:={PREFIX}{topic}")]
        for node, topics in node_topics.items()
    }


class FaultRelay(GraphNode):
    """Passes every topic of RELAYED on, one of them disturbed."""

    urgency = ROBOT  # joint states pass through it

    def __init__(self) -> None:
        super().__init__("fault_relay")
        self.topic, self.kind = "", "none"
        self._late: deque[tuple[float, bytes]] = deque()
        self._out: dict[str, Any] = {
            topic: self.create_publisher(kind, topic, QOS[topic]) for topic, kind in RELAYED.items()
        }
        for topic, kind in RELAYED.items():
            qos = qos_without_deadline(topic)
            self.create_subscription(kind, PREFIX + topic, self._passer(topic), qos, raw=True)
        self.create_subscription(String, ORDERS, self._obey, 1)
        self.create_timer(_PERIOD, self._send_late)

    def _obey(self, order: String) -> None:
        """From now on, do this to this topic, and nothing to the others."""
        self.topic, _, self.kind = order.data.partition(" ")
        self._late.clear()

    def _passer(self, topic: str) -> Any:
        def take(message: bytes) -> None:
            kind = self.kind if topic == self.topic else "none"
            if kind == "delayed":
                self._late.append((time.monotonic() + DELAY, message))
            elif kind == "nan":
                self._out[topic].publish(spoil(message, RELAYED[topic]))
            elif kind == "none":
                self._out[topic].publish(message)

        return take

    def _send_late(self) -> None:
        while self._late and self._late[0][0] <= time.monotonic():
            self._out[self.topic].publish(self._late.popleft()[1])


def spoil(message: bytes, kind: type) -> bytes:
    """The same serialised message with NaN for its numbers."""
    decoded: Any = deserialize_message(message, kind)
    if isinstance(decoded, JointState):
        decoded.position = decoded.velocity = decoded.effort = [float("nan")] * len(decoded.name)
    elif isinstance(decoded, JointTrajectory):
        for point in decoded.points:
            point.positions = [float("nan")] * len(decoded.joint_names)
    else:
        decoded.data = _spoilt_cloud(decoded)
    return bytes(serialize_message(decoded))


def _spoilt_cloud(cloud: PointCloud2) -> array.array[int]:
    rows = np.frombuffer(cloud.data, np.uint8).reshape(-1, POINT_STEP).copy()
    rows[:, :24] = np.frombuffer(np.full(6, np.nan, "<f4").tobytes(), np.uint8)  # the finger and taxel numbers stay
    return array.array("B", rows.tobytes())


def main() -> int:
    """Entry point of the node."""
    return run_node(FaultRelay)


if __name__ == "__main__":
    sys.exit(main())
