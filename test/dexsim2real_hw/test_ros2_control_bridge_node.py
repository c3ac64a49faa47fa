"""The bridge node as a process; the test plays the gate, the controllers and the broadcaster."""

import math
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_description import ARM_JOINTS, JOINTS
from dexsim2real_description.ros_node import QOS
from dexsim2real_hw.ros2_control import joint_names

COMMAND = "/safety_gate/joint_command"
DEPTH = QoSProfile(depth=10)


def publish(publisher, message):
    """Publish, unless the middleware gives up after 100 ms on an overloaded machine; callers repeat."""
    with suppress(RuntimeError):
        publisher.publish(message)


@pytest.fixture
def start(ros_environment):
    processes = []

    def start_node(hardware):
        command = [sys.executable, "-m", "dexsim2real_hw.ros2_control_bridge_node", "--ros-args"]
        command += ["-p", f"hardware:={hardware}"]
        processes.append(subprocess.Popen(command, env=ros_environment, stderr=subprocess.PIPE, text=True))

    yield start_node
    for process in processes:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        assert "Traceback" not in err


def test_commands_go_to_both_controllers_and_states_come_back(start, listener):
    arm_names, hand_names = joint_names("real")
    node = listener.node
    commands = node.create_publisher(JointTrajectory, COMMAND, QOS[COMMAND])
    states = node.create_publisher(JointState, "/joint_state_broadcaster/joint_states", DEPTH)
    to_arm = listener.collect(JointTrajectory, "/arm_controller/joint_trajectory", DEPTH)
    to_hand = listener.collect(JointTrajectory, "/hand_controller/joint_trajectory", DEPTH)
    joints = listener.collect(JointState, "/joint_states", QOS["/joint_states"])
    start("real")

    position = [0.1, -0.8, 0.1, -2.3, 0.1, 1.6, 0.8] + [0.4] * 16
    velocity = [0.5] + [0.0] * 22
    message = JointTrajectory(joint_names=list(JOINTS))
    message.points = [JointTrajectoryPoint(positions=position, velocities=velocity)]

    def sent():
        publish(commands, message)
        return to_arm and to_hand

    listener.until(sent)
    assert tuple(to_arm[-1].joint_names) == ARM_JOINTS
    assert tuple(to_hand[-1].joint_names) == hand_names
    assert list(to_arm[-1].points[0].positions) == position[:7]
    assert list(to_arm[-1].points[-1].velocities) == [0.0] * 7
    assert (to_arm[-1].header.stamp.sec, to_arm[-1].header.stamp.nanosec) == (0, 0)
    assert len(to_hand[-1].points) == 1

    names = [*hand_names, *arm_names]
    reply = JointState(name=names, position=[float(i) for i in range(23)], velocity=[0.0] * 23, effort=[0.0] * 23)
    reply.header.stamp.sec = 7

    def heard():
        publish(states, reply)
        return joints

    listener.until(heard)
    assert tuple(joints[-1].name) == JOINTS
    assert list(joints[-1].position) == [*range(16, 23), *range(16)]
    assert joints[-1].header.stamp.sec == 7


def test_nothing_from_ros2_control_is_an_error_that_says_what_to_look_at(start, listener):
    heard = listener.collect(DiagnosticArray, "/diagnostics", QOS["/diagnostics"])
    start("real")

    def status():
        found = [s for m in heard for s in m.status if s.name == "hardware"]
        return found[-1] if found else None

    listener.until(lambda: (s := status()) and s.level == DiagnosticStatus.ERROR)
    assert "are controllers and hardware active" in status().message


def test_the_twin_gets_no_nan(start, listener):
    targets = listener.node.create_publisher(JointState, "/twin/joint_target", DEPTH)
    commands = listener.collect(JointTrajectory, "/twin/joint_command", QOS[COMMAND])
    start("twin")
    good = JointState(name=list(JOINTS), position=[0.25] * 23)
    bad = JointState(name=list(JOINTS), position=[math.nan] * 23)

    def passed():
        publish(targets, bad)
        publish(targets, good)
        return len(commands) > 3

    listener.until(passed)
    assert all(list(command.points[-1].positions) == [0.25] * 23 for command in commands)
    assert all(tuple(command.joint_names) == JOINTS for command in commands)
