"""A taught network to a policy artifact."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from dexsim2real_description.observation import ObservationSpec
from dexsim2real_dr.imitation.samples import Samples
from dexsim2real_policy.contract import Chunking, Contract, Provenance
from dexsim2real_policy.export import ExportReport, export_module
from dexsim2real_sim import DexEnv
from dexsim2real_sim.revision import git_revision

_RECORDED = 8
"""Inputs from rollouts that join the golden ones."""


def publish(
    network: nn.Module,
    env: DexEnv,
    spec: ObservationSpec,
    chunk: int,
    seen: Samples,
    folder: Path,
    *,
    seeds: tuple[int, ...],
    note: str,
    randomization_sha256: str | None = None,
    int8: bool = False,
) -> ExportReport:
    """Write `network`, which sees `spec` of the cell in `env` and gives chunks of `chunk` actions, as an artifact.

    Some of the inputs in `seen` become golden inputs. Raises PolicyError if that cannot be done.
    """
    rows = torch.linspace(0, len(seen) - 1, _RECORDED).long()
    recorded = {name: seen.inputs[name][rows].numpy() for name in spec.shapes}
    contract = Contract(
        kind="network",
        task=env.task.name,
        instruction=env.task.instruction,
        observation=spec,
        action=env.action_spec,
        chunk=Chunking(chunk),
        provenance=Provenance(seeds, git_revision(), randomization_sha256, note),
    )
    return export_module(network, contract, folder, recorded, int8)
