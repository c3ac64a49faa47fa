from dataclasses import replace

import pytest

from dexsim2real_description.action import ActionSpec
from dexsim2real_description.cell import make_cell
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.contract import Chunking, Contract, check_match
from dexsim2real_policy.errors import ContractMismatchError, PolicyError

CELL = make_cell("panda", "v4", "grid15")
OBSERVATION = ObservationSpec.of_cell(CELL, rate=10.0)
ACTION = ActionSpec.of_cell(CELL, rate=30.0)
POLICY = Contract("network", "pouring", "Pour.", OBSERVATION, ACTION, Chunking(8))


def test_a_policy_fits_the_robot_it_was_made_for():
    check_match(POLICY, OBSERVATION, ACTION)
    check_match(POLICY, None, None)


def test_a_robot_may_have_more_sensors_and_be_faster_by_a_whole_factor():
    fewer = replace(POLICY, observation=replace(OBSERVATION, touch_layout=None, taxels=0, cameras=("wrist",)))
    check_match(fewer, replace(OBSERVATION, rate=30.0, features=("object_x",)), ACTION)


@pytest.mark.parametrize(
    ("offered", "message"),
    [
        (
            {"joints": OBSERVATION.joints[::-1]},
            r"observation.joints\[0\] is 'arm_joint_1' in the policy but 'thumb",
        ),
        ({"touch_layout": "uSCuAH", "taxels": 30}, "observation.touch_layout is 'grid15' in the policy but 'uSCuAH'"),
        ({"taxels": 30}, "observation.taxels is 15 in the policy but 30"),
        ({"cameras": ("front",)}, r"observation.cameras is \['front', 'wrist'\] in the policy but \['front'\]"),
        ({"rate": 25.0}, "observation.rate is 10.0 in the policy but 25.0"),
        ({"rate": 5.0}, "observation.rate is 10.0 in the policy but 5.0"),
        ({"effort": (1.0,) * 23}, r"observation.effort\[0\] is 87.0 in the policy but 1.0"),
    ],
)
def test_mismatched_observations_name_field_and_both_values(offered: dict, message: str):
    with pytest.raises(ContractMismatchError, match=message):
        check_match(POLICY, replace(OBSERVATION, **offered), ACTION)


def test_mismatched_actions_name_field_and_both_values():
    with pytest.raises(ContractMismatchError, match=r"action.rate is 30.0 in the policy but 60.0 on the robot"):
        check_match(POLICY, OBSERVATION, replace(ACTION, rate=60.0))
    fr3 = ActionSpec.of_cell(make_cell("fr3"), rate=30.0)
    with pytest.raises(ContractMismatchError, match=r"action.lower\[0\] is -2.8973 in the policy but -2.7437"):
        check_match(POLICY, None, fr3)


def test_all_mismatches_are_told_at_once():
    with pytest.raises(ContractMismatchError, match=r"observation.taxels.*; action.rate"):
        check_match(POLICY, replace(OBSERVATION, taxels=30), replace(ACTION, rate=60.0))


def test_features_that_no_sensor_gives_are_named():
    needy = replace(POLICY, observation=replace(OBSERVATION, features=("object_x",)))
    with pytest.raises(ContractMismatchError, match=r"observation.features is \['object_x'\] in the policy but \[\]"):
        check_match(needy, OBSERVATION, ACTION)


def test_stride_is_the_number_of_steps_between_observations():
    assert POLICY.stride == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": replace(ACTION, rate=25.0)}, "policy rate 10.0 Hz does not divide the action rate 25.0 Hz"),
        ({"action": replace(ACTION, rate=5.0)}, "does not divide"),
        ({"chunk": Chunking(2)}, "a chunk of 2 steps ends before the next observation, 3 steps later"),
        ({"action": replace(ACTION, joints=ACTION.joints[::-1])}, "different joints"),
    ],
)
def test_contracts_that_contradict_themselves_are_refused(change: dict, message: str):
    with pytest.raises(PolicyError, match=message):
        replace(POLICY, **change)
