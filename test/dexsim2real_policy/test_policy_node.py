"""The policy node as a process, fed and heard from outside."""

import array
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sensor_msgs.msg import Image, JointState, PointCloud2, PointField
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_description import JOINTS
from dexsim2real_description.observation import SensorValues, build_inputs
from dexsim2real_description.ros_node import QOS
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack, unpack
from dexsim2real_policy import load_policy
from dexsim2real_policy.artifact import write_artifact
from dexsim2real_policy.contract import Chunking
from dexsim2real_policy.messages import JointReader, rgb_image
from dexsim2real_policy.pilot import sensor_values
from dexsim2real_policy.sync import SensorSync

from .conftest import CELL, OBSERVATION, drift_contract

CHUNKS = "/policy/action_chunk"
RNG = np.random.default_rng(0)
MIDDLE = (CELL.limits.lower + CELL.limits.upper) / 2
VALUES = SensorValues(
    position=MIDDLE + RNG.normal(0, 0.05, 23),
    velocity=RNG.normal(0, 0.1, 23),
    torque=RNG.normal(0, 0.1, 23),
    target=MIDDLE,
    touch=RNG.normal(0, 1.0, (4, 15, 3)),
    images={name: RNG.integers(0, 256, (60, 80, 3), dtype=np.uint8) for name in OBSERVATION.cameras},
)


def joint_message(stamp: Time) -> JointState:
    message = JointState(name=list(JOINTS[::-1]))  # another order than ours
    message.header.stamp = stamp
    for name, row in (("position", VALUES.position), ("velocity", VALUES.velocity), ("effort", VALUES.torque)):
        setattr(message, name, array.array("d", row[::-1]))
    return message


def touch_message(stamp: Time) -> PointCloud2:
    fields = [PointField(name=f.name, offset=f.offset, datatype=f.datatype, count=f.count) for f in FIELDS]
    message = PointCloud2(height=1, width=60, fields=fields, point_step=POINT_STEP, row_step=60 * POINT_STEP)
    message.header.stamp = stamp
    message.data = array.array("B", pack(VALUES.touch, CELL.touch.positions))
    return message


def image_message(name: str, stamp: Time) -> Image:
    message = Image(height=60, width=80, encoding="rgb8", step=240)
    message.header.stamp = stamp
    message.data = array.array("B", VALUES.images[name].tobytes())
    return message


class Robot:
    """Publishes the sensors whenever it is asked to."""

    def __init__(self, listener: object) -> None:
        self.node = listener.node
        topics = {JointState: "/joint_states", PointCloud2: "/touch/points"}
        self.publishers = {kind: self.node.create_publisher(kind, topic, QOS[topic]) for kind, topic in topics.items()}
        cameras = {name: f"/{name}_camera/color/image_raw" for name in OBSERVATION.cameras}
        self.cameras = {name: self.node.create_publisher(Image, topic, QOS[topic]) for name, topic in cameras.items()}
        self.stamps: set[int] = set()

    def publish(self) -> None:
        stamp = self.node.get_clock().now().to_msg()
        for name, camera in self.cameras.items():
            camera.publish(image_message(name, stamp))
        self.publishers[PointCloud2].publish(touch_message(stamp))
        self.publishers[JointState].publish(joint_message(stamp))
        self.stamps.add(nanoseconds(stamp))


def nanoseconds(stamp: Time) -> int:
    return stamp.sec * 10**9 + stamp.nanosec


@pytest.fixture
def start(ros_environment):
    """Start the node; it is ended with SIGINT and must then exit cleanly."""
    processes = []

    def start_node(**parameters):
        arguments = [word for key, value in parameters.items() for word in ("-p", f"{key}:={value}")]
        command = [sys.executable, "-m", "dexsim2real_policy.policy_node", "--ros-args", *arguments]
        processes.append(subprocess.Popen(command, env=ros_environment, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield start_node
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
            assert process.returncode == 0, err


def statuses(listener) -> list[DiagnosticStatus]:
    """Fills with what the node says of itself."""
    found = []

    def keep(message: DiagnosticArray) -> None:
        found.extend(status for status in message.status if status.name == "policy")

    listener.node.create_subscription(DiagnosticArray, "/diagnostics", keep, QOS["/diagnostics"])
    return found


def test_the_node_asks_for_what_the_policy_says_of_the_same_values(start, listener, tvcap):
    robot, chunks, said = Robot(listener), listener.collect(JointTrajectory, CHUNKS, QOS[CHUNKS]), statuses(listener)
    start(artifact=tvcap)

    def acting() -> bool:
        robot.publish()
        return len(chunks) >= 3 and said and said[-1].message == "acting"

    listener.until(acting)
    message = chunks[-1]
    # nobody commands the robot, so the target in force is the measured position, and every chunk is a first one
    values = SensorValues(VALUES.position, VALUES.velocity, VALUES.torque, VALUES.position, VALUES.touch, VALUES.images)
    expected = load_policy(tvcap).act(values)
    found = np.array([point.positions for point in message.points])
    assert found == pytest.approx(expected.positions, abs=1e-9)
    assert message.joint_names == list(JOINTS)
    assert nanoseconds(message.header.stamp) in robot.stamps  # the observation's, and not the node's own clock
    times = [point.time_from_start.sec + point.time_from_start.nanosec * 1e-9 for point in message.points]
    assert times == pytest.approx(expected.times, abs=1e-9)
    figures = {pair.key: pair.value for pair in said[-1].values}
    assert float(figures["inference p50 [ms]"]) > 0 and float(figures["age of touch [ms]"]) >= 0
    assert figures["task"] == "pick_place" and int(figures["chunks"]) >= 3


def test_a_camera_that_falls_silent_is_told_to_the_gate_until_it_is_heard_again(start, listener, tvcap):
    robot, chunks, said = Robot(listener), listener.collect(JointTrajectory, CHUNKS, QOS[CHUNKS]), statuses(listener)
    start(artifact=tvcap, image_silence=2.0)  # a busy machine may keep this test from publishing for a second

    def chunk_comes() -> bool:
        robot.publish()
        return bool(chunks) and bool(chunks[-1].points)

    listener.until(chunk_comes)
    wrist = robot.cameras.pop("wrist")

    def refused() -> bool:
        robot.publish()
        return not chunks[-1].points

    listener.until(refused)
    assert chunks[-1].header.frame_id == "camera wrist: silent for 2.01 s, limit 2 s"
    listener.until(lambda: said and "camera wrist: silent" in said[-1].message)
    assert said[-1].level == DiagnosticStatus.ERROR
    robot.cameras["wrist"] = wrist
    listener.until(chunk_comes)


def test_a_silent_robot_gets_no_chunks_and_the_node_says_why(start, listener):
    robot, chunks, said = Robot(listener), listener.collect(JointTrajectory, CHUNKS, QOS[CHUNKS]), statuses(listener)
    start(artifact="hold")
    listener.until(lambda: said and "joint states: no value received" in said[-1].message)
    assert said[-1].level == DiagnosticStatus.ERROR

    def acting() -> bool:
        robot.publish()
        return bool(chunks)

    listener.until(acting)
    assert chunks[-1].points[-1].positions == array.array("d", VALUES.position)
    listener.until(lambda: "s old, limit 0.05 s" in said[-1].message)
    count = len(chunks)
    said.clear()
    listener.until(lambda: said)  # a second later
    assert len(chunks) == count


def test_a_message_that_cannot_be_read_is_told_and_survived(start, listener):
    robot, said = Robot(listener), statuses(listener)
    start(artifact="hold")
    broken = JointState(name=["arm_joint_1"], position=[0.0])

    def complained() -> bool:
        robot.publishers[JointState].publish(broken)
        return any("/joint_states: message has 1 joints, expected the 23" in status.message for status in said)

    listener.until(complained)

    def recovered() -> bool:
        robot.publish()
        return said[-1].message == "acting"

    listener.until(recovered)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"arm": "fr3"}, "observation.lower[0] is -2.8973 in the policy but -2.7437 on the robot"),
        ({"touch": "uSCuAH"}, "observation.touch_layout is 'grid15' in the policy but 'uSCuAH' on the robot"),
        ({"rate": 20.0}, "observation.rate is 30.0 in the policy but 20.0 on the robot"),
        ({"artifact": "/nowhere"}, "there is no policy /nowhere"),
    ],
)
def test_a_policy_that_does_not_fit_stops_the_node_with_one_line(start, tvcap, parameters, message):
    process = start(**{"artifact": tvcap, **parameters})
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert message in err and err.count("\n") == 1


def test_a_policy_too_slow_for_the_gate_is_refused(start, tmp_path):
    observation = replace(drift_contract().observation, rate=5.0)
    slow = drift_contract(kind="hold", observation=observation, chunk=Chunking(8))
    write_artifact(tmp_path / "slow", slow, {})
    process = start(artifact=tmp_path / "slow")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2 and "observation.rate is 5 Hz in the policy, but the safety gate wants" in err


def test_messages_give_the_bits_that_simulation_gives():
    stamp = Time(sec=1)
    sync = SensorSync(OBSERVATION)
    joints = joint_message(stamp)
    sync.joints.put(10**9, JointReader(JOINTS).sample(joints.name, joints.position, joints.velocity, joints.effort))
    cloud = touch_message(stamp)
    sync.touch.put(10**9, unpack(cloud.data, cloud.fields, cloud.point_step))
    for name, stream in sync.cameras.items():
        stream.put(10**9, rgb_image(image_message(name, stamp)))
    live = build_inputs(OBSERVATION, sensor_values(sync.take(10**9), VALUES.target))
    for name, array_in_simulation in build_inputs(OBSERVATION, VALUES).items():
        assert live[name].tobytes() == array_in_simulation.tobytes()
