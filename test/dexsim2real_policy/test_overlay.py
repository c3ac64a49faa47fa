import numpy as np

from dexsim2real_description.touch import touch_layout
from dexsim2real_policy.overlay import PANEL, attention_overlay


def test_attention_shows_where_it_is():
    images = np.zeros((2, 28, 28, 3), np.uint8)
    shares = np.zeros((2, 2, 2))
    shares[1, 0, 1] = 1.0  # wrist camera, upper right
    touch = np.zeros((4, 15))
    touch[3] = 1.0  # the thumb
    picture = np.asarray(attention_overlay(images, shares, touch, touch_layout("grid15"))).astype(int)
    assert picture.shape == (PANEL, 6 * PANEL, 3)
    panels = np.split(picture, 6, axis=1)
    red = [panel[..., 0] for panel in panels]
    assert red[1][10, -10] > 100 > red[1][-10, 10]  # hot is red, cold is blue
    assert red[0].max() < 50
    assert red[5].max() == 255 and all((red[i] <= 220).all() for i in (2, 3, 4))  # 220: the names


def test_taxels_towards_the_tip_are_drawn_higher():
    layout = touch_layout("grid15")
    touch = np.zeros((4, 15))
    touch[0, np.argmax(layout.positions[:, 2])] = 1.0
    picture = attention_overlay(np.zeros((0, 4, 4, 3), np.uint8), np.zeros((0, 2, 2)), touch, layout)
    index = np.asarray(picture)[:, :PANEL]
    rows = np.nonzero((index == (255, 210, 40)).all(axis=-1))[0]
    assert 0 < rows.mean() < PANEL / 2
