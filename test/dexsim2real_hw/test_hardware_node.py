"""The hardware node as a process, with stand-ins for both devices."""

import itertools
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_description import JOINTS
from dexsim2real_description.ros_node import QOS

COMMAND = "/safety_gate/joint_command"


def publish(publisher, message):
    """Publish, unless the middleware gives up after 100 ms on an overloaded machine; callers repeat."""
    with suppress(RuntimeError):
        publisher.publish(message)


@pytest.fixture
def start(ros_environment):
    processes = []

    def start_node(**parameters):
        arguments = [word for key, value in parameters.items() for word in ("-p", f"{key}:={value}")]
        command = [sys.executable, "-m", "dexsim2real_hw.hardware_node", "--ros-args", *arguments]
        processes.append(subprocess.Popen(command, env=ros_environment, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield start_node
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=120)
            assert process.returncode == 0, err
            assert "Traceback" not in err


@pytest.fixture
def graph(listener):
    class Graph:
        until = listener.until
        call = listener.call
        joints = listener.collect(JointState, "/joint_states", QOS["/joint_states"])
        diagnostics = listener.collect(DiagnosticArray, "/diagnostics", QOS["/diagnostics"])
        publisher = listener.node.create_publisher(JointTrajectory, COMMAND, QOS[COMMAND])

        def status(self):
            found = [s for m in self.diagnostics for s in m.status if s.name == "hardware"]
            return found[-1] if found else None

        def command(self, position, names=JOINTS):
            message = JointTrajectory(joint_names=list(names))
            message.points = [JointTrajectoryPoint(positions=[float(x) for x in position])]
            publish(self.publisher, message)

    return Graph()


def test_dry_run_moves_all_23_joints_and_ends_in_order(start, graph):
    process = start(robot_ip="standin", can="standin")
    graph.until(lambda: graph.joints)
    first = graph.joints[-1]
    assert tuple(first.name) == JOINTS
    assert len(first.velocity) == len(first.effort) == 23
    goal = [x + 0.05 for x in first.position]

    def arrived():
        graph.command(goal)
        return max(abs(a - b) for a, b in zip(graph.joints[-1].position, goal, strict=True)) < 0.02

    graph.until(arrived)
    stamps = [m.header.stamp.sec + m.header.stamp.nanosec * 1e-9 for m in graph.joints]
    assert all(b > a for a, b in itertools.pairwise(stamps))
    status = graph.until(lambda: (s := graph.status()) and s.level == DiagnosticStatus.OK and s)
    assert status.message == "running"
    assert int(next(pair.value for pair in status.values if pair.key == "commands")) > 0
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err


def test_a_command_that_is_refused_moves_nothing(start, graph):
    start(robot_ip="standin", can="standin")
    graph.until(lambda: graph.joints)
    before = graph.joints[-1].position

    def refused():
        graph.command([x + 0.05 for x in before[:-1]] + [float("nan")])
        graph.command([x + 0.05 for x in before[:-1]], JOINTS[:-1])
        status = graph.status()
        values = {pair.key: pair.value for pair in status.values} if status else {}
        return int(values.get("commands_refused", 0)) > 1

    graph.until(refused)
    assert list(graph.joints[-1].position) == pytest.approx(list(before), abs=1e-3)


def test_a_missing_can_interface_is_said_and_nothing_is_published(start, graph):
    start(robot_ip="standin", can="can77")
    status = graph.until(lambda: (s := graph.status()) and "no CAN interface" in s.message and s)
    assert status.level == DiagnosticStatus.ERROR
    assert "'can77'" in status.message
    assert graph.joints == []
    reply = graph.call(Trigger, "/hardware/recover")
    assert "connecting again" in reply.message
    assert "nothing to recover from" in reply.message


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"arm": "panda"}, "panda-python"),
        ({"hand": "v6"}, "unknown hand"),
        ({"stiffness": 2.0}, "at most 1"),
        ({"collision_torque": -1.0}, "positive numbers"),
        ({"colision_torque": 1.0}, "unknown parameter"),
    ],
)
def test_wrong_parameters_end_the_node_with_one_line(start, parameters, message):
    process = start(**parameters)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert message in err
    assert "Traceback" not in err
