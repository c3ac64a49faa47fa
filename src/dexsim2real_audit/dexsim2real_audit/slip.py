"""Slip, from touch alone: sudden changes of shear under a finger that keeps pressing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

CONTACT = 0.2
"""A finger with less normal force than this does not press [N]; 50 times the sensor's noise (FACTS 7.3)."""
WINDOW = 50_000_000
"""Shear is compared with what it was this long before [ns]; a stick-slip cycle is shorter."""
SHARE = 0.3
"""A finger slips if its shear changes by more than this share of its normal force within the window; with
friction coefficients of 0.5 to 1.2 (FACTS 7.3) that is a quarter to a half of what it can hold."""
REST = 100_000_000
"""Events closer than this are one [ns]."""


@dataclass(frozen=True)
class Slip:
    """What touch says about slipping."""

    events: tuple[tuple[int, ...], ...]
    """Times of slips of each finger [ns]."""
    contact: tuple[float, ...]
    """How long each finger pressed [s]."""

    @property
    def rate(self) -> float:
        """Slips per second of contact of a finger; 0 without contact."""
        total = sum(self.contact)
        return sum(len(times) for times in self.events) / total if total > 0 else 0.0


def find_slips(stamps: Stamps, force: Array) -> Slip:
    """Slips in touch forces [N], shape (N, 4, T, 3), at `stamps` [ns]; z of a taxel is outward, shear is x and y."""
    net = force.sum(axis=2)
    press = np.abs(net[:, :, 2])
    before = np.maximum(np.searchsorted(stamps, stamps - WINDOW, side="right") - 1, 0)
    known = stamps - stamps[before] >= WINDOW // 2
    pressed = (press > CONTACT) & (press[before] > CONTACT) & known[:, None]
    change = np.linalg.norm(net[:, :, :2] - net[before, :, :2], axis=2)
    slipping = pressed & (change > SHARE * np.minimum(press, press[before]))
    duration = np.diff(stamps, append=stamps[-1:]) / 1e9
    events = tuple(_first_of_each(stamps[slipping[:, finger]]) for finger in range(force.shape[1]))
    return Slip(events, tuple(float(duration @ (press[:, finger] > CONTACT)) for finger in range(force.shape[1])))


def _first_of_each(times: Stamps) -> tuple[int, ...]:
    """The first time of every group."""
    return tuple(
        int(t) for t, gap in zip(times, np.diff(times, prepend=times[:1] - 2 * REST), strict=True) if gap > REST
    )
