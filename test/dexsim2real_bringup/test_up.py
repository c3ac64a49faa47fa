"""The whole simulated graph as plain processes: it comes up, listens to the operator, and ends cleanly."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image, JointState

from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_description.ros_node import QOS, qos_without_deadline

COMMAND = [sys.executable, "-c", "import sys; from dexsim2real_bringup.cli import main; sys.exit(main())"]


def run(environment, *words):
    return subprocess.run([*COMMAND, *words], env=environment, capture_output=True, text=True, timeout=120)


def children(environment):
    """Processes of nodes in this test's domain."""
    wanted = f"ROS_DOMAIN_ID={environment['ROS_DOMAIN_ID']}"
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            if "--ros-args" in words and wanted in (folder / "environ").read_text().split("\0"):
                found.append(words[2])
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_it_comes_up_obeys_the_operator_and_ends_cleanly(ros_environment, listener):
    joints = listener.collect(JointState, "/joint_states", qos_without_deadline("/joint_states"))
    images = listener.collect(Image, "/front_camera/color/image_raw", QOS["/front_camera/color/image_raw"])
    states = listener.collect(DiagnosticArray, "/safety_gate/state", QOS["/safety_gate/state"])
    up = subprocess.Popen(
        [*COMMAND, "up", "sim", "--policy", "hold"],
        env=ros_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        listener.until(lambda: joints and images and states, 120)
        expected = {node.name for node in graph("sim", GraphOptions())}
        listener.until(lambda: expected <= set(listener.node.get_node_names()), 60)
        stopped = run(ros_environment, "gate", "stop")
        assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
        refused = run(ros_environment, "gate", "arm")
        assert refused.returncode == 2
        assert "the safety gate says: cannot arm: the gate is stopped" in refused.stderr
        assert run(ros_environment, "gate", "reset").stdout == "disarmed\n"
        shown = run(ros_environment, "gate", "state")
        assert shown.returncode == 0 and re.search(r"safety_gate\s+.\s+disarmed", shown.stdout)
        heard = run(ros_environment, "topics", "--seconds", "10")
        assert heard.returncode == 0 and "/joint_states" in heard.stdout
    finally:
        up.send_signal(signal.SIGINT)
        output, _ = up.communicate(timeout=60)
    assert up.returncode == 0, output
    assert "Traceback" not in output
    assert children(ros_environment) == []


def test_without_a_graph_the_console_says_how_to_start_one(ros_environment):
    done = run(ros_environment, "gate", "arm")
    assert done.returncode == 2
    assert "start the graph with: dexsim2real up sim" in done.stderr and done.stderr.count("\n") == 1


def test_a_node_that_refuses_its_parameters_ends_the_graph_with_its_line(ros_environment):
    done = run(ros_environment, "up", "sim", "--task", "juggling")
    assert done.returncode == 2
    assert "unknown task 'juggling'" in done.stdout.replace("\n", " ")
    assert children(ros_environment) == []
