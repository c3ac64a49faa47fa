"""`dexsim2real policy`: look at, verify and time policy artifacts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import tyro

from dexsim2real_bringup.cli import tables
from dexsim2real_description import make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy import PolicyError
from dexsim2real_policy.bench import bench_artifact, bench_random
from dexsim2real_policy.check import check_artifact
from dexsim2real_policy.contract import Contract, check_match
from dexsim2real_policy.shipped import policy_folder


def check(
    artifact: tyro.conf.Positional[str],
    /,
    arm: str | None = None,
    hand: str = "v4",
    touch: str = "grid15",
    json: Path | None = None,
) -> None:
    """Verify a policy artifact: its files, its contract, and that this machine reproduces its golden outputs.

    Args:
        artifact: The policy's folder, or the name of one that is shipped.
        arm: Compare it with a cell that has this arm, panda or fr3; without it there is no comparison.
        hand: That cell's hand, v4 or v5.
        touch: That cell's touch layout, grid15 or uSCuAH; none for a bare hand.
        json: Write the table to this file too.
    """
    contract, variants = check_artifact(policy_folder(artifact))
    if arm is not None:
        cell = make_cell(arm, hand, touch)
        offered = ObservationSpec.of_cell(cell, rate=contract.action.rate)
        check_match(contract, offered, ActionSpec.of_cell(cell, rate=contract.action.rate))
    rows: list[dict[str, tables.Cell]] = [
        {"check": f"golden outputs, {v.variant}", "found": v.error, "limit": v.tolerance, "passed": v.passed}
        for v in variants
    ]
    rows.insert(0, {"check": f"{len(contract.files)} files unchanged", "found": None, "limit": None, "passed": True})
    tables.show(_title(artifact, contract), rows, json)
    failed = [v.variant for v in variants if not v.passed]
    if failed:
        raise PolicyError(
            f"{artifact} does not reproduce its golden outputs here ({', '.join(failed)}); do not run it on a robot: "
            "export it again with this machine's onnxruntime"
        )


def bench(
    artifact: tyro.conf.Positional[str | None] = None,
    /,
    calls: int = 300,
    json: Path | None = None,
) -> None:
    """Time a policy artifact's network on one and two threads; without one, TVCAP with random weights.

    Args:
        artifact: The policy's folder, or the name of one that is shipped.
        calls: Observations to time, one after the other.
        json: Write the table to this file too.
    """
    results = bench_random(calls) if artifact is None else bench_artifact(policy_folder(artifact), calls)
    tables.show(f"Latency of one observation, {calls} calls", [asdict(result) for result in results], json)


def _title(artifact: str, contract: Contract) -> str:
    spec = contract.observation
    sees = ", ".join(spec.shapes)
    return (
        f"{artifact}: {contract.kind} policy for {contract.task} ({contract.instruction}) "
        f"sees {sees} at {spec.rate:g} Hz, gives {contract.chunk.length} steps at {contract.action.rate:g} Hz"
    )
