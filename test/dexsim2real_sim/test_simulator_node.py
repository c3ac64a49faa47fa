"""The simulated robot and its camera as processes, heard from outside."""

import signal
import subprocess
import sys

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseArray
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState, PointCloud2
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_description import JOINTS
from dexsim2real_description.ros_node import QOS
from dexsim2real_description.touch_cloud import unpack

COMMAND = "/safety_gate/joint_command"


@pytest.fixture
def start(ros_environment):
    """Start a node with parameters; it is ended with SIGINT and must then exit cleanly."""
    processes = []

    def start_node(name, **parameters):
        arguments = [word for key, value in parameters.items() for word in ("-p", f"{key}:={value}")]
        command = [sys.executable, "-m", f"dexsim2real_sim.{name}_node", "--ros-args", *arguments]
        processes.append(subprocess.Popen(command, env=ros_environment, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield start_node
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
            assert process.returncode == 0, err
            assert "Traceback" not in err


def stamp(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def test_it_offers_what_the_robot_offers(start, listener):
    joints = listener.collect(JointState, "/joint_states", QOS["/joint_states"])
    touch = listener.collect(PointCloud2, "/touch/points", QOS["/touch/points"])
    objects = listener.collect(PoseArray, "/simulator/object_poses", QOS["/simulator/object_poses"])
    diagnostics = listener.collect(DiagnosticArray, "/diagnostics", QOS["/diagnostics"])
    publisher = listener.node.create_publisher(JointTrajectory, COMMAND, QOS[COMMAND])
    start("simulator")
    listener.until(lambda: len(joints) > 20 and touch and objects)
    assert list(joints[-1].name) == list(JOINTS)
    assert all(later > earlier for earlier, later in zip(map(stamp, joints), map(stamp, joints[1:]), strict=False))
    assert unpack(touch[-1].data, touch[-1].fields, touch[-1].point_step).shape == (4, 15, 3)

    goal = joints[-1].position[0] + 0.1
    point = JointTrajectoryPoint(positions=[goal])
    command = JointTrajectory(joint_names=[JOINTS[0]], points=[point])

    def arrived():
        publisher.publish(command)
        return abs(joints[-1].position[0] - goal) < 0.01

    listener.until(arrived)
    publisher.publish(JointTrajectory(joint_names=["elbow"], points=[point]))
    publisher.publish(JointTrajectory(joint_names=[JOINTS[0]]))

    def refused():
        values = {pair.key: pair.value for message in diagnostics for s in message.status for pair in s.values}
        return int(values.get("commands_refused", 0)) == 2 and int(values["commands"]) > 0

    listener.until(refused)
    before = objects[-1].poses[0].position
    response = listener.call(Trigger, "/simulator/reset")
    assert response.success and "starts anew" in response.message
    listener.until(lambda: objects[-1].poses[0].position != before)


def test_a_seed_and_a_reset_bring_the_same_scene_again(start, listener):
    objects = listener.collect(PoseArray, "/simulator/object_poses", QOS["/simulator/object_poses"])
    start("simulator")
    listener.until(lambda: objects)

    def scene_of(seed):
        value = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=seed)
        request = SetParameters.Request(parameters=[Parameter(name="seed", value=value)])
        assert listener.call(SetParameters, "/simulator/set_parameters", request).results[0].successful == (seed >= 0)
        assert listener.call(Trigger, "/simulator/reset").success
        seen = len(objects)
        listener.until(lambda: len(objects) > seen + 8)  # more than are under way when the answer comes
        return [objects[-1].poses[0].position.x, objects[-1].poses[0].position.y]

    first = scene_of(3)
    other = scene_of(4)
    assert first != pytest.approx(other, abs=1e-3)
    assert scene_of(3) == pytest.approx(first, abs=1e-3)
    assert scene_of(-1) != pytest.approx(first, abs=1e-3)  # refused: the next start of the same seed


def test_as_fast_as_it_can_it_publishes_its_own_time(start, listener):
    clock = listener.collect(Clock, "/clock", QOS["/clock"])
    joints = listener.collect(JointState, "/joint_states", QOS["/joint_states"])
    start("simulator", speed=0.0)
    listener.until(lambda: len(clock) > 20 and len(joints) > 20)
    assert stamp(joints[-1]) < 1e12  # since it was started, and not since 1970
    assert {
        round((b - a) * 120 / 1e9, 3) % 1 for a, b in zip(map(stamp, joints), map(stamp, joints[1:]), strict=False)
    } <= {0.0}


def test_a_camera_draws_what_the_simulator_describes(start, listener):
    topic, info_topic = "/wrist_camera/color/image_raw", "/wrist_camera/color/camera_info"
    images = listener.collect(Image, topic, QOS[topic])
    infos = listener.collect(CameraInfo, info_topic, QOS[info_topic])
    start("simulator")
    start("simulated_camera", camera="wrist", width=160, height=120)
    listener.until(lambda: len(images) > 2 and len(infos) > 2)
    image = images[-1]
    assert (image.width, image.height, image.encoding, image.step) == (160, 120, "rgb8", 480)
    assert image.header.frame_id == "wrist_camera_color_optical_frame"
    assert len(set(image.data)) > 20  # a picture, not one colour
    assert stamp(images[-1]) > stamp(images[-2])
    assert infos[-1].k[0] == pytest.approx(615 / 4)


@pytest.mark.parametrize(
    ("node", "parameters", "message"),
    [
        ("simulator", {"task": "juggling"}, "unknown task 'juggling'"),
        ("simulator", {"speed": 2.0}, "speed is 2.0, expected 1 (real time) or 0"),
        ("simulator", {"twin": "nowhere.yaml"}, "nowhere.yaml"),
        ("simulated_camera", {"camera": "left"}, "unknown camera 'left'. Valid: front, wrist"),
    ],
)
def test_wrong_parameters_are_one_line(start, node, parameters, message):
    process = start(node, **parameters)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert message in err and err.startswith("error: ") and len(err.splitlines()) == 1
