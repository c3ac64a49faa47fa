import time

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="needs the extra 'bag'")
pytest.importorskip("dexsim2real_audit", reason="colcon shows it only in a sourced workspace")

from rosbags.typesys import Stores, get_typestore

from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_description import DexSim2RealError, touch_layout
from dexsim2real_description.bags import BagTopic
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack
from dexsim2real_perception.errors import SourceEndedError, SourceError
from dexsim2real_perception.replay import ReplayCamera, replay_touch

TYPES = get_typestore(Stores.ROS2_KILTED)
T = TYPES.types
IMAGE, INFO, TOUCH = "/front_camera/color/image_raw", "/front_camera/color/camera_info", "/touch/points"


def header(stamp_ns):
    stamp = T["builtin_interfaces/msg/Time"](stamp_ns // 10**9, stamp_ns % 10**9)
    return T["std_msgs/msg/Header"](stamp, "frame")


def image(stamp_ns, pixels, encoding="rgb8", step=None, spare=0):
    height, width, channels = pixels.shape
    data = np.concatenate([pixels.reshape(height, -1), np.zeros((height, spare), np.uint8)], axis=1).ravel()
    step = width * channels + spare if step is None else step
    return T["sensor_msgs/msg/Image"](header(stamp_ns), height, width, encoding, 0, step, data)


def camera_info(stamp_ns):
    roi = T["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    k = np.array([615.0, 0, 320, 0, 616, 240, 0, 0, 1])
    zero = np.zeros(0), k, np.eye(3).ravel(), np.zeros(12)
    return T["sensor_msgs/msg/CameraInfo"](header(stamp_ns), 480, 640, "plumb_bob", *zero, 0, 0, roi)


def cloud(stamp_ns, force):
    fields = [T["sensor_msgs/msg/PointField"](f.name, f.offset, f.datatype, 1) for f in FIELDS]
    taxels = force.shape[1]
    data = np.frombuffer(pack(force, np.zeros((taxels, 3))), np.uint8)
    return T["sensor_msgs/msg/PointCloud2"](
        header(stamp_ns), 1, 4 * taxels, fields, False, POINT_STEP, len(data), data, True
    )


@pytest.fixture
def write(tmp_path):
    def write_bag(*messages):
        with BagWriter(tmp_path / "bag") as writer:
            for number, (topic, message) in enumerate(messages):
                writer.add_topic(BagTopic(topic, message.__msgtype__, 0, reliable=False, latched=False))
                writer.write(topic, number, bytes(TYPES.serialize_cdr(message, message.__msgtype__)))
        return tmp_path / "bag"

    return write_bag


PIXELS = np.random.default_rng(0).integers(0, 255, (4, 6, 3), np.uint8)
LONG_AGO = 1_600_000_000_000_000_000


def test_images_come_with_their_intervals_and_new_stamps(write):
    bag = write((INFO, camera_info(0)), *[(IMAGE, image(LONG_AGO + i * 20_000_000, PIXELS + i)) for i in range(3)])
    source = ReplayCamera(bag, "front")
    source.open()
    before = time.time_ns()
    frames = [source.read(10.0) for _ in range(3)]
    assert before <= frames[0].stamp_ns <= time.time_ns()
    assert np.diff([f.stamp_ns for f in frames]).tolist() == [20_000_000, 20_000_000]
    assert time.time_ns() >= frames[2].stamp_ns
    assert (frames[1].rgb == PIXELS + 1).all()
    assert (frames[0].intrinsics.fx, frames[0].intrinsics.fy, frames[0].intrinsics.cx) == (615.0, 616.0, 320.0)
    with pytest.raises(SourceEndedError):
        source.read(0.1)
    source.close()
    source.open()  # from the start
    assert (source.read(1.0).rgb == PIXELS).all()
    source.close()


def test_a_frame_that_is_not_due_is_waited_for(write):
    source = ReplayCamera(
        write((INFO, camera_info(0)), (IMAGE, image(0, PIXELS)), (IMAGE, image(10**12, PIXELS))), "front"
    )
    source.open()
    assert source.read(0.01) is not None
    assert source.read(0.01) is None
    source.close()
    with pytest.raises(SourceError, match="not open"):
        source.read(0.01)


@pytest.mark.parametrize("encoding", ["bgr8", "rgba8", "bgra8"])
def test_other_encodings_and_padded_rows(write, encoding):
    swapped = PIXELS[:, :, ::-1] if encoding.startswith("bgr") else PIXELS
    alpha = np.zeros((4, 6, 1 if "a" in encoding else 0), np.uint8)
    message = image(0, np.concatenate([swapped, alpha], axis=2), encoding, spare=5)
    source = ReplayCamera(write((INFO, camera_info(0)), (IMAGE, message)), "front")
    source.open()
    assert (source.read(1.0).rgb == PIXELS).all()
    source.close()


def test_bad_images_and_missing_topics(write, tmp_path):
    bag = write((INFO, camera_info(0)), (IMAGE, image(0, PIXELS, "mono16")), (IMAGE, image(0, PIXELS, step=17)))
    source = ReplayCamera(bag, "front")
    source.open()
    with pytest.raises(SourceEndedError, match="'mono16'; expected one of rgb8"):
        source.read(1.0)
    source.close()
    wrist = ReplayCamera(bag, "wrist")
    wrist.open()
    with pytest.raises(SourceEndedError, match=r"/wrist_camera/color/image_raw'.*Valid: /front_camera"):
        wrist.read(1.0)
    wrist.close()
    with pytest.raises(DexSim2RealError, match="no recording at"):
        ReplayCamera(tmp_path / "none", "front").open()


def test_an_image_with_too_few_bytes(write):
    source = ReplayCamera(write((INFO, camera_info(0)), (IMAGE, image(0, PIXELS, step=17))), "front")
    source.open()
    with pytest.raises(SourceEndedError, match="4 rows of 17 bytes has 72 bytes for 6 pixels"):
        source.read(1.0)
    source.close()


def test_images_without_camera_info(write):
    source = ReplayCamera(write((IMAGE, image(0, PIXELS))), "front")
    source.open()
    with pytest.raises(SourceEndedError, match="nothing on /front_camera/color/camera_info; record that topic"):
        source.read(1.0)
    source.close()


def test_touch(write):
    force = np.random.default_rng(0).normal(size=(4, 15, 3)).astype(np.float32)
    bag = write((TOUCH, cloud(LONG_AGO, force)))
    source = replay_touch(bag, touch_layout("grid15"))
    source.open()
    assert (source.read(1.0).force == force).all()
    source.close()
    other = replay_touch(bag, touch_layout("uSCuAH"))
    other.open()
    with pytest.raises(SourceEndedError, match="15 taxels per finger, but touch layout 'uSCuAH' has 30"):
        other.read(1.0)
    other.close()


def test_features_of_a_recorded_camera(write):
    bag = write((INFO, camera_info(0)), (IMAGE, image(0, PIXELS)), (IMAGE, image(1, PIXELS)), (IMAGE, image(2, PIXELS)))
    features = ReplayCamera(bag, "front").features
    assert (features.width, features.height, features.rate) == (640, 480, 1e9)  # received 1 ns apart
    with pytest.raises(DexSim2RealError, match=r"Valid: /front_camera"):
        _ = ReplayCamera(bag, "wrist").features


def test_state_follows_open_and_close(write):
    source = ReplayCamera(write((INFO, camera_info(0)), (IMAGE, image(0, PIXELS))), "front")
    assert not source.state.ok
    source.open()
    assert source.state.ok
    source.close()
    assert not source.state.ok
