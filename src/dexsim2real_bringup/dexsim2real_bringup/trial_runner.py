"""Trials on a live graph: set up anew, let go, stopped, judged, one after the other."""

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
from dexsim2real_bringup.referee import Referee, SimulatorReferee
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_bringup.trial_rules import why_over
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.ros_node import QOS
from dexsim2real_sim.tasks import make_task

STATE, EVENTS, HEALTH = "/safety_gate/state", "/trial/event", "/diagnostics"
START = 60.0
"""How long graph, gate and policy may take until they are ready [s]."""


@dataclass(frozen=True)
class TrialResult:
    """What came of one trial."""

    trial: str
    outcome: Literal["success", "failure"]
    seconds: float
    """From the first command to the end, on the referee's clock."""
    why: str
    """Of a failure: time is up, the object is lost, ended by hand, or what stopped the gate."""


class TrialRunner:
    """Does an operator's work on a running graph.

    Raises DexSim2RealError where there is none. `check` is called while waiting and may raise.
    """

    def __init__(self, session: RosSession, referee: Referee, check: Callable[[], None] = lambda: None) -> None:
        self._session, self._referee, self._check = session, referee, check
        self._gate, self._words = "", dict[str, str]()
        self._health: dict[str, str] = {}
        node = session.node
        node.create_subscription(DiagnosticArray, HEALTH, self._take_health, QOS[HEALTH])
        node.create_subscription(DiagnosticArray, STATE, self._take_gate, QOS[STATE])
        self._events = node.create_publisher(String, EVENTS, QOS[EVENTS])
        self._until(lambda: referee.ready and bool(self._gate), "robot and safety gate")

    def run(self, trial: str, time_limit: float) -> TrialResult:
        """One trial of at most `time_limit` [s] from a new start of the task; afterwards the gate is disarmed.

        Raises DexSim2RealError if the gate cannot be armed or the policy starts nothing.
        """
        self._disarm()
        self._referee.set_up(trial)
        self._tell(trial=trial, start_ns=time.time_ns(), judge=self._referee.name)
        self._arm()
        begin = self._referee.now
        why = self._end(begin, time_limit)
        seconds, stopped = self._referee.now - begin, self._gate == "stopped"
        self._stop()
        why = why if stopped else self._referee.judge(why)
        result = TrialResult(trial, "failure" if why else "success", seconds, why)
        self._tell(trial=trial, outcome=result.outcome, judge=self._referee.name, seconds=round(seconds, 3), why=why)
        self._disarm()
        return result

    def _end(self, begin: float, time_limit: float) -> str:
        """Wait for the end of a trial; returns why it is over, empty after a success."""
        ends: list[str] = []

        def over() -> bool:
            why = self._why_over(begin, time_limit)
            if why is not None:
                ends.append(why)
            return bool(ends)

        self._until(over, "end of the trial", time_limit + START)
        return ends[0]

    def _why_over(self, begin: float, time_limit: float) -> str | None:
        stopped = self._words.get("cause", "") if self._gate == "stopped" else None
        return why_over(self._referee.over(), stopped, self._referee.now - begin, time_limit)

    def _arm(self) -> None:
        """Ask until the gate agrees, and wait for the policy to start."""
        self._session.insist("/safety_gate/arm", "the safety gate", START)
        try:
            self._until(lambda: self._gate in ("running", "stopped"), "action chunk")
        except DexSim2RealError as error:
            said = self._words.get("rejected") or self._health.get("policy", "nothing of itself")
            raise DexSim2RealError(f"the policy starts nothing; it says: {said}") from error

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

    def _take_gate(self, message: Any) -> None:
        status = message.status[0]
        self._gate, self._words = status.message, {pair.key: pair.value for pair in status.values}

    def _take_health(self, message: Any) -> None:
        self._health |= {status.name: status.message for status in message.status}


def run_trials(
    options: GraphOptions, number: int, time_limit: float | None = None, mode: Literal["sim", "real"] = "sim"
) -> Iterator[TrialResult]:
    """Start a graph whose robot is simulated, run trials on it, and end it.

    With `options.out`, each trial is recorded to a bag there. `time_limit` [s] is the task's own by default; the real
    graph must have a twin in the robot's place. Raises DexSim2RealError if the graph does not come up or a node ends.
    """
    nodes = (*trial_recorder(options), *graph(mode, options))
    output: list[str] = []
    with (
        Processes(nodes, lambda name, line: output.append(f"{name}: {line}")) as processes,
        RosSession("trial_runner") as session,
    ):
        runner = TrialRunner(session, SimulatorReferee(session), lambda: check_running(processes, output))
        for index in range(1, number + 1):
            yield runner.run(f"{index:03d}", task_limit(options.task, time_limit))


def task_limit(task: str, time_limit: float | None) -> float:
    """How long a trial may take [s]: what was asked for, or else what the task allows."""
    return make_task(task).time_limit if time_limit is None else time_limit


def trial_recorder(options: GraphOptions) -> tuple[NodeSpec, ...]:
    """Records each trial to a bag of its own in `options.out`, if that is given."""
    if not options.out:
        return ()
    (recorder,) = graph("record", options)
    return (replace(recorder, parameters={**recorder.parameters, "split_trials": True}),)
