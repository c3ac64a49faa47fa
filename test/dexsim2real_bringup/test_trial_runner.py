"""Trials on the live graph without a person."""

import json

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger

from dexsim2real_bringup import referee
from dexsim2real_bringup.bench_policies import write_swaying
from dexsim2real_bringup.cli import main
from dexsim2real_bringup.graph import GraphOptions
from dexsim2real_bringup.referee import JOINTS, SCENES, SimulatorReferee
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_bringup.trial_runner import EVENTS, STATE, TrialRunner, run_trials
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.ros_node import QOS, qos_without_deadline
from dexsim2real_sim.live_scene import Scene


class Graph:
    """Gate and simulator in this test's own node: they do what they are asked, on a clock of scenes."""

    def __init__(self, node, verdicts, refusals=0, trembling=0):
        """The robot trembles at the first `trembling` starts."""
        self.mode, self.asked, self.events = "disarmed", [], []
        self._trembling = trembling
        self._joints = node.create_publisher(JointState, JOINTS, QOS[JOINTS])
        self._verdicts, self._refusals = iter(verdicts), refusals
        self._verdict, self._starts, self._stamp, self._cause = "open", 1, 0, ""
        self._scenes = node.create_publisher(String, SCENES, QOS[SCENES])
        self._states = node.create_publisher(DiagnosticArray, STATE, QOS[STATE])
        for name in ("/safety_gate/arm", "/safety_gate/stop", "/safety_gate/reset", "/simulator/reset"):
            node.create_service(Trigger, name, lambda _, response, name=name: self._answer(name, response))
        node.create_subscription(String, EVENTS, self._hear, qos_without_deadline(EVENTS))
        node.create_timer(0.005, self._step)

    def _answer(self, name, response):
        self.asked.append(name)
        response.success = True
        if name == "/simulator/reset":
            self._starts, self._verdict = self._starts + 1, "open"
        elif name == "/safety_gate/arm":
            self._refusals -= 1
            response.success = self._refusals < 0
            self.mode = "armed" if response.success else "disarmed"
        else:
            self.mode = {"/safety_gate/stop": "stopped", "/safety_gate/reset": "disarmed"}[name]
        return response

    def _hear(self, message):
        self.events.append(json.loads(message.data))

    def _step(self):
        """A tenth of a second of the trial."""
        self._stamp += 10**8
        self._joints.publish(JointState(velocity=[0.0, -0.4 if self._starts <= 1 + self._trembling else 0.1]))
        if self.mode == "running":
            self._verdict = next(self._verdicts)
            if self._verdict == "gate":
                self.mode, self._cause, self._verdict = "stopped", "effort arm_joint_2", "open"
        elif self.mode == "armed":
            self.mode = "running"
        scene = Scene(self._stamp, self._starts, (), {}, self._verdict)
        self._scenes.publish(String(data=scene.text()))
        values = [KeyValue(key="moving", value="false"), KeyValue(key="cause", value=self._cause)]
        status = DiagnosticStatus(name="safety_gate", message=self.mode, values=values)
        self._states.publish(DiagnosticArray(status=[status]))


@pytest.fixture
def session(ros_environment):
    with RosSession("test") as made:
        yield made


@pytest.mark.parametrize(
    ("verdicts", "outcome", "why"),
    [
        (["open"] * 3 + ["success"] * 1000, "success", ""),
        (["open"] * 3 + ["lost"] * 1000, "failure", "lost"),
        (["open"] * 1000, "failure", "time is up"),
        (["open", "gate"], "failure", "the gate stopped: effort arm_joint_2"),
    ],
)
def test_a_trial_is_set_up_let_go_judged_and_ended(session, verdicts, outcome, why):
    graph = Graph(session.node, verdicts, refusals=1)
    result = TrialRunner(session, SimulatorReferee(session)).run("007", time_limit=2.0)
    assert (result.trial, result.outcome, result.why) == ("007", outcome, why)
    session.until(lambda: len(graph.events) == 2, 10.0, "events")
    begun, ended = graph.events
    assert begun["trial"] == ended["trial"] == "007" and "outcome" not in begun
    assert ended["outcome"] == outcome and ended["judge"] == "simulator" and ended["why"] == why
    assert graph.asked[:3] == ["/simulator/reset", "/safety_gate/arm", "/safety_gate/arm"]  # once refused
    assert graph.asked[-1] == "/safety_gate/reset" and graph.mode == "disarmed"
    if why == "time is up":
        assert result.seconds == pytest.approx(2.0, abs=0.3)


def test_a_start_at_which_the_robot_trembles_is_drawn_again(session, monkeypatch):
    monkeypatch.setattr(referee, "REST_PATIENCE", 2.0)
    graph = Graph(session.node, ["success"] * 1000, trembling=2)
    assert TrialRunner(session, SimulatorReferee(session)).run("1", 5.0).outcome == "success"
    resets = graph.asked.index("/safety_gate/arm")
    assert resets >= 3 and set(graph.asked[:resets]) == {"/simulator/reset"}
    assert [event["trial"] for event in graph.events] == ["1", "1"]  # one trial, begun and ended


def test_a_gate_that_is_in_use_is_stopped_and_reset_first(session):
    graph = Graph(session.node, ["success"] * 1000)
    graph.mode = "armed"
    assert TrialRunner(session, SimulatorReferee(session)).run("1", 5.0).outcome == "success"
    assert graph.asked[:3] == ["/safety_gate/stop", "/safety_gate/reset", "/simulator/reset"]


def test_whoever_watches_the_nodes_may_end_the_wait(session):
    def check():
        raise DexSim2RealError("policy ended")

    with pytest.raises(DexSim2RealError, match="policy ended"):
        TrialRunner(session, SimulatorReferee(session), check)


@pytest.mark.slow
def test_the_real_graph_is_tried_and_recorded(ros_environment, tmp_path):
    options = GraphOptions(policy=str(tmp_path / "sway"), out=str(tmp_path / "bags"), markers=False)
    write_swaying(tmp_path / "sway", options)
    results = list(run_trials(options, 2, time_limit=1.0))
    assert [result.trial for result in results] == ["001", "002"]
    assert all(result.outcome == "failure" and result.why for result in results)
    assert sorted(path.name for path in (tmp_path / "bags").iterdir()) == ["trial_000", "trial_001", "trial_002"]


def test_an_evaluation_of_nothing_is_refused(capsys):
    assert main(["trials", "live", "--number", "0"]) == 2
    assert "choose at least one" in capsys.readouterr().err
