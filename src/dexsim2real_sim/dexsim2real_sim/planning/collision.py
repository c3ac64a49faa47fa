"""What the robot would touch in a posture: itself, the table, obstacles, the border of its workspace."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Cell, DexSim2RealError, Workspace
from dexsim2real_description.model import Vec3
from dexsim2real_sim.robot import add_robot
from dexsim2real_sim.scene import TABLE

Array = NDArray[np.float64]

CLEARANCE = 0.01
"""Between the robot and everything else, and between arm and hand [m]: the model's shapes are that coarse."""
SOFT = 0.003
"""Fingers may overlap by this much [m]: their skin gives, and a closed hand touches itself."""
_NEIGHBOURS = (
    ("arm_link_0", "arm_link_1"),
    ("arm_link_1", "arm_link_3"),
    ("arm_link_5", "arm_link_7"),
    ("palm", "thumb_link_1"),
)
"""Next to each other, or with only a joint's housing between them: their coarse shapes are always near, or overlap."""


@dataclass(frozen=True)
class Box:
    """Something in the way, its edges along the axes of the world."""

    centre: Vec3
    """[m]"""
    size: Vec3
    """Full edge lengths [m]."""


@dataclass(frozen=True)
class Nearest:
    """The two things that are nearest to each other, of those that should not touch."""

    distance: float
    """Between their surfaces [m]; negative if they overlap, CLEARANCE if nothing is nearer."""
    names: tuple[str, str] = ("", "")


class Collisions:
    """The robot of a cell over its table, as shapes that must not touch.

    The hand's own parts count as touching only when they overlap by more than SOFT.
    """

    def __init__(self, cell: Cell, obstacles: Sequence[Box] = (), workspace: Workspace | None = None) -> None:
        self.workspace = workspace
        self.lower, self.upper = cell.limits.lower, cell.limits.upper
        """Of the joints [rad], shape (23,)."""
        self.model = _compile(cell, obstacles)
        self._data = mujoco.MjData(self.model)
        self._palm = self.model.body(cell.hand.root).id
        self._in_hand = np.array([self.model.body(body).name in _hand(cell) for body in range(self.model.nbody)])

    def nearest(self, joints: Array) -> Nearest:
        """What is nearest to touching, within CLEARANCE, at joint positions [rad], shape (23,)."""
        self._place(joints)
        contacts = self._data.contact
        bodies = self.model.geom_bodyid[contacts.geom]
        distance = contacts.dist + np.where(self._in_hand[bodies].all(axis=1), CLEARANCE + SOFT, 0.0)
        if not distance.size or distance.min() >= CLEARANCE:
            return Nearest(CLEARANCE)
        worst = int(np.argmin(distance))
        first, second = (self.model.body(int(body)).name for body in bodies[worst])
        return Nearest(float(distance[worst]), (first, second))

    def clear(self, joints: Array, clearance: float) -> bool:
        """Whether nothing is nearer than `clearance` [m], up to CLEARANCE, and the palm is in the workspace."""
        return self.nearest(joints).distance >= clearance and not self.outside()

    def clear_along(self, path: Array, clearance: float) -> bool:
        """The same for every posture of a path, shape (n, 23)."""
        return all(self.clear(joints, clearance) for joints in path)

    def outside(self) -> str:
        """Where the palm is outside the workspace in the posture last asked about; empty if it is inside."""
        return "" if self.workspace is None else self.workspace.complaint(self._data.xpos[self._palm])

    def demand(self, joints: Array, what: str) -> float:
        """How much clearance a posture leaves [m], at most CLEARANCE. Raises DexSim2RealError if it is impossible.

        `what` names the posture in the message.
        """
        far = np.flatnonzero((joints < self.lower) | (joints > self.upper))
        if far.size:
            name = self.model.joint(int(far[0])).name
            low, high = self.lower[far[0]], self.upper[far[0]]
            raise DexSim2RealError(
                f"{what}: {name} at {joints[far[0]]:.3f} rad is outside its range {low:.3f} to {high:.3f} rad"
            )
        nearest = self.nearest(joints)
        if nearest.distance < 0:
            raise DexSim2RealError(
                f"{what}: {nearest.names[0]} and {nearest.names[1]} overlap by {-1000 * nearest.distance:.0f} mm"
            )
        if problem := self.outside():
            raise DexSim2RealError(f"{what}: {problem}")
        return nearest.distance

    def unwatched(self) -> list[tuple[str, str]]:
        """Pairs of links that may touch: neighbours, what is fixed together, and all parts of the hand."""
        model = self.model
        weld = model.body_weldid
        above = weld[model.body_parentid[weld]]
        excluded = {(int(pair) >> 16, int(pair) & 0xFFFF) for pair in model.exclude_signature}
        solid = [body for body in range(1, model.nbody) if model.body_geomnum[body]]
        return [
            (model.body(a).name, model.body(b).name)
            for a, b in itertools.combinations(solid, 2)
            if weld[a] == weld[b]
            or (weld[a] and weld[a] == above[b])
            or (weld[b] and weld[b] == above[a])
            or (a, b) in excluded
            or (self._in_hand[a] and self._in_hand[b])
        ]

    def _place(self, joints: Array) -> None:
        self._data.qpos[:] = joints
        mujoco.mj_kinematics(self.model, self._data)
        mujoco.mj_collision(self.model, self._data)


def _hand(cell: Cell) -> set[str]:
    """Names of the hand's bodies, and of the plate that it is screwed to."""
    return {link.name for link in cell.hand.links} | {"hand_adapter"}


def _compile(cell: Cell, obstacles: Sequence[Box]) -> mujoco.MjModel:
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    add_robot(spec, cell)
    for body in spec.bodies:
        for geom in body.geoms:
            geom.contype = geom.conaffinity = 1  # in the simulator links of the arm pass through each other
            geom.margin = 0.0 if body.name in _hand(cell) else CLEARANCE  # so that what comes near is reported too
    for pair in _NEIGHBOURS:
        spec.add_exclude(bodyname1=pair[0], bodyname2=pair[1])
    x, y, z = cell.table.centre
    top = Box((x, y, z - cell.table.size[2] / 2), cell.table.size)
    for name, box in ((TABLE, top), *((f"obstacle_{i}", box) for i, box in enumerate(obstacles))):
        _add_box(spec, name, box)
    return spec.compile()


def _add_box(spec: mujoco.MjSpec, name: str, box: Box) -> None:
    """A fixed box; two fixed things never meet."""
    body = spec.worldbody.add_body(name=name, pos=box.centre)
    body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=np.array(box.size) / 2, margin=CLEARANCE)
