"""Images and lenses as ROS messages, the same for real, recorded and simulated cameras."""

from __future__ import annotations

import array

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from dexsim2real_description.camera import Intrinsics


def image_message(rgb: NDArray[np.uint8], header: Header) -> Image:
    """An image, shape (H, W, 3), as sensor_msgs/Image, rgb8."""
    height, width, _ = rgb.shape
    message = Image(header=header, height=height, width=width, encoding="rgb8", step=3 * width)
    message.data = array.array("B", rgb.tobytes())  # bytes or an array would be checked value by value
    return message


def camera_info_message(lens: Intrinsics, header: Header) -> CameraInfo:
    """A pinhole as sensor_msgs/CameraInfo."""
    k = [lens.fx, 0.0, lens.cx, 0.0, lens.fy, lens.cy, 0.0, 0.0, 1.0]
    p = [lens.fx, 0.0, lens.cx, 0.0, 0.0, lens.fy, lens.cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    return CameraInfo(
        header=header,
        height=lens.height,
        width=lens.width,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=k,
        r=r,
        p=p,
    )
