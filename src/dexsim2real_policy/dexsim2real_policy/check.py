"""Whether an artifact still does what it did when it was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dexsim2real_policy.artifact import GOLDEN, NETWORKS, read_contract, read_file, unpack
from dexsim2real_policy.contract import Contract
from dexsim2real_policy.inference import load_policy
from dexsim2real_policy.runtime import OUTPUT, Network


@dataclass(frozen=True)
class VariantCheck:
    """The golden test of one variant of a network."""

    variant: str
    error: float
    """Largest absolute difference from the golden outputs, in actions."""
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether this runtime reproduces the golden outputs."""
        return self.error <= self.tolerance


def check_artifact(folder: Path) -> tuple[Contract, list[VariantCheck]]:
    """Read and hash every file, load the policy, and run the golden test of each variant.

    A built-in policy has no variants to test. Raises PolicyError if anything is missing, damaged or inconsistent.
    """
    contract = read_contract(folder)
    for name in contract.files:
        read_file(folder, contract, name)
    if contract.kind != "network":
        load_policy(folder)
        return contract, []
    return contract, [_golden_test(folder, contract, variant) for variant in contract.parity]


def _golden_test(folder: Path, contract: Contract, variant: str) -> VariantCheck:
    names = [*contract.observation.shapes, OUTPUT]
    golden = unpack(read_file(folder, contract, GOLDEN), names, f"{folder / GOLDEN}")
    expected = golden.pop(OUTPUT)
    actions = Network(read_file(folder, contract, NETWORKS[variant]), contract)(golden)
    return VariantCheck(variant, float(np.abs(actions - expected).max()), contract.parity[variant].tolerance)
