"""Joint names and their order."""

from dexsim2real_description import ARM_JOINTS, FINGERS, HAND_JOINTS, JOINTS, TIPS, VENDOR_JOINTS


def test_joints_are_seven_arm_joints_then_four_per_finger() -> None:
    assert JOINTS == ARM_JOINTS + HAND_JOINTS
    assert JOINTS[0] == "arm_joint_1"
    assert JOINTS[6:9] == ("arm_joint_7", "index_joint_0", "index_joint_1")
    assert JOINTS[7 + 4 * 3] == "thumb_joint_0"
    assert len(JOINTS) == len(set(JOINTS)) == 23


def test_fingers_follow_the_manufacturer() -> None:
    assert FINGERS == ("index", "middle", "ring", "thumb")
    assert TIPS == ("index_tip", "middle_tip", "ring_tip", "thumb_tip")


def test_vendor_names_are_one_to_one_with_ours() -> None:
    for vendor, names in VENDOR_JOINTS.items():
        expected = 7 if vendor in {"panda", "fr3"} else 16
        assert len(names) == len(set(names)) == expected, vendor


def test_vendor_names_as_published() -> None:
    assert VENDOR_JOINTS["panda"][0] == "panda_joint1"
    assert VENDOR_JOINTS["fr3"][6] == "fr3_joint7"
    assert VENDOR_JOINTS["allegro_v4"][12] == "joint_12.0"
    assert VENDOR_JOINTS["allegro_v5"][15] == "joint_15_0"
    # The maker's ROS 2 driver calls the thumb finger 0 and the index finger 1, but our order keeps the thumb last.
    assert VENDOR_JOINTS["allegro_hand_ros2"][0] == "ah_joint10"
    assert VENDOR_JOINTS["allegro_hand_ros2"][12:] == ("ah_joint00", "ah_joint01", "ah_joint02", "ah_joint03")
