"""The list of taxels in which the XELA server reports a whole Allegro hand as one sensor.

Source: the maker's `xela_apps` (map from places in the list to taxels); figures in FACTS 3.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.names import FINGERS

HAND_MODELS: tuple[str, ...] = ("XR23AHRCPP", "XR23AHLCPP")
"""Models that are a whole Allegro hand in one sensor, right and left, with curved tips."""
HAND_TAXELS = 368
"""Taxels of a whole hand: thumb 62, three fingers of 78, palm 72."""

_RUNS: dict[str, tuple[int, ...]] = {
    "index": (62, 66, 67, 83, 101, 123, 124, 144),
    "middle": (156, 164, 165, 185, 203, 221, 222, 246),
    "ring": (266, 278, 279, 303, 329, 347, 348, 364),
    "thumb": (0, 4, 5, 17, 31, 45, 46, 58),
}
"""Where each run of _RUN_TAXELS starts in the whole hand's list (the list walks bus lines across modules)."""
_RUN_TAXELS = ((2, 3, 4, 5), (1,), (6, 7, 8, 9), range(10, 16), range(16, 22), (26,), (22, 23, 24, 25), range(27, 31))
"""The maker's numbers of the taxels in each run."""


def _hand_map() -> NDArray[np.intp]:
    places = np.zeros((len(FINGERS), 30), np.intp)
    for finger, name in enumerate(FINGERS):
        for start, taxels in zip(_RUNS[name], _RUN_TAXELS, strict=True):
            for step, taxel in enumerate(taxels):
                places[finger, taxel - 1] = start + step
    return places


HAND_TIPS: NDArray[np.intp] = _hand_map()
"""Place of every tip taxel in the whole hand's list: shape (4, 30), fingers in our order, taxels 1 to 30."""
