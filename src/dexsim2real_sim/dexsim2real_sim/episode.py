"""How episodes begin: objects are chosen, parameters drawn, everything put in place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import JOINTS
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.objects import GEOM_TYPES, OBJECTS, ObjectModel
from dexsim2real_sim.plant import Plant
from dexsim2real_sim.randomness import episode_streams
from dexsim2real_sim.sampling import ParameterSampler
from dexsim2real_sim.snapshot import Snapshot
from dexsim2real_sim.tasks.base import Slot

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
        self._coming: dict[int, Snapshot] = {}
        self._recalled: dict[int, Snapshot] = {}

    def reseed(self, seed: int, first: int = 0) -> None:
        """Restart the random streams, as if the first environment were number `first`."""
        self._streams = episode_streams(seed, len(self._streams), first)

    def start(self, ids: Ids) -> Array:
        """Begin new episodes; returns the joint targets [rad], shape (k, 23)."""
        for env in ids.tolist():
            self._recalled.pop(env, None)
            if env in self._coming:
                self._recall(env, self._coming.pop(env))
            else:
                self._draw(env)
        self.write_models(ids)
        self._place(ids)
        return self._targets[ids]

    def begin_from(self, env: int, state: Snapshot | None) -> None:
        """Let the next episode of an environment go on from this state, of the same task; None: it is drawn."""
        self._coming.pop(env, None)
        if state is not None:
            self._coming[env] = state

    def snapshot(self, env: int, targets: Array) -> Snapshot:
        """The present state of an environment, whose joint targets are these [rad], shape (23,)."""
        plant = self._plant
        return Snapshot(
            plant.sim.batch.state[env].copy(),
            targets.copy(),
            plant.shaper.geared[env].copy(),
            plant.values.table[env].copy(),
            dict(self.object_names[env]),
            {name: rows[env].copy() for name, rows in self._poses.items()},
            {name: rows[env].copy() for name, rows in plant.world.memory.items()},
        )

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
        self._choose(env, {slot: str(rng.choice(choices)) for slot, choices in self._choices.items()})
        state = self._task.initial_state(rng, float(plant.world.difficulty[env]), self.objects[env])
        self._joints[env] = state.joints
        self._targets[env] = state.joints if state.targets is None else state.targets
        lift = np.array([0.0, 0.0, plant.world.table_height[env]])
        for body, pose in (*state.poses.items(), *state.held.items()):
            self._row(self._poses, body, pose)[env] = pose
            self._poses[body][env, :3] += 0.0 if body in state.held else lift

    def _recall(self, env: int, state: Snapshot) -> None:
        """Parameters, objects and start of the episode that a state belongs to; `_place` does the rest."""
        self._recalled[env] = state
        self._plant.values.table[env] = state.parameters
        self._choose(env, state.objects)
        self._joints[env] = self._targets[env] = state.targets
        for body, pose in state.start.items():
            self._row(self._poses, body, pose)[env] = pose

    def _choose(self, env: int, names: Mapping[str, str]) -> None:
        """Objects for the slots, scaled, and the table's height, both as the parameters have it."""
        values, world = self._plant.values, self._plant.world
        scale = float(values["object_scale"][env])
        self.object_names[env] = dict(names)
        self.objects[env] = {slot: OBJECTS[name].scaled(scale) for slot, name in names.items()}
        world.table_height[env] = values["table_height"][env]

    def _row(self, rows: dict[str, Array], name: str, like: Array) -> Array:
        """Values of all environments by name, made at the first use, shape (N, *like.shape)."""
        return rows.setdefault(name, np.zeros((len(self._streams), *like.shape)))

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
        for env in self._recalled.keys() & set(ids.tolist()):
            state = self._recalled[env]
            plant.sim.batch.state[env] = state.physics
            plant.shaper.geared[env] = state.geared
            for name, value in state.memory.items():
                self._row(plant.world.memory, name, value)[env] = value
        plant.sim.forward(ids)


def _fitting(slot: Slot, objects: tuple[str, ...], task: str) -> tuple[str, ...]:
    """Those of `objects` that the slot may hold. Raises SimError if there is none."""
    fitting = tuple(name for name in objects if not slot.choices or name in slot.choices)
    if not fitting:
        raise SimError(
            f"none of the objects {', '.join(objects)} fits task {task}; choose from {', '.join(slot.choices)}"
        )
    return fitting
