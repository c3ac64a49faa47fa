"""The full state of a running episode, from which others can begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Snapshot:
    """All that one environment's future depends on but noise, which is drawn anew, and what only twins have."""

    physics: Array
    """State of the engine, contacts' warm start and delayed commands included, shape (S,)."""
    targets: Array
    """Joint targets in force [rad], shape (23,)."""
    geared: Array
    """Where the gears are within their play [rad], shape (23,)."""
    parameters: Array
    """Of the simulator, in the order of NAMES."""
    objects: Mapping[str, str]
    """What each slot holds, by names of the catalogue."""
    start: Mapping[str, Array]
    """Poses of the free bodies where the episode began, shape (7,) or (3,) each."""
    memory: Mapping[str, Array]
    """What the task remembers of the episode."""


_PLAIN = ("physics", "targets", "geared", "parameters")
_NAMED = ("objects", "start", "memory")


def pack(snapshots: Sequence[Snapshot]) -> dict[str, NDArray[Any]]:
    """Snapshots of one task as arrays, a row each, to be kept in a file; nothing for none."""
    if not snapshots:
        return {}
    packed: dict[str, NDArray[Any]] = {name: np.stack([getattr(s, name) for s in snapshots]) for name in _PLAIN}
    for group in _NAMED:
        for key in getattr(snapshots[0], group):
            packed[f"{group}.{key}"] = np.array([getattr(s, group)[key] for s in snapshots])
    return packed


def unpack(packed: Mapping[str, NDArray[Any]]) -> list[Snapshot]:
    """The snapshots that `pack` made arrays of."""
    if not packed:
        return []
    groups = {group: [k.removeprefix(f"{group}.") for k in packed if k.startswith(f"{group}.")] for group in _NAMED}
    return [
        Snapshot(
            physics=packed["physics"][row],
            targets=packed["targets"][row],
            geared=packed["geared"][row],
            parameters=packed["parameters"][row],
            objects={key: str(packed[f"objects.{key}"][row]) for key in groups["objects"]},
            start={key: packed[f"start.{key}"][row] for key in groups["start"]},
            memory={key: packed[f"memory.{key}"][row] for key in groups["memory"]},
        )
        for row in range(len(packed["physics"]))
    ]
