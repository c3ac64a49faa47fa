"""The cell's cameras over a batch of environments: colour, depth and segmentation of any of them, on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.area import Size
from dexsim2real_description.camera import CameraMount, Intrinsics
from dexsim2real_sim.depth import measure_depth
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.plant import Plant
from dexsim2real_sim.randomness import frame_streams
from dexsim2real_sim.render import FAST, Quality, SceneRenderer
from dexsim2real_sim.render_response import Grain, respond
from dexsim2real_sim.sampling import ParameterSampler
from dexsim2real_sim.twin import Twin
from dexsim2real_sim.unmodelled import develop

_ONE = np.array([0])


@dataclass(frozen=True)
class Frames:
    """One frame of every camera in k environments."""

    color: NDArray[np.uint8]
    """RGB, shape (k, cameras, H, W, 3)."""
    depth: NDArray[np.float32] | None = None
    """Distance along the optical axis as a D435 measures it [m], 0 where it cannot, shape (k, cameras, H, W)."""
    geoms: NDArray[np.int32] | None = None
    """Number of the model's geom in each pixel, -1 for none, shape (k, cameras, H, W)."""

    def bodies(self, model: mujoco.MjModel) -> NDArray[np.int32]:
        """Number of the model's body in each pixel, -1 for none, shape (k, cameras, H, W). Needs `geoms`."""
        numbers = np.append(model.geom_bodyid, -1).astype(np.int32)
        bodies: NDArray[np.int32] = numbers[self.geoms]
        return bodies


class Cameras:
    """Renders the environments of a plant one after another in one OpenGL context.

    Parameters of frame granularity are drawn anew for every frame, each environment from a stream of its own, and
    written to a copy of its model that lives for that frame only: physics never sees them.
    """

    def __init__(
        self,
        plant: Plant,
        mounts: Sequence[CameraMount],
        size: Size,
        seed: int = 0,
        sampler: ParameterSampler | None = None,
        twin: Twin | None = None,
        quality: Quality = FAST,
    ) -> None:
        """Images of `size` (height, width) [px], `sampler` drawing what changes per frame, a twin's flaws added.

        Raises SimError without a working OpenGL library.
        """
        self.size = size
        self._plant, self._twin = plant, twin
        self._frame = tuple(p for name, p in PARAMETERS.items() if name in plant.values.frame)
        self._sampler = sampler if sampler is not None and plant.values.frame & set(sampler.names) else None
        plant.show()
        self._model = plant.sim.batch.get_model(0)
        self._data = mujoco.MjData(self._model)
        self._renderer = SceneRenderer(self._model, size[1], size[0], quality)
        self._fields = ModelFields(_OneModel(self._model))
        self._ids = [self._fields.index("camera", mount.name) for mount in mounts]
        self._lenses = [mount.intrinsics.scaled(size[1], size[0]) for mount in mounts]
        self._fovy = self._model.cam_fovy[self._ids].copy()
        self._grain = Grain(*size)
        self.reseed(seed)

    def reseed(self, seed: int, first: int = 0) -> None:
        """Restart the random streams, as if the first environment were number `first`."""
        self._streams = frame_streams(seed, self._plant.sim.num_envs, first)

    def frames(self, ids: Ids, depth: bool = False, geoms: bool = False) -> Frames:
        """A new frame of every camera in these environments; depth and segmentation where asked for."""
        shape = (len(ids), len(self._ids), *self.size)
        color = np.empty((*shape, 3), np.uint8)
        depths = np.empty(shape, np.float32) if depth else None
        shown = np.empty(shape, np.int32) if geoms else None
        for row, env in enumerate(ids.tolist()):
            noise = self._begin_frame(env)
            for camera in range(len(self._ids)):
                self._aim(camera)
                if depths is None:
                    picture = self._renderer.color()
                else:
                    picture, depths[row, camera] = self._renderer.color_and_depth()
                color[row, camera] = self._respond(env, picture, noise)
                if shown is not None:
                    shown[row, camera] = self._renderer.geoms()
            if depths is not None:
                depths[row] = measure_depth(depths[row], float(self._plant.values["depth_noise"][env]), noise)
        return Frames(color if self._twin is None else develop(color, self._twin), depths, shown)

    def close(self) -> None:
        """Free the OpenGL context."""
        self._renderer.close()

    def _begin_frame(self, env: int) -> np.random.Generator:
        """Draw what changes with the frame and pose the scene; returns the frame's own source of noise."""
        rng, plant = self._streams[env], self._plant
        if self._sampler is not None:
            drawn = dict(zip(self._sampler.names, self._sampler.sample(rng, 1)[0].tolist(), strict=True))
            for p in self._frame:
                value = drawn.get(p.name, plant.values[p.name][env])
                plant.values[p.name][env] = round(value) if p.integer else value
        noise = np.random.default_rng(rng.integers(2**63))
        plant.sim.batch.get_model(env, self._model)
        for p in self._frame:
            if p.write is not None:
                p.write(self._fields, _ONE, plant.values[p.name][env : env + 1])
        plant.sim.batch.get_data(env, self._data)
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        return noise

    def _aim(self, camera: int) -> None:
        number = self._ids[camera]
        zoom = np.tan(np.radians(self._fovy[camera]) / 2) / np.tan(np.radians(self._model.cam_fovy[number]) / 2)
        self._renderer.look(self._model, self._data, number, _zoomed(self._lenses[camera], float(zoom)))

    def _respond(self, env: int, picture: NDArray[np.uint8], noise: np.random.Generator) -> NDArray[np.uint8]:
        values = self._plant.values
        exposure, warmth = values["exposure"][env], values["white_balance"][env]
        gains = exposure * np.array([1 + warmth, 1.0, 1 - warmth])
        return respond(picture, gains, float(values["image_noise"][env]), self._grain.draw(noise))


def _zoomed(lens: Intrinsics, zoom: float) -> Intrinsics:
    return Intrinsics(lens.width, lens.height, lens.fx * zoom, lens.fy * zoom, lens.cx, lens.cy)


class _OneModel:
    """One model as `ModelFields` takes a batch, so that parameters can be written to it."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self.model = model

    def expand(self, field: str) -> NDArray[np.float64]:
        array: NDArray[np.float64] = getattr(self.model, field)[None]
        return array
