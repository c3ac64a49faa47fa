"""Which policy acts behind a safety gate, and whether it fits the robot and the gate."""

from __future__ import annotations

from dexsim2real_description import Cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.errors import ContractMismatchError
from dexsim2real_policy.inference import Policy, hold_policy, load_policy
from dexsim2real_policy.shipped import policy_folder

HOLD = "hold"
"""In place of an artifact: the policy that keeps still."""


def choose_policy(
    artifact: str,
    cell: Cell,
    observation: ObservationSpec,
    longest: float,
    variant: str = "float32",
    threads: int = 1,
) -> Policy:
    """The policy of that folder or name, compared with the cell, what is observed of it, and the gate.

    The gate waits at most `longest` [s] for a chunk. Raises ContractMismatchError if the policy was made for another
    cell or other rates, PolicyError if it is damaged.
    """
    if artifact == HOLD:
        return hold_policy(observation, ActionSpec.of_cell(cell, rate=observation.rate))
    folder = policy_folder(artifact)
    contract = read_contract(folder)
    if contract.observation.rate < 1.0 / longest:
        raise ContractMismatchError(
            f"observation.rate is {contract.observation.rate:g} Hz in the policy, but the safety gate wants chunks at "
            f"{1.0 / longest:.3g} Hz or more; train or export it with a higher policy rate"
        )
    action = ActionSpec.of_cell(cell, rate=contract.action.rate)  # chunks carry their own times: any rate will do
    return load_policy(folder, observation, action, variant, threads)
