import numpy as np
import pytest

from dexsim2real_audit.signals import NET, PLACE, TURN, labels_of, rotation_vector, signals_of
from dexsim2real_audit.trace import OBJECTS, POSITION, TOUCH, Channel, Trace
from dexsim2real_description import JOINTS

STAMPS = np.arange(5, dtype=np.int64) * 10_000_000


def test_rotation_vectors():
    half = np.sqrt(0.5)
    turns = np.array([[1, 0, 0, 0], [half, 0, 0, half], [-half, 0, 0, -half], [0, 1, 0, 0]])
    np.testing.assert_allclose(
        rotation_vector(turns), [[0, 0, 0], [0, 0, np.pi / 2], [0, 0, np.pi / 2], [np.pi, 0, 0]], atol=1e-12
    )


def test_channels_of_a_trace():
    touch = np.zeros((5, 4, 15, 3))
    touch[:, 3, :2, 2] = 1.5  # two taxels of the thumb press with 1.5 N each
    poses = np.tile([0.5, 0.0, 0.1, 1.0, 0.0, 0.0, 0.0], (5, 1, 1))
    poses[4, 0, 3:] = [-np.sqrt(0.5), 0, 0, -np.sqrt(0.5)]  # the same turn with the other sign
    trace = Trace(
        {
            POSITION: Channel(STAMPS, np.full((5, 2), 0.3), "rad", JOINTS[:2]),
            TOUCH: Channel(STAMPS, touch, "N"),
            OBJECTS: Channel(STAMPS, poses, "m, quaternion"),
        }
    )
    found = signals_of(trace, STAMPS, ("object",))
    np.testing.assert_allclose(found[POSITION][:, :2], 0.3)
    assert np.isnan(found[POSITION][:, 2:]).all()
    assert found[NET][0].tolist() == [0.0] * 11 + [3.0]
    assert labels_of(NET, ())[11] == "thumb z"
    np.testing.assert_allclose(found[PLACE][2], [0.5, 0.0, 0.1])
    np.testing.assert_allclose(found[TURN][4], [0, 0, np.pi / 2], atol=1e-9)
    assert labels_of(PLACE, ("object",)) == ("object x", "object y", "object z")


@pytest.mark.parametrize("bodies", [(), ("cup", "bowl")])
def test_poses_of_another_number_of_objects_are_not_compared(bodies):
    poses = Channel(STAMPS, np.ones((5, 1, 7)), "m, quaternion")
    assert not signals_of(Trace({OBJECTS: poses}), STAMPS, bodies)
