from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from rsl_rl.models import MLPModel
from tensordict import TensorDict
from torch import Tensor, nn

from dexsim2real_policy import PolicyError
from dexsim2real_policy.artifact import GOLDEN, read_contract, read_file, unpack
from dexsim2real_policy.contract import Chunking
from dexsim2real_policy.export import INT8_TOLERANCE, Flattened, export_module, golden_inputs
from dexsim2real_policy.runtime import OUTPUT, Network

from .conftest import BLIND, OBSERVATION, TINY, Drift, drift_contract, tiny_tvcap


def test_onnx_agrees_with_torch_on_random_and_recorded_inputs(tmp_path: Path):
    network = tiny_tvcap()
    network.update_normalization({k: torch.from_numpy(v) for k, v in golden_inputs(OBSERVATION, seed=3).items()})
    recorded = golden_inputs(OBSERVATION, seed=7)
    contract = drift_contract(observation=OBSERVATION, chunk=Chunking(TINY.chunk))
    report = export_module(network, contract, tmp_path / "p", recorded)
    assert report.contract.parity["float32"].error <= 1e-4
    written = read_contract(tmp_path / "p")
    assert written == report.contract
    golden = unpack(read_file(tmp_path / "p", written, GOLDEN), ["images", OUTPUT], "golden")
    assert np.array_equal(golden["images"][4:], recorded["images"])
    assert np.abs(golden[OUTPUT]).max() > 0.1  # the parity above compared something

    other = golden_inputs(OBSERVATION, seed=11)  # and on inputs that the export has not seen, with another batch
    one = {name: array[:1] for name, array in other.items()}
    run = Network((tmp_path / "p" / "policy.onnx").read_bytes(), written)
    with torch.no_grad():
        expected = network.eval()({name: torch.from_numpy(array) for name, array in one.items()}).numpy()
    assert run(one) == pytest.approx(expected, abs=1e-4)


def test_the_file_says_nothing_about_the_machine(drift: Path):
    model = (drift / "policy.onnx").read_bytes()
    assert b"site-packages" not in model and str(Path.home()).encode() not in model
    assert b".py" not in model


def test_int8_is_taken_if_it_passes_and_reported_if_not(tvcap: Path, tmp_path: Path):
    parity = read_contract(tvcap).parity["int8"]
    assert 1e-4 < parity.error <= parity.tolerance == INT8_TOLERANCE  # it is quantised, and good enough

    class Touchy(nn.Module):  # a large and a small weight in one matrix: the small one is lost in int8
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.full((92, 69), 1.0))
            self.weight.data[0] = 1000.0

        def forward(self, inputs: dict[str, Tensor]) -> Tensor:
            return (inputs["proprioception"] @ self.weight).unflatten(-1, (3, 23))

    report = export_module(Touchy(), drift_contract(), tmp_path / "t", int8=True)
    assert report.rejected["int8"].error > INT8_TOLERANCE
    assert list(report.contract.parity) == ["float32"]
    assert not (tmp_path / "t" / "policy_int8.onnx").exists()


def test_int8_weights_are_unsigned(tvcap: Path):
    """Products with signed ones overflow on a processor without VNNI, and nothing of that shows on one that has it."""
    graph = onnx.load(tvcap / "policy_int8.onnx").graph
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    weights = [kinds.get(node.input[1]) for node in graph.node if node.op_type == "MatMulInteger"]
    assert weights and set(weights) == {onnx.TensorProto.UINT8}


def test_a_module_in_training_mode_or_with_a_gradient_is_exported_in_evaluation_mode(tmp_path: Path):
    class Noisy(Drift):
        def forward(self, inputs: dict[str, Tensor]) -> Tensor:
            return nn.functional.dropout(super().forward(inputs), 0.5, self.training)

    noisy = Noisy().train()
    assert export_module(noisy, drift_contract(), tmp_path / "n").contract.parity["float32"].error <= 1e-4
    assert noisy.training  # the caller's module is as it was


def test_an_rsl_rl_actor_is_exported_with_its_normaliser(tmp_path: Path):
    torch.manual_seed(0)
    spec = replace(OBSERVATION, cameras=())
    groups = {name: torch.randn(64, int(np.prod(shape))) for name, shape in spec.shapes.items()}
    observed = TensorDict(groups, batch_size=[64])
    actor = MLPModel(
        observed,
        {"actor": ["proprioception", "touch"]},
        "actor",
        23,
        hidden_dims=[16],
        obs_normalization=True,
        distribution_cfg={"class_name": "GaussianDistribution"},
    )
    actor.update_normalization(observed * 3 + 1)
    folder = tmp_path / "actor"
    contract = drift_contract(observation=spec, chunk=Chunking(1))
    export_module(Flattened(actor.as_onnx(verbose=False), ("proprioception", "touch")), contract, folder)
    inputs = {name: group[:5].reshape(5, *spec.shapes[name]).numpy() for name, group in groups.items()}
    found = Network((folder / "policy.onnx").read_bytes(), read_contract(folder))(inputs)
    with torch.no_grad():
        expected = actor.eval()(observed[:5]).numpy()
    assert found[:, 0] == pytest.approx(expected, abs=1e-4)


def test_golden_inputs_do_not_change(tmp_path: Path):
    first, second = golden_inputs(BLIND), golden_inputs(BLIND)
    assert first["proprioception"].tobytes() == second["proprioception"].tobytes()


def test_an_export_that_is_not_exact_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from dexsim2real_policy import export

    right = export._run_torch
    monkeypatch.setattr(export, "_run_torch", lambda module, inputs: right(module, inputs) + np.float32(2e-4))
    with pytest.raises(PolicyError, match=r"differs from torch by 0.0002, more than 0.0001"):
        export_module(Drift(), drift_contract(), tmp_path / "d")
    assert not list(tmp_path.iterdir())
