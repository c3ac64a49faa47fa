"""Visual meshes of the arm and the hand, from the optional package `example-robot-data` (extra `meshes`).

Nothing needs them: the primitives of the cell are its collision geometry and also its looks where the package is
missing. The arm's are the maker's low-polygon hulls of a Panda, which serve for an FR3 (same kinematics). There
are none for a V5 hand nor for XELA skin, which keep their primitives.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from dexsim2real_description.cell import Cell
from dexsim2real_description.errors import DexSim2RealError
from dexsim2real_description.names import FINGERS

Meshes = Mapping[str, Path]
"""STL file of a link's looks [m], in the link's own frame, by the name of the link."""


def visual_meshes(cell: Cell) -> Meshes:
    """Meshes of the links of `cell` that have one; empty if `example-robot-data` is not installed."""
    try:
        package = distribution("example-robot-data")
    except PackageNotFoundError:
        return {}
    robots = Path(str(package.locate_file("cmeel.prefix/share/example-robot-data/robots")))
    arm = robots / "panda_description" / "meshes" / "collision"
    files = {f"arm_link_{i}": arm / f"link{i}.stl" for i in range(8)}
    if cell.hand.name == "allegro_v4":
        files |= _hand_files(robots / "allegro_hand_description" / "meshes", skinned=cell.touch is not None)
    return {link: file for link, file in files.items() if file.is_file()}


def required_meshes(cell: Cell) -> Meshes:
    """The same where they were asked for. Raises DexSim2RealError if `example-robot-data` is not installed."""
    meshes = visual_meshes(cell)
    if not meshes:
        raise DexSim2RealError(
            "meshes need the Python package 'example-robot-data', which is not installed; "
            "install it with: pip install 'dexsim2real[meshes]'"
        )
    return meshes


def _hand_files(folder: Path, skinned: bool) -> dict[str, Path]:
    files = {cell_link: folder / f"{name}.STL" for cell_link, name in _hand_names().items()}
    return {link: file for link, file in files.items() if not (skinned and link.endswith("_tip"))}


def _hand_names() -> dict[str, str]:
    """File name of each link; the three fingers are alike."""
    names = {"palm": "base_link", "thumb_link_0": "link_12.0_right", "thumb_tip": "link_15.0_tip"}
    names |= {f"thumb_link_{i}": f"link_{12 + i}.0" for i in range(1, 4)}
    for finger in FINGERS[:3]:
        names |= {f"{finger}_link_{i}": f"link_{i}.0" for i in range(4)}
        names[f"{finger}_tip"] = "link_3.0_tip"
    return names
