"""Listens to a running graph: when each message was stamped and when it came, and what the nodes say of themselves."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image, JointState
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_bringup.graph_figures import Count, Stream
from dexsim2real_bringup.topic_meter import header_stamp
from dexsim2real_description import CAMERAS, DexSim2RealError
from dexsim2real_description.ros_node import qos_without_deadline
from dexsim2real_description.stamps import nanoseconds

JOINTS_TOPIC, CHUNKS, COMMANDS = "/joint_states", "/policy/action_chunk", "/safety_gate/joint_command"
GATE_STATE = "/safety_gate/state"
IMAGES = {camera: f"/{camera}_camera/color/image_raw" for camera in CAMERAS}
_TYPES = {
    JOINTS_TOPIC: JointState,
    CHUNKS: JointTrajectory,
    COMMANDS: JointTrajectory,
    **dict.fromkeys(IMAGES.values(), Image),
}
KEPT = 100
"""Messages that may wait for this listener, so that what it misses was lost before it."""


class GraphListener:
    """Subscribes from `node` to the robot, the policy, the gate, and to the cameras if `images`."""

    def __init__(self, node: Any, images: bool = True) -> None:
        self.topics = (JOINTS_TOPIC, CHUNKS, *(IMAGES.values() if images else ()))
        """What flows in a graph that is ready."""
        self._stamps: dict[str, tuple[array[int], array[int]]] = {}
        self.said: dict[str, list[tuple[int, dict[str, str]]]] = {}
        """What each node said of itself, and when [ns]; the gate's state is under its topic."""
        self.messages: dict[str, str] = {}
        """The last word of each node."""
        for topic in (*self.topics, COMMANDS):
            self._stamps[topic] = (array("q"), array("q"))
            qos = qos_without_deadline(topic)
            qos.depth = KEPT
            node.create_subscription(_TYPES[topic], topic, self._stamped(topic), qos, raw=True)
        for topic in ("/diagnostics", GATE_STATE):
            node.create_subscription(DiagnosticArray, topic, self._says(topic), qos_without_deadline(topic))

    def stream(self, topic: str) -> Stream:
        """What was heard of a topic so far."""
        stamps, arrivals = self._stamps[topic]
        return Stream(np.array(stamps, np.int64), np.array(arrivals, np.int64))

    def counts(self, node: str, key: str, after: int) -> tuple[Count, Count]:
        """The first and the last count of that name that the node gave after a time [ns].

        Raises DexSim2RealError if it gave none.
        """
        found = [(at, values) for at, values in self.said.get(node, []) if at > after and key in values]
        if not found:
            heard = self.messages.get(node, "nothing")
            raise DexSim2RealError(f"{node} said nothing of its {key!r}; last heard: {heard}")
        first, last = found[0], found[-1]
        return Count(first[0], int(first[1][key])), Count(last[0], int(last[1][key]))

    def last(self, node: str, key: str) -> str:
        """What the node said last under that name; empty if it never did."""
        return self.said[node][-1][1].get(key, "") if node in self.said else ""

    def _stamped(self, topic: str) -> Callable[[bytes], None]:
        stamps, arrivals = self._stamps[topic]

        def take(message: bytes) -> None:
            arrivals.append(time.time_ns())
            stamps.append(header_stamp(message) or 0)

        return take

    def _says(self, topic: str) -> Callable[[DiagnosticArray], None]:
        def take(message: DiagnosticArray) -> None:
            at = nanoseconds(message.header.stamp)
            for status in message.status:
                name = status.name if topic == "/diagnostics" else topic
                values = {pair.key: pair.value for pair in status.values}
                self.said.setdefault(name, []).append((at, values))
                self.messages[name] = status.message

        return take
