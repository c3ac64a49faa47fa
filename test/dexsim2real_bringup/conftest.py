"""Fixtures for tests of the live graph."""

from dataclasses import replace

import pytest

SLOW_MACHINE = {
    "tick_gap": 60.0,
    "arm_effort": 9.0,  # late ticks are jumps of the command, and torque
    "following": 3.0,
    **{f"{name}_{bound}": 60.0 for name in ("joint_states", "touch", "chunk") for bound in ("age", "delay")},
    **{f"{name}_rate": 1e-3 for name in ("joint_states", "touch", "chunk")},
}
"""Bounds of the gate that hold on a machine that does everything late; those of motion stay."""


@pytest.fixture
def patient():
    """Gives the safety gate among the nodes of a graph the patience for a machine that does everything late."""

    def with_patience(nodes):
        return [
            replace(node, parameters={**node.parameters, **SLOW_MACHINE}) if node.name == "safety_gate" else node
            for node in nodes
        ]

    return with_patience
