"""Measures the live graph on the simulated robot: losses, ages from camera to command, processor time."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_bringup.graph_figures import Spread, Stream, lost, path_of_images
from dexsim2real_bringup.graph_listener import CHUNKS, COMMANDS, GATE_STATE, IMAGES, JOINTS_TOPIC, GraphListener
from dexsim2real_bringup.process_load import Usage, stolen, usages
from dexsim2real_bringup.processes import Processes, check_running
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import DexSim2RealError

START = 60.0
"""How long the graph may take until everything runs [s]."""
MOMENT = 0.3
"""[s]"""
SETTLE = 3.0
"""Before measuring begins [s]."""
Row = dict[str, str | float | int | bool | None]


@dataclass(frozen=True)
class GraphReport:
    """Tables: rows of columns."""

    losses: list[Row]
    ages: list[Row]
    load: list[Row]
    notes: list[Row]


def measure_graph(options: GraphOptions, seconds: float) -> GraphReport:
    """Run the whole graph for `seconds` with the gate running. Raises DexSim2RealError if it does not come up."""
    output: list[str] = []
    with (
        Processes(graph("sim", options), lambda name, line: output.append(f"{name}: {line}")) as processes,
        RosSession("bench", images=True) as session,
    ):
        listener = GraphListener(session.node)
        start_running(session, listener, processes, output)
        session.spin(SETTLE)
        pids = {**processes.pids, "this bench": os.getpid()}
        begin, before, taken = time.time_ns(), usages(pids), stolen()
        session.spin(seconds)
        after, taken = usages(pids), stolen() - taken
        session.spin(1.5)  # until every node has given its last count
        check_running(processes, output)
        return GraphReport(
            _losses(listener, begin),
            _ages(listener, begin),
            [_load(name, usage, before[name]) for name, usage in after.items()],
            [*_notes(listener), {"node": "machine", "figure": "taken away by its host [s]", "value": f"{taken:.2f}"}],
        )


def start_running(session: RosSession, listener: GraphListener, processes: Processes, output: list[str]) -> None:
    """Wait until the robot and the policy are there, arm the gate, and wait until it runs."""

    def ready() -> bool:
        check_running(processes, output)
        return all(len(listener.stream(topic).stamps) > 10 for topic in listener.topics)

    session.until(ready, START, f"messages on {', '.join(listener.topics)}")
    run_when_ready(session, listener)


def run_when_ready(session: RosSession, listener: GraphListener) -> None:
    """Reset and arm, as a patient person would, until the gate has been running for a moment.

    Raises DexSim2RealError, with the gate's reasons, if it does not.
    """
    end = time.monotonic() + START
    while True:
        state = listener.messages.get(GATE_STATE)
        if state != "running":
            answer = session.call("/safety_gate/reset" if state == "stopped" else "/safety_gate/arm", START)
        session.spin(MOMENT)
        if state == "running" == listener.messages.get(GATE_STATE):
            return
        if time.monotonic() > end:
            raise DexSim2RealError(f"the safety gate does not keep running: {answer.message}")


def _losses(listener: GraphListener, begin: int) -> list[Row]:
    """Joint states and commands against their publishers' own counts, and commands against the robot's."""
    joints, commands = listener.stream(JOINTS_TOPIC), listener.stream(COMMANDS)
    made = listener.counts("simulator", "ticks", begin)
    sent = listener.counts(GATE_STATE, "count ticks", begin)
    return [
        _loss("joint states, robot to here", *lost(joints, *made)),
        _loss("commands, gate to here", *lost(commands, *sent)),
        _loss("commands, gate to robot", *_taken(listener, commands, begin)),
    ]


def _taken(listener: GraphListener, commands: Stream, begin: int) -> tuple[int, int]:
    """Commands with stamps between the last one the robot had at its first and at its last report; those it lacks."""
    counts = listener.counts("simulator", "commands", begin)
    stamps = listener.counts("simulator", "last_command_ns", begin)
    sent = commands.between(stamps[0].count, stamps[1].count)
    return sent, sent - (counts[1].count - counts[0].count)


def _loss(what: str, published: int, missing: int) -> Row:
    return {"messages": what, "published": published, "lost": missing}


def _ages(listener: GraphListener, begin: int) -> list[Row]:
    chunks, commands = listener.stream(CHUNKS).since(begin), listener.stream(COMMANDS).since(begin)
    rows: list[Row] = []
    for camera, topic in IMAGES.items():
        for part, spread in path_of_images(listener.stream(topic), chunks, commands).items():
            rows.append(_age(f"{camera} {part}", spread))
    joints = listener.stream(JOINTS_TOPIC).since(begin)
    rows.append(_age("joint state: stamp to arrival", Spread.of(joints.arrivals - joints.stamps)))
    rows.append(_age("command: stamp to arrival", Spread.of(commands.arrivals - commands.stamps)))
    tick = [listener.last("safety_gate", f"tick {name} [ms]") for name in ("p50", "p99")]
    rows.append(
        {"part": "gate: added delay (one tick, published)", "p50 [ms]": float(tick[0]), "p99 [ms]": float(tick[1])}
    )
    return rows


def _age(part: str, spread: Spread | None) -> Row:
    return {
        "part": part,
        "p50 [ms]": None if spread is None else spread.p50,
        "p99 [ms]": None if spread is None else spread.p99,
    }


def _load(name: str, after: Usage, before: Usage) -> Row:
    return {"process": name, "CPU [%]": 100 * after.share_since(before), "memory [MiB]": after.memory / 2**20}


def _notes(listener: GraphListener) -> list[Row]:
    """What the nodes say of how they kept up."""
    wanted = {
        "simulator": ("real_time_factor", "late_ticks", "ticks_given_up"),
        "policy": ("inference p50 [ms]", "inference p99 [ms]", "overruns", "refused as stale"),
        "safety_gate": ("skipped ticks", "missed deadlines"),
    }
    rows: list[Row] = [
        {"node": node, "figure": key, "value": listener.last(node, key)}
        for node, keys in wanted.items()
        for key in keys
    ]
    cause = listener.last(GATE_STATE, "cause")
    rows.append(
        {"node": "safety_gate", "figure": "state at the end", "value": f"{listener.messages[GATE_STATE]} {cause}"}
    )
    return rows
