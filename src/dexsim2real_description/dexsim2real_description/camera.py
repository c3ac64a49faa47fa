"""The two RealSense D435 cameras: intrinsics, where they are mounted, depth noise. Figures: FACTS 4."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, degrees

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.model import Vec3

CAMERAS: tuple[str, ...] = ("front", "wrist")
"""Camera names in the order of every image stack."""


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole without distortion (the D435's colour coefficients are 0)."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @property
    def fovy(self) -> float:
        """Vertical field of view [deg]."""
        return degrees(2 * atan(self.height / (2 * self.fy)))

    def scaled(self, width: int, height: int) -> Intrinsics:
        """The same camera at another resolution; a square image is the centre of the frame, cropped then scaled."""
        scale = max(width / self.width, height / self.height)
        return Intrinsics(
            width,
            height,
            self.fx * scale,
            self.fy * scale,
            (self.cx - self.width / 2) * scale + width / 2,
            (self.cy - self.height / 2) * scale + height / 2,
        )


@dataclass(frozen=True)
class CameraMount:
    """Where a camera sits and what it sees, in the optical frame's convention: x right, y down, z forward."""

    name: str
    parent: str
    """Link that carries it; "world" for a fixed camera."""
    xyz: Vec3
    """Optical centre in the parent [m]."""
    forward: Vec3
    """Viewing direction in the parent."""
    up: Vec3
    """Upward direction of the image in the parent; only its part across `forward` counts."""
    intrinsics: Intrinsics

    @property
    def frame(self) -> str:
        """Name of the optical frame, as the camera's driver names it (FACTS 4.4)."""
        return f"{self.name}_camera_color_optical_frame"

    @property
    def rotation(self) -> NDArray[np.float64]:
        """Axes of the optical frame in the parent as columns x right, y down, z forward, shape (3, 3)."""
        z = np.array(self.forward) / np.linalg.norm(self.forward)
        x = np.cross(z, self.up)
        x /= np.linalg.norm(x)
        return np.stack([x, np.cross(z, x), z], axis=1)


D435_COLOR = Intrinsics(640, 480, fx=615.0, fy=615.0, cx=320.0, cy=240.0)
"""Typical colour intrinsics at 640 x 480: fx and fy 610 to 620, cx 315 to 326, cy 237 to 250 (FACTS 4.2)."""

FRONT = CameraMount("front", "world", (1.4, 0.0, 0.58), (-0.92, 0.02, -0.42), (0.0, 0.0, 1.0), D435_COLOR)
"""Opposite the robot: sees the work area of the table and the hand up to 0.5 m above it."""
WRIST = CameraMount("wrist", "hand_adapter", (0.12, 0.0, -0.05), (-0.2, 0.0, 0.98), (-1.0, 0.0, 0.0), D435_COLOR)
"""On a bracket before the palm (the adapter is turned with it), looking along the fingers at what they hold; its
image is upright when the palm faces down."""

DEPTH_BASELINE = 0.050
"""[m]"""
DEPTH_FOCAL = 424.0
"""Depth focal length at 848 wide and 90 deg [px] (FACTS 4.3)."""
DEPTH_SUBPIXEL = 0.08
"""Typical matching error [px]; the RMS depth error is z^2 * subpixel / (focal * baseline) (FACTS 4.3)."""
DEPTH_RANGE = (0.11, 10.0)
"""[m]"""
