"""The safety gate as a process, between a robot and a policy that are processes too."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import JointState, PointCloud2
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_description import JOINTS, make_cell
from dexsim2real_description.ros_node import QOS

from .gate.conftest import worst_excess
from .stand_in_node import HOME, SWUNG, swing

GATE = [sys.executable, "-m", "dexsim2real_hw.safety_gate_node"]
STAND_IN = [sys.executable, str(Path(__file__).with_name("stand_in_node.py"))]
COMMAND, CHUNK, STATE = "/safety_gate/joint_command", "/policy/action_chunk", "/safety_gate/state"
RATE = 125.0
LIMITS = make_cell().limits
PATIENT = {  # bounds for a machine on which a process may not run for a second
    **{f"{name}_age": 2.0 for name in ("joint_states", "touch", "chunk")},
    **{f"{name}_delay": 2.0 for name in ("joint_states", "touch", "chunk")},
    **{f"{name}_rate": 1.0 for name in ("joint_states", "touch", "chunk")},
    "tick_gap": 5.0,
    "stamp_ahead": 1.0,
}


class Graph:
    """Processes by name, and what the gate says and sends."""

    def __init__(self, listener, environment):
        self.listener, self._environment = listener, environment
        self.processes, self._clients = {}, {}
        self.commands = listener.collect(JointTrajectory, COMMAND, QoSProfile(depth=10_000))
        self._states = listener.collect(DiagnosticArray, STATE, QOS[STATE])

    def start(self, name, command, **parameters):
        words = [word for key, value in parameters.items() for word in ("-p", f"{key}:={value}")]
        line = [*command, "--ros-args", *words] if words else command
        self.processes[name] = subprocess.Popen(line, env=self._environment, stderr=subprocess.PIPE, text=True)

    def start_all(self, **bounds):
        self.start("gate", GATE, **{**PATIENT, **bounds})
        self.start("robot", [*STAND_IN, "robot"])
        self.start("policy", [*STAND_IN, "policy"])

    def kill(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def end(self, name):
        process = self.processes.pop(name)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        assert "Traceback" not in err

    @property
    def state(self):
        return self._states[-1].status[0] if self._states else DiagnosticStatus()

    def says(self, key):
        return next((pair.value for pair in self.state.values if pair.key == key), None)

    def ask(self, verb):
        """Call a service of the gate; again if no answer comes, since the server may not have found this client yet."""
        if verb not in self._clients:
            self._clients[verb] = self.listener.node.create_client(Trigger, f"/safety_gate/{verb}")
        client = self._clients[verb]
        self.listener.until(client.service_is_ready)
        asked = []

        def answer():
            if not asked or time.monotonic() > asked[-1][1]:
                asked.append((client.call_async(Trigger.Request()), time.monotonic() + 2.0))
            return next((future.result() for future, _ in asked if future.done()), None)

        return self.listener.until(answer)

    def until_mode(self, mode, moving=None):
        self.listener.until(lambda: self.state.message == mode and moving in (None, self.says("moving")))

    def undisturbed(self, count):
        """A run of at least so many commands during which the machine let the gate tick; no limit may fire then."""
        for _ in range(20):
            skipped, limited = self.says("count skipped"), self.says("count limited")
            self.commands.clear()
            self.listener.until(lambda: len(self.commands) > 2 * count)
            if self.says("count skipped") == skipped:
                assert self.says("count limited") == limited
                return max(bouts(self.commands), key=len)
        pytest.skip("this machine is too busy to let the gate tick evenly for two seconds")

    def catch_up(self):
        """Easing ends near the plan; once it is met, no limit fires any more."""
        for _ in range(20):
            limited = self.says("count limited")
            self.commands.clear()
            self.listener.until(lambda: len(self.commands) > 50)
            if self.says("count limited") == limited:
                return

    def arm(self):
        """Once every input has been seen."""

        def seen():
            ages = [pair.value for pair in self.state.values if pair.key.startswith("margin age")]
            return self.state.message == "disarmed" and len(ages) == 2 and min(map(float, ages)) > 0

        self.listener.until(seen)
        answer = self.ask("arm")
        assert answer.success or "the gate is" in answer.message, answer.message  # armed by a call that got lost

    def run(self):
        """Arm and wait until the plan is followed; again if this machine let an input starve meanwhile."""

        def settled():
            followed = self.says("easing") == "false" and self.says("moving") == "true"
            return self.state.message == "stopped" or (self.state.message == "running" and followed)

        for _ in range(5):
            self.arm()
            self.listener.until(settled)
            if self.state.message == "running":
                self.catch_up()
                return
            self.until_mode("stopped", moving="false")
            self.ask("reset")
            self.until_mode("disarmed")
        pytest.skip("this machine is too busy to run three processes side by side")


@pytest.fixture
def graph(listener, ros_environment):
    made = Graph(listener, ros_environment)
    yield made
    for name, process in list(made.processes.items()):
        made.kill(name)
        if not process.stderr.closed:
            sys.stdout.write(f"{name}: {process.stderr.read()}")  # shown if the test failed


def bouts(messages):
    """Positions of commands that follow each other without a gap, shape (n, J) each.

    A command's velocity is its difference to the one before, which shows whether that one is here too.
    """
    runs = []
    for message in messages:
        position, velocity = (np.array(row) for row in (message.points[0].positions, message.points[0].velocities))
        if runs and np.allclose(position - runs[-1][-1], velocity / RATE, rtol=0, atol=1e-12):
            runs[-1].append(position)
        else:
            runs.append([position])
    return [np.array(run) for run in runs]


def assert_inside_limits(messages):
    runs = bouts(messages)
    assert max(map(len, runs)) > 20
    for run in runs:
        if len(run) > 3:
            assert max(worst_excess(LIMITS, 1 / RATE, run).values()) < 1e-6


def off_plan(run, stamp):
    """Largest distance of the swung joint from the policy's swing, over a run of commands that began at `stamp`."""
    ticks = stamp + np.arange(len(run)) / RATE

    def distance(shift):
        return np.abs(run[:, SWUNG] - HOME[SWUNG] - swing(ticks + shift)[0]).max()

    return minimize_scalar(distance, bounds=(-0.05, 0.05), method="bounded", options={"xatol": 1e-9}).fun


def seconds(stamp):
    return stamp.sec + stamp.nanosec * 1e-9


def test_a_person_arms_the_policy_is_followed_and_a_person_stops(graph):
    graph.start_all()
    graph.until_mode("disarmed")
    assert not graph.commands
    graph.run()
    first = graph.undisturbed(100)
    assert graph.state.level == DiagnosticStatus.OK
    began = next(m for m in graph.commands if np.array_equal(m.points[0].positions, first[0]))
    assert off_plan(first, seconds(began.header.stamp)) < 1e-5  # unchanged, but for the drift of clocks
    assert began.joint_names == list(JOINTS)
    assert len(began.points) == 1
    assert seconds(began.points[0].time_from_start) == pytest.approx(1 / RATE)
    assert graph.ask("stop").success
    graph.until_mode("stopped", moving="false")
    assert graph.state.level == DiagnosticStatus.ERROR
    assert graph.says("cause") == "operator stop: 1 against 0"
    assert not graph.ask("arm").success
    assert graph.ask("reset").success
    graph.until_mode("disarmed")
    assert_inside_limits(graph.commands)
    graph.end("gate")


@pytest.mark.parametrize(
    ("victim", "causes"), [("policy", ("age chunk", "alive chunk")), ("robot", ("age joint_states",))]
)
def test_after_sigkill_the_robot_is_stopped_and_held_and_the_graph_can_go_on(graph, victim, causes):
    bound = {"policy": {"chunk_age": 1.0}, "robot": {"joint_states_age": 1.0}}[victim]
    graph.start_all(**bound)
    graph.run()
    graph.commands.clear()
    graph.listener.until(lambda: len(graph.commands) > 50)
    graph.kill(victim)
    graph.until_mode("stopped", moving="false")
    assert graph.says("cause").startswith(causes)
    held = len(graph.commands)
    graph.listener.until(lambda: len(graph.commands) > held + 10)
    assert {tuple(m.points[0].positions) for m in graph.commands[held:]} == {
        tuple(graph.commands[-1].points[0].positions)
    }
    assert_inside_limits(graph.commands)
    graph.start(victim, [*STAND_IN, victim])
    assert graph.ask("reset").success
    graph.run()


def test_told_to_go_while_it_runs_it_stops_the_robot_first(graph):
    graph.start_all()
    graph.run()
    graph.end("gate")
    graph.until_mode("stopped", moving="false")
    graph.listener.until(lambda: not np.any(graph.commands[-1].points[0].velocities))
    assert_inside_limits(graph.commands)


def test_with_simulated_time_it_ticks_by_the_clock_topic(graph):
    node = graph.listener.node
    graph.start("gate", GATE, **PATIENT, use_sim_time=True, touch="none")
    clock = node.create_publisher(ClockMessage, "/clock", QOS["/clock"])
    joints = node.create_publisher(JointState, "/joint_states", QOS["/joint_states"])
    simulated = [100 * 10**9]  # [ns]
    state = JointState(name=list(JOINTS), velocity=[0.0] * 23, effort=[0.0] * 23, position=HOME.tolist())

    def step():
        simulated[0] += 10_000_000
        stamp = Time(sec=simulated[0] // 10**9, nanosec=simulated[0] % 10**9)
        clock.publish(ClockMessage(clock=stamp))
        state.header.stamp = stamp
        joints.publish(state)

    def seen():
        step()
        return float(graph.says("margin age joint_states") or "-inf") > 0

    graph.listener.until(seen)
    assert graph.ask("arm").success
    graph.commands.clear()
    began = simulated[0]

    def commanded():
        step()
        return len(graph.commands) > 100

    graph.listener.until(commanded)
    passed = (simulated[0] - began) * 1e-9
    assert len(graph.commands) <= passed * RATE + 2  # no ticks but those of the simulated time
    stamps = [seconds(message.header.stamp) for message in graph.commands]
    assert began * 1e-9 <= stamps[0] <= stamps[-1] <= simulated[0] * 1e-9
    np.testing.assert_array_equal(graph.commands[-1].points[0].positions, HOME)


def test_what_cannot_be_read_is_refused_with_a_reason(graph):
    node = graph.listener.node
    graph.start("gate", GATE, **PATIENT)
    chunks = node.create_publisher(JointTrajectory, CHUNK, QOS[CHUNK])
    touch = node.create_publisher(PointCloud2, "/touch/points", QOS["/touch/points"])
    graph.until_mode("disarmed")
    chunk = JointTrajectory(joint_names=["elbow"], points=[JointTrajectoryPoint(positions=[0.0])])

    def refused(publisher, message, reason):
        def sent():
            message.header.stamp = node.get_clock().now().to_msg()
            publisher.publish(message)
            return (graph.says("rejected") or "").startswith(reason)

        graph.listener.until(sent)

    refused(chunks, chunk, "joints missing arm_joint_1")
    chunk.points, chunk.header.frame_id = [], "camera front: silent"
    refused(chunks, chunk, "policy camera front: silent: 1 against 0")
    refused(touch, PointCloud2(height=1, width=7, point_step=28), "shape touch cloud: 21 numbers")
    assert graph.ask("arm").message.startswith("cannot arm: age joint_states: inf s")


def test_failed_trials_are_counted_once_each(graph):
    graph.start_all(failed_trials=2)
    events = graph.listener.node.create_publisher(String, "/trial/event", QOS["/trial/event"])
    graph.run()
    for text in ('{"trial": 1, "outcome": "failure"}', '{"trial": 1, "outcome": "failure"}', "garbage", '{"trial": 2}'):
        events.publish(String(data=text))
    events.publish(String(data='{"trial": 2, "outcome": "failure"}'))
    margin = "margin failed_trials in a row"
    graph.listener.until(lambda: graph.says(margin) == "0")
    assert graph.state.message == "running"
    events.publish(String(data='{"trial": 3, "outcome": "failure"}'))
    graph.until_mode("stopped")
    assert graph.says("cause") == "failed_trials in a row: 3 trials against 2 trials"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"arm": "ur5"}, "unknown arm 'ur5'"),
        ({"chunk_age": -1.0}, "the gate's chunk age is -1.0"),
        ({"workspace_lower": "[0.1, 0.2]"}, "expected three numbers"),
        ({"easy": 0.1}, "unknown parameter of node 'safety_gate' 'easy'. Did you mean 'ease'?"),
    ],
)
def test_a_wrong_parameter_is_one_line_and_status_2(graph, parameters, message):
    graph.start("gate", GATE, **parameters)
    process = graph.processes["gate"]
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert message in err
    assert "Traceback" not in err
