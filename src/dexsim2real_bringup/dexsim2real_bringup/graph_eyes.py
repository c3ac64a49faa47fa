"""What the cameras of a running graph show and where its robot stands, at a moment of one's choice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image, JointState

from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import CAMERAS, JOINTS
from dexsim2real_description.area import Size, area_resize
from dexsim2real_description.ros_node import qos_without_deadline
from dexsim2real_description.stamps import nanoseconds
from dexsim2real_policy.messages import JointReader, rgb_image

Array = NDArray[np.float64]

STATES = "/joint_states"
IMAGES = {camera: f"/{camera}_camera/color/image_raw" for camera in CAMERAS}


class GraphEyes:
    """Keeps the newest image of each camera and the newest joint state."""

    def __init__(self, session: RosSession, patience: float) -> None:
        """Waits `patience` [s] for the first of each. Raises DexSim2RealError for what does not come."""
        self._session, self._patience = session, patience
        self._reader = JointReader(JOINTS)
        self._images: dict[str, Image] = {}
        self._state: JointState | None = None
        self._states = 0
        qos = qos_without_deadline(STATES)
        self._queue = qos.depth
        session.node.create_subscription(JointState, STATES, self._take_state, qos)
        for camera, topic in IMAGES.items():
            session.node.create_subscription(Image, topic, self._taker(camera), qos_without_deadline(topic))
        session.until(lambda: self._state is not None, patience, f"message on {STATES}")
        self._newer(0)

    @property
    def joints(self) -> Array:
        """Joint positions as they were heard last [rad], shape (23,)."""
        assert self._state is not None  # noqa: S101  (the constructor waits for one)
        return self._reader.positions(self._state.name, self._state.position)

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Height and width of each camera's images [px]."""
        return tuple((self._images[camera].height, self._images[camera].width) for camera in CAMERAS)

    def fresh_joints(self) -> Array:
        """Joint positions that were measured after this call, as `joints`."""
        seen = self._states
        self._session.until(lambda: self._states > seen + self._queue, self._patience, f"message on {STATES}")
        return self.joints

    def look(self, size: Size | None = None) -> list[NDArray[np.uint8]]:
        """An image of each camera that was taken after this call, shape (H, W, 3), cropped and shrunk to `size`.

        Raises DexSim2RealError for an image that does not come, is not RGB or is smaller than `size`.
        """
        self.fresh_joints()
        assert self._state is not None  # noqa: S101
        pictures = [rgb_image(image) for image in self._newer(nanoseconds(self._state.header.stamp))]
        return [picture.copy() if size is None else area_resize(picture, size) for picture in pictures]

    def _newer(self, stamp: int) -> list[Image]:
        """An image of each camera that was taken after a time [ns]."""

        def taken(camera: str) -> Image | None:
            image = self._images.get(camera)
            return image if image is not None and nanoseconds(image.header.stamp) > stamp else None

        patience = self._patience
        return [self._session.until(partial(taken, c), patience, f"image on {topic}") for c, topic in IMAGES.items()]

    def _take_state(self, message: JointState) -> None:
        self._state, self._states = message, self._states + 1

    def _taker(self, camera: str) -> Callable[[Image], None]:
        def take(message: Image) -> None:
            self._images[camera] = message

        return take
