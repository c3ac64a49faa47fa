"""Images to the size a policy takes: the centre of the frame, scaled by exact area averaging.

All arithmetic is on integers, so the result does not depend on the machine, on the batch or on the order of sums.
The crop is the one of :meth:`dexsim2real_description.camera.Intrinsics.scaled`, so a simulator that renders at the
small size directly sees the same field of view.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.errors import DexSim2RealError

Size = tuple[int, int]
"""Height, width [px]."""


def centre_crop(frame: Size, size: Size) -> Size:
    """Height and width of the largest centred part of `frame` that has the aspect of `size` [px]."""
    scale = max(size[0] / frame[0], size[1] / frame[1])
    return min(frame[0], round(size[0] / scale)), min(frame[1], round(size[1] / scale))


def area_resize(images: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Crop and shrink images, shape (..., h, w, 3) to (..., H, W, 3) with `size` (H, W).

    Each output pixel is the mean over the area that it covers, pixels on its border by the covered part, rounded
    half up. Images that have the size already are returned as they are. Raises DexSim2RealError for images that
    are smaller than `size`, since no detail can be made up.
    """
    frame = (images.shape[-3], images.shape[-2])
    if frame == size:
        return images
    if frame[0] < size[0] or frame[1] < size[1]:
        raise DexSim2RealError(
            f"camera image is {frame[1]} x {frame[0]} pixels, smaller than the {size[1]} x {size[0]} that the policy "
            "takes; set the camera to a larger resolution"
        )
    rows, columns = centre_crop(frame, size)
    top, left = (frame[0] - rows) // 2, (frame[1] - columns) // 2
    cropped = images[..., top : top + rows, left : left + columns, :]
    (at, part), (across, share) = _taps(rows, size[0]), _taps(columns, size[1])
    summed = sum(w[:, None, None] * cropped[..., i, :, :] for i, w in zip(at, part, strict=True))
    summed = sum(w[:, None] * summed[..., i, :] for i, w in zip(across, share, strict=True))
    area = int(part[:, 0].sum() * share[:, 0].sum())
    averaged: NDArray[np.uint8] = ((summed + area // 2) // area).astype(np.uint8)
    return averaged


@lru_cache(maxsize=16)
def _taps(length: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """For `count` outputs over `length` pixels: source indices and integer weights, each shape (K, count).

    Lengths are counted in units of 1/q pixel, where length / count = p / q in lowest terms, so an output covers p
    units, a pixel q, and every overlap is an integer.
    """
    p, q = length // gcd(length, count), count // gcd(length, count)
    outputs = np.arange(count)
    taps = np.arange((p - 1) // q + 2)[:, None]
    index = outputs * p // q + taps
    overlap = np.minimum((outputs + 1) * p, (index + 1) * q) - np.maximum(outputs * p, index * q)
    return np.minimum(index, length - 1), np.maximum(overlap, 0).astype(np.int32)
