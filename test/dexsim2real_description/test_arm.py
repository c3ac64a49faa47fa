"""The arms against FACTS 1.2 to 1.4, typed here again; kinematics by the maker's modified DH table."""

from math import cos, exp, pi, sin

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_description import make_cell
from dexsim2real_description.arm import (
    ARMS,
    FR3,
    FR3_ENVELOPE,
    FRICTION_A,
    FRICTION_SHIFT,
    FRICTION_SLOPE,
    PANDA,
    PANDA_CAD_MASSES,
)
from dexsim2real_description.kinematics import LinkPose
from dexsim2real_description.model import RobotModel
from dexsim2real_description.urdf import cell_urdf

DH = (  # a, d, alpha of joints 1 to 7 and the flange (Craig's convention)
    (0.0, 0.333, 0.0),
    (0.0, 0.0, -pi / 2),
    (0.0, 0.316, pi / 2),
    (0.0825, 0.0, pi / 2),
    (-0.0825, 0.384, -pi / 2),
    (0.0, 0.0, pi / 2),
    (0.088, 0.0, pi / 2),
    (0.0, 0.107, 0.0),
)
LIMITS = {  # q min, q max, dq max, ddq max, jerk max
    "panda": (
        (-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973),
        (2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973),
        (2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61),
        (15, 7.5, 10, 12.5, 15, 20, 20),
        (7500, 3750, 5000, 6250, 7500, 10000, 10000),
    ),
    "fr3": (
        (-2.7437, -1.7837, -2.9007, -3.0421, -2.8065, 0.5445, -3.0159),
        (2.7437, 1.7837, 2.9007, -0.1518, 2.8065, 4.5169, 3.0159),
        (2.62, 2.62, 2.62, 2.62, 5.26, 4.18, 5.26),
        (10,) * 7,
        (5000,) * 7,
    ),
}
INERTIAS = {  # mass, centre of mass, Ixx Iyy Izz, Ixy Ixz Iyz of links 0 to 7
    "panda": """
        0.629769 -.041018 -.00014 .049974 .00315 .00388 .004285 8.3e-7 .00015 8.2e-6
        4.970684 .003875 .002081 -.04762 .70337 .70661 .009117 -.000139 .006772 .019169
        0.646926 -.003141 -.02872 .003495 .007962 .02811 .025995 -.003925 .010254 .000704
        3.228604 .027518 .039252 -.066502 .037242 .036155 .01083 -.004761 -.011396 -.012805
        3.587895 -.05317 .104419 .027454 .025853 .019552 .028323 .007796 -.001332 .008641
        1.225946 -.011953 .041065 -.038437 .035549 .029474 .008627 -.002117 -.004037 .000229
        1.666555 .060149 -.014117 -.010517 .001964 .004354 .005433 .000109 -.001158 .000341
        0.735522 .010517 -.004252 .061597 .012516 .010027 .004815 -.000428 -.001196 -.000741""",
    "fr3": """
        2.3966 -.0172 .0004 .0745 .0090 .0115 .0085 0 .0020 0
        2.92747 0 -.018125 -.038604 .023927 .022482 .006350 1.3e-5 -1.14e-4 -.001995
        2.93554 .003183 -.074322 .008815 .041939 .025145 .061702 2.03e-4 .004078 -.004225
        2.24490 .040702 -.004820 -.028973 .024101 .019741 .019044 .002405 -.002856 -.002104
        2.61560 -.045910 .063049 -.008519 .034530 .028882 .041255 .013226 .010151 -.000976
        2.32712 -.001604 .029254 -.097297 .051610 .047877 .016424 -.005715 -.003567 .010674
        1.81704 .059713 -.041029 -.010169 .005412 .014058 .016081 .006193 .001422 -.001314
        0.62714 .004523 .008626 -.016163 2.10924e-4 1.77186e-4 5.99319e-5 -2.4333e-5 4.56448e-5 8.74407e-5""",
}
CAPSULES = {  # radius, straight length, centre, direction (maker's self-collision model)
    "arm_link_0": [(0.06, 0.03, (-0.075, 0, 0.06), (1, 0, 0))],
    "arm_link_1": [(0.06, 0.283, (0, 0, -0.1915), (0, 0, 1))],
    "arm_link_2": [(0.06, 0.12, (0, 0, 0), (0, 0, 1))],
    "arm_link_3": [(0.06, 0.15, (0, 0, -0.145), (0, 0, 1))],
    "arm_link_4": [(0.06, 0.12, (0, 0, 0), (0, 0, 1))],
    "arm_link_5": [(0.06, 0.10, (0, 0, -0.26), (0, 0, 1)), (0.025, 0.14, (0, 0.08, -0.13), (0, 0, 1))],
    "arm_link_6": [(0.05, 0.08, (0, 0, -0.03), (0, 0, 1))],
    # the second one is given in a frame turned by 45 degrees: 0.06 along (1, 1), directed along it
    "arm_link_7": [
        (0.04, 0.14, (0, 0, 0.01), (0, 0, 1)),
        (0.03, 0.01, (0.0424264, 0.0424264, 0.082), (0.7071068, 0.7071068, 0)),
    ],
}


def flange_by_dh(q: list[float]) -> np.ndarray:
    """Pose of the flange in the base by the DH table, shape (4, 4)."""
    pose = np.eye(4)
    for (a, d, alpha), theta in zip(DH, [*q, 0.0], strict=True):
        ca, sa, ct, st_ = cos(alpha), sin(alpha), cos(theta), sin(theta)
        pose = pose @ [
            [ct, -st_, 0, a],
            [st_ * ca, ct * ca, -sa, -d * sa],
            [st_ * sa, ct * sa, ca, d * ca],
            [0, 0, 0, 1],
        ]
    return pose


@pytest.fixture(scope="module", params=ARMS)
def compiled(request: pytest.FixtureRequest) -> mujoco.MjModel:
    """The cell's URDF, compiled with every fixed joint kept as a body."""
    spec = mujoco.MjSpec.from_string(cell_urdf(make_cell(arm=request.param)))
    spec.compiler.fusestatic = False
    return spec.compile()


@given(st.lists(st.floats(-3, 3), min_size=7, max_size=7))
@settings(max_examples=50)
def test_flange_agrees_with_the_dh_table(compiled: mujoco.MjModel, q: list[float]) -> None:
    data = mujoco.MjData(compiled)
    data.qpos[:7] = q
    mujoco.mj_kinematics(compiled, data)
    flange, expected = data.body("arm_flange"), flange_by_dh(q)
    assert np.allclose(flange.xpos, expected[:3, 3], atol=1e-9)
    assert np.allclose(flange.xmat.reshape(3, 3), expected[:3, :3], atol=1e-9)


@given(st.lists(st.floats(-3, 3), min_size=7, max_size=7))
@settings(max_examples=50)
def test_own_forward_kinematics_agrees_with_the_dh_table(q: list[float]) -> None:
    pose = LinkPose(make_cell("fr3"), "arm_flange")(np.array([*q, *[0.0] * 16]))
    assert np.allclose(pose, flange_by_dh(q), atol=1e-12)


def test_flange_at_zero_by_hand() -> None:
    # up 0.333 + 0.316 + 0.384, forward 0.0825 - 0.0825 + 0.088, down 0.107, facing down
    pose = flange_by_dh([0.0] * 7)
    assert np.allclose(pose[:3, 3], (0.088, 0.0, 0.926))
    assert np.allclose(pose[:3, 2], (0, 0, -1))


@pytest.mark.parametrize("arm", ARMS.values(), ids=ARMS)
def test_limits(arm: RobotModel) -> None:
    lower, upper, velocity, acceleration, jerk = LIMITS[arm.name]
    hinges = arm.joints[:7]
    assert tuple(joint.lower for joint in hinges) == lower
    assert tuple(joint.upper for joint in hinges) == upper
    assert tuple(servo.velocity for servo in arm.servos) == velocity
    assert tuple(servo.acceleration for servo in arm.servos) == acceleration
    assert tuple(servo.jerk for servo in arm.servos) == jerk
    assert tuple(servo.effort for servo in arm.servos) == (87, 87, 87, 87, 12, 12, 12)
    assert all(joint.axis == (0, 0, 1) for joint in hinges)


@pytest.mark.parametrize("arm", ARMS.values(), ids=ARMS)
def test_inertias(arm: RobotModel) -> None:
    rows = np.array(INERTIAS[arm.name].split(), dtype=float).reshape(8, 10)
    for row, link in zip(rows, arm.links[:8], strict=True):
        assert link.inertia is not None
        assert [link.inertia.mass, *link.inertia.com] == row[:4].tolist(), link.name
        assert [*link.inertia.diagonal, *link.inertia.products] == row[4:].tolist(), link.name


def test_total_masses() -> None:
    # sums of the two published columns
    assert sum(link.inertia.mass for link in PANDA.links if link.inertia) == pytest.approx(16.691901)
    assert sum(link.inertia.mass for link in FR3.links if link.inertia) == pytest.approx(17.89141)
    assert sum(PANDA_CAD_MASSES) == pytest.approx(16.18253)


@pytest.mark.parametrize("arm", ARMS.values(), ids=ARMS)
def test_collision_capsules(arm: RobotModel) -> None:
    for link in arm.links[:8]:
        shapes = link.shapes
        assert all(shape.kind == "capsule" for shape in shapes)
        for shape, (radius, length, centre, along) in zip(shapes, CAPSULES[link.name], strict=True):
            assert shape.size[:2] == (radius, length)
            assert np.allclose(shape.xyz, centre, atol=1e-6)
            roll, pitch, yaw = shape.rpy
            assert roll == 0  # then the capsule's z points along (sin p cos y, sin p sin y, cos p)
            assert np.allclose((sin(pitch) * cos(yaw), sin(pitch) * sin(yaw), cos(pitch)), along, atol=1e-6)


def test_servos() -> None:
    assert [servo.kp for servo in PANDA.servos] == [3000, 3000, 3000, 2500, 2500, 2000, 2000]
    assert [servo.kd for servo in PANDA.servos] == [300, 300, 300, 250, 250, 200, 200]
    assert {servo.armature for servo in PANDA.servos} == {0.1}
    assert [servo.armature for servo in FR3.servos] == [0.195] * 4 + [0.074] * 3


def test_friction_of_joint_1_by_hand() -> None:
    # at +1 rad/s: .54615/(1+exp(-5.1181*1.039533)) - .54615/(1+exp(-5.1181*.039533)) = .543492 - .300607
    a, slope, shift = FRICTION_A[0], FRICTION_SLOPE[0], FRICTION_SHIFT[0]
    torque = a / (1 + exp(-slope * (1 + shift))) - a / (1 + exp(-slope * shift))
    assert torque == pytest.approx(0.242885, abs=1e-6)
    assert FRICTION_A == (0.54615, 0.87224, 0.64068, 1.2794, 0.83904, 0.30301, 0.56489)
    assert FRICTION_SLOPE == (5.1181, 9.0657, 10.136, 5.5903, 8.3469, 17.133, 10.336)
    assert FRICTION_SHIFT == (0.039533, 0.025882, -0.04607, 0.036194, 0.026226, -0.021047, 0.0035526)


def test_only_the_fr3_has_a_velocity_envelope() -> None:
    assert make_cell("panda").limits.envelope is None
    assert make_cell("fr3").limits.envelope is FR3_ENVELOPE


@pytest.mark.parametrize(
    ("joint", "q", "low", "high"),
    [
        # joint 1, c -0.30, k 12, Q 2.7501. Near the upper limit: -0.3 + sqrt(12 * 0.0501) = 0.475371
        (0, 2.7, -2.62, 0.475371),
        # in the middle: -0.3 + sqrt(12 * 2.7501) = 5.44, capped at 2.62
        (0, 0.0, -2.62, 2.62),
        # joint 4, c -0.30, k 8, Q -0.1458 above, 3.0481 below: -0.3 + sqrt(8 * 0.0542) = 0.358483
        (3, -0.2, -2.62, 0.358483),
        # -(-0.3 + sqrt(8 * (3.0481 - 3.0))) = -0.320322
        (3, -3.0, -0.320322, 2.62),
        # joint 6, c -0.35, k 11, Q below -0.54092: -(-0.35 + sqrt(11 * (0.6 - 0.54092))) = -0.456151
        (5, 0.6, -0.456151, 4.18),
        # joint 7, c -0.35, k 34, Q 3.0196: -0.35 + sqrt(34 * 0.0196) = 0.466333
        (6, 3.0, -5.26, 0.466333),
        # at the position limit nothing is left: -0.35 + sqrt(34 * 0.0037) = 0.004683
        (6, 3.0159, -5.26, 0.004683),
    ],
)
def test_fr3_velocity_envelope_by_hand(joint: int, q: float, low: float, high: float) -> None:
    limits = make_cell("fr3").limits
    position = (limits.lower + limits.upper) / 2
    position[joint] = q
    lows, highs = limits.velocity_bounds(position)
    assert (lows[joint], highs[joint]) == pytest.approx((low, high), abs=1e-6)
    assert np.array_equal(highs[7:], limits.velocity[7:])
