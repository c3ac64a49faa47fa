"""Parameters that say which cell is simulated: those of the simulator and of its cameras, which draw the same one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.live import LiveCell
from dexsim2real_sim.twin import Twin

CELL_PARAMETERS: dict[str, Any] = {
    "task": "pick_place",
    "twin": "",  # a number seeds one, anything else is a file; empty is the nominal robot
    "seed": 0,
    "difficulty": 1.0,
    "objects": "seen",
    "arm": "panda",
    "hand": "v4",
    "touch": "grid15",
}
"""Names and defaults."""


def make_live_cell(values: Mapping[str, Any]) -> LiveCell:
    """The cell that the parameters describe. Raises DexSim2RealError for what there is not."""
    config = EnvConfig(**{name: values[name] for name in CELL_PARAMETERS if name != "twin"})
    return LiveCell(config, Twin.named(values["twin"]) if values["twin"] else None)
