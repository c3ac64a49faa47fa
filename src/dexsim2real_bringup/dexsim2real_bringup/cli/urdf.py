"""``dexsim2real urdf``: the cell as URDF."""

from __future__ import annotations

import sys
from pathlib import Path

from dexsim2real_bringup.cli.tables import write_text
from dexsim2real_description import make_cell
from dexsim2real_description.meshes import required_meshes
from dexsim2real_description.urdf import cell_urdf


def urdf(
    arm: str = "panda", hand: str = "v4", touch: str = "grid15", meshes: bool = False, out: Path | None = None
) -> None:
    """Write the cell as URDF, to the standard output if no file is given.

    Args:
        arm: panda or fr3.
        hand: v4 or v5.
        touch: Touch layout of the fingertips, grid15, uSCuAH or XR23AHRCPP; none for a bare hand.
        meshes: Show meshes instead of primitives; needs the package example-robot-data.
        out: File to write.
    """
    cell = make_cell(arm, hand, touch)
    document = cell_urdf(cell, required_meshes(cell) if meshes else {})
    if out is None:
        sys.stdout.write(document)
    else:
        write_text(out, document)
