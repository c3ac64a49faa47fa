"""``up``: start the live graph as plain processes and keep it running until Ctrl-C."""

from __future__ import annotations

import signal
import time
from typing import Annotated

import tyro
from rich.console import Console

from dexsim2real_bringup.graph import GraphOptions, Mode, graph
from dexsim2real_bringup.processes import Processes
from dexsim2real_description.optional import require

USER_ERROR = 2
POLL = 0.1
"""[s]"""


def up(
    mode: tyro.conf.Positional[Mode],
    options: Annotated[GraphOptions, tyro.conf.arg(name="")],
) -> int:
    """Start every node of the graph as its own process; Ctrl-C ends them all.

    Args:
        mode: sim for the simulated robot, real for the robot, replay for a recording; record makes one, and policy
            starts a policy in a graph that runs without one.
        options: what to run.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):  # like Ctrl-C: whoever ends us ends the nodes too
        signal.signal(number, signal.default_int_handler)
    require("rclpy", "ros")  # or every node would say so in its own way
    console = Console(highlight=False)
    nodes = graph(mode, options)
    with Processes(nodes, lambda name, line: console.print(f"[cyan]{name:>14}[/] {line}")) as running:
        console.print(f"{len(nodes)} nodes started: {', '.join(running.pids)}. Ctrl-C ends them.")
        try:
            while not (ended := running.ended()):
                time.sleep(POLL)
        except KeyboardInterrupt:
            return 0
    name, status = next(iter(ended.items()))
    console.print(f"node {name} ended with status {status}; the graph was stopped")
    return status if status in (0, USER_ERROR) else 1
