from types import SimpleNamespace

import numpy as np
import pytest

from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_policy.messages import JointReader, rgb_image

READER = JointReader(JOINTS)
ROW = np.arange(23.0)


def image(**change: object) -> SimpleNamespace:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    fields = {"height": 2, "width": 3, "encoding": "rgb8", "step": 9, "data": pixels.tobytes()}
    return SimpleNamespace(**{**fields, **change})


def test_joints_may_come_in_any_order():
    sample = READER.sample(JOINTS[::-1], ROW, ROW + 100, ROW + 200)
    assert sample.position.tolist() == ROW[::-1].tolist()
    assert sample.torque.tolist() == (ROW[::-1] + 200).tolist()
    assert READER.positions(JOINTS, ROW).tolist() == ROW.tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((JOINTS[1:], ROW[1:], ROW[1:], ROW[1:]), "has 22 joints, expected the 23 of the policy; it lacks arm_joint_1"),
        ((("gripper", *JOINTS), ROW, ROW, ROW), "has 24 joints, expected the 23"),
        ((JOINTS, ROW, ROW, []), "has 0 numbers for effort, expected 23"),
        ((JOINTS, ROW, ROW[:7], ROW), "has 7 numbers for velocity"),
        ((JOINTS, ROW * np.nan, ROW, ROW), "has a position that is not finite"),
    ],
)
def test_joint_states_that_lack_something_are_refused(arguments: tuple, message: str):
    with pytest.raises(DexSim2RealError, match=message):
        READER.sample(*arguments)


def test_an_image_is_read_without_its_padding():
    assert rgb_image(image())[1, 2].tolist() == [15, 16, 17]
    padded = np.zeros((2, 12), np.uint8)
    padded[:, :9] = np.arange(18).reshape(2, 9)
    assert np.array_equal(rgb_image(image(step=12, data=padded.tobytes())), rgb_image(image()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoding": "bgr8"}, "encoding 'bgr8', expected 'rgb8'"),
        ({"data": b"123"}, "3 bytes for 2 rows of 9"),
        ({"step": 6, "data": bytes(12)}, "12 bytes for 2 rows of 6"),
        ({"height": 0, "data": b""}, "0 bytes"),
    ],
)
def test_other_images_are_refused(change: dict, message: str):
    with pytest.raises(DexSim2RealError, match=message):
        rgb_image(image(**change))
