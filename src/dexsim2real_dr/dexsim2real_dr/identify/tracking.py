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
    return _trace(path, joints, joints)


def read_positions(path: Path) -> Trace:
    """Read a table with time_s and <joint>_rad for joints of any names, and <joint>_target_rad for those commanded.

    Raises DexSim2RealError as `read_tracking` does.
    """
    header = column_names(path)
    told = tuple(name.removesuffix(TARGET) for name in header if name.endswith(TARGET))
    done = tuple(name.removesuffix(DONE) for name in header if name.endswith(DONE) and not name.endswith(TARGET))
    if not done:
        raise DexSim2RealError(f"{path} has no column such as JOINT{DONE}; it has: {', '.join(header)[:200]}")
    return _trace(path, told, done)


def _trace(path: Path, told: tuple[str, ...], done: tuple[str, ...]) -> Trace:
    table = read_columns(path, ["time_s", *(joint + TARGET for joint in told), *(joint + DONE for joint in done)])
    if not np.isfinite(table).all():
        raise DexSim2RealError(f"{path} has values that are not finite numbers")
    stamps = np.round(table[:, 0] * 1e9).astype(np.int64)
    back = np.flatnonzero(np.diff(stamps) <= 0)
    if len(back):
        raise DexSim2RealError(f"time does not increase in row {back[0] + 2} of {path}")
    channels = {POSITION: Channel(stamps, table[:, 1 + len(told) :], "rad", done)}
    if told:
        channels[COMMAND] = Channel(stamps, table[:, 1 : 1 + len(told)], "rad", told)
    return Trace(channels, source=path.name)
