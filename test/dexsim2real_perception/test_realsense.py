"""The RealSense source on a stand-in of pyrealsense2, and on the real library's software device where it loads."""

import sys
import time
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_perception.errors import SourceError
from dexsim2real_perception.realsense import RealSenseConfig, RealSenseSource

LENS = SimpleNamespace(width=4, height=2, fx=610.0, fy=611.0, ppx=2.5, ppy=1.5)


class FakeFrame:
    def __init__(self, pixels, timestamp_ms, domain):
        self.get_data = lambda: pixels
        self.get_timestamp = lambda: timestamp_ms
        self.get_frame_timestamp_domain = lambda: domain
        self.profile = SimpleNamespace(as_video_stream_profile=lambda: SimpleNamespace(intrinsics=LENS))


class FakeSensor:
    def __init__(self, stream, depth):
        self.options = {}
        self.is_depth_sensor = lambda: depth
        self.as_depth_sensor = lambda: SimpleNamespace(get_depth_scale=lambda: 0.001)
        self.get_stream_profiles = lambda: [SimpleNamespace(stream_type=lambda: stream)]
        self.supports = lambda key: key != "global_time_enabled" or not depth
        self.set_option = self.options.__setitem__


class FakeRealSense(ModuleType):
    """As much of pyrealsense2 as the source uses. `frames` is what the camera will give, None for a time-out."""

    def __init__(self, serials=("111", "222")):
        super().__init__("pyrealsense2")
        names = SimpleNamespace
        self.camera_info = names(serial_number="serial", name="name")
        self.stream = names(color="color", depth="depth")
        self.format = names(rgb8="rgb8", z16="z16")
        self.timestamp_domain = names(hardware_clock="hardware", system_time="system", global_time="global")
        keys = ("enable_auto_exposure", "auto_exposure_priority", "exposure", "global_time_enabled")
        self.option = names(**{key: key for key in keys})
        self.serials = serials
        self.sensors = [FakeSensor("depth", depth=True), FakeSensor("color", depth=False)]
        self.frames, self.enabled, self.refuses, self.stopped = [], [], None, 0
        self.align = lambda _: names(process=lambda frames: frames)

    def context(self):
        info = {"supports": lambda _: True}
        devices = [
            SimpleNamespace(get_info=lambda key, s=s: {"serial": s, "name": "D435"}[key], **info) for s in self.serials
        ]
        return SimpleNamespace(query_devices=lambda: devices)

    def config(self):
        return SimpleNamespace(
            enable_device=lambda serial: self.enabled.append(serial),
            enable_stream=lambda *mode: self.enabled.append(mode),
        )

    def pipeline(self):
        return SimpleNamespace(start=self._start, stop=self._stop, try_wait_for_frames=self._wait)

    def _start(self, _):
        if self.refuses:
            raise RuntimeError(self.refuses)
        return SimpleNamespace(get_device=lambda: SimpleNamespace(query_sensors=lambda: self.sensors))

    def _stop(self):
        self.stopped += 1

    def _wait(self, _):
        given = self.frames.pop(0) if self.frames else None
        if isinstance(given, Exception):
            raise given
        if given is None:
            return False, None
        color, depth = given if isinstance(given, tuple) else (given, None)
        return True, SimpleNamespace(get_color_frame=lambda: color, get_depth_frame=lambda: depth)


@pytest.fixture
def library(monkeypatch):
    fake = FakeRealSense()
    monkeypatch.setitem(sys.modules, "pyrealsense2", fake)
    return fake


PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def opened(**changes):
    source = RealSenseSource(RealSenseConfig("111", width=4, height=2, **changes))
    source.open()
    return source


def test_a_frame_with_the_drivers_system_time(library):
    pixels = PIXELS.copy()
    library.frames = [FakeFrame(pixels, 1_700_000_000_123.5, "global")]
    frame = opened().read(0.1)
    assert (frame.rgb == PIXELS).all()
    assert frame.stamp_ns == 1_700_000_000_123_500_000
    assert (frame.intrinsics.fx, frame.intrinsics.cy, frame.intrinsics.width) == (610.0, 1.5, 4)
    assert frame.depth is None
    pixels[:] = 0  # the driver reuses its buffer
    assert (frame.rgb == PIXELS).all()


def test_the_hardware_clock_becomes_system_time(library):
    library.frames = [FakeFrame(PIXELS, 5000.0, "hardware"), FakeFrame(PIXELS, 5033.0, "hardware")]
    source = opened()
    before = time.time_ns()
    first, second = source.read(0.1).stamp_ns, source.read(0.1).stamp_ns
    assert before <= first <= time.time_ns()
    assert second <= first + 33_000_000


def test_depth_in_metres(library):
    depth = FakeFrame(np.array([[0, 500, 1000, 65535]] * 2, np.uint16), 0.0, "global")
    library.frames = [(FakeFrame(PIXELS, 1.0, "global"), depth), (FakeFrame(PIXELS, 2.0, "global"), None)]
    source = opened(depth=True)
    assert ("depth", 4, 2, "z16", 30) in library.enabled
    assert source.read(0.1).depth[0] == pytest.approx([0, 0.5, 1.0, 65.535])
    assert source.read(0.1).depth is None
    assert source.features.depth


def test_options_that_keep_the_rate(library):
    opened()
    depth_sensor, color_sensor = library.sensors
    assert color_sensor.options == {
        "enable_auto_exposure": 1.0,
        "auto_exposure_priority": 0.0,
        "global_time_enabled": 1.0,
    }
    assert depth_sensor.options == {}
    opened(exposure_us=8000.0, global_time=False)
    assert color_sensor.options == {
        "enable_auto_exposure": 0.0,
        "auto_exposure_priority": 0.0,
        "global_time_enabled": 0.0,
        "exposure": 8000.0,
    }


def test_a_serial_that_is_not_there_lists_those_that_are(library):
    with pytest.raises(SourceError, match=r"serial '999' is connected; connected: 111 \(D435\), 222 \(D435\)"):
        RealSenseSource(RealSenseConfig("999")).open()
    library.serials = ()
    with pytest.raises(SourceError, match="connected: none"):
        RealSenseSource(RealSenseConfig("999")).open()


def test_without_a_serial_the_only_camera_is_taken(library):
    with pytest.raises(SourceError, match=r"not exactly one RealSense is connected; connected: 111 .*, 222"):
        RealSenseSource(RealSenseConfig()).open()
    library.serials = ("047",)
    RealSenseSource(RealSenseConfig()).open()
    assert "047" in library.enabled


def test_a_mode_that_the_camera_refuses(library):
    library.refuses = "Couldn't resolve requests"
    source = RealSenseSource(RealSenseConfig("111", rate=300))
    with pytest.raises(SourceError, match=r"640x480 at 300 Hz \(Couldn't resolve requests\); use a USB 3 port"):
        source.open()
    source.close()
    assert not source.state.ok


def test_silence_and_unplugging(library):
    source = opened(silence_s=0.0)
    time.sleep(0.001)
    with pytest.raises(SourceError, match="gives no images"):
        source.read(0.1)
    library.frames = [None, RuntimeError("Device disconnected"), FakeFrame(PIXELS, 1.0, "global")]
    source = opened(silence_s=100.0)
    assert source.read(0.1) is None
    with pytest.raises(SourceError, match=r"stopped .Device disconnected"):
        source.read(0.1)
    source.close()
    source.close()
    assert library.stopped == 1
    source.open()
    assert source.read(0.1) is not None


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrealsense2", None)
    with pytest.raises(DexSim2RealError, match="pip install 'dexsim2real\\[camera\\]'"):
        RealSenseSource(RealSenseConfig("1")).open()


def real_library():
    try:
        import pyrealsense2
    except ImportError as error:
        pytest.skip(f"pyrealsense2 does not load here: {error}")
    return pyrealsense2


def test_the_real_library_says_that_no_camera_is_there():
    real_library()
    with pytest.raises(SourceError, match="no RealSense with serial 'no such serial' is connected"):
        RealSenseSource(RealSenseConfig("no such serial")).open()


def test_the_real_library_with_its_software_device():
    rs = real_library()
    device = rs.software_device()
    sensor = device.add_sensor("RGB Camera")
    stream = rs.video_stream()
    stream.type, stream.fmt, stream.uid, stream.bpp = rs.stream.color, rs.format.rgb8, 1, 3
    stream.width, stream.height, stream.fps = 64, 48, 30
    lens = rs.intrinsics()
    lens.width, lens.height, lens.fx, lens.fy, lens.ppx, lens.ppy = 64, 48, 60.0, 61.0, 32.5, 24.5
    lens.model, lens.coeffs = rs.distortion.none, [0.0] * 5
    stream.intrinsics = lens
    profile = sensor.add_video_stream(stream, True).as_video_stream_profile()
    source = RealSenseSource(RealSenseConfig("soft", width=64, height=48), device)
    source.open()
    for number in range(3):
        raw = rs.software_video_frame()
        raw.pixels = np.full((48, 64, 3), number + 1, np.uint8)
        raw.stride, raw.bpp, raw.frame_number, raw.profile = 64 * 3, 3, number, profile
        raw.timestamp, raw.domain = 1000.0 + 33 * number, rs.timestamp_domain.hardware_clock
        sensor.on_video_frame(raw)
        frame = source.read(5.0)
        assert (frame.rgb == number + 1).all()
        assert frame.rgb.shape == (48, 64, 3)
        assert abs(time.time_ns() - frame.stamp_ns) < 60e9
        assert frame.intrinsics.cx == 32.5
    source.close()
