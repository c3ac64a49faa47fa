"""Images from a RealSense camera, through pyrealsense2. Calls and traps: FACTS 4.1."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.camera import Intrinsics
from dexsim2real_description.optional import require
from dexsim2real_perception.camera import CameraFeatures, Frame
from dexsim2real_perception.device_clock import DeviceClock
from dexsim2real_perception.errors import SourceError
from dexsim2real_perception.source import State


@dataclass(frozen=True)
class RealSenseConfig:
    """Which camera, and how it is run."""

    serial: str = ""
    """Printed on the camera; empty takes the only one that is connected."""
    width: int = 640
    height: int = 480
    rate: int = 30
    """[Hz]"""
    depth: bool = False
    """Also depth, aligned to the colour image."""
    exposure_us: float | None = None
    """Fixed exposure [us]; automatic where None. Longer than a frame lowers the rate."""
    global_time: bool = True
    """Let the driver convert the camera's clock; off cures its latency bug, and then we convert (device_clock.py)."""
    silence_s: float = 2.0
    """A camera that gives no frame for so long is taken for gone."""


class RealSenseSource:
    """A camera source (see source.py) on one RealSense camera."""

    def __init__(self, config: RealSenseConfig, device: Any = None) -> None:
        self.config = config
        self._device = device  # a pyrealsense2 software_device for dry runs; else the camera is found by its serial
        self._rs: Any = None
        self._pipeline: Any = None
        self._align: Any = None
        self._depth_scale = 0.0
        self._clock = DeviceClock()
        self._heard = 0.0

    @property
    def features(self) -> CameraFeatures:
        """What it will give."""
        return CameraFeatures(self.config.width, self.config.height, float(self.config.rate), self.config.depth)

    @property
    def state(self) -> State:
        """Streaming once it is open; a camera that fails raises instead."""
        return State("streaming", ok=True) if self._pipeline is not None else State("not open")

    def open(self) -> None:
        """Start the camera. Raises SourceError if it is not connected (listing those that are) or does not start."""
        self._rs = require("pyrealsense2", "camera", "install the system library libusb-1.0 (libusb-1.0-0 on Debian)")
        rs = self._rs
        pipeline, stream = rs.pipeline(), rs.config()
        if self._device is not None:
            pipeline.set_device(self._device)
        else:
            stream.enable_device(self._find())
        shape = (self.config.width, self.config.height)
        stream.enable_stream(rs.stream.color, *shape, rs.format.rgb8, self.config.rate)
        if self.config.depth:
            stream.enable_stream(rs.stream.depth, *shape, rs.format.z16, self.config.rate)
        try:
            device = pipeline.start(stream).get_device()
        except RuntimeError as error:
            raise SourceError(
                f"RealSense {self.config.serial} does not start with {shape[0]}x{shape[1]} at {self.config.rate} Hz "
                f"({error}); use a USB 3 port and a mode that the camera has"
            ) from error
        self._set_options(device)
        self._align = rs.align(rs.stream.color) if self.config.depth else None
        self._pipeline, self._clock, self._heard = pipeline, DeviceClock(), time.monotonic()

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame; None if none came in time. Raises SourceError if the camera has fallen silent."""
        try:
            ready, frames = self._pipeline.try_wait_for_frames(max(1, int(timeout_s * 1000)))
        except RuntimeError as error:
            raise SourceError(f"RealSense {self.config.serial} stopped ({error})") from error
        arrival = time.time_ns()
        color = frames.get_color_frame() if ready else None
        if not color:
            if time.monotonic() - self._heard > self.config.silence_s:
                raise SourceError(f"RealSense {self.config.serial} gives no images; check its cable")
            return None
        self._heard = time.monotonic()
        depth = self._depth(frames) if self._align is not None else None
        rgb = np.array(color.get_data(), np.uint8)  # a copy: the driver uses the buffer again
        return Frame(rgb, self._stamp(color, arrival), _intrinsics(color), depth)

    def close(self) -> None:
        """Stop the camera."""
        if self._pipeline is not None:
            self._pipeline.stop()
        self._pipeline = None

    def _find(self) -> str:
        """Serial number of the camera to use."""
        rs, wanted = self._rs, self.config.serial
        found = {
            device.get_info(rs.camera_info.serial_number): device.get_info(rs.camera_info.name)
            for device in rs.context().query_devices()
            if device.supports(rs.camera_info.serial_number)
        }
        listed = ", ".join(f"{serial} ({name})" for serial, name in sorted(found.items())) or "none"
        if not wanted and len(found) == 1:
            return str(next(iter(found)))
        if not wanted:
            raise SourceError(f"no serial was given, and not exactly one RealSense is connected; connected: {listed}")
        if wanted not in found:
            raise SourceError(f"no RealSense with serial {wanted!r} is connected; connected: {listed}")
        return wanted

    def _set_options(self, device: Any) -> None:
        option = self._rs.option
        automatic = self.config.exposure_us is None
        wanted: dict[Any, float] = {
            option.enable_auto_exposure: float(automatic),
            option.auto_exposure_priority: 0.0,  # else the rate drops in low light
            option.global_time_enabled: float(self.config.global_time),
        }
        if self.config.exposure_us is not None:
            wanted[option.exposure] = self.config.exposure_us
        for sensor in device.query_sensors():
            if sensor.is_depth_sensor():
                self._depth_scale = sensor.as_depth_sensor().get_depth_scale()
            if any(p.stream_type() == self._rs.stream.color for p in sensor.get_stream_profiles()):
                for key, value in wanted.items():
                    if sensor.supports(key):
                        sensor.set_option(key, value)

    def _stamp(self, frame: Any, arrival_ns: int) -> int:
        """Acquisition in system time [ns], whatever clock the driver stamped with."""
        stamp = int(frame.get_timestamp() * 1e3) * 1000  # milliseconds, as a double
        if frame.get_frame_timestamp_domain() == self._rs.timestamp_domain.hardware_clock:
            return self._clock.to_system(stamp, arrival_ns)
        return stamp

    def _depth(self, frames: Any) -> NDArray[np.float32] | None:
        depth = self._align.process(frames).get_depth_frame()
        if not depth:
            return None
        return np.asarray(depth.get_data(), np.float32) * np.float32(self._depth_scale)


def _intrinsics(frame: Any) -> Intrinsics:
    lens = frame.profile.as_video_stream_profile().intrinsics
    return Intrinsics(lens.width, lens.height, fx=lens.fx, fy=lens.fy, cx=lens.ppx, cy=lens.ppy)
