"""The touch of a hand as a picture: every taxel a disc, its colour the normal force, an arrow the shear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dexsim2real_description import FINGERS, TouchLayout
from dexsim2real_description.hand import SKIN_LENGTH, SKIN_RADIUS

BACKGROUND = (24, 26, 30)
TEXT = (225, 228, 232)
FULL_NORMAL = 2.0
"""Normal force of the brightest colour [N]; fingers that hold an object press with up to this."""
FULL_SHEAR = 0.87
"""Shear whose arrow is as long as taxels are apart: full scale of the sensor (FACTS 3.6) [N]."""
_COLORS = np.array([(46, 52, 64), (38, 84, 124), (42, 157, 143), (233, 196, 106), (244, 120, 60), (230, 57, 70)])
"""From no force to FULL_NORMAL."""


def unrolled(layout: TouchLayout) -> NDArray[np.float64]:
    """Where the taxels lie on the skin laid flat, seen from outside: right, towards the fingertip [m], shape (T, 2).

    The skin is a cylinder with a dome: the normal says how far around and how far up the dome a taxel is.
    """
    x, y, z = layout.normals.T
    right = SKIN_RADIUS * np.arctan2(y, x)
    along = np.minimum(layout.positions[:, 2], SKIN_LENGTH) + SKIN_RADIUS * np.arcsin(np.clip(z, 0.0, 1.0))
    return np.stack([right, along], axis=1)


def draw_touch(layout: TouchLayout, forces: NDArray[np.floating], width: int, height: int) -> Image.Image:
    """The four fingertips side by side, from `forces` in taxel frames [N], shape (4, T, 3)."""
    image = Image.new("RGB", (width, height), BACKGROUND)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(max(9, height // 11))
    places = unrolled(layout)
    low, high = places.min(axis=0) - _BORDER, places.max(axis=0) + _BORDER
    label = height // 6
    cell = width / len(FINGERS)
    scale = min(cell / (high - low)[0], (height - label) / (high - low)[1])
    for i, finger in enumerate(FINGERS):
        middle = np.array([(i + 0.5) * cell, (height - label) / 2])
        points = middle + (places - (low + high) / 2) * [scale, -scale]
        for point, force in zip(points, forces[i], strict=True):
            _draw_taxel(pen, point, force, scale)
        pressure = float(np.maximum(forces[i, :, 2], 0.0).sum())
        text = f"{finger}  {pressure:.1f} N"
        pen.text((middle[0], height - label / 2), text, TEXT, font, anchor="mm")
    return image


_BORDER = 0.0032
"""Around the outermost taxels [m]."""
_RADIUS = 0.0019
"""Of a disc [m]: discs of the default layout, 4.8 mm apart, do not touch."""
_PITCH = 0.0048
"""Length of an arrow at full shear [m]."""


def _draw_taxel(
    pen: ImageDraw.ImageDraw, point: NDArray[np.float64], force: NDArray[np.floating], scale: float
) -> None:
    """A taxel's x points towards the fingertip, its y to the left as seen from outside."""
    x, y = point
    r = _RADIUS * scale
    pen.ellipse((x - r, y - r, x + r, y + r), fill=force_color(float(force[2])))
    dx, dy = -force[1] / FULL_SHEAR * _PITCH * scale, -force[0] / FULL_SHEAR * _PITCH * scale
    if np.hypot(dx, dy) > r / 3:
        pen.line((x, y, x + dx, y + dy), fill=(255, 255, 255), width=max(1, round(r / 4)))


def force_color(normal: float) -> tuple[int, int, int]:
    """Colour of a normal force [N]; pulling counts as none."""
    position = np.clip(normal / FULL_NORMAL, 0.0, 1.0) * (len(_COLORS) - 1)
    red, green, blue = (int(np.interp(position, range(len(_COLORS)), _COLORS[:, c])) for c in range(3))
    return red, green, blue
