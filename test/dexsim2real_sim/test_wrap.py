import numpy as np

from dexsim2real_description import make_cell
from dexsim2real_sim.kinematics import Kinematics
from dexsim2real_sim.tasks.base import AREA, AREA_CENTRE
from dexsim2real_sim.tasks.pouring import CUP_WRAP, pouring_post
from dexsim2real_sim.tasks.tool_use import TOOL_WRAP, tipping
from dexsim2real_sim.wrap import ARM_BESIDE, grip_gaps, upright_post


def test_the_arm_brings_the_post_into_the_grasp_everywhere() -> None:
    limits, kinematics = make_cell().limits, Kinematics(make_cell(), ARM_BESIDE)
    corners = [AREA_CENTRE + AREA / 2 * np.array([x, y]) for x in (-1, 1) for y in (-1, 1)]
    posts = [upright_post(x, y, 0.07) for x, y in corners]
    posts += [pouring_post(np.radians(tilt)) for tilt in (0.0, 60.0, 120.0)]
    for wrap in (CUP_WRAP, TOOL_WRAP):
        for post in [*posts, *(tipping(np.radians(tilt)) for tilt in (0.0, 60.0, 115.0))]:
            joints, targets = wrap.holding(post)
            metres, radians = (kinematics.palm(joints) @ wrap.frame).distance(post)
            assert metres < 1e-3
            assert radians < 1e-2
            assert (joints > limits.lower).all()
            assert (joints < limits.upper).all()
            np.testing.assert_array_equal(joints[:7], targets[:7])
            assert (targets[7:] - joints[7:]).max() > 0.05  # it squeezes


def test_fingers_point_right_and_the_palm_faces_away_from_the_base() -> None:
    palm = CUP_WRAP.palm(upright_post(0.55, 0.0, 0.1)).rotation.as_matrix()
    np.testing.assert_allclose(palm[:, 2], [0.0, -1.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(palm[:, 0], [1.0, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(palm[:, 1], [0.0, 0.0, 1.0], atol=1e-9)


def test_grip_gaps_are_distances_to_the_nearest_point_at_the_right_height() -> None:
    tips = np.zeros((1, 4, 3))
    tips[0, 0] = [0.03 + 0.0127, 0.0, 0.0435]  # the index finger touches a post of 3 cm radius where it should
    tips[0, 1] = [0.0, 0.03 + 0.0127 + 0.03, 0.04]  # the middle finger 3 cm off and 4 cm high: 5 cm
    tips[0, 2] = [0.0, -0.03 - 0.0127, -0.0435 - 0.02]
    tips[0, 3] = [0.03, 0.0127, 0.02]
    gaps = grip_gaps(tips, 0.03)[0]
    # the thumb: hypot(0.03, 0.0127) - 0.0427 = -0.0101
    np.testing.assert_allclose(gaps, [0.0, 0.05, 0.02, 0.0101], atol=1e-4)
