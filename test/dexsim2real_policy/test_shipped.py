"""The trained policies that come with the package are whole, fit the cell and say where they come from."""

import pytest

from dexsim2real_description import make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_policy.check import check_artifact
from dexsim2real_policy.shipped import SHIPPED, shipped_policy

NAMES = sorted(folder.name for folder in SHIPPED.iterdir())


def test_both_tasks_have_one() -> None:
    assert {"in_hand_rotation", "pick_place"} <= set(NAMES)
    assert shipped_policy("juggling") is None


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_reproduces_its_golden_outputs(name: str) -> None:
    folder = shipped_policy(name)
    assert folder is not None
    contract, variants = check_artifact(folder)
    assert name.removesuffix("_tvcap") == contract.task
    assert variants and all(variant.passed for variant in variants)
    holds_arm = contract.task == "in_hand_rotation"
    assert contract.action == ActionSpec.of_cell(make_cell(), contract.action.rate, hold_arm=holds_arm)
    assert contract.provenance.git_revision != "unknown"
    assert contract.provenance.seeds and contract.provenance.note
