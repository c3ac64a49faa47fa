"""Which policy acts behind a gate: its name, its rate, its robot."""

from dataclasses import replace

import pytest

from dexsim2real_description import make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.builtin import write_hold
from dexsim2real_policy.choice import HOLD, choose_policy
from dexsim2real_policy.errors import ContractMismatchError
from dexsim2real_policy.shipped import policy_folder

from .conftest import CELL

OFFERED = ObservationSpec.of_cell(CELL)
LONGEST = 0.15


def test_names_of_policies():
    assert choose_policy(HOLD, CELL, OFFERED, LONGEST).contract.kind == "hold"
    assert choose_policy("in_hand_rotation", CELL, OFFERED, LONGEST).contract.task == "in_hand_rotation"


@pytest.mark.parametrize(("rate", "fits"), [(7.5, True), (5.0, False)])  # 1 / 0.15 s is 6.67 Hz
def test_a_policy_slower_than_the_gate_waits_is_refused(tmp_path, rate, fits):
    write_hold(tmp_path / "slow", ObservationSpec.of_cell(CELL, rate=rate), ActionSpec.of_cell(CELL))
    if fits:
        assert choose_policy(str(tmp_path / "slow"), CELL, OFFERED, LONGEST).contract.observation.rate == rate
    else:
        with pytest.raises(ContractMismatchError, match=r"is 5 Hz in the policy, .* at 6.67 Hz or more"):
            choose_policy(str(tmp_path / "slow"), CELL, OFFERED, LONGEST)


def test_another_arm_or_features_that_nobody_knows_are_refused():
    fr3 = make_cell("fr3", "v4")
    with pytest.raises(ContractMismatchError, match=r"does not fit this robot"):
        choose_policy("in_hand_rotation", fr3, ObservationSpec.of_cell(fr3), LONGEST)
    with pytest.raises(ContractMismatchError, match=r"only a simulator knows them"):
        choose_policy("pick_place", CELL, OFFERED, LONGEST)
    known = replace(
        OFFERED,
        features=(*(f"more.{i}" for i in range(2)), *read_contract(policy_folder("pick_place")).observation.features),
    )
    assert choose_policy("pick_place", CELL, known, LONGEST).contract.task == "pick_place"
