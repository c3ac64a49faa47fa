"""A recorded motion: joint positions, velocities and torques on an even time grid, filtered without delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from dexsim2real_description import DexSim2RealError

Array = NDArray[np.float64]

FILTER_ORDER = 4
"""Of the Butterworth low-pass, run forwards and backwards."""


@dataclass(frozen=True, eq=False)
class Motion:
    """What the robot did. Joints are columns, in the order of the chain."""

    time: Array
    """[s], even steps, shape (N,)"""
    q: Array
    """[rad], shape (N, n)"""
    dq: Array
    """[rad/s], shape (N, n)"""
    ddq: Array
    """[rad/s^2], shape (N, n)"""
    tau: Array
    """Measured torque [N m], shape (N, n)"""
    repeated: int = 0
    """Samples that were left out because they repeated the one before (late packets)."""

    def between(self, start: float, end: float) -> Motion:
        """The part with start <= time < end [s]."""
        return self.at((self.time >= start) & (self.time < end))

    def at(self, chosen: NDArray[np.bool_] | slice) -> Motion:
        """The chosen samples."""
        columns = {name: getattr(self, name)[chosen] for name in ("time", "q", "dq", "ddq", "tau")}
        return replace(self, **columns)


def make_motion(stamps: Array, q: Array, dq: Array | None, tau: Array, cutoff: float) -> Motion:
    """Put samples on an even grid and filter them all alike with a zero-phase low-pass at `cutoff` [Hz].

    `stamps` [s] need not be even, shape (N,); `q`, `dq`, `tau` are shape (N, n). Without `dq` the velocity is the
    derivative of the filtered position. Raises DexSim2RealError for values that are not finite, time that does
    not increase, and a recording too short or too slow for the filter.
    """
    if not cutoff > 0:
        raise DexSim2RealError(f"the filter's cutoff is {cutoff:g} Hz; it must be more than 0")
    _check(stamps, q, dq, tau)
    step = float(np.median(np.diff(stamps)))
    if 2 * cutoff * step >= 1.0 or len(stamps) < 20 / (cutoff * step):
        raise DexSim2RealError(
            f"{len(stamps)} samples at {1 / step:.0f} Hz are too few to filter at {cutoff:g} Hz; "
            f"record at least {20 / cutoff:g} s at {4 * cutoff:g} Hz or more"
        )
    fresh = _fresh(np.hstack([values for values in (q, dq, tau) if values is not None]))
    grid = stamps[0] + step * np.arange(int((stamps[-1] - stamps[0]) / step + 1e-6) + 1)
    sos = butter(FILTER_ORDER, cutoff, fs=1 / step, output="sos")

    def smooth(values: Array) -> Array:
        even = np.stack([np.interp(grid, stamps[fresh], column[fresh]) for column in values.T], axis=1)
        return np.asarray(sosfiltfilt(sos, even, axis=0))

    position = smooth(q)
    velocity = np.gradient(position, step, axis=0) if dq is None else smooth(dq)
    acceleration = np.gradient(velocity, step, axis=0)
    return Motion(grid - grid[0], position, velocity, acceleration, smooth(tau), int(np.sum(~fresh)))


def read_csv(path: Path, joints: int, cutoff: float) -> Motion:
    """Read a table with the columns time_s, q1_rad.., dq1_rad_s.., tau1_Nm.. for `joints` joints.

    Raises DexSim2RealError for a missing file or column and for a row that is not numbers.
    """
    numbers = range(1, joints + 1)
    groups = [[f"q{i}_rad" for i in numbers], [f"dq{i}_rad_s" for i in numbers], [f"tau{i}_Nm" for i in numbers]]
    table = read_columns(path, ["time_s", *(name for group in groups for name in group)])
    stamps, values = table[:, 0], table[:, 1:]
    q, dq, tau = np.split(values, 3, axis=1)
    return make_motion(stamps, q, dq, tau, cutoff)


def column_names(path: Path) -> list[str]:
    """The header line of a CSV file. Raises DexSim2RealError."""
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline()
    except OSError as error:
        raise DexSim2RealError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # what is not text
        raise DexSim2RealError(f"{path} is not a table of numbers: {error}") from error
    if not line.strip():
        raise DexSim2RealError(f"{path} is empty, or its first line is; expected the names of columns")
    return [word.strip() for word in line.split(",")]


def read_columns(path: Path, names: Sequence[str]) -> Array:
    """The named columns of a CSV file with a header line, shape (N, len(names)). Raises DexSim2RealError."""
    header = column_names(path)
    missing = [name for name in names if name not in header]
    if missing:
        raise DexSim2RealError(f"{path} has no column {', '.join(missing)}; it has: {', '.join(header)[:200]}")
    columns = [header.index(name) for name in names]
    try:
        with path.open(encoding="utf-8") as file:
            rows = file.readlines()[1:]
        if not rows:
            raise DexSim2RealError(f"{path} has a header and no rows")
        return np.asarray(np.loadtxt(rows, delimiter=",", usecols=columns, ndmin=2))
    except OSError as error:
        raise DexSim2RealError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise DexSim2RealError(f"{path} is not a table of numbers: {error}") from error


def _check(stamps: Array, q: Array, dq: Array | None, tau: Array) -> None:
    for name, values in (("time", stamps), ("position", q), ("velocity", dq), ("torque", tau)):
        if values is None:
            continue
        bad = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        if len(bad):
            raise DexSim2RealError(f"{name} of sample {bad[0]} is not a finite number ({len(bad)} such samples)")
    back = np.flatnonzero(np.diff(stamps) <= 0)
    if len(back):
        raise DexSim2RealError(f"time does not increase at sample {back[0] + 1} (t = {stamps[back[0] + 1]:g} s)")


def _fresh(values: Array) -> NDArray[np.bool_]:
    """False for a sample that repeats the one before in every value; the last one always stays."""
    fresh = np.concatenate([[True], np.any(np.diff(values, axis=0) != 0, axis=1)])
    fresh[-1] = True
    return np.asarray(fresh)
