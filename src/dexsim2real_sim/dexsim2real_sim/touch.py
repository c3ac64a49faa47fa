"""Fingertip touch: contact forces of the engine spread over the taxels of a layout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import FINGERS, TouchLayout
from dexsim2real_sim.parameters.registry import ParameterValues
from dexsim2real_sim.simulation import Array, Ids, Simulation

SPREAD = 0.004
"""Standard deviation of the Gaussian over which the skin spreads a point contact [m]; about one taxel pitch."""


def taxel_forces(layout: TouchLayout, contacts: Array, positions: Array, rotations: Array) -> Array:
    """Force that each taxel exerts on what it touches [N], in the taxel's frame (z outward), shape (N, 4, T, 3).

    `contacts` (N, 4, slots, 12) as `Simulation.contacts`; `positions` (N, 4, 3) [m] and `rotations` (N, 4, 3, 3)
    of the fingertip frames. A contact's force is shared among taxels by distance, exp(-d^2 / 2 s^2), so that the
    taxels' forces, turned back into one frame, add up to it.
    """
    force, point, normal, tangent = np.split(contacts, 4, axis=-1)
    frame = np.stack([normal, tangent, np.cross(normal, tangent)], axis=-2)
    world = np.einsum("nfsij,nfsi->nfsj", frame, force)
    in_tip = np.einsum("nfij,nfsi->nfsj", rotations, world)
    where = np.einsum("nfij,nfsi->nfsj", rotations, point - positions[:, :, None])
    squared = np.square(where[:, :, :, None] - layout.positions).sum(axis=-1)
    nearest = squared.min(axis=-1, keepdims=True)  # keeps a contact far from every taxel from being lost
    weights = np.exp((nearest - squared) / (2 * SPREAD**2))
    weights /= weights.sum(axis=-1, keepdims=True)
    shared = np.einsum("nfst,nfsi->nfti", weights, in_tip)
    spread: Array = np.einsum("tij,nfti->nftj", layout.frames, shared)
    return spread


class TouchSensor:
    """The skin of the four fingertips of N hands."""

    noise_channels = 0

    def __init__(self, layout: TouchLayout, values: ParameterValues, num_envs: int, period: float) -> None:
        self.layout = layout
        self.forces: NDArray[np.floating] = np.zeros((num_envs, len(FINGERS), layout.num_taxels, 3))
        """The last reading [N], shape (N, 4, T, 3)."""

    def reset(self, ids: Ids, sim: Simulation) -> None:
        """Begin an episode without touch."""
        self.forces[ids] = 0.0

    def measure(self, sim: Simulation, noise: NDArray[np.floating]) -> None:
        """Read all taxels; `noise` standard normal, shape (N, noise_channels)."""
        self.forces = taxel_forces(self.layout, sim.contacts, sim.tip_positions, sim.tip_rotations)
