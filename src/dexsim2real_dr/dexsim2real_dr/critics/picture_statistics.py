"""Numbers that say how a picture looks: colour, its layout, edges, spectrum, noise, texture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.errors import CriticError

Array = NDArray[np.float64]

SMALLEST = 16
"""Side of a picture that still has a spectrum and a texture [px]."""
GRID = 4
"""Cells of the layout along each side."""
_EPSILON = 1e-3

GROUPS = ("colour", "layout", "edges", "spectrum", "noise", "texture")
"""What is described, each with as much say as any other."""
FLOORS = {"colour": 0.01, "layout": 0.02, "edges": 0.03, "spectrum": 0.1, "noise": 0.002, "texture": 0.1}
"""Differences that do not matter, added to the spread among references (our choice; L, a, b over 100)."""


def describe(image: NDArray[np.uint8]) -> dict[str, Array]:
    """Statistics by group, each shape (F,), of a picture, shape (H, W, 3). Raises CriticError if it is too small."""
    if min(image.shape[:2]) < SMALLEST:
        raise CriticError(
            f"pictures have {image.shape[1]} x {image.shape[0]} pixels; compare at {SMALLEST} x {SMALLEST} or more"
        )
    lab = to_lab(image) / 100
    lightness = lab[..., 0]
    return {
        "colour": _colour(lab),
        "layout": _layout(lab),
        "edges": _edges(lightness),
        "spectrum": np.array([spectrum_slope(lightness)]),
        "noise": np.array([noise_level(channel) for channel in np.moveaxis(lab, -1, 0)]),
        "texture": _texture(lightness),
    }


def to_lab(image: NDArray[np.uint8]) -> Array:
    """CIE L*a*b* with white D65 (CIE 15) of sRGB (IEC 61966-2-1), shape (H, W, 3)."""
    srgb = image / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    ratio = linear @ _RGB_TO_XYZ.T / _RGB_TO_XYZ.sum(axis=1)
    x, y, z = np.moveaxis(np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * 841 / 108 + 4 / 29), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def spectrum_slope(lightness: Array) -> float:
    """Exponent of the power spectrum over spatial frequency; photographs have about -2 (Field 1987)."""
    window = np.hanning(lightness.shape[0])[:, None] * np.hanning(lightness.shape[1])
    power = np.abs(np.fft.fft2((lightness - lightness.mean()) * window)) ** 2
    radius = np.hypot(np.fft.fftfreq(lightness.shape[0])[:, None], np.fft.fftfreq(lightness.shape[1]))
    edges = np.geomspace(2 / min(lightness.shape), 0.5, 9)
    ring = np.digitize(radius, edges)
    levels = [np.log(power[ring == i].mean() + 1e-12) for i in range(1, len(edges)) if (ring == i).any()]
    centres = [np.log(radius[ring == i].mean()) for i in range(1, len(edges)) if (ring == i).any()]
    return float(np.polyfit(centres, levels, 1)[0])


def noise_level(lightness: Array) -> float:
    """Standard deviation of the noise (Immerkaer 1996: a mask that edges and gradients do not excite)."""
    rows = lightness[:-2] - 2 * lightness[1:-1] + lightness[2:]
    mask = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return float(np.sqrt(np.pi / 2) * np.abs(mask).mean() / 6)


def _colour(lab: Array) -> Array:
    """Means, spreads and deciles of the three channels."""
    flat = lab.reshape(-1, 3)
    deciles = np.quantile(flat, [0.1, 0.3, 0.5, 0.7, 0.9], axis=0)
    return np.concatenate([flat.mean(axis=0), flat.std(axis=0), deciles.ravel()])


def _layout(lab: Array) -> Array:
    """Mean colour of the cells of a grid."""
    rows = np.array_split(lab, GRID)
    return np.array([cell.mean(axis=(0, 1)) for row in rows for cell in np.array_split(row, GRID, axis=1)]).ravel()


def _edges(lightness: Array) -> Array:
    """Strength of gradients at three scales (logarithms), and shares of eight orientations."""
    strengths, orientation = [], np.zeros(8)
    for scale in range(3):
        down, right = np.gradient(lightness)
        size = np.hypot(down, right)
        strengths.append(np.log(size.mean() + _EPSILON))
        if scale == 0:
            angle = np.arctan2(down, right) % np.pi
            orientation, _ = np.histogram(angle, 8, (0, np.pi), weights=size)
        lightness = _halved(lightness)
    return np.concatenate([strengths, orientation / (orientation.sum() + _EPSILON)])


def _texture(lightness: Array) -> Array:
    """Quantiles of the local contrast in patches of 4 and 8 pixels (logarithms)."""
    quantiles = []
    for side in (4, 8):
        height, width = (n // side * side for n in lightness.shape)
        patches = lightness[:height, :width].reshape(height // side, side, width // side, side)
        quantiles.append(np.quantile(np.log(patches.std(axis=(1, 3)) + _EPSILON), [0.25, 0.5, 0.75]))
    return np.concatenate(quantiles)


def _halved(image: Array) -> Array:
    """Means of squares of four pixels."""
    height, width = (n // 2 * 2 for n in image.shape)
    blocks = image[:height, :width].reshape(height // 2, 2, width // 2, 2)
    halved: Array = blocks.mean(axis=(1, 3))
    return halved


_RGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""IEC 61966-2-1."""
