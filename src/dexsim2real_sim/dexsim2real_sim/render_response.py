"""From light to pixel values, as a camera's sensor and its automatic controls make them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Grain:
    """Sensor noise: a fixed tile of standard normal numbers, read from a new place for each frame.

    Drawing numbers for every pixel would cost more than rendering the picture.
    """

    _SHIFTS = 64

    def __init__(self, height: int, width: int) -> None:
        shape = (height + self._SHIFTS, width + self._SHIFTS, 3)
        self._tile = np.random.default_rng(0).standard_normal(shape, np.float32)
        self._height, self._width = height, width

    def draw(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Standard normal numbers for one image, shape (H, W, 3); read only."""
        top, left = rng.integers(self._SHIFTS, size=2)
        return self._tile[top : top + self._height, left : left + self._width]


def respond(
    image: NDArray[np.uint8], gains: NDArray[np.floating], noise: float, grain: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Pixel values with each channel's gain, shape (3,), and noise of a standard deviation [grey levels].

    `image` and `grain` have shape (H, W, 3).
    """
    if noise == 0 and (gains == 1).all():
        return image
    values = image.astype(np.float32) * gains.astype(np.float32)
    values += np.float32(noise) * grain
    developed: NDArray[np.uint8] = np.clip(values + 0.5, 0, 255).astype(np.uint8)  # the half rounds
    return developed
