"""Draws one simulated cell as a pinhole camera sees it: colour, depth, and which geom each pixel shows."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.camera import Intrinsics
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.render_context import INSTALL, open_context

MAX_GEOMS = 1000


@dataclass(frozen=True)
class Quality:
    """What an image may cost."""

    samples: int
    """Per pixel for smooth edges; 0 for one."""
    shadow_map: int
    """Side of the shadow map [px]; 0 for no shadows."""
    slices: int
    """Around curved primitives."""


FAST = Quality(samples=0, shadow_map=0, slices=12)
"""For training: about a twentieth of the time of MuJoCo's defaults on a CPU (measured)."""
FINE = Quality(samples=4, shadow_map=2048, slices=32)
"""For people."""


class SceneRenderer:
    """An OpenGL context with the assets of one model; draws any model and data of the same sizes.

    Used from the thread that made it. `close` frees the context.
    """

    def __init__(self, model: mujoco.MjModel, width: int, height: int, quality: Quality = FAST) -> None:
        """Images of `width` x `height` [px]. Raises SimError without a working OpenGL library."""
        _check_size(width, height)
        self.width, self.height = width, height
        _set_quality(model, width, height, quality)
        self._gl = open_context(width, height)
        self._context = _upload(model)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(model, MAX_GEOMS)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = quality.shadow_map > 0
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False
        self._option = mujoco.MjvOption()
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._rect = mujoco.MjrRect(0, 0, width, height)
        self._pixels = np.empty((height, width, 3), np.uint8)
        self._depth = np.empty((height, width), np.float32)

    def look(self, model: mujoco.MjModel, data: mujoco.MjData, camera: int, lens: Intrinsics) -> None:
        """Aim: the model's camera number `camera` through a lens; `data` needs current kinematics and lights."""
        self._gl.make_current()
        self._camera.fixedcamid = camera
        every = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(model, data, self._option, None, self._camera, every, self._scene)
        for eye in self._scene.camera:
            _set_frustum(eye, lens)

    def color(self) -> NDArray[np.uint8]:
        """RGB, shape (H, W, 3); upside down memory order is undone as a view, copy to keep."""
        mujoco.mjr_render(self._rect, self._scene, self._context)
        mujoco.mjr_readPixels(self._pixels, None, self._rect, self._context)
        return self._pixels[::-1]

    def color_and_depth(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """RGB as `color`, and the distance along the optical axis from the same pass [m], shape (H, W)."""
        mujoco.mjr_render(self._rect, self._scene, self._context)
        mujoco.mjr_readPixels(self._pixels, self._depth, self._rect, self._context)
        eye = self._scene.camera[0]
        near, far = float(eye.frustum_near), float(eye.frustum_far)
        # the buffer holds 1 at the near and 0 at the far plane, linear in 1 / z
        inverse = 1 / far + self._depth.astype(np.float64) * (1 / near - 1 / far)
        return self._pixels[::-1], (1 / inverse).astype(np.float32)[::-1]

    def geoms(self) -> NDArray[np.int32]:
        """Number of the model's geom that each pixel shows, -1 for none, shape (H, W)."""
        flags = self._scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = True
        mujoco.mjr_render(self._rect, self._scene, self._context)
        mujoco.mjr_readPixels(self._pixels, None, self._rect, self._context)
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = False
        drawn = self._scene.geoms[: self._scene.ngeom]
        numbers = np.full(self._scene.ngeom + 1, -1, np.int32)  # colour 0 is the background
        for geom in drawn:
            if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                numbers[geom.segid + 1] = geom.objid
        code = self._pixels[::-1].astype(np.int32) @ np.array([1, 256, 65536], np.int32)
        return numbers[code]

    def close(self) -> None:
        """Free the context; drawing is over."""
        self._gl.make_current()
        self._context.free()
        self._gl.free()

    def __enter__(self) -> SceneRenderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _upload(model: mujoco.MjModel) -> mujoco.MjrContext:
    """The model's assets in the current OpenGL context. Raises SimError if that context does not work."""
    try:
        return mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
    except mujoco.FatalError as error:
        raise SimError(f"OpenGL does not work here ({error}); {INSTALL}") from error


def _check_size(width: int, height: int) -> None:
    if not (8 <= width <= 4096 and 8 <= height <= 4096):
        raise SimError(f"images of {width} x {height} pixels are asked for; each side must be 8 to 4096")


def _set_quality(model: mujoco.MjModel, width: int, height: int, quality: Quality) -> None:
    """Write into the model what an OpenGL context takes from it when it is made."""
    visual = model.vis
    visual.global_.offwidth, visual.global_.offheight = width, height
    visual.quality.offsamples, visual.quality.shadowsize = quality.samples, quality.shadow_map
    visual.quality.numslices, visual.quality.numstacks = quality.slices, max(8, quality.slices * 2 // 3)


def _set_frustum(eye: mujoco.MjvGLCamera, lens: Intrinsics) -> None:
    """Make OpenGL's view volume that of the lens: focal lengths and principal point, not only a field of view.

    MuJoCo takes the width from the height and the aspect, so pixels are square: fx = fy.
    """
    near = eye.frustum_near
    eye.frustum_top = near * lens.cy / lens.fy
    eye.frustum_bottom = -near * (lens.height - lens.cy) / lens.fy
    eye.frustum_center = near * (lens.width / 2 - lens.cx) / lens.fx
    eye.frustum_width = 0.0
