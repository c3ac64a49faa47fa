"""An OpenGL context without a display: EGL where its library is installed, else OSMesa."""

from __future__ import annotations

import ctypes
import importlib
import os
from typing import Any

from dexsim2real_sim.errors import SimError

_LIBRARIES = {"egl": "libEGL.so.1", "osmesa": "libOSMesa.so.8", "glfw": None}
"""What MUJOCO_GL may be, and the library that each needs; glfw carries its own and needs a display."""
INSTALL = "install one, on Debian and Ubuntu: sudo apt-get install libegl1 libgl1 libgl1-mesa-dri (or libosmesa6)"
"""What to do where no library works."""


def open_context(width: int, height: int) -> Any:
    """A context for offscreen images of at most `width` x `height` [px], current in this thread.

    The environment variable MUJOCO_GL (egl, osmesa, glfw) decides where it is set. Raises SimError if there is no
    OpenGL library that works.
    """
    backend = _chosen_backend(os.environ.get("MUJOCO_GL", "")) or _installed_backend()
    # One software-rendering thread per context is fastest for small images. Both variables are read by the
    # libraries when the first context is made, so setting them here is early enough.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    os.environ["MUJOCO_GL"] = backend
    try:
        context = importlib.import_module(f"mujoco.{backend}").GLContext(width, height)
        context.make_current()
    except Exception as error:  # each library has its own kinds of error
        raise SimError(f"cannot open an offscreen OpenGL context with {backend} ({error}); {INSTALL}") from error
    return context


def _chosen_backend(wanted: str) -> str:
    """What MUJOCO_GL says, if anything. Raises SimError if it is nothing known or its library is missing."""
    backend = wanted.lower().strip()
    if not backend:
        return ""
    if backend not in _LIBRARIES:
        raise SimError(f"MUJOCO_GL is {wanted!r}; expected one of {', '.join(_LIBRARIES)}, or unset it")
    library = _LIBRARIES[backend]
    if library is not None and not _loads(library):
        raise SimError(f"MUJOCO_GL is {wanted!r}, but {library} does not load; unset MUJOCO_GL, or {INSTALL}")
    return backend


def _installed_backend() -> str:
    """The first backend whose library loads."""
    libraries = {backend: library for backend, library in _LIBRARIES.items() if library is not None}
    for backend, library in libraries.items():
        if _loads(library):
            return backend
    raise SimError(f"rendering needs an OpenGL library, neither {' nor '.join(libraries.values())} loads; {INSTALL}")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
