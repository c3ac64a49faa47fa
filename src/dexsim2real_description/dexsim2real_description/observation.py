"""Policy inputs from raw sensor values: the one way, for simulation, replay and the robot.

Proprioception and touch are scaled by fixed numbers of the cell, never by statistics of data; a learned normaliser,
where there is one, is part of the network. Everything is element by element or exact, so a batch gives bit for bit
what its rows give one at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.action import check_per_joint, check_rate
from dexsim2real_description.area import Size, area_resize
from dexsim2real_description.camera import CAMERAS
from dexsim2real_description.cell import Cell
from dexsim2real_description.errors import DexSim2RealError, UnknownNameError
from dexsim2real_description.names import FINGERS, JOINTS

Inputs = dict[str, NDArray[Any]]
"""What a network takes, by name: `proprioception`, and where the spec has them `touch`, `images`, `features`."""


@dataclass
class SensorValues:
    """What the sensors say at one time, one robot or a batch of N (then every array leads with N)."""

    position: NDArray[np.floating]
    """Joint positions [rad], shape (..., 23)."""
    velocity: NDArray[np.floating]
    """[rad/s], shape (..., 23)."""
    torque: NDArray[np.floating]
    """[N m], shape (..., 23)."""
    target: NDArray[np.floating]
    """The joint targets in force, as commanded last [rad], shape (..., 23)."""
    touch: NDArray[np.floating] | None = None
    """[N], taxel frames, shape (..., 4, T, 3)."""
    images: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    """RGB by camera name, shape (..., h, w, 3), at any resolution not below the policy's."""
    features: NDArray[np.floating] | None = None
    """Values of the spec's features, shape (..., F)."""

    def as_batch(self) -> SensorValues:
        """These values with a leading batch axis: themselves if they have one, else a batch of one."""
        if self.position.ndim == 2:
            return self
        return SensorValues(
            position=self.position[None],
            velocity=self.velocity[None],
            torque=self.torque[None],
            target=self.target[None],
            touch=None if self.touch is None else self.touch[None],
            images={name: image[None] for name, image in self.images.items()},
            features=None if self.features is None else self.features[None],
        )


@dataclass(frozen=True)
class ObservationSpec:
    """What a policy sees and how it is scaled. Part of the policy's contract; every number is a full double."""

    lower: tuple[float, ...]
    """Joint limits [rad]: positions and targets become -1 at the lower, 1 at the upper one."""
    upper: tuple[float, ...]
    velocity: tuple[float, ...]
    """Velocity that becomes 1 [rad/s]."""
    effort: tuple[float, ...]
    """Torque that becomes 1 [N m]."""
    rate: float
    """Observations per second: the policy rate [Hz]."""
    touch_layout: str | None
    """Name of the fingertip layout; None for a policy without touch."""
    taxels: int
    """Per fingertip, T."""
    cameras: tuple[str, ...] = CAMERAS
    """In the order of the image stack; empty for a policy without vision."""
    image_size: Size = (112, 112)
    """Height, width [px]."""
    features: tuple[str, ...] = ()
    """Names of further numbers that no sensor of the robot gives, such as an object's position in simulation."""
    touch_range: tuple[float, float, float] = (0.87, 0.87, 7.35)
    """Force that becomes 1, per axis [N]: the sensor's full scale (FACTS 3.6)."""
    max_joint_age: float = 0.05
    """Oldest joint state that the policy may be given [s]; the next two alike."""
    max_touch_age: float = 0.15
    max_image_age: float = 0.25
    joints: tuple[str, ...] = JOINTS

    def __post_init__(self) -> None:
        check_rate("policy rate", self.rate)
        check_per_joint(self.joints, lower=self.lower, upper=self.upper, velocity=self.velocity, effort=self.effort)

    @classmethod
    def of_cell(
        cls,
        cell: Cell,
        rate: float = 30.0,
        cameras: tuple[str, ...] = CAMERAS,
        image_size: Size = (112, 112),
        features: tuple[str, ...] = (),
    ) -> ObservationSpec:
        """What the sensors of `cell` give; `cameras` and a cell without touch leave inputs out.

        Raises UnknownNameError for a camera that the cell does not have.
        """
        known = [mount.name for mount in cell.cameras]
        for name in cameras:
            if name not in known:
                raise UnknownNameError("camera", name, known)
        limits, layout = cell.limits, cell.touch
        return cls(
            lower=tuple(limits.lower.tolist()),
            upper=tuple(limits.upper.tolist()),
            velocity=tuple(limits.velocity.tolist()),
            effort=tuple(limits.effort.tolist()),
            rate=rate,
            touch_layout=layout.name if layout else None,
            taxels=layout.num_taxels if layout else 0,
            cameras=cameras,
            image_size=image_size,
            features=features,
        )

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each input that this spec has, without the batch."""
        shapes: dict[str, tuple[int, ...]] = {"proprioception": (4 * len(self.joints),)}
        if self.touch_layout is not None:
            shapes["touch"] = (len(FINGERS), self.taxels, 3)
        if self.cameras:
            shapes["images"] = (len(self.cameras), *self.image_size, 3)
        if self.features:
            shapes["features"] = (len(self.features),)
        return shapes

    @cached_property
    def offset(self) -> NDArray[np.float64]:
        """Subtracted from position, velocity, torque, target in a row, shape (92,)."""
        centre = (np.array(self.lower) + np.array(self.upper)) / 2
        zero = np.zeros_like(centre)
        return np.concatenate([centre, zero, zero, centre])

    @cached_property
    def scale(self) -> NDArray[np.float64]:
        """What the difference is then multiplied by, shape (92,)."""
        span = 2.0 / (np.array(self.upper) - np.array(self.lower))
        return np.concatenate([span, 1.0 / np.array(self.velocity), 1.0 / np.array(self.effort), span])

    @cached_property
    def touch_scale(self) -> NDArray[np.float32]:
        """What forces are multiplied by, shape (4, T, 3): by axis, written out since short inner loops are slow."""
        return np.broadcast_to(1.0 / np.array(self.touch_range), self.shapes["touch"]).astype(np.float32)


def build_inputs(spec: ObservationSpec, values: SensorValues) -> Inputs:
    """The network's inputs: float32, but images uint8; shapes as in `spec.shapes`, after the batch if there is one.

    Raises DexSim2RealError if a value is missing or has another shape than the spec says, UnknownNameError if a
    camera is missing.
    """
    inputs: Inputs = {"proprioception": _proprioception(spec, values)}
    if spec.touch_layout is not None:
        inputs["touch"] = _present("touch", values.touch)
    if spec.cameras:
        inputs["images"] = _images(spec, values.images)
    if spec.features:
        inputs["features"] = _present("features", values.features).astype(np.float32)
    _check_shapes(spec, inputs)
    if spec.touch_layout is not None:
        # Forces travel as float32; scaling in float32 everywhere keeps the simulator's doubles from differing.
        inputs["touch"] = np.multiply(inputs["touch"], spec.touch_scale, dtype=np.float32)
    return inputs


def _proprioception(spec: ObservationSpec, values: SensorValues) -> NDArray[np.float32]:
    parts = (values.position, values.velocity, values.torque, values.target)
    expected = (*values.position.shape[:-1], len(spec.joints))
    for name, part in zip(("position", "velocity", "torque", "target"), parts, strict=True):
        if part.shape != expected:
            raise DexSim2RealError(f"joint {name} has shape {part.shape}, expected {expected}; one number per joint")
    row = np.concatenate(parts, axis=-1, dtype=np.float64)
    row -= spec.offset
    row *= spec.scale
    return row.astype(np.float32)


def _present(name: str, array: NDArray[np.floating] | None) -> NDArray[np.floating]:
    if array is None:
        raise DexSim2RealError(f"the policy takes {name}, but the sensor values have none; give {name}")
    return array


def _images(spec: ObservationSpec, images: Mapping[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    for name in spec.cameras:
        if name not in images:
            raise UnknownNameError("camera", name, images)
        if images[name].dtype != np.uint8:
            raise DexSim2RealError(f"image of camera {name!r} is {images[name].dtype}, expected uint8 RGB")
    return np.stack([area_resize(images[name], spec.image_size) for name in spec.cameras], axis=-4)


def _check_shapes(spec: ObservationSpec, inputs: Inputs) -> None:
    """What the joints did not check: the shapes of the other inputs, and that all have one batch."""
    batch = inputs["proprioception"].shape[:-1]
    for name, expected in spec.shapes.items():
        if inputs[name].shape != (*batch, *expected):
            raise DexSim2RealError(
                f"{name} has shape {inputs[name].shape}, expected {(*batch, *expected)}; "
                "check the touch layout and the batch of the sensor values"
            )
