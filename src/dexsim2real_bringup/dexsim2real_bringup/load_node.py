"""Publishes one stream of the graph at its full rate, with random content, and keeps a digest of every message.

For measuring the recorder: what was sent is known to the byte.
"""

from __future__ import annotations

import array
import hashlib
import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image, JointState, PointCloud2, PointField

from dexsim2real_description import JOINTS, DexSim2RealError, UnknownNameError, touch_layout
from dexsim2real_description.ros_node import QOS, GraphNode, Health, run_node
from dexsim2real_description.stamps import stamp_fields
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack
from dexsim2real_description.writing import whole_file

PARAMETERS: dict[str, Any] = {
    "topic": "",
    "seconds": 10.0,
    "log": "",  # a JSON file: [time sent [ns], digest] of every message
    "reliable": False,  # never lose a message, however busy the machine: for tests
}
"""Parameters of the node and their defaults."""


def _image() -> Image:
    pixels = np.random.default_rng(0).integers(0, 256, 480 * 640 * 3, np.uint8)
    message = Image(height=480, width=640, encoding="rgb8", step=1920)
    message.data = array.array("B", pixels.tobytes())
    return message


def _touch() -> PointCloud2:
    layout = touch_layout("uSCuAH")
    force = np.random.default_rng(0).normal(size=(4, layout.num_taxels, 3))
    fields = [PointField(name=f.name, offset=f.offset, datatype=f.datatype, count=1) for f in FIELDS]
    message = PointCloud2(height=1, width=120, fields=fields, point_step=POINT_STEP, row_step=120 * POINT_STEP)
    message.data = array.array("B", pack(force, layout.positions))
    return message


def _joints() -> JointState:
    values = np.random.default_rng(0).normal(size=(3, len(JOINTS)))
    return JointState(name=list(JOINTS), position=values[0], velocity=values[1], effort=values[2])


STREAMS: dict[str, tuple[type, Callable[[], Any], float]] = {
    "/front_camera/color/image_raw": (Image, _image, 30.0),
    "/wrist_camera/color/image_raw": (Image, _image, 30.0),
    "/touch/points": (PointCloud2, _touch, 100.0),
    "/joint_states": (JointState, _joints, 120.0),
}
"""Message type, content and rate [Hz] of each topic at full load."""


def digest(data: bytes) -> str:
    """Of a serialised message as DDS delivers it: it adds zeros to a multiple of four bytes."""
    return hashlib.sha256(data + bytes(-len(data) % 4)).hexdigest()


class LoadNode(GraphNode):
    """Waits for a subscriber, publishes for the given time, writes its log, and ends the process."""

    def __init__(self) -> None:
        super().__init__("load")
        values = self.take_parameters(PARAMETERS)
        self._topic, self._seconds, self._log = values["topic"], values["seconds"], Path(values["log"])
        if self._topic not in STREAMS:
            raise UnknownNameError("stream", self._topic, STREAMS)
        if not values["log"]:
            raise DexSim2RealError("the load needs the parameter 'log', a file to write")
        kind, make, self._rate = STREAMS[self._topic]
        self._message = make()
        qos = QoSProfile(depth=1000) if values["reliable"] else QOS[self._topic]
        self._publisher: Publisher[Any] = self.create_publisher(kind, self._topic, qos)
        self._sent: list[tuple[int, str]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def health(self) -> Health:
        """How much was sent."""
        return Health(values={"sent": len(self._sent)})

    def at_exit(self) -> None:
        """Stop publishing, write the log."""
        self._stop.set()
        self._thread.join()
        with whole_file(self._log) as partial:
            partial.write_text(json.dumps(self._sent))

    def _run(self) -> None:
        while not self._publisher.get_subscription_count() and not self._stop.is_set():
            self._stop.wait(0.01)
        started = time.monotonic()
        for number in range(round(self._seconds * self._rate)):
            if self._stop.wait(max(0.0, started + number / self._rate - time.monotonic())):
                break
            self._send()
        self._stop.wait(1.0)  # the last messages are still on their way
        signal.raise_signal(signal.SIGINT)

    def _send(self) -> None:
        now = time.time_ns()
        self._message.header.stamp = Time(**stamp_fields(now))
        data = bytes(serialize_message(self._message))
        self._publisher.publish(data)
        self._sent.append((now, digest(data)))


def main() -> int:
    """Entry point of the node."""
    return run_node(LoadNode)


if __name__ == "__main__":
    sys.exit(main())
