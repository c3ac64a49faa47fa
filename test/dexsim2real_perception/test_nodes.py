"""The camera and the touch node as processes, heard from outside."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image as Picture

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_srvs.srv import Trigger

from dexsim2real_description.ros_node import QOS
from dexsim2real_description.touch_cloud import unpack
from dexsim2real_perception.xela_stand_in import StandInConfig, XelaStandIn


@pytest.fixture
def start(ros_environment):
    """Start a node with parameters; it is ended with SIGINT and must then exit cleanly."""
    processes = []

    def start_node(name, **parameters):
        arguments = [word for key, value in parameters.items() for word in ("-p", f"{key}:={value}")]
        command = [sys.executable, "-m", f"dexsim2real_perception.{name}_node", "--ros-args", *arguments]
        processes.append(subprocess.Popen(command, env=ros_environment, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield start_node
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
            assert process.returncode == 0, err
            assert "Traceback" not in err


def status_of(listener, name):
    heard = listener.collect(DiagnosticArray, "/diagnostics", QOS["/diagnostics"])

    def latest():
        found = [status for message in heard for status in message.status if status.name == name]
        return found[-1] if found else None

    return latest


def test_a_camera_publishes_its_images_with_the_time_of_exposure(start, listener, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    Picture.fromarray(pixels).save(tmp_path / "one.png")
    topic = "/wrist_camera/color/image_raw"
    info_topic = "/wrist_camera/color/camera_info"
    images = listener.collect(Image, topic, QOS[topic])
    infos = listener.collect(CameraInfo, info_topic, QOS[info_topic])
    status = status_of(listener, "camera")
    start("camera", camera="wrist", source="folder", path=tmp_path)
    listener.until(lambda: len(images) >= 5 and len(infos) >= 5)
    image, info = images[-1], infos[-1]
    assert (image.height, image.width, image.step, image.encoding) == (48, 64, 192, "rgb8")
    assert np.array_equal(np.asarray(image.data, np.uint8).reshape(48, 64, 3), pixels)
    assert image.header.frame_id == info.header.frame_id == "wrist_camera_color_optical_frame"
    assert (info.width, info.k[0], info.k[2]) == (64, 61.5, 32.0)
    stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in images]
    # Received stamps are multiples of the period apart, exactly, however late the messages were.
    assert {round(step / (1e9 / 30), 3) % 1.0 for step in np.diff(stamps)} == {0.0}
    assert listener.until(lambda: (s := status()) and s.message == "playing images" and s).level == b"\x00"


def test_touch_is_published_and_zeroed_on_request(start, listener):
    clouds = listener.collect(PointCloud2, "/touch/points", QOS["/touch/points"])
    status = status_of(listener, "touch")
    with XelaStandIn(StandInConfig(port=0, calibrated=True)) as stand_in:
        # A busy machine may hold a message for longer than a robot should accept.
        start("touch", touch="uSCuAH", uri=f"ws://127.0.0.1:{stand_in.port}", max_age=10.0)
        listener.until(lambda: clouds)
        force = np.zeros_like(stand_in.force)
        force[3, 29] = [0.25, -0.5, 2.0]
        stand_in.force = force
        listener.until(lambda: unpack(clouds[-1].data, clouds[-1].fields, clouds[-1].point_step)[3, 29, 2] > 1.9)
        felt = unpack(clouds[-1].data, clouds[-1].fields, clouds[-1].point_step)
        assert felt == pytest.approx(force, abs=0.02)
        assert clouds[-1].header.frame_id == "fingertips"
        assert (clouds[-1].width, clouds[-1].height, clouds[-1].row_step) == (120, 1, 120 * 28)
        assert listener.until(lambda: (s := status()) and s.message == "streaming" and s).level == b"\x00"
        values = {pair.key: pair.value for pair in status().values}
        assert float(values["temperature_c"]) == pytest.approx(28.9, abs=0.1)
        response = listener.call(Trigger, "/touch/zero")
        assert (response.success, response.message.split(";")[0]) == (True, "taking the no-touch baseline")


def test_a_touch_server_that_is_not_there_is_an_error_in_diagnostics(start, listener):
    status = status_of(listener, "touch")
    start("touch", uri="ws://127.0.0.1:1")
    found = listener.until(status)
    assert found.level == b"\x02"
    assert "no XELA server at ws://127.0.0.1:1" in found.message


@pytest.mark.parametrize(
    ("node", "parameters", "message"),
    [
        ("camera", {"camera": "left"}, "unknown camera 'left'. Valid: front, wrist"),
        ("camera", {"source": "webcam"}, "unknown camera source 'webcam'. Valid: bag, folder, realsense"),
        ("camera", {"source": "bag"}, "camera source 'bag' needs the parameter 'path'"),
        ("touch", {"touch": "grid16"}, "unknown touch layout 'grid16'. Did you mean 'grid15'?"),
        ("touch", {"source": "none"}, "unknown touch source 'none'. Valid: bag, xela"),
        ("touch", {"sensors": "['1','1','2','3']"}, "expected four different sensor numbers"),
    ],
)
def test_wrong_parameters_are_one_line(start, node, parameters, message):
    process = start(node, **parameters)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert message in err
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
