"""Trials on the simulated robot of a live graph: set up anew, let go, judged, stopped, one after the other."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from diagnostic_msgs.msg import DiagnosticArray
from std_msgs.msg import String

from dexsim2real_bringup.graph import GraphOptions, NodeSpec, graph
from dexsim2real_bringup.processes import Processes, check_running
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.ros_node import QOS, qos_without_deadline
from dexsim2real_sim.live_scene import Scene
from dexsim2real_sim.tasks import make_task

STATE, SCENES, EVENTS = "/safety_gate/state", "/simulator/scene", "/trial/event"
START = 60.0
"""How long graph, gate and policy may take until they are ready [s]."""
PAUSE = 0.2
"""Between two attempts to arm [s]."""
JUDGE = "simulator"


@dataclass(frozen=True)
class TrialResult:
    """What came of one trial."""

    trial: str
    outcome: Literal["success", "failure"]
    seconds: float
    """From the first command to the verdict, by the scenes' stamps."""
    why: str
    """Of a failure: time is up, the object is lost, or what stopped the gate."""


class TrialRunner:
    """Does an operator's work on a graph whose robot is simulated.

    Raises DexSim2RealError where there is no such graph. `check` is called while waiting and may raise.
    """

    def __init__(self, session: RosSession, check: Callable[[], None] = lambda: None) -> None:
        self._session, self._check = session, check
        self._scene: Scene | None = None
        self._gate, self._words = "", dict[str, str]()
        node = session.node
        node.create_subscription(String, SCENES, self._take_scene, qos_without_deadline(SCENES))
        node.create_subscription(DiagnosticArray, STATE, self._take_gate, QOS[STATE])
        self._events = node.create_publisher(String, EVENTS, QOS[EVENTS])
        self._until(lambda: self._scene is not None and bool(self._gate), "simulated robot and safety gate")

    def run(self, trial: str, time_limit: float) -> TrialResult:
        """One trial of at most `time_limit` [s] from a new start of the task; afterwards the gate is disarmed.

        Raises DexSim2RealError if the gate cannot be armed or the policy starts nothing.
        """
        self._disarm()
        self._start_anew()
        self._tell(trial=trial, start_ns=time.time_ns(), judge=JUDGE)
        self._arm()
        begin = self._now()
        self._until(lambda: self._verdict(begin, time_limit) is not None, "verdict", time_limit + START)
        why = self._verdict(begin, time_limit) or ""
        result = TrialResult(trial, "failure" if why else "success", self._now() - begin, why)
        self._stop()
        self._tell(trial=trial, outcome=result.outcome, judge=JUDGE, seconds=round(result.seconds, 3), why=why)
        self._disarm()
        return result

    def _verdict(self, begin: float, time_limit: float) -> str | None:
        """Empty after a success, why it is a failure, or None while the trial goes on."""
        assert self._scene is not None  # noqa: S101  (waited for when this was made)
        if self._scene.verdict == "success":
            return ""
        if self._gate == "stopped":
            return f"the gate stopped: {self._words.get('cause')}"
        if self._scene.verdict == "lost":
            return "lost"
        return "time is up" if self._now() - begin >= time_limit else None

    def _now(self) -> float:
        """The newest scene's time [s]."""
        return self._scene.stamp_ns * 1e-9 if self._scene is not None else 0.0

    def _start_anew(self) -> None:
        assert self._scene is not None  # noqa: S101
        starts = self._scene.starts
        self._session.call("/simulator/reset", START)
        self._until(lambda: self._scene is not None and self._scene.starts > starts, "new start of the task")

    def _arm(self) -> None:
        """Ask until the gate agrees, since the robot may still sway, and wait for the policy to start."""
        end = time.monotonic() + START
        while not (answer := self._session.call("/safety_gate/arm", START)).success:
            if time.monotonic() > end:
                raise DexSim2RealError(f"the safety gate says: {answer.message}")
            self._session.spin(PAUSE)
        try:
            self._until(lambda: self._gate in ("running", "stopped"), "action chunk")
        except DexSim2RealError as error:
            refused = self._words.get("rejected") or "no chunk came"
            raise DexSim2RealError(f"the policy starts nothing ({refused}); see /diagnostics of policy") from error

    def _stop(self) -> None:
        self._session.call("/safety_gate/stop", START)
        self._until(lambda: self._gate == "stopped" and self._words.get("moving") == "false", "rest of the robot")

    def _disarm(self) -> None:
        """From whatever the gate does."""
        if self._gate in ("armed", "running", "stopped"):
            self._stop()
            self._session.call("/safety_gate/reset", START)
            self._until(lambda: self._gate == "disarmed", "disarmed gate")

    def _tell(self, **event: object) -> None:
        self._events.publish(String(data=json.dumps(event)))

    def _until(self, condition: Callable[[], bool], what: str, seconds: float = START) -> None:
        def checked() -> bool:
            self._check()
            return condition()

        self._session.until(checked, seconds, what)

    def _take_scene(self, message: String) -> None:
        self._scene = Scene.parse(message.data)

    def _take_gate(self, message: Any) -> None:
        status = message.status[0]
        self._gate, self._words = status.message, {pair.key: pair.value for pair in status.values}


def run_trials(options: GraphOptions, number: int, time_limit: float | None = None) -> Iterator[TrialResult]:
    """Start the simulated graph, run trials on it, and end it; with `options.out`, each is recorded to a bag there.

    `time_limit` [s] is the task's own by default. Raises DexSim2RealError if the graph does not come up or a node ends.
    """
    limit = make_task(options.task).time_limit if time_limit is None else time_limit
    nodes = (*_recorder(options), *graph("sim", options))
    output: list[str] = []
    with (
        Processes(nodes, lambda name, line: output.append(f"{name}: {line}")) as processes,
        RosSession("trial_runner") as session,
    ):
        runner = TrialRunner(session, lambda: check_running(processes, output))
        for index in range(1, number + 1):
            yield runner.run(f"{index:03d}", limit)


def _recorder(options: GraphOptions) -> tuple[NodeSpec, ...]:
    if not options.out:
        return ()
    (recorder,) = graph("record", options)
    return (replace(recorder, parameters={**recorder.parameters, "split_trials": True}),)
