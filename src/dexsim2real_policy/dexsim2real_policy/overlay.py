"""Attention drawn over what it looked at: both images, and the four fingertips as dots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dexsim2real_description import FINGERS
from dexsim2real_description.touch import TouchLayout

PANEL = 224
"""Side of each panel [px]."""
_COLD, _HOT = np.array([20.0, 40.0, 120.0]), np.array([255.0, 210.0, 40.0])


def attention_overlay(
    images: NDArray[np.uint8],
    image_shares: NDArray[np.floating],
    touch_shares: NDArray[np.floating],
    layout: TouchLayout,
) -> Image.Image:
    """One picture, to be saved as PNG: a panel per camera, then one per fingertip seen from its palmar side.

    `images` (C, H, W, 3) under `image_shares` (C, rows, columns), and `touch_shares` (4, T) on the taxels of
    `layout`, as :func:`dexsim2real_policy.tvcap.attention_maps` gives them for one row of the batch. Each kind is
    scaled to its own largest share, so the picture shows where, not how much.
    """
    panels = [
        _image_panel(image, shares / image_shares.max()) for image, shares in zip(images, image_shares, strict=True)
    ]
    panels += [
        _tip_panel(name, shares / touch_shares.max(), layout)
        for name, shares in zip(FINGERS, touch_shares, strict=True)
    ]
    picture = Image.new("RGB", (PANEL * len(panels), PANEL))
    for i, panel in enumerate(panels):
        picture.paste(panel, (i * PANEL, 0))
    return picture


def _image_panel(image: NDArray[np.uint8], heat: NDArray[np.floating]) -> Image.Image:
    """The image, half covered by the colours of `heat` (rows, columns) in [0, 1]."""
    side = (PANEL, PANEL)
    colours = Image.fromarray(_colours(heat)).resize(side, Image.Resampling.BICUBIC)
    return Image.blend(Image.fromarray(image).resize(side, Image.Resampling.BILINEAR), colours, 0.5)


def _tip_panel(name: str, heat: NDArray[np.floating], layout: TouchLayout) -> Image.Image:
    """Taxels as dots, finger end upward."""
    panel = Image.new("RGB", (PANEL, PANEL), (12, 12, 16))
    draw = ImageDraw.Draw(panel)
    draw.text((8, 4), name, fill=(220, 220, 220))
    flat = layout.positions[:, 1:]  # y across, z along the finger
    middle, extent = (flat.max(axis=0) + flat.min(axis=0)) / 2, np.ptp(flat, axis=0).max()
    places = (flat - middle) / extent * 0.7 * PANEL
    for (across, along), colour in zip(places, _colours(heat), strict=True):
        x, y = PANEL / 2 + across, PANEL / 2 - along
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=tuple(int(part) for part in colour))
    return panel


def _colours(heat: NDArray[np.floating]) -> NDArray[np.uint8]:
    colours: NDArray[np.uint8] = (_COLD + heat[..., None] * (_HOT - _COLD)).round().astype(np.uint8)
    return colours
