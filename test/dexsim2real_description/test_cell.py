"""The whole cell: names, tree, order, and bodies that could exist."""

import itertools

import numpy as np
import pytest

from dexsim2real_description import ARM_JOINTS, HAND_JOINTS, JOINTS, Cell, UnknownNameError, make_cell
from dexsim2real_description.arm import ARMS
from dexsim2real_description.hand import HAND_VERSIONS
from dexsim2real_description.touch import TOUCH_LAYOUTS

CHOICES = list(itertools.product(ARMS, HAND_VERSIONS, [*TOUCH_LAYOUTS, "none"]))


@pytest.fixture(scope="module", params=CHOICES, ids="-".join)
def cell(request: pytest.FixtureRequest) -> Cell:
    """Every cell that can be made."""
    return make_cell(*request.param)


def test_default_is_the_source_papers_cell() -> None:
    cell = make_cell()
    assert (cell.arm.name, cell.hand.name, cell.touch.name if cell.touch else None) == ("panda", "allegro_v4", "grid15")


def test_every_name_is_unique(cell: Cell) -> None:
    names = [item.name for item in (*cell.links, *cell.joints)]
    assert len(names) == len(set(names))


def test_joints_make_one_tree_with_parents_first(cell: Cell) -> None:
    known = {cell.arm.root}
    for joint in cell.joints:
        assert joint.parent in known, joint.name
        assert joint.child not in known, joint.name
        known.add(joint.child)
    assert known == {link.name for link in cell.links}


def test_moving_joints_are_in_the_order_of_every_joint_vector(cell: Cell) -> None:
    assert tuple(joint.name for joint in cell.moving_joints) == JOINTS == ARM_JOINTS + HAND_JOINTS
    assert len(cell.servos) == len(JOINTS)
    assert all(np.isclose(np.linalg.norm(joint.axis), 1.0) for joint in cell.moving_joints if joint.axis)


def test_limits_are_the_joints_and_servos_in_that_order(cell: Cell) -> None:
    limits = cell.limits
    for i, (joint, servo) in enumerate(zip(cell.moving_joints, cell.servos, strict=True)):
        assert (limits.lower[i], limits.upper[i]) == (joint.lower, joint.upper)
        assert limits.velocity[i] == servo.velocity
        assert limits.acceleration[i] == servo.acceleration
        assert limits.jerk[i] == servo.jerk
        assert limits.effort[i] == servo.effort
    assert (limits.lower < limits.upper).all()
    for positive in (limits.velocity, limits.acceleration, limits.jerk, limits.effort):
        assert positive.shape == (23,)
        assert (positive > 0).all()


def test_every_inertia_is_that_of_a_possible_body(cell: Cell) -> None:
    for link in cell.links:
        if link.inertia is None:
            assert link.name == "arm_flange"
            continue
        smallest, middle, largest = np.linalg.eigvalsh(link.inertia.matrix())
        assert link.inertia.mass > 0
        assert smallest > 0, link.name
        assert smallest + middle >= largest, link.name


def test_palm_is_mounted_on_the_adapter_as_the_makers_gripper_is() -> None:
    joints = {joint.child: joint for joint in make_cell().joints}
    assert joints["hand_adapter"].parent == "arm_flange"
    assert joints["hand_adapter"].rpy == (0.0, 0.0, pytest.approx(-np.pi / 4))
    assert joints["palm"].parent == "hand_adapter"
    assert joints["palm"].xyz == (0.0, 0.0, pytest.approx(0.02 + 0.095))  # plate, then the palm's depth


def test_adapter_is_a_disc_of_aluminium() -> None:
    (disc,) = (link for link in make_cell().links if link.name == "hand_adapter")
    radius, length, _ = disc.shapes[0].size
    assert disc.inertia is not None
    assert disc.inertia.mass == pytest.approx(np.pi * radius**2 * length * 2700, rel=0.02)


def test_bare_hand_has_no_touch() -> None:
    assert make_cell(touch="none").touch is None
    assert make_cell(touch="uSCuAH").touch is TOUCH_LAYOUTS["uSCuAH"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"arm": "ur5"}, "unknown arm 'ur5'. Valid: fr3, panda"),
        ({"hand": "v6"}, "unknown hand 'v6'. Valid: v4, v5"),
        (
            {"touch": "uSCuAHH"},
            "unknown touch layout 'uSCuAHH'. Did you mean 'uSCuAH'? Valid: XR23AHRCPP, grid15, none, uSCuAH",
        ),
    ],
)
def test_unknown_names_list_the_valid_ones(choice: dict[str, str], message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        make_cell(**choice)
    assert str(caught.value) == message
