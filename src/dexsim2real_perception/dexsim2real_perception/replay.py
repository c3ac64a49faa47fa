"""Sources that give what a recording holds, as if it happened now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import DexSim2RealError, TouchLayout
from dexsim2real_description.bags import Bag
from dexsim2real_description.camera import Intrinsics
from dexsim2real_description.stamps import nanoseconds
from dexsim2real_description.touch_cloud import unpack
from dexsim2real_perception.camera import CameraFeatures, Frame
from dexsim2real_perception.errors import FrameError, SourceEndedError, SourceError
from dexsim2real_perception.pacing import Player
from dexsim2real_perception.source import State
from dexsim2real_perception.touch import TouchFrame

FrameT_co = TypeVar("FrameT_co", covariant=True)

_CHANNELS = {"rgb8": [0, 1, 2], "bgr8": [2, 1, 0], "rgba8": [0, 1, 2], "bgra8": [2, 1, 0]}
"""Where red, green and blue are in a pixel of each encoding."""


class ReplaySource(Generic[FrameT_co]):
    """A source (see source.py) that plays one topic of a bag from the start, with its original intervals."""

    def __init__(self, bag: Path, topic: str, convert: Callable[[Bag, Any], FrameT_co]) -> None:
        self._path, self._topic, self._convert = bag, topic, convert
        self._opened = ExitStack()
        self._player: Player | None = None

    @property
    def state(self) -> State:
        """Playing, once it is open."""
        return State("replaying", ok=True) if self._player is not None else State("not open")

    def open(self) -> None:
        """Start from the beginning. Raises DexSim2RealError if the bag cannot be read or lacks the topic."""
        bag = self._opened.enter_context(Bag(self._path))
        messages = bag.messages([self._topic])
        self._player = Player(self._convert(bag, bag.decode(name, data)) for name, _, data in messages)

    def read(self, timeout_s: float) -> FrameT_co | None:
        """The next frame when it is due. Raises SourceEndedError after the last one and at an unusable one."""
        if self._player is None:
            raise SourceError("not open")
        try:
            frame: FrameT_co | None = self._player.read(timeout_s)
        except SourceEndedError:
            raise
        except DexSim2RealError as error:  # opening the bag again would only come here again
            raise SourceEndedError(f"{self._topic} of {self._path}: {error}") from error
        return frame

    def close(self) -> None:
        """Close the bag."""
        self._player = None
        self._opened.close()


class ReplayCamera(ReplaySource[Frame]):
    """The images of camera `front` or `wrist` of a bag, which must have its camera_info too."""

    def __init__(self, bag: Path, camera: str) -> None:
        super().__init__(bag, f"/{camera}_camera/color/image_raw", self._frame)
        self._info_topic = f"/{camera}_camera/color/camera_info"
        self._intrinsics: Intrinsics | None = None  # of the first camera_info; a real camera's do not change

    @property
    def features(self) -> CameraFeatures:
        """Size of the recorded images and their mean rate. Raises DexSim2RealError if there are none."""
        with Bag(self._path) as bag:
            stamps = [stamp for _, stamp, _ in bag.messages([self._topic])]
            if len(stamps) < 2:
                raise SourceError(f"{self._path} has {len(stamps)} images on {self._topic}; expected more")
            lens = _intrinsics(bag, self._info_topic)
        return CameraFeatures(lens.width, lens.height, (len(stamps) - 1) * 1e9 / max(1, stamps[-1] - stamps[0]))

    def _frame(self, bag: Bag, message: Any) -> Frame:
        if self._intrinsics is None:
            self._intrinsics = _intrinsics(bag, self._info_topic)
        return Frame(_rgb(message), nanoseconds(message.header.stamp), self._intrinsics)


def replay_touch(bag: Path, layout: TouchLayout) -> ReplaySource[TouchFrame]:
    """The touch of a bag, which must have as many taxels as `layout`."""

    def convert(_: Bag, message: Any) -> TouchFrame:
        force = unpack(message.data, message.fields, message.point_step)
        if force.shape[1] != layout.num_taxels:
            raise FrameError(
                f"{bag} has {force.shape[1]} taxels per finger, but touch layout {layout.name!r} has "
                f"{layout.num_taxels}; choose the layout that was recorded"
            )
        return TouchFrame(force, nanoseconds(message.header.stamp))

    return ReplaySource(bag, "/touch/points", convert)


def _rgb(message: Any) -> NDArray[np.uint8]:
    if message.encoding not in _CHANNELS:
        raise FrameError(f"image has encoding {message.encoding!r}; expected one of {', '.join(_CHANNELS)}")
    channels = len(message.encoding.removesuffix("8"))
    height, width, step = int(message.height), int(message.width), int(message.step)
    if len(message.data) != height * step or step < width * channels:
        raise FrameError(
            f"image of {height} rows of {step} bytes has {len(message.data)} bytes for {width} pixels a row"
        )
    rows = np.asarray(message.data, np.uint8).reshape(height, step)[:, : width * channels]
    return np.ascontiguousarray(rows.reshape(height, width, channels)[:, :, _CHANNELS[message.encoding]])


def _intrinsics(bag: Bag, topic: str) -> Intrinsics:
    if topic in bag.topics:
        for name, _, data in bag.messages([topic]):
            info = bag.decode(name, data)
            fx, _, cx, _, fy, cy = info.k[:6]
            return Intrinsics(info.width, info.height, fx=float(fx), fy=float(fy), cx=float(cx), cy=float(cy))
    raise DexSim2RealError(f"{bag.path} has images but nothing on {topic}; record that topic too")
