"""The whole simulated graph as plain processes: it comes up, listens to the operator, and ends cleanly."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image, JointState, PointCloud2, PointField
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_description import JOINTS, make_cell
from dexsim2real_description.bags import BagTopic
from dexsim2real_description.ros_node import QOS, qos_without_deadline
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack

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


def test_without_ros_it_is_one_line():
    code = "import sys; sys.modules['rclpy'] = None; from dexsim2real_bringup.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "up", "sim"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "dexsim2real[ros]" in done.stderr and done.stderr.count("\n") == 1


POSE = np.array([0, 0, 0, -1.57, 0, 1.57, -0.785] + [0.1, 0.5, 0.5, 0.5] * 3 + [0.8, 0.3, 0.5, 0.5])
LONG_AGO = 10**18  # [ns], in 2001


def record_stillness(folder, seconds):
    """A robot without cameras that rests at POSE, recorded long ago."""
    layout = make_cell().touch
    fields = [PointField(name=f.name, offset=f.offset, datatype=f.datatype, count=f.count) for f in FIELDS]
    cloud = PointCloud2(height=1, width=4 * layout.num_taxels, fields=fields, point_step=POINT_STEP)
    cloud.row_step, cloud.data = cloud.width * POINT_STEP, pack(np.zeros((4, layout.num_taxels, 3)), layout.positions)
    state = JointState(name=list(JOINTS), position=POSE.tolist(), velocity=[0.0] * 23, effort=[0.0] * 23)
    with BagWriter(folder) as writer:
        for name, kind in (("/joint_states", "JointState"), ("/touch/points", "PointCloud2")):
            writer.add_topic(BagTopic(name, f"sensor_msgs/msg/{kind}", 0, reliable=kind == "JointState", latched=False))
        for stamp in range(LONG_AGO, LONG_AGO + round(seconds * 1e9), 8_000_000):
            for topic, message in (("/joint_states", state), ("/touch/points", cloud)):
                message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 10**9)
                writer.write(topic, stamp, bytes(serialize_message(message)))


@pytest.mark.slow
def test_a_replay_feeds_policy_and_gate_by_the_recordings_clock(ros_environment, listener, tmp_path):
    record_stillness(tmp_path / "bag", 100.0)
    chunks = listener.collect(JointTrajectory, "/policy/action_chunk", qos_without_deadline("/policy/action_chunk"))
    states = listener.collect(DiagnosticArray, "/safety_gate/state", QOS["/safety_gate/state"])
    words = ["up", "replay", "--bag", str(tmp_path / "bag"), "--no-cameras", "--no-markers", "--policy", "hold"]
    up = subprocess.Popen([*COMMAND, *words], env=ros_environment, stdout=subprocess.PIPE, text=True)

    def joints_seen():
        values = {pair.key: pair.value for pair in states[-1].status[0].values} if states else {}
        return float(values.get("margin age joint_states", "-inf")) > 0.0

    try:
        listener.until(lambda: chunks and joints_seen())  # by the clock on the wall everything is years old
    finally:
        up.send_signal(signal.SIGINT)
        output, _ = up.communicate(timeout=120)
    assert up.returncode == 0, output
    assert abs(chunks[-1].header.stamp.sec - LONG_AGO // 10**9) < 200
    assert list(chunks[-1].points[0].positions) == pytest.approx(POSE.tolist())  # it holds what the recording says


def test_a_replay_that_is_over_ends_the_graph_in_order(ros_environment, tmp_path):
    record_stillness(tmp_path / "bag", 0.1)
    words = ["--bag", str(tmp_path / "bag"), "--no-cameras", "--no-markers", "--policy", "none"]
    done = run(ros_environment, "up", "replay", *words)
    assert done.returncode == 0, done.stdout
    assert "node replay ended with status 0; the graph was stopped" in done.stdout.replace("\n", " ")
    assert children(ros_environment) == []
