"""The hand against FACTS 2.1 to 2.5, typed here again; kinematics by an own chain over the published table."""

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dexsim2real_description import FINGERS, HAND_JOINTS, TIPS, make_cell
from dexsim2real_description.hand import make_hand
from dexsim2real_description.urdf import cell_urdf

Row = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
NO: tuple[float, float, float] = (0.0, 0.0, 0.0)
SPREAD = 0.0872665
THUMB_RPY = (0.0, -1.658063, -1.570796)


def finger(base: tuple[float, float, float], roll: float, z: tuple[float, float, float], tip: float) -> list[Row]:
    """Origin, rpy and axis of a finger's four joints and its tip (axis unused)."""
    along = [((0.0, 0.0, length), NO, Y) for length in (*z, tip)]
    return [(base, (roll, 0.0, 0.0), Z), *along]


V4_THUMB: list[Row] = [
    ((-0.0182, 0.019333, -0.045987), THUMB_RPY, (-1.0, 0.0, 0.0)),
    ((-0.027, 0.005, 0.0399), NO, Z),
    ((0.0, 0.0, 0.0177), NO, Y),
    ((0.0, 0.0, 0.0514), NO, Y),
]
V5_THUMB: list[Row] = [
    ((0.002, 0.027, -0.06342), THUMB_RPY, (-1.0, 0.0, 0.0)),
    ((-0.001, 0.0, 0.06874), NO, Z),
    (NO, NO, Y),
    ((0.0, 0.0, 0.038), NO, Y),
]


def table(version: str, skinned: bool) -> dict[str, list[Row]]:
    """The published chains. With XELA skin a V4 finger is 4 mm longer and its tip sits on the skin's mount."""
    if version == "v4":
        z = (0.0204 if skinned else 0.0164, 0.054, 0.0384)
        bases = ((0.0, 0.0435, -0.001542), (0.0, 0.0, 0.0007), (0.0, -0.0435, -0.001542))
        thumb, tips = V4_THUMB, (0.0267, 0.0423)
    else:
        z = (0.021, 0.051, 0.0384)
        bases = ((0.0, 0.0405, -0.00945), (0.0, 0.0, -0.0079), (0.0025, -0.0405, -0.00945))
        thumb, tips = V5_THUMB, (0.0267, 0.05)
    if skinned:
        tips = (0.016, 0.0315)
    rolls = (-SPREAD, 0.0, SPREAD)
    chains = {name: finger(bases[i], rolls[i], z, tips[0]) for i, name in enumerate(FINGERS[:3])}
    chains["thumb"] = [*thumb, ((0.0, 0.0, tips[1]), NO, Y)]
    return chains


def tip_in_palm(chain: list[Row], q: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Position and rotation of the tip in the palm for the four joint angles `q`."""
    position, rotation = np.zeros(3), np.eye(3)
    for (xyz, rpy, axis), angle in zip(chain, [*q, 0.0], strict=True):
        position = position + rotation @ xyz
        turn = Rotation.from_euler("xyz", rpy) * Rotation.from_rotvec(np.array(axis) * angle)
        rotation = rotation @ turn.as_matrix()
    return position, rotation


VARIANTS = [("v4", "none"), ("v4", "grid15"), ("v5", "none"), ("v5", "uSCuAH")]


@pytest.fixture(scope="module", params=VARIANTS, ids=str)
def variant(request: pytest.FixtureRequest) -> tuple[mujoco.MjModel, dict[str, list[Row]]]:
    """The compiled URDF of a cell and the published chains of its hand."""
    version, touch = request.param
    spec = mujoco.MjSpec.from_string(cell_urdf(make_cell(hand=version, touch=touch)))
    spec.compiler.fusestatic = False
    return spec.compile(), table(version, skinned=touch != "none")


@given(st.lists(st.floats(-2, 2), min_size=16, max_size=16))
@settings(max_examples=30)
def test_tips_agree_with_the_published_chains(
    variant: tuple[mujoco.MjModel, dict[str, list[Row]]], q: list[float]
) -> None:
    model, chains = variant
    data = mujoco.MjData(model)
    data.qpos[7:] = q
    mujoco.mj_kinematics(model, data)
    palm, turn = data.body("palm").xpos, data.body("palm").xmat.reshape(3, 3)
    for i, (name, tip) in enumerate(zip(FINGERS, TIPS, strict=True)):
        position, rotation = tip_in_palm(chains[name], q[4 * i : 4 * i + 4])
        assert np.allclose(turn.T @ (data.body(tip).xpos - palm), position, atol=1e-9), tip
        assert np.allclose(turn.T @ data.body(tip).xmat.reshape(3, 3), rotation, atol=1e-9), tip


def test_middle_finger_lengths_by_hand() -> None:
    # bare: .0007 + .0164 + .054 + .0384 + .0267; skinned: .0007 + .0204 + .054 + .0384 + .016
    assert tip_in_palm(table("v4", False)["middle"], [0.0] * 4)[0] == pytest.approx([0, 0, 0.1362])
    assert tip_in_palm(table("v4", True)["middle"], [0.0] * 4)[0] == pytest.approx([0, 0, 0.1295])


LIMITS = {
    "v4": (
        [(-0.47, 0.47), (-0.196, 1.61), (-0.174, 1.709), (-0.227, 1.618)] * 3
        + [(0.263, 1.396), (-0.105, 1.163), (-0.189, 1.644), (-0.162, 1.719)]
    ),
    "v5": (
        [(-0.47, 0.47), (-0.196, 1.8), (-0.174, 1.709), (-0.227, 1.618)] * 3
        + [(0.0, 1.78), (-0.26, 1.78), (-0.05, 1.85), (-0.09, 1.80)]
    ),
}


@pytest.mark.parametrize("version", ["v4", "v5"])
@pytest.mark.parametrize("skinned", [False, True])
def test_joint_limits(version: str, skinned: bool) -> None:
    joints = [joint for joint in make_hand(version, skinned).joints if joint.axis is not None]
    assert tuple(joint.name for joint in joints) == HAND_JOINTS
    assert [(joint.lower, joint.upper) for joint in joints] == LIMITS[version]


MASSES = {  # palm, finger segments, thumb segments, tip; the published skinned distal masses include the tip
    False: (0.4154, (0.0119, 0.065, 0.0355, 0.0096), (0.0176, 0.0119, 0.038, 0.0388), 0.0168),
    True: (0.4288, (0.0127, 0.0809, 0.0447, 0.0404 - 0.0266), (0.0176, 0.0127, 0.0457, 0.0753 - 0.0266), 0.0266),
}


@pytest.mark.parametrize("skinned", [False, True])
def test_masses(skinned: bool) -> None:
    palm, fingers, thumb, tip = MASSES[skinned]
    expected = {"palm": palm}
    for name in FINGERS:
        segments = thumb if name == "thumb" else fingers
        expected |= {f"{name}_link_{i}": mass for i, mass in enumerate(segments)} | {f"{name}_tip": tip}
    hand = make_hand("v4", skinned)
    assert {link.name: link.inertia.mass for link in hand.links if link.inertia} == pytest.approx(expected)


def test_whole_hand_weighs_about_a_kilogram() -> None:
    # .4154 + 3 (.0119 + .065 + .0355 + .0096 + .0168) + .0176 + .0119 + .038 + .0388 + .0168
    bare = sum(link.inertia.mass for link in make_hand("v4", False).links if link.inertia)
    assert bare == pytest.approx(0.9549)


BOXES = {  # size and centre of the published collision boxes
    "palm": ((0.0408, 0.113, 0.095), (-0.0093, 0, -0.0475)),
    "index_link_0": ((0.0196, 0.0275, 0.0164), (0, 0, 0.0082)),
    "middle_link_1": ((0.0196, 0.0275, 0.054), (0, 0, 0.027)),
    "ring_link_2": ((0.0196, 0.0275, 0.0384), (0, 0, 0.0192)),
    "index_link_3": ((0.0196, 0.0275, 0.0267), (0, 0, 0.01335)),
    "thumb_link_0": ((0.0358, 0.034, 0.0455), (-0.0179, 0.009, 0.0145)),
    "thumb_link_1": ((0.0196, 0.0275, 0.0177), (0, 0, 0.00885)),
    "thumb_link_2": ((0.0196, 0.0275, 0.0514), (0, 0, 0.0257)),
    "thumb_link_3": ((0.0196, 0.0275, 0.0423), (0, 0, 0.02115)),
}


def test_collision_boxes_of_the_bare_v4() -> None:
    links = {link.name: link for link in make_hand("v4", False).links}
    for name, (size, centre) in BOXES.items():
        (shape,) = links[name].shapes
        assert shape.kind == "box"
        assert (shape.size, shape.xyz) == (pytest.approx(size), pytest.approx(centre)), name
    for tip in TIPS:
        assert [(s.kind, s.size[0], s.xyz) for s in links[tip].shapes] == [("sphere", 0.012, NO)]


@pytest.mark.parametrize("version", ["v4", "v5"])
@pytest.mark.parametrize("skinned", [False, True])
def test_distal_segment_reaches_to_its_tip(version: str, skinned: bool) -> None:
    hand = make_hand(version, skinned)
    links, joints = ({item.name: item for item in items} for items in (hand.links, hand.joints))
    for name in FINGERS:
        assert links[f"{name}_link_3"].shapes[0].size[2] == joints[f"{name}_tip_joint"].xyz[2]


def test_skinned_tip_ends_where_the_taxel_field_ends() -> None:
    # FACTS 3.5: 49.8 mm past the distal joint, 65.3 mm on the thumb
    hand = make_hand("v4", True)
    links, joints = ({item.name: item for item in items} for items in (hand.links, hand.joints))
    for name, end in (("index", 0.0498), ("thumb", 0.0653)):
        (capsule,) = links[f"{name}_tip"].shapes
        radius, length, _ = capsule.size
        assert joints[f"{name}_tip_joint"].xyz[2] + capsule.xyz[2] + length / 2 + radius == pytest.approx(end)


def test_curved_tips_inertia_is_smallest_about_the_finger() -> None:
    # published in the sensor frame as 1.66e-6, 1.23e-6, 1.70e-6 with y along the finger, z out of the palmar side
    tip = next(link for link in make_hand("v4", True).links if link.name == "index_tip")
    assert tip.inertia is not None
    assert tip.inertia.diagonal == (1.70e-6, 1.66e-6, 1.23e-6)


def test_v4_gains_and_efforts() -> None:
    servos = make_hand("v4", True).servos
    counts = [375, 675, 450, 285] * 3 + [525, 405, 270, 270]
    assert [servo.effort for servo in servos] == pytest.approx([c / 1200 for c in counts], abs=6e-4)
    assert [servo.kp for servo in servos] == pytest.approx([10 / 3] * 16)
    assert [servo.kd for servo in servos] == pytest.approx(
        [0.125, 0.1667, 0.125, 0.125] * 3 + [0.25, 0.1667, 0.1667, 0.125], abs=1e-4
    )


def test_v5_gains_and_efforts() -> None:
    servos = make_hand("v5", True).servos
    assert [servo.kp for servo in servos] == [1.0] * 12 + [0.8] * 4
    assert [servo.kd for servo in servos] == [0.03, 0.10, 0.03, 0.03] * 3 + [0.03] * 4
    assert [servo.effort for servo in servos] == pytest.approx([0.24 / 1.43] * 16)
