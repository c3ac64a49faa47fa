"""The box that the palm must not leave."""

import numpy as np

from dexsim2real_description import Workspace

BOX = Workspace((0.0, -1.0, 0.5), (1.0, 1.0, 2.0))


def test_a_place_on_the_border_is_inside():
    places = np.array([[[0.0, -1.0, 0.5], [1.0, 1.0, 2.0]], [[0.5, 0.0, 2.001], [-0.001, 0.0, 1.0]]])
    assert BOX.outside(places).tolist() == [[False, False], [True, True]]


def test_the_complaint_names_the_axis_that_is_left():
    assert BOX.complaint(np.array([0.5, 1.5, 1.0])) == "the palm is at y = 1.500 m, outside -1 to 1 m"
    assert BOX.complaint(np.array([0.5, 0.5, 1.0])) == ""
