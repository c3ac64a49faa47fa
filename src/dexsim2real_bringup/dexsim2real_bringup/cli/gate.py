"""``gate arm``, ``gate stop``, ``gate reset``, ``gate state``: the operator's side of the safety gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from dexsim2real_bringup.cli.tables import show
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import DexSim2RealError

STATE = "/safety_gate/state"


def arm() -> None:
    """Hold the measured pose, ready to run; the policy's next action chunk starts the motion."""
    _ask("arm")


def stop() -> None:
    """Decelerate within limits and hold until a reset."""
    _ask("stop")


def reset() -> None:
    """Disarm a stopped gate that has come to rest; `gate arm` comes next."""
    _ask("reset")


def state(json: Path | None = None) -> None:
    """Print the gate's state, which limit fired, margins and counters.

    Args:
        json: write the table to this file as well.
    """
    from diagnostic_msgs.msg import DiagnosticArray

    from dexsim2real_description.ros_node import QOS

    heard: list[Any] = []
    with RosSession("gate_console") as session:
        session.node.create_subscription(DiagnosticArray, STATE, heard.append, QOS[STATE])
        session.until(lambda: heard, 5.0, "state of the safety gate")
    rows = [
        {"what": pair.key, "value": pair.value}
        for status in heard[-1].status
        for pair in (_Headline(status.name, status.message), *status.values)
    ]
    show("Safety gate", rows, json)


class _Headline:
    """A status as the row that comes before its values."""

    def __init__(self, key: str, value: str) -> None:
        self.key, self.value = key, value


def _ask(what: str) -> None:
    """Call the service and print its answer. Raises DexSim2RealError if the gate says no."""
    with RosSession("gate_console") as session:
        answer = session.call(f"/safety_gate/{what}")
    if not answer.success:
        raise DexSim2RealError(f"the safety gate says: {answer.message}")
    Console(highlight=False, markup=False).print(answer.message)
