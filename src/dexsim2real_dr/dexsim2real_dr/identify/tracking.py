"""Joint targets and positions from a table, as a trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dexsim2real_audit.trace import COMMAND, POSITION, Channel, Trace
from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_dr.identify.motion import column_names, read_columns

TARGET, DONE = "_target_rad", "_rad"
"""Ends of the names of columns, after the joint's."""


def read_tracking(path: Path) -> Trace:
    """Read a table with time_s and, for every joint that was recorded, <joint>_target_rad and <joint>_rad.

    Raises DexSim2RealError for a missing file or column, and for time that does not increase.
    """
    header = column_names(path)
    joints = tuple(joint for joint in JOINTS if joint + DONE in header)
    if not joints:
        raise DexSim2RealError(f"{path} has no column such as {JOINTS[0]}{DONE}; it has: {', '.join(header)[:200]}")
    table = read_columns(path, ["time_s", *(joint + TARGET for joint in joints), *(joint + DONE for joint in joints)])
    if not np.isfinite(table).all():
        raise DexSim2RealError(f"{path} has values that are not finite numbers")
    stamps = np.round(table[:, 0] * 1e9).astype(np.int64)
    back = np.flatnonzero(np.diff(stamps) <= 0)
    if len(back):
        raise DexSim2RealError(f"time does not increase in row {back[0] + 2} of {path}")
    told, done = np.split(table[:, 1:], 2, axis=1)
    channels = {COMMAND: Channel(stamps, told, "rad", joints), POSITION: Channel(stamps, done, "rad", joints)}
    return Trace(channels, source=path.name)
