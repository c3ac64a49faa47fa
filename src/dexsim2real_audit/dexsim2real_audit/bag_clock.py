"""Stamps of recorded messages made usable: clocks that jump, messages out of order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.int64]

JUMP = 1_000_000_000
"""A source's clock jumped if it moved this much more or less than the recorder's between two messages [ns]."""


def repair(received: Stamps, stamped: Stamps) -> tuple[Stamps, NDArray[np.bool_], list[str]]:
    """Usable stamps of one topic, which messages to keep, and what was wrong.

    `received` [ns] is the recorder's time, `stamped` [ns] the source's (0 where a message has none), in the order
    of the recording, shape (N,). Where the source's clock jumps, everything after is shifted back to where the
    recorder says it is; a message that is not later than all before it is dropped.
    """
    stamps = np.where(stamped == 0, received, stamped)
    excess = np.diff(stamps) - np.diff(received)
    jumps = np.abs(excess) > JUMP
    stamps[1:] -= np.cumsum(np.where(jumps, excess, 0))
    keep = np.ones(len(stamps), bool)
    keep[1:] = stamps[1:] > np.maximum.accumulate(stamps)[:-1]
    problems = [
        f"the clock jumped by {excess[i] / 1e9:+.3f} s at {(received[i + 1] - received[0]) / 1e9:.3f} s; "
        "later stamps were shifted back"
        for i in np.flatnonzero(jumps)
    ]
    if not keep.all():
        problems.append(f"{np.sum(~keep)} messages out of order or with a repeated stamp were left out")
    return stamps, keep, problems


def to_source_time(received: Stamps, reference_received: Stamps, reference_stamps: Stamps) -> Stamps:
    """When messages without a stamp happened, on the clock of a reference topic; all [ns], shape (N,) and (M,)."""
    if not len(reference_received):
        return received
    offset = np.interp(received, reference_received, reference_stamps - reference_received)
    return np.asarray(received + np.round(offset).astype(np.int64))
