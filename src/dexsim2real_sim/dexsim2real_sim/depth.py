"""Depth as a D435 measures it: noise and steps of its disparity, range, holes at edges. Figures: FACTS 4.3."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.camera import DEPTH_BASELINE, DEPTH_FOCAL, DEPTH_RANGE

DISPARITY_STEP = 1 / 32
"""[px]"""
EDGE_JUMP = 0.05
"""Neighbours whose depths differ by more than this share belong to different surfaces."""
EDGE_DROPOUT = 0.5
"""Share of the pixels at such an edge that have no depth, since the two cameras see different backgrounds there;
our estimate."""


def measure_depth(depth: NDArray[np.float32], subpixel: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """What the camera reports where the distance is `depth` [m], shape (..., H, W); 0 where it has no value.

    `subpixel` is the matching error [px, standard deviation]: depth errs by z^2 * subpixel / (focal * baseline).
    """
    disparity = DEPTH_FOCAL * DEPTH_BASELINE / depth.astype(np.float64)
    disparity += subpixel * rng.standard_normal(depth.shape)
    disparity = np.maximum(np.rint(disparity / DISPARITY_STEP), 1.0) * DISPARITY_STEP
    measured = DEPTH_FOCAL * DEPTH_BASELINE / disparity
    near, far = DEPTH_RANGE
    holes = (depth < near) | (depth > far) | (measured < near) | (measured > far)
    holes |= _edges(depth) & (rng.random(depth.shape) < EDGE_DROPOUT)
    return np.where(holes, 0.0, measured).astype(np.float32)


def _edges(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels with a neighbour to the right, left, below or above on another surface."""
    edges = np.zeros(depth.shape, dtype=bool)
    for axis in (-1, -2):
        one = np.moveaxis(depth, axis, -1)
        jump = np.abs(np.diff(one, axis=-1)) > EDGE_JUMP * np.minimum(one[..., 1:], one[..., :-1])
        marked = np.moveaxis(edges, axis, -1)  # a view: writes reach `edges`
        marked[..., 1:] |= jump
        marked[..., :-1] |= jump
    return edges
