"""``doctor``: what is ready on this machine, what is missing, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_bringup.doctor import devices, machine, simulation, software
from dexsim2real_bringup.doctor.check import Check, DoctorOptions, examine, ready_for_simulation

NOT_READY = 2
TO_DO = "to do"

CHECKS = (
    Check("Python", "simulation", machine.python),
    Check("processors", "simulation", machine.processors),
    Check("disk", "simulation", machine.disk),
    Check("temporary files", "simulation", machine.temporary),
    Check("shared memory", "simulation", machine.shared_memory),
    Check("packages, live graph", "simulation", software.live_packages),
    Check("packages, other extras", "offline", software.other_packages),
    Check("ROS", "simulation", software.ros),
    Check("real-time kernel and rights", "robot", machine.realtime),
    Check("CAN interface", "robot", machine.can),
    Check("cameras", "robot", devices.cameras),
    Check("XELA server", "robot", devices.touch_server),
    Check("ROS domain", "simulation", software.domain),
    Check("physics", "simulation", simulation.physics),
    Check("rendering", "simulation", simulation.rendering),
    Check("policy, real observation", "simulation", simulation.policy),
)
"""Cheapest first."""


def doctor(
    options: Annotated[DoctorOptions, tyro.conf.arg(name="")] = DoctorOptions(),  # noqa: B008  (frozen)
    json: Path | None = None,
) -> int:
    """Examine this machine; the exit status is 0 if everything that the simulated loop needs is ready.

    Args:
        options: what to look at.
        json: write the table to this file as well.
    """
    results = list(examine(CHECKS, options))
    rows: list[dict[str, Cell]] = [
        {
            "check": check.name,
            "for": check.purpose,
            "state": result.state,
            "found": result.found,
            TO_DO: "; ".join((*result.errors, *result.warnings)),
        }
        for check, result in results
    ]
    show("Doctor", [{key: cell for key, cell in row.items() if key != TO_DO} for row in rows])
    if json is not None:
        write_json(json, {"title": "Doctor", "rows": rows})
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for row in rows:
        if row[TO_DO]:
            console.print(f"{row['check']} ({row['state']}): {row[TO_DO]}")
    ready = ready_for_simulation(results)
    robot = all(not result.errors for check, result in results if check.purpose == "robot")
    console.print(f"The simulated loop is {'ready: dexsim2real up sim' if ready else 'not ready'}.")
    console.print(f"The real robot is {'ready' if robot and ready else 'not ready'}.")
    return 0 if ready else NOT_READY
