import numpy as np
import pytest

from dexsim2real_description import JOINTS, UnknownNameError, make_cell
from dexsim2real_description.kinematics import LinkPose, forward_kinematics

CELL = make_cell("panda", "v4", "grid15")


def test_the_flange_of_a_straight_arm_is_where_the_lengths_put_it():
    # All zero: 0.333 + 0.316 + 0.384 up, 0.0825 out and back, then 0.088 out and 0.107 down.
    pose = LinkPose(CELL, "arm_flange")(np.zeros(len(JOINTS)))
    np.testing.assert_allclose(pose[:3, 3], [0.088, 0.0, 0.333 + 0.316 + 0.384 - 0.107], atol=1e-12)
    np.testing.assert_allclose(pose[:3, 2], [0.0, 0.0, -1.0], atol=1e-12)  # the flange looks down


def test_the_first_joint_turns_everything_about_the_vertical():
    q = np.zeros(len(JOINTS))
    q[0] = np.pi / 2
    x, y, z = LinkPose(CELL, "arm_flange")(q)[:3, 3]
    assert (x, y, z) == pytest.approx((0.0, 0.088, 0.926), abs=1e-12)


def test_every_link_has_the_pose_that_mujoco_gives_it():
    mujoco = pytest.importorskip("mujoco")
    from dexsim2real_description.urdf import cell_urdf

    xml = cell_urdf(CELL).replace(
        "</robot>", '<mujoco><compiler discardvisual="true" fusestatic="false" strippath="true"/></mujoco></robot>'
    )
    model = mujoco.MjModel.from_xml_string(xml)
    data = mujoco.MjData(model)
    rng = np.random.default_rng(7)
    limits = CELL.limits
    for _ in range(20):
        q = rng.uniform(limits.lower, limits.upper)
        for name, angle in zip(JOINTS, q, strict=True):
            data.joint(name).qpos[0] = angle
        mujoco.mj_kinematics(model, data)
        for link, pose in forward_kinematics(CELL, q).items():
            if link == CELL.arm.root:  # the importer makes it the world
                continue
            np.testing.assert_allclose(pose[:3, 3], data.body(link).xpos, atol=1e-9, err_msg=link)
            np.testing.assert_allclose(pose[:3, :3].ravel(), data.body(link).xmat, atol=1e-9, err_msg=link)


def test_one_link_alone_is_as_in_the_whole():
    q = np.linspace(-0.4, 0.5, len(JOINTS))
    everything = forward_kinematics(CELL, q)
    for link in ("palm", "thumb_tip", "arm_link_0"):
        np.testing.assert_allclose(LinkPose(CELL, link)(q), everything[link], atol=1e-12)


def test_an_unknown_link_is_refused_with_the_names():
    with pytest.raises(UnknownNameError, match=r"'plam'.*palm"):
        LinkPose(CELL, "plam")
