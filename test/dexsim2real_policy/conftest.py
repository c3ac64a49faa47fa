from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dexsim2real_description.action import ActionSpec
from dexsim2real_description.cell import make_cell
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.contract import Chunking, Contract, Provenance
from dexsim2real_policy.export import export_module
from dexsim2real_policy.tvcap import Tvcap, TvcapConfig, VisionConfig

CELL = make_cell("panda", "v4", "grid15")
OBSERVATION = ObservationSpec.of_cell(CELL, rate=30.0, image_size=(28, 28))
ACTION = ActionSpec.of_cell(CELL, rate=30.0)
BLIND = replace(OBSERVATION, cameras=(), touch_layout=None, taxels=0)
TINY = TvcapConfig(vision=VisionConfig(width=16, depth=1, heads=2), width=16, heads=2, decoder_layers=1, chunk=4)


class Drift(nn.Module):
    """Actions that can be worked out by hand: step k of every joint is (k + 1) / 10, plus the first input."""

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        first = inputs["proprioception"][:, :1, None]
        return first + torch.tensor([0.1, 0.2, 0.3])[None, :, None].expand(1, 3, 23)


def drift_contract(**change: object) -> Contract:
    provenance = Provenance(seeds=(1, 2), git_revision="abc", randomization_sha256="f" * 64)
    contract = Contract("network", "pick_place", "Pick it up.", BLIND, ACTION, Chunking(3), provenance=provenance)
    return replace(contract, **change)


def tiny_tvcap(spec: ObservationSpec = OBSERVATION, config: TvcapConfig = TINY) -> Tvcap:
    torch.manual_seed(0)
    network = Tvcap(spec, config)
    nn.init.normal_(network.decoder.out.weight, std=0.3)  # so that outputs are of the size of real actions
    return network


@pytest.fixture(scope="session")
def drift(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policies") / "drift"
    export_module(Drift(), drift_contract(), folder)
    return folder


@pytest.fixture(scope="session")
def tvcap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policies") / "tvcap"
    contract = Contract("network", "pick_place", "Pick it up.", OBSERVATION, ACTION, Chunking(TINY.chunk))
    export_module(tiny_tvcap(), contract, folder, int8=True)
    return folder
