"""One camera of the simulated robot, in a process of its own: draws the scene that the simulator describes.

It stands where the real camera's node stands, with the same topics. A scene that comes while one is drawn waits, and
is replaced by a newer one; the simulator never waits for its cameras.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header, String

from dexsim2real_description import CAMERAS, UnknownNameError
from dexsim2real_description.camera_messages_node import camera_info_message, image_message
from dexsim2real_description.ros_node import QOS, GraphNode, Health, run_node
from dexsim2real_description.stamps import stamp_fields
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.live_parameters import CELL_PARAMETERS, make_live_cell
from dexsim2real_sim.live_scene import Scene, follow

NODE_PARAMETERS: dict[str, Any] = {"camera": "front", "width": 640, "height": 480, **CELL_PARAMETERS}
"""Parameters of the node and their defaults."""

SCENES = "/simulator/scene"
_ONE = np.array([0])


class SimulatedCameraNode(GraphNode):
    """Draws one image per scene and publishes it with the scene's stamp."""

    def __init__(self) -> None:
        super().__init__("camera")
        values = self.take_parameters(NODE_PARAMETERS)
        name = values["camera"]
        if name not in CAMERAS:
            raise UnknownNameError("camera", name, CAMERAS)
        self._live = make_live_cell(values)
        self._mount = next(mount for mount in self._live.cell.cameras if mount.name == name)
        self._lens = self._mount.intrinsics.scaled(values["width"], values["height"])
        self._cameras = self._live.make_cameras([self._mount], (values["height"], values["width"]))
        self._frames, self._problem = 0, "waiting for the simulator"
        image_topic, info_topic = f"/{name}_camera/color/image_raw", f"/{name}_camera/color/camera_info"
        self._images = self.create_publisher(Image, image_topic, QOS[image_topic])
        self._infos = self.create_publisher(CameraInfo, info_topic, QOS[info_topic])
        self.create_subscription(String, SCENES, self._draw, QOS[SCENES])

    def health(self) -> Health:
        """Frames so far, and why there are none."""
        return Health(self._problem or "streaming", not self._problem, {"frames": self._frames})

    def at_exit(self) -> None:
        """Free the OpenGL context."""
        self._cameras.close()

    def _draw(self, message: String) -> None:
        try:
            scene = Scene.parse(message.data)
            follow(self._live, scene)
        except SimError as error:
            self._problem = str(error)
            return
        image = self._cameras.frames(_ONE).color[0, 0]
        header = Header(stamp=Time(**stamp_fields(scene.stamp_ns)), frame_id=self._mount.frame)
        self._images.publish(image_message(image, header))
        self._infos.publish(camera_info_message(self._lens, header))
        self._frames, self._problem = self._frames + 1, ""


def main() -> int:
    """Entry point of the node."""
    return run_node(SimulatedCameraNode)


if __name__ == "__main__":
    sys.exit(main())
