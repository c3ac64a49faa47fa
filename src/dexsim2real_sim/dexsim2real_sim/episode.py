"""How episodes begin: objects are chosen, parameters drawn, everything put in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import JOINTS
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.objects import GEOM_TYPES, OBJECTS, ObjectModel
from dexsim2real_sim.plant import Plant
from dexsim2real_sim.randomness import episode_streams
from dexsim2real_sim.sampling import ParameterSampler
from dexsim2real_sim.tasks.base import Slot

if TYPE_CHECKING:
    from dexsim2real_sim.env import EnvConfig

Array = NDArray[np.float64]
Ids = NDArray[np.intp]


class EpisodeStarter:
    """Draws and sets the start of episodes, each environment from its own stream."""

    def __init__(
        self, plant: Plant, config: EnvConfig, objects: tuple[str, ...], sampler: ParameterSampler | None
    ) -> None:
        self._plant, self._task = plant, plant.task
        self._sampler = sampler
        self._streams = episode_streams(config.seed, config.num_envs)
        self._choices = {slot.name: _fitting(slot, objects, self._task.name) for slot in self._task.slots}
        self.object_names: list[dict[str, str]] = [{} for _ in range(config.num_envs)]
        """What each slot of each environment holds."""
        self.objects: list[dict[str, ObjectModel]] = [{} for _ in range(config.num_envs)]
        """The same as models, scaled as the parameters have it."""
        self._joints: Array = np.zeros((config.num_envs, len(JOINTS)))
        self._targets: Array = np.zeros((config.num_envs, len(JOINTS)))
        self._poses: dict[str, Array] = plant.world.start

    def reseed(self, seed: int) -> None:
        """Restart the random streams."""
        self._streams = episode_streams(seed, len(self._streams))

    def start(self, ids: Ids) -> Array:
        """Begin new episodes; returns the joint targets [rad], shape (k, 23)."""
        for env in ids:
            self._draw(int(env))
        self.write_models(ids)
        self._place(ids)
        return self._targets[ids]

    def restore(self, ids: Ids) -> Array:
        """Put environments back at the start of their present episode; returns joint targets as `start` does."""
        self._place(ids)
        return self._targets[ids]

    def write_models(self, ids: Ids) -> None:
        """Write the model fields of these environments: objects into the slots, then parameters on top of them."""
        self._plant.fields.restore(ids)
        for env in ids:
            for slot, model in self.objects[env].items():
                self._fill_slot(int(env), slot, model)
        self._plant.write_parameters(ids)

    def _draw(self, env: int) -> None:
        """Parameters, objects and initial state of one environment."""
        rng, plant = self._streams[env], self._plant
        if self._sampler is None:
            plant.values.assign(env, {})
        else:
            drawn = self._sampler.sample(rng, 1)[0]
            plant.values.assign(env, dict(zip(self._sampler.names, drawn.tolist(), strict=True)))
        names = {slot: str(rng.choice(choices)) for slot, choices in self._choices.items()}
        self.object_names[env] = names
        scale = float(plant.values["object_scale"][env])
        models = self.objects[env] = {slot: OBJECTS[name].scaled(scale) for slot, name in names.items()}
        state = self._task.initial_state(rng, float(plant.world.difficulty[env]), models)
        self._joints[env] = state.joints
        self._targets[env] = state.joints if state.targets is None else state.targets
        lift = float(plant.values["table_height"][env])
        plant.world.table_height[env] = lift
        for body, pose in (*state.poses.items(), *state.held.items()):
            row = self._poses.setdefault(body, np.zeros((len(self._streams), len(pose))))
            row[env] = pose
            row[env, 2] += 0.0 if body in state.held else lift

    def _fill_slot(self, env: int, slot: str, model: ObjectModel) -> None:
        """Make the slot's body this object: shape, bounding volume, mass, colour."""
        fields, world = self._plant.fields, self._plant.world
        geom, body = fields.index("geom", slot), fields.index("body", slot)
        world.half[slot][env] = model.half
        world.round[slot][env] = model.kind != "box"
        fields.array("geom_type")[env, geom] = int(GEOM_TYPES[model.kind])
        fields.array("geom_size")[env, geom] = model.geom_size
        fields.array("geom_rbound")[env, geom] = np.linalg.norm(model.half)
        fields.array("geom_aabb")[env, geom, 3:] = model.half
        fields.array("geom_rgba")[env, geom, :3] = model.rgb
        fields.array("body_mass")[env, body] = model.mass
        fields.array("body_inertia")[env, body] = model.inertia() * model.mass

    def _place(self, ids: Ids) -> None:
        plant = self._plant
        poses = {name: rows[ids] for name, rows in self._poses.items()}
        plant.sim.place(ids, self._joints[ids], self._targets[ids], poses)
        plant.shaper.reset(ids, self._targets[ids])
        for rows in plant.world.memory.values():
            rows[ids] = 0.0
        plant.sim.forward(ids)


def _fitting(slot: Slot, objects: tuple[str, ...], task: str) -> tuple[str, ...]:
    """Those of `objects` that the slot may hold. Raises SimError if there is none."""
    fitting = tuple(name for name in objects if not slot.choices or name in slot.choices)
    if not fitting:
        raise SimError(
            f"none of the objects {', '.join(objects)} fits task {task}; choose from {', '.join(slot.choices)}"
        )
    return fitting
