"""Franka arms: Panda (FER) and FR3. Figures from the maker's descriptions and from Gaz et al. 2019 (FACTS 1)."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from dexsim2real_description.model import (
    Inertia,
    Joint,
    Link,
    RobotModel,
    Servo,
    Shape,
    Vec3,
    VelocityEnvelope,
)
from dexsim2real_description.names import ARM_JOINTS

ARM_ROOT = "arm_link_0"
FLANGE = "arm_flange"
FLANGE_OFFSET: Vec3 = (0.0, 0.0, 0.107)

ORIGINS: tuple[tuple[Vec3, Vec3], ...] = (
    ((0.0, 0.0, 0.333), (0.0, 0.0, 0.0)),
    ((0.0, 0.0, 0.0), (-pi / 2, 0.0, 0.0)),
    ((0.0, -0.316, 0.0), (pi / 2, 0.0, 0.0)),
    ((0.0825, 0.0, 0.0), (pi / 2, 0.0, 0.0)),
    ((-0.0825, 0.384, 0.0), (-pi / 2, 0.0, 0.0)),
    ((0.0, 0.0, 0.0), (pi / 2, 0.0, 0.0)),
    ((0.088, 0.0, 0.0), (pi / 2, 0.0, 0.0)),
)
"""xyz [m] and rpy [rad] of joints 1 to 7 (franka_description kinematics.yaml; FER and FR3 are the same)."""

PANDA_INERTIAS: tuple[Inertia, ...] = (
    Inertia(0.629769, (-0.041018, -0.00014, 0.049974), (0.00315, 0.00388, 0.004285), (8.3e-7, 0.00015, 8.2e-6)),
    Inertia(4.970684, (0.003875, 0.002081, -0.04762), (0.70337, 0.70661, 0.009117), (-0.000139, 0.006772, 0.019169)),
    Inertia(0.646926, (-0.003141, -0.02872, 0.003495), (0.007962, 0.02811, 0.025995), (-0.003925, 0.010254, 0.000704)),
    Inertia(
        3.228604, (0.027518, 0.039252, -0.066502), (0.037242, 0.036155, 0.01083), (-0.004761, -0.011396, -0.012805)
    ),
    Inertia(3.587895, (-0.05317, 0.104419, 0.027454), (0.025853, 0.019552, 0.028323), (0.007796, -0.001332, 0.008641)),
    Inertia(
        1.225946, (-0.011953, 0.041065, -0.038437), (0.035549, 0.029474, 0.008627), (-0.002117, -0.004037, 0.000229)
    ),
    Inertia(
        1.666555, (0.060149, -0.014117, -0.010517), (0.001964, 0.004354, 0.005433), (0.000109, -0.001158, 0.000341)
    ),
    Inertia(
        0.735522, (0.010517, -0.004252, 0.061597), (0.012516, 0.010027, 0.004815), (-0.000428, -0.001196, -0.000741)
    ),
)
"""Links 0 to 7, identified on a real arm (Gaz et al. 2019; FACTS 1.4 a)."""

PANDA_CAD_MASSES: tuple[float, ...] = (2.3966, 2.7907, 2.5420, 2.2513, 2.2037, 2.2855, 1.353, 0.35973)
"""Links 0 to 7 [kg], the maker's CAD-like set (FACTS 1.4 b); it differs strongly from the identified one."""

FR3_INERTIAS: tuple[Inertia, ...] = (
    Inertia(2.3966, (-0.0172, 0.0004, 0.0745), (0.0090, 0.0115, 0.0085), (0.0, 0.0020, 0.0)),
    Inertia(2.92747, (0.0, -0.018125, -0.038604), (0.023927, 0.022482, 0.006350), (1.3e-5, -1.14e-4, -0.001995)),
    Inertia(2.93554, (0.003183, -0.074322, 0.008815), (0.041939, 0.025145, 0.061702), (2.03e-4, 0.004078, -0.004225)),
    Inertia(
        2.24490, (0.040702, -0.004820, -0.028973), (0.024101, 0.019741, 0.019044), (0.002405, -0.002856, -0.002104)
    ),
    Inertia(2.61560, (-0.045910, 0.063049, -0.008519), (0.034530, 0.028882, 0.041255), (0.013226, 0.010151, -0.000976)),
    Inertia(
        2.32712, (-0.001604, 0.029254, -0.097297), (0.051610, 0.047877, 0.016424), (-0.005715, -0.003567, 0.010674)
    ),
    Inertia(1.81704, (0.059713, -0.041029, -0.010169), (0.005412, 0.014058, 0.016081), (0.006193, 0.001422, -0.001314)),
    Inertia(
        0.62714,
        (0.004523, 0.008626, -0.016163),
        (2.10924e-4, 1.77186e-4, 5.99319e-5),  # rounded any further, the tensor is not a possible body's
        (-2.4333e-5, 4.56448e-5, 8.74407e-5),
    ),
)
"""Links 0 to 7 (franka_description FR3; FACTS 1.4 c)."""

FRICTION_A: tuple[float, ...] = (0.54615, 0.87224, 0.64068, 1.2794, 0.83904, 0.30301, 0.56489)
FRICTION_SLOPE: tuple[float, ...] = (5.1181, 9.0657, 10.136, 5.5903, 8.3469, 17.133, 10.336)
FRICTION_SHIFT: tuple[float, ...] = (0.039533, 0.025882, -0.04607, 0.036194, 0.026226, -0.021047, 0.0035526)
"""Panda joint friction A/(1+exp(-a(dq+s))) - A/(1+exp(-a s)) [N m] (Gaz et al.; FACTS 1.4)."""

_SHAPES: tuple[tuple[Shape, ...], ...] = (
    (Shape("capsule", (0.06, 0.03, 0.0), (-0.075, 0.0, 0.06), (0.0, pi / 2, 0.0)),),
    (Shape("capsule", (0.06, 0.283, 0.0), (0.0, 0.0, -0.1915)),),
    (Shape("capsule", (0.06, 0.12, 0.0)),),
    (Shape("capsule", (0.06, 0.15, 0.0), (0.0, 0.0, -0.145)),),
    (Shape("capsule", (0.06, 0.12, 0.0)),),
    (
        Shape("capsule", (0.06, 0.1, 0.0), (0.0, 0.0, -0.26)),
        Shape("capsule", (0.025, 0.14, 0.0), (0.0, 0.08, -0.13)),
    ),
    (Shape("capsule", (0.05, 0.08, 0.0), (0.0, 0.0, -0.03)),),
    (
        Shape("capsule", (0.04, 0.14, 0.0), (0.0, 0.0, 0.01)),
        Shape("capsule", (0.03, 0.01, 0.0), (0.06 * cos(pi / 4), 0.06 * sin(pi / 4), 0.082), (0.0, pi / 2, pi / 4)),
    ),
)
"""Collision capsules of links 0 to 7 (the maker's coarse self-collision model, without its safety margin)."""

_PANDA_LOWER = (-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973)
_PANDA_UPPER = (2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973)
_FR3_LOWER = (-2.7437, -1.7837, -2.9007, -3.0421, -2.8065, 0.5445, -3.0159)
_FR3_UPPER = (2.7437, 1.7837, 2.9007, -0.1518, 2.8065, 4.5169, 3.0159)

_STIFFNESS = (3000.0, 3000.0, 3000.0, 2500.0, 2500.0, 2000.0, 2000.0)
"""Internal joint impedance set by the maker's examples [N m/rad] (FACTS 1.5)."""
_DAMPING_TIME = 0.1
"""kd / kp [s]; the maker publishes no damping, this is the ratio of MuJoCo Menagerie's panda.xml."""
_EFFORT = (87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0)


def _servos(
    velocity: tuple[float, ...],
    acceleration: tuple[float, ...],
    jerk: tuple[float, ...],
    armature: tuple[float, ...],
) -> tuple[Servo, ...]:
    """Servos of joints 1 to 7. The robot compensates its own friction, so only light damping remains."""
    return tuple(
        Servo(
            kp=_STIFFNESS[i],
            kd=_STIFFNESS[i] * _DAMPING_TIME,
            effort=_EFFORT[i],
            velocity=velocity[i],
            acceleration=acceleration[i],
            jerk=jerk[i],
            armature=armature[i],
            damping=1.0,  # Menagerie panda.xml
            frictionloss=0.0,
        )
        for i in range(7)
    )


def _arm(
    name: str,
    inertias: tuple[Inertia, ...],
    lower: tuple[float, ...],
    upper: tuple[float, ...],
    servos: tuple[Servo, ...],
) -> RobotModel:
    links = [Link(f"arm_link_{i}", inertia, _SHAPES[i]) for i, inertia in enumerate(inertias)]
    joints = [
        Joint(ARM_JOINTS[i], f"arm_link_{i}", f"arm_link_{i + 1}", xyz, rpy, (0.0, 0.0, 1.0), lower[i], upper[i])
        for i, (xyz, rpy) in enumerate(ORIGINS)
    ]
    flange = Joint("arm_flange_joint", "arm_link_7", FLANGE, FLANGE_OFFSET)
    return RobotModel(name, ARM_ROOT, (*links, Link(FLANGE)), (*joints, flange), servos)


PANDA = _arm(
    "panda",
    PANDA_INERTIAS,
    _PANDA_LOWER,
    _PANDA_UPPER,
    _servos(
        velocity=(2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61),
        acceleration=(15.0, 7.5, 10.0, 12.5, 15.0, 20.0, 20.0),
        jerk=(7500.0, 3750.0, 5000.0, 6250.0, 7500.0, 10000.0, 10000.0),
        armature=(0.1,) * 7,  # Menagerie panda.xml
    ),
)
FR3 = _arm(
    "fr3",
    FR3_INERTIAS,
    _FR3_LOWER,
    _FR3_UPPER,
    _servos(
        velocity=(2.62, 2.62, 2.62, 2.62, 5.26, 4.18, 5.26),
        acceleration=(10.0,) * 7,
        jerk=(5000.0,) * 7,
        armature=(0.195,) * 4 + (0.074,) * 3,  # Menagerie fr3.xml
    ),
)
ARMS: dict[str, RobotModel] = {"panda": PANDA, "fr3": FR3}

FR3_ENVELOPE = VelocityEnvelope(
    offset=np.array([-0.30, -0.20, -0.20, -0.30, -0.35, -0.35, -0.35]),
    slope=np.array([12.0, 5.17, 7.0, 8.0, 34.0, 11.0, 34.0]),
    upper=np.array([2.7501, 1.7918, 2.9065, -0.1458, 2.8101, 4.5205, 3.0196]),
    lower=-np.array([2.7501, 1.7918, 2.9065, 3.0481, 2.8101, -0.54092, 3.0196]),
)
"""FR3 velocity limits near the position limits (FACTS 1.3)."""
