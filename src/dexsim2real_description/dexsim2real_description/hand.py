"""Allegro hands V4 and V5 (right), bare or with XELA skin. Figures: FACTS 2.1 to 2.5."""

from __future__ import annotations

from dataclasses import dataclass

from dexsim2real_description.model import Inertia, Joint, Link, RobotModel, Servo, Shape, Vec3, box_inertia
from dexsim2real_description.names import FINGERS

PALM = "palm"
TIPS: tuple[str, ...] = tuple(f"{finger}_tip" for finger in FINGERS)
"""Link names of the fingertips, in the order of FINGERS."""

PALM_DEPTH = 0.095
"""From the palm's origin back to its mounting face [m]; the fingers leave along +z, the palm faces +x."""

_FINGER_WIDTH = (0.0196, 0.0275)
_THUMB_RPY: Vec3 = (0.0, -1.658063, -1.570796)
_SPREAD = 0.0872665


@dataclass(frozen=True)
class _Geometry:
    """What differs between hand versions; three finger entries are index, middle, ring."""

    bases: tuple[Vec3, Vec3, Vec3]
    finger_chain: tuple[float, float, float]
    """z offsets of joints 1, 2, 3 in their parents [m]."""
    finger_lower: tuple[float, float, float, float]
    finger_upper: tuple[float, float, float, float]
    thumb_base: Vec3
    thumb_chain: tuple[Vec3, Vec3, Vec3]
    thumb_lower: tuple[float, float, float, float]
    thumb_upper: tuple[float, float, float, float]
    palm_mass: float
    finger_masses: tuple[float, float, float, float]
    thumb_masses: tuple[float, float, float, float]
    tip_offsets: tuple[float, float]
    """z of the tip frame in the distal link: fingers, thumb [m]."""
    tip_mass: float
    skinned: bool


_XELA_TIP_OFFSETS = (0.016, 0.0315)
"""Mount of the curved tip on the distal link (FACTS 3.5)."""

_V4 = {
    "bases": ((0.0, 0.0435, -0.001542), (0.0, 0.0, 0.0007), (0.0, -0.0435, -0.001542)),
    "finger_lower": (-0.47, -0.196, -0.174, -0.227),
    "finger_upper": (0.47, 1.61, 1.709, 1.618),
    "thumb_base": (-0.0182, 0.019333, -0.045987),
    "thumb_chain": ((-0.027, 0.005, 0.0399), (0.0, 0.0, 0.0177), (0.0, 0.0, 0.0514)),
    "thumb_lower": (0.263, -0.105, -0.189, -0.162),
    "thumb_upper": (1.396, 1.163, 1.644, 1.719),
}
_V5 = {  # type A, four fingers
    "bases": ((0.0, 0.0405, -0.00945), (0.0, 0.0, -0.0079), (0.0025, -0.0405, -0.00945)),
    "finger_lower": (-0.47, -0.196, -0.174, -0.227),
    "finger_upper": (0.47, 1.8, 1.709, 1.618),
    "thumb_base": (0.002, 0.027, -0.06342),
    "thumb_chain": ((-0.001, 0.0, 0.06874), (0.0, 0.0, 0.0), (0.0, 0.0, 0.038)),
    "thumb_lower": (0.0, -0.26, -0.05, -0.09),
    "thumb_upper": (1.78, 1.78, 1.85, 1.80),
}
_BARE_MASSES = {
    "palm_mass": 0.4154,
    "finger_masses": (0.0119, 0.065, 0.0355, 0.0096),
    "thumb_masses": (0.0176, 0.0119, 0.038, 0.0388),
    "tip_mass": 0.0168,
}
_SKIN_MASSES = {  # the published distal masses include the tip of 26.6 g, which is a link of its own here
    "palm_mass": 0.4288,
    "finger_masses": (0.0127, 0.0809, 0.0447, 0.0404 - 0.0266),
    "thumb_masses": (0.0176, 0.0127, 0.0457, 0.0753 - 0.0266),
    "tip_mass": 0.0266,
}


def _geometry(version: str, skinned: bool) -> _Geometry:
    if version == "v4":
        chain = (0.0204 if skinned else 0.0164, 0.054, 0.0384)  # the skin makes the finger 4 mm longer
        bare_tips, table = (0.0267, 0.0423), _V4
    else:
        chain, bare_tips, table = (0.021, 0.051, 0.0384), (0.0267, 0.05), _V5
    masses = _SKIN_MASSES if skinned else _BARE_MASSES
    tips = _XELA_TIP_OFFSETS if skinned else bare_tips
    return _Geometry(finger_chain=chain, tip_offsets=tips, skinned=skinned, **table, **masses)  # type: ignore[arg-type]


_V4_KP = 4000 / 1200
_V4_FINGER_KD = (150 / 1200, 200 / 1200, 150 / 1200, 150 / 1200)
_V4_THUMB_KD = (300 / 1200, 200 / 1200, 200 / 1200, 150 / 1200)
"""Joint PD of the maker's V4 driver, normalised by 1200 PWM counts (FACTS 2.4); nominal N m."""
_V4_FINGER_EFFORT = (0.312, 0.562, 0.375, 0.237)
_V4_THUMB_EFFORT = (0.438, 0.338, 0.225, 0.225)
"""PWM limits in the same unit (FACTS 2.4)."""
_V5_EFFORT = 240 / 1430
"""Current clamp of 240 mA over 1430 mA per N m (FACTS 2.5) [N m]."""


def _servo(kp: float, kd: float, effort: float) -> Servo:
    """Friction and armature: what simulators of this hand agree on (FACTS 7.1).

    The maker publishes no acceleration or jerk limits; these let a joint reach full speed in 60 ms. Velocity is
    that of the maker's description.
    """
    return Servo(
        kp,
        kd,
        effort,
        velocity=7.0,
        acceleration=120.0,
        jerk=10000.0,
        armature=0.001,
        damping=0.01,
        frictionloss=0.01,
    )


def _servos(version: str) -> tuple[Servo, ...]:
    if version == "v4":
        finger = [_servo(_V4_KP, kd, e) for kd, e in zip(_V4_FINGER_KD, _V4_FINGER_EFFORT, strict=True)]
        thumb = [_servo(_V4_KP, kd, e) for kd, e in zip(_V4_THUMB_KD, _V4_THUMB_EFFORT, strict=True)]
    else:  # gains measured from the maker's library (FACTS 2.5)
        finger = [_servo(1.0, kd, _V5_EFFORT) for kd in (0.03, 0.10, 0.03, 0.03)]
        thumb = [_servo(0.8, 0.03, _V5_EFFORT)] * 4
    return (*finger, *finger, *finger, *thumb)


def _segment(name: str, mass: float, length: float) -> Link:
    """A finger segment: a box along z with its mass spread evenly (published tensors are not physical)."""
    size = (*_FINGER_WIDTH, length)
    centre = (0.0, 0.0, length / 2)
    return Link(name, box_inertia(mass, size, centre), (Shape("box", size, centre),))


def _tip(name: str, geometry: _Geometry) -> Link:
    """The fingertip: the bare hand's sphere of 12 mm, or a capsule through the curved skin's taxel field."""
    if not geometry.skinned:
        radius = 0.012
        sphere = 2 / 5 * geometry.tip_mass * radius**2
        return Link(
            name,
            Inertia(geometry.tip_mass, (0.0, 0.0, 0.0), (sphere,) * 3),
            (Shape("sphere", (radius, 0, 0)),),
        )
    # FACTS 3.4 gives the tensor in the sensor frame: its y, z, x are z, x, y here. No source gives the centre of
    # mass (the maker's description leaves it at the mount); it is put in the middle of the taxel field.
    inertia = Inertia(geometry.tip_mass, (0.0, 0.0, 0.017), (1.70e-6, 1.66e-6, 1.23e-6))
    return Link(name, inertia, (Shape("capsule", (SKIN_RADIUS, SKIN_LENGTH, 0.0), (0.0, 0.0, SKIN_LENGTH / 2)),))


SKIN_RADIUS = 0.0127
"""Radius [m] of the capsule that stands for the curved tip: its palmar taxels lie 12.7 mm in front of the axis.

No taxel of uSCuAH is further than 1.6 mm from the capsule's surface.
"""
SKIN_LENGTH = 0.0211
"""Straight part [m]: with the radius it ends where the taxel field ends, 33.8 mm past the mount (FACTS 3.5)."""


def _finger(index: int, geometry: _Geometry) -> tuple[list[Link], list[Joint]]:
    name = FINGERS[index]
    lengths = (*geometry.finger_chain, geometry.tip_offsets[0])
    links = [_segment(f"{name}_link_{i}", geometry.finger_masses[i], lengths[i]) for i in range(4)]
    spread = (-_SPREAD, 0.0, _SPREAD)[index]
    offsets: list[Vec3] = [geometry.bases[index], *((0.0, 0.0, z) for z in geometry.finger_chain)]
    joints = [
        Joint(
            f"{name}_joint_{i}",
            PALM if i == 0 else f"{name}_link_{i - 1}",
            f"{name}_link_{i}",
            offsets[i],
            (spread, 0.0, 0.0) if i == 0 else (0.0, 0.0, 0.0),
            (0.0, 0.0, 1.0) if i == 0 else (0.0, 1.0, 0.0),
            geometry.finger_lower[i],
            geometry.finger_upper[i],
        )
        for i in range(4)
    ]
    return links, joints


_THUMB_AXES: tuple[Vec3, ...] = ((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, 1.0, 0.0))


def _thumb(geometry: _Geometry) -> tuple[list[Link], list[Joint]]:
    base_box = Shape("box", (0.0358, 0.034, 0.0455), (-0.0179, 0.009, 0.0145))
    masses = geometry.thumb_masses
    # The first segment carries two crossing axes: V4 has 17.7 mm between them, V5 none, but it is no shorter.
    lengths = [max(offset[2], 0.0177) for offset in geometry.thumb_chain[1:]] + [geometry.tip_offsets[1]]
    links = [
        Link("thumb_link_0", box_inertia(masses[0], base_box.size, base_box.xyz), (base_box,)),
        *(_segment(f"thumb_link_{i}", masses[i], lengths[i - 1]) for i in range(1, 4)),
    ]
    offsets = (geometry.thumb_base, *geometry.thumb_chain)
    joints = [
        Joint(
            f"thumb_joint_{i}",
            PALM if i == 0 else f"thumb_link_{i - 1}",
            f"thumb_link_{i}",
            offsets[i],
            _THUMB_RPY if i == 0 else (0.0, 0.0, 0.0),
            _THUMB_AXES[i],
            geometry.thumb_lower[i],
            geometry.thumb_upper[i],
        )
        for i in range(4)
    ]
    return links, joints


def make_hand(version: str, skinned: bool) -> RobotModel:
    """The hand `v4` or `v5` (type A), with or without XELA tips.

    No source gives the masses of a V5 of type A, nor the mount of XELA tips on it; both are taken to be the V4's.
    """
    geometry = _geometry(version, skinned)
    palm_box = Shape("box", (0.0408, 0.113, PALM_DEPTH), (-0.0093, 0.0, -PALM_DEPTH / 2))
    links = [Link(PALM, box_inertia(geometry.palm_mass, palm_box.size, palm_box.xyz), (palm_box,))]
    joints: list[Joint] = []
    for index, finger in enumerate(FINGERS):
        new_links, new_joints = _thumb(geometry) if finger == "thumb" else _finger(index, geometry)
        offset = geometry.tip_offsets[1 if finger == "thumb" else 0]
        links += [*new_links, _tip(TIPS[index], geometry)]
        tip_joint = Joint(f"{finger}_tip_joint", f"{finger}_link_3", TIPS[index], (0.0, 0.0, offset))
        joints += [*new_joints, tip_joint]
    return RobotModel(f"allegro_{version}", PALM, tuple(links), tuple(joints), _servos(version))


HAND_VERSIONS: tuple[str, ...] = ("v4", "v5")
