"""Publishes one camera: image and camera_info, stamped with the time of exposure."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from dexsim2real_description import CAMERAS, DexSim2RealError, UnknownNameError, make_cell
from dexsim2real_description.camera_messages_node import camera_info_message, image_message
from dexsim2real_description.ros_node import QOS, GraphNode, Health, run_node
from dexsim2real_description.stamps import stamp_fields
from dexsim2real_perception.camera import CameraSource, Frame
from dexsim2real_perception.folder_camera import FolderCamera, FolderConfig
from dexsim2real_perception.realsense import RealSenseConfig, RealSenseSource
from dexsim2real_perception.replay import ReplayCamera
from dexsim2real_perception.source import SourceLoop

SOURCES = ("realsense", "folder", "bag")

PARAMETERS: dict[str, Any] = {
    "camera": "front",
    "source": "realsense",
    "serial": "",
    "path": "",  # of the folder or the bag
    "width": 640,
    "height": 480,
    "rate": 30,
    "exposure_us": 0.0,  # 0 is automatic
    "global_time": True,
    "loop": True,  # of a folder
}
"""Parameters of the node and their defaults."""


class CameraNode(GraphNode):
    """Runs a camera source and publishes its frames."""

    def __init__(self) -> None:
        super().__init__("camera")
        self._values = self.take_parameters(PARAMETERS)
        camera = self._values["camera"]
        if camera not in CAMERAS:
            raise UnknownNameError("camera", camera, CAMERAS)
        self._frame_id = next(mount.frame for mount in make_cell().cameras if mount.name == camera)
        image_topic, info_topic = f"/{camera}_camera/color/image_raw", f"/{camera}_camera/color/camera_info"
        self._images = self.create_publisher(Image, image_topic, QOS[image_topic])
        self._infos = self.create_publisher(CameraInfo, info_topic, QOS[info_topic])
        self._loop = SourceLoop(self._make_source(camera), self._publish)
        self._loop.start()

    def health(self) -> Health:
        """State of the camera, frames, rate and age."""
        status = self._loop.status
        return Health(status.text, status.ok, status.values)

    def at_exit(self) -> None:
        """Let go of the camera."""
        self._loop.stop()

    def _make_source(self, camera: str) -> CameraSource:
        source, path = self._values["source"], self._values["path"]
        if source not in SOURCES:
            raise UnknownNameError("camera source", source, SOURCES)
        if source == "realsense":
            return RealSenseSource(self._realsense())
        if not path:
            raise DexSim2RealError(f"camera source {source!r} needs the parameter 'path'")
        if source == "bag":
            return ReplayCamera(Path(path), camera)
        return FolderCamera(FolderConfig(Path(path), self._values["rate"], self._values["loop"]))

    def _realsense(self) -> RealSenseConfig:
        return RealSenseConfig(
            serial=self._values["serial"],
            width=self._values["width"],
            height=self._values["height"],
            rate=self._values["rate"],
            exposure_us=self._values["exposure_us"] or None,
            global_time=self._values["global_time"],
        )

    def _publish(self, frame: Frame) -> None:
        stamp = Time(**stamp_fields(frame.stamp_ns))
        header = Header(stamp=stamp, frame_id=self._frame_id)
        self._images.publish(image_message(frame.rgb, header))
        self._infos.publish(camera_info_message(frame.intrinsics, header))


def main() -> int:
    """Entry point of the node."""
    return run_node(CameraNode)


if __name__ == "__main__":
    sys.exit(main())
