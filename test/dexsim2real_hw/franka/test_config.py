"""Arm configuration, load and errors."""

import mujoco
import numpy as np
import pytest

from dexsim2real_description import make_cell
from dexsim2real_description.arm import FLANGE
from dexsim2real_hw.errors import HardwareError
from dexsim2real_hw.franka.config import FrankaConfig
from dexsim2real_hw.franka.driver import franka_arm
from dexsim2real_hw.franka.explain import explain
from dexsim2real_hw.franka.load import hand_load


def test_a_panda_is_refused_with_a_way_out():
    with pytest.raises(HardwareError, match="panda-python"):
        FrankaConfig(arm="panda")


@pytest.mark.parametrize(
    "wrong",
    [{"arm": "ur5"}, {"stiffness": (1.0,)}, {"collision_force": (0.0,) * 6}, {"stale_s": -1.0}],
)
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(HardwareError):
        FrankaConfig(**wrong)


def test_features_are_known_without_a_robot():
    features = franka_arm().features
    assert features.joints[0] == "arm_joint_1"
    assert features.limits.velocity[4] == 5.26
    assert features.effort == "measured"


def test_the_load_is_what_mujoco_computes_for_the_same_bodies():
    cell = make_cell(arm="fr3")
    load = hand_load(cell)
    spec = mujoco.MjSpec()
    bodies = {FLANGE: spec.worldbody.add_body(name=FLANGE)}
    links = {link.name: link for link in cell.links}
    for joint in cell.joints:
        if joint.parent not in bodies:
            continue
        quat = np.zeros(4)
        mujoco.mju_euler2Quat(quat, np.array(joint.rpy), "XYZ")
        body = bodies[joint.parent].add_body(name=joint.child, pos=joint.xyz, quat=quat)
        inertia = links[joint.child].inertia
        body.mass, body.ipos = inertia.mass, inertia.com
        body.fullinertia = [*inertia.diagonal, *inertia.products]
        body.explicitinertial = True
        bodies[joint.child] = body
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    assert load.mass == pytest.approx(model.body_subtreemass[0])
    assert load.com == pytest.approx(data.subtree_com[0], abs=1e-9)
    assert 1.0 < load.mass < 2.0  # a hand of about 1.2 kg and its plate
    inertia = np.array(load.inertia).reshape(3, 3)
    assert np.allclose(inertia, inertia.T)
    assert np.linalg.eigvalsh(inertia).min() > 0


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("libfranka: Incompatible library version (server version: 5, library version: 10)", "multipanda_ros2"),
        ("libfranka: Connection to FCI refused. Please install FCI feature or enable FCI mode in Desk.", "FCI in Desk"),
        ('libfranka: Move command aborted: motion aborted by reflex! ["joint_reflex"]', "clear what it touched"),
        ("libfranka: unable to set realtime scheduling: Operation not permitted", "PREEMPT_RT"),
        ("something else", "something else"),
    ],
)
def test_errors_say_what_to_do(text, advice):
    assert advice in explain(RuntimeError(text))
