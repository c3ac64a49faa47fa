"""A torch module to a policy artifact: ONNX, golden inputs and outputs, parity. Needs torch and onnx."""

from __future__ import annotations

import copy
import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dexsim2real_description.observation import Inputs, ObservationSpec
from dexsim2real_policy.artifact import GOLDEN, NETWORKS, pack, write_artifact
from dexsim2real_policy.contract import Contract, Parity
from dexsim2real_policy.errors import PolicyError
from dexsim2real_policy.runtime import OUTPUT, Network

FLOAT32_TOLERANCE = 1e-4
INT8_TOLERANCE = 0.05
"""In actions of full scale 1: an int8 network may move a target by a twentieth of its largest step off."""
_RANDOM_ROWS = 4


class Flattened(nn.Module):
    """Lets a module that takes one row of numbers, such as an rsl-rl actor, take the named inputs of a contract."""

    def __init__(self, module: nn.Module, order: Sequence[str], chunk: int = 1) -> None:
        super().__init__()
        self.module = module
        self.order = tuple(order)
        self.chunk = chunk

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Actions (N, H, J) from the inputs, flattened and put side by side in `order`."""
        row = torch.cat([inputs[name].flatten(1) for name in self.order], dim=-1)
        return self.module(row).unflatten(-1, (self.chunk, -1))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class ExportReport:
    """What came of an export."""

    contract: Contract
    """As written, with the parity of every variant that is in the artifact."""
    rejected: dict[str, Parity]
    """Variants that failed their golden test and are not in the artifact."""


def export_module(
    module: nn.Module, contract: Contract, folder: Path, recorded: Inputs | None = None, int8: bool = False
) -> ExportReport:
    """Write `module` as the network of a policy artifact.

    The module takes a dict of batched inputs as in `contract.observation.shapes` and returns mean actions of shape
    (N, H, J); normalisers are part of it. It is run in evaluation mode on the CPU, on a copy. `recorded` inputs, as
    of :func:`build_inputs` with a batch, join random ones in the golden file. With `int8`, a variant with quantised
    matrix products is added if it stays within INT8_TOLERANCE. Raises PolicyError if the ONNX file does not
    reproduce the module within FLOAT32_TOLERANCE, if the shapes are not the contract's, or if writing fails.
    """
    module = copy.deepcopy(module).cpu().eval()
    inputs = golden_inputs(contract.observation, recorded)
    expected = _run_torch(module, inputs)
    if expected.shape[1:] != (contract.chunk.length, len(contract.action.joints)):
        raise PolicyError(
            f"the network gives actions of shape {expected.shape[1:]}, but its contract says "
            f"{(contract.chunk.length, len(contract.action.joints))}; make the two agree"
        )
    model = to_onnx(module, inputs)
    parity = {"float32": _parity(model, contract, inputs, expected, FLOAT32_TOLERANCE)}
    if parity["float32"].error > FLOAT32_TOLERANCE:
        raise PolicyError(
            f"the ONNX network differs from torch by {parity['float32'].error:.2g}, more than {FLOAT32_TOLERANCE}; "
            "check for operations that do not export exactly"
        )
    files = {NETWORKS["float32"]: model, GOLDEN: pack({**inputs, OUTPUT: expected})}
    rejected: dict[str, Parity] = {}
    if int8:
        small = quantize(model)
        result = _parity(small, contract, inputs, expected, INT8_TOLERANCE)
        if result.error <= INT8_TOLERANCE:
            files[NETWORKS["int8"]], parity["int8"] = small, result
        else:
            rejected["int8"] = result
    written = write_artifact(folder, replace(contract, kind="network", parity=parity), files)
    return ExportReport(written, rejected)


def golden_inputs(spec: ObservationSpec, recorded: Inputs | None = None, seed: int = 0) -> Inputs:
    """Random inputs, and after them the recorded ones, with a batch axis."""
    rng = np.random.default_rng(seed)
    inputs: Inputs = {}
    for name, shape in spec.shapes.items():
        if name == "images":
            inputs[name] = rng.integers(0, 256, (_RANDOM_ROWS, *shape), dtype=np.uint8)
        else:
            inputs[name] = rng.normal(0.0, 0.5, (_RANDOM_ROWS, *shape)).astype(np.float32)
        if recorded is not None:
            inputs[name] = np.concatenate([inputs[name], recorded[name]])
    return inputs


def to_onnx(module: nn.Module, inputs: Inputs) -> bytes:
    """The module as an ONNX file with a dynamic batch and no trace of the machine it was made on."""
    batch = torch.export.Dim("batch")
    with _quiet():
        program = torch.onnx.export(
            module,
            (),
            kwargs={"inputs": _tensors(inputs)},
            input_names=list(inputs),
            output_names=[OUTPUT],
            dynamic_shapes={"inputs": {name: {0: batch} for name in inputs}},
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise PolicyError("torch gave no ONNX program")
    model = program.model_proto
    for part in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer, *model.functions):
        del part.metadata_props[:]  # stack traces with paths of this machine, a tenth of a small file
    content: bytes = model.SerializeToString()
    return content


def quantize(model: bytes) -> bytes:
    """The same network with matrix products in int8, scaled as it runs; convolutions stay as they are.

    Weights are unsigned: with signed ones, a processor without VNNI sums pairs of products in 16 bits, which overflow,
    and the file would act otherwise there than where it was checked.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load_from_string(model)
    del graph.graph.value_info[:]  # the exporter's shapes make the quantiser's shape inference fail (MEASURED)
    with tempfile.TemporaryDirectory() as scratch, _quiet():
        out = Path(scratch) / "int8.onnx"
        quantize_dynamic(graph, out, op_types_to_quantize=["MatMul"], weight_type=QuantType.QUInt8)
        return out.read_bytes()


def _parity(
    model: bytes, contract: Contract, inputs: Inputs, expected: NDArray[np.float32], tolerance: float
) -> Parity:
    return Parity(tolerance, float(np.abs(Network(model, contract)(inputs) - expected).max()))


def _run_torch(module: nn.Module, inputs: Inputs) -> NDArray[np.float32]:
    with torch.no_grad():
        actions: NDArray[np.float32] = module(_tensors(inputs)).numpy()
    return actions


def _tensors(inputs: Inputs) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in inputs.items()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's and the quantiser's remarks, which no user can act on."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
