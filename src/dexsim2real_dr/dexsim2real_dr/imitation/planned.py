"""Experts whose way to the object is planned: postures by mink, a free path by OMPL's RRT-Connect, timing by ruckig."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import mujoco
import numpy as np

from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import DexEnv
from dexsim2real_sim.planning import Box, Collisions, plan_motion, reach_palm
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.robot import FIXTURE, OBJECT
from dexsim2real_sim.scene import TABLE
from dexsim2real_sim.scripted import Script
from dexsim2real_sim.scripted.peg_insertion import PegInsertionScript
from dexsim2real_sim.scripted.pick_place import PickPlaceScript
from dexsim2real_sim.scripted.pinching import PinchScript
from dexsim2real_sim.scripted.script import Move
from dexsim2real_sim.scripted.stacking import StackingScript
from dexsim2real_sim.tasks.base import Array

SPEED = 0.25
"""Share of the joints' velocity limits; an action moves a target at 0.3 of them at most."""
log = logging.getLogger(__name__)


class PlannedReach(PinchScript):
    """Reaches for objects without touching the table or any object; from the grasp on it is the script."""

    def __init__(self, env: DexEnv) -> None:
        super().__init__(env)
        self._model = env.sim.batch.get_model(0)
        self._data = mujoco.MjData(self._model)
        self.planned, self.unplanned = 0, 0
        """How often a way was planned, and how often none was found and the script went straight on."""

    def approach(self, env: int, palm: Pose, hand: Array, over: Array) -> Iterator[Move]:
        """Along a planned motion; as the script does where there is none."""
        start, cell = self.targets[env], self.env.cell
        try:
            collisions = Collisions(cell, self._obstacles(env))
            goal = reach_palm(cell, collisions, palm, np.concatenate([over, hand]))
            motion = plan_motion(collisions, cell.limits, start, goal, SPEED)
        except DexSim2RealError as error:
            self.unplanned += 1
            log.info("environment %d goes without a plan: %s", env, error)
            yield from super().approach(env, palm, hand, over)
            return
        self.planned += 1
        yield Move(way=lambda share: motion.at(np.array([share * motion.duration]))[0][0], seconds=motion.duration)

    def _obstacles(self, env: int) -> list[Box]:
        """What lies or stands on the table, as boxes along the world's axes."""
        batch = self.env.sim.batch
        batch.get_model(env, self._model)
        batch.get_data(env, self._data)
        mujoco.mj_kinematics(self._model, self._data)
        boxes = []
        for geom in np.flatnonzero(self._model.geom_contype & (OBJECT | FIXTURE)).tolist():
            if self._model.geom(geom).name == TABLE:
                continue  # it is there already
            centre, half = self._model.geom_aabb[geom, :3], self._model.geom_aabb[geom, 3:]
            turn = self._data.geom_xmat[geom].reshape(3, 3)
            middle, size = self._data.geom_xpos[geom] + turn @ centre, 2 * np.abs(turn) @ half
            boxes.append(Box(tuple(middle.tolist()), tuple(size.tolist())))
        return boxes


class PlannedPickPlace(PlannedReach, PickPlaceScript):
    """Pick and place with planned reaching."""


class PlannedStacking(PlannedReach, StackingScript):
    """Stacking with planned reaching."""


class PlannedPegInsertion(PlannedReach, PegInsertionScript):
    """Peg insertion with planned reaching."""


PLANNED: dict[str, type[Script]] = {
    "pick_place": PlannedPickPlace,
    "stacking": PlannedStacking,
    "peg_insertion": PlannedPegInsertion,
}
"""The planned expert of each task that has one, by the task's name."""
