import numpy as np
import pytest

from dexsim2real_description import TouchLayout, UnknownNameError, touch_layout
from dexsim2real_description.whole_hand import HAND_TAXELS, HAND_TIPS
from dexsim2real_description.xela import FORCE_PER_COUNT, XELA_TIPS, xela_tip


def test_hand_map_has_every_tip_taxel_once():
    assert HAND_TIPS.shape == (4, 30)
    assert len(np.unique(HAND_TIPS)) == 120
    assert HAND_TIPS.min() == 0
    assert HAND_TIPS.max() == HAND_TAXELS - 1  # the maker's map ends with taxel 30 of the ring finger


@pytest.mark.parametrize(
    ("finger", "taxel", "place"),  # lines of the maker's r_server_model_joint_map.yaml
    [
        (3, 2, 0),
        (3, 1, 4),
        (3, 30, 61),
        (0, 2, 62),
        (0, 16, 101),
        (1, 26, 221),
        (1, 13, 188),
        (2, 22, 348),
        (2, 9, 282),
    ],
)
def test_hand_map_follows_the_makers_list(finger, taxel, place):
    assert HAND_TIPS[finger, taxel - 1] == place


@pytest.mark.parametrize("name", list(XELA_TIPS))
def test_axes_only_turn_about_the_normal(name):
    tip, layout = xela_tip(touch_layout(name)), touch_layout(name)
    assert sorted(tip.order) == list(range(layout.num_taxels))
    for axes in tip.axes:
        assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-6)
        assert axes[:, 2] == pytest.approx([0, 0, 1], abs=1e-3)  # normals of both tables agree


def test_shear_on_the_curved_tip_becomes_the_force_it_exerts():
    tip = xela_tip(touch_layout("uSCuAH"))
    # Taxel 15 lies flat on the pad: the maker's y runs along the finger to its end, as our x does, and its x
    # across to our -y. What the skin feels is the opposite of what it exerts; pressing is positive in both.
    assert tip.axes[14] @ [0.0, 1.0, 0.0] == pytest.approx([-1, 0, 0], abs=1e-3)
    assert tip.axes[14] @ [1.0, 0.0, 0.0] == pytest.approx([0, 1, 0], abs=1e-3)
    assert tip.axes[14] @ [0.0, 0.0, 1.0] == pytest.approx([0, 0, 1], abs=1e-3)


def test_flat_pad_fills_the_grid_row_by_row_from_the_base():
    tip = xela_tip(touch_layout("grid15"))
    # The maker's taxels 1, 6, 11 (0, 5, 10 here) are the row next to the base, from its +y, which is ours, to -y.
    positions = touch_layout("grid15").positions
    assert list(tip.order[:3]) == [10, 5, 0]
    assert positions[0, 1] < positions[1, 1] < positions[2, 1]
    assert list(tip.order[-3:]) == [14, 9, 4]


def test_scale_is_the_data_sheets():
    assert list(FORCE_PER_COUNT) == pytest.approx([0.000627, 0.000627, 0.000729], abs=1e-6)


def test_a_layout_that_no_tip_fills():
    with pytest.raises(UnknownNameError, match=r"'other'.*Valid: XR23AHRCPP, grid15, uSCuAH"):
        xela_tip(TouchLayout("other", np.zeros((1, 3)), np.ones((1, 3))))
