from pathlib import Path

import pytest

from dexsim2real_policy import PolicyError
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.contract import Chunking
from dexsim2real_policy.runtime import Network

from .conftest import OBSERVATION, drift_contract


def test_a_network_that_is_not_its_contracts_is_refused(drift: Path):
    model = (drift / "policy.onnx").read_bytes()
    with pytest.raises(
        PolicyError, match=r"network takes \{'proprioception': \(92,\)\}, but its contract says .*touch"
    ):
        Network(model, drift_contract(observation=OBSERVATION))
    with pytest.raises(PolicyError, match=r"gives actions \(3, 23\), but its contract says \(4, 23\)"):
        Network(model, drift_contract(chunk=Chunking(4)))


@pytest.mark.parametrize("model", [b"", b"not a model"])
def test_garbage_is_refused(drift: Path, model: bytes):
    with pytest.raises(PolicyError, match="onnxruntime cannot read the network"):
        Network(model, read_contract(drift))
