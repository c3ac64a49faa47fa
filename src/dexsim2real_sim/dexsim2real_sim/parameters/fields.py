"""Per-environment model fields, always written from the compiled default."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import mujoco
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from dexsim2real_description import UnknownNameError

Ids = NDArray[np.intp]

_KINDS = {
    "body": mujoco.mjtObj.mjOBJ_BODY,
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "light": mujoco.mjtObj.mjOBJ_LIGHT,
    "camera": mujoco.mjtObj.mjOBJ_CAMERA,
    "material": mujoco.mjtObj.mjOBJ_MATERIAL,
    "texture": mujoco.mjtObj.mjOBJ_TEXTURE,
}


class ModelFields:
    """The model fields that differ between environments.

    `restore` puts the compiled default back into every field that was ever written; parameters then scale or
    shift from there, so applying twice equals applying once, and two parameters may act on one field.
    """

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self.model: mujoco.MjModel = batch.model
        self._arrays: dict[str, NDArray[Any]] = {}
        self._defaults: dict[str, NDArray[Any]] = {}

    def array(self, field: str) -> NDArray[Any]:
        """Live values of an MjModel field, shape (N, ...); expanded at the first use."""
        if field not in self._arrays:
            self._arrays[field] = self._batch.expand(field)
            self._defaults[field] = self._arrays[field][0].copy()
        return self._arrays[field]

    def default(self, field: str) -> NDArray[Any]:
        """The compiled values of a field, shape (...)."""
        self.array(field)
        return self._defaults[field]

    def restore(self, ids: Ids) -> None:
        """Put the compiled defaults back in these environments."""
        for field, array in self._arrays.items():
            array[ids] = self._defaults[field]

    def copy_to(self, batch: Batch, ids: Ids) -> None:
        """Give another batch of the same model and size the present values of all fields in these environments."""
        for field, array in self._arrays.items():
            batch.expand(field)[ids] = array[ids]
        batch.set_const(ids)

    @cached_property
    def free_bodies(self) -> NDArray[np.intp]:
        """Numbers of the bodies that move freely."""
        joints = np.flatnonzero(self.model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
        return np.asarray(self.model.jnt_bodyid[joints], dtype=np.intp)

    @lru_cache(maxsize=256)  # noqa: B019  (fields live as long as their environment)
    def index(self, kind: str, name: str) -> int:
        """Number of a body, geom, light, camera, material or texture. Raises UnknownNameError."""
        found = mujoco.mj_name2id(self.model, _KINDS[kind], name)
        if found < 0:
            raise UnknownNameError(kind, name, self.names(kind))
        return int(found)

    def names(self, kind: str) -> list[str]:
        """All names of a kind in the model."""
        counts = {"body": "nbody", "geom": "ngeom", "light": "nlight", "camera": "ncam", "material": "nmat"}
        count = getattr(self.model, counts.get(kind, "ntex"))
        return [mujoco.mj_id2name(self.model, _KINDS[kind], i) or "" for i in range(count)]

    @lru_cache(maxsize=16)  # noqa: B019
    def geoms_of(self, bodies: tuple[str, ...]) -> NDArray[np.intp]:
        """Numbers of all geoms of these bodies."""
        wanted = [self.index("body", name) for name in bodies]
        return np.flatnonzero(np.isin(self.model.geom_bodyid, wanted))
