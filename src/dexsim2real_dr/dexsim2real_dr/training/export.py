"""From a training's checkpoint to a policy artifact, with golden inputs recorded while the policy acts."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rsl_rl.models import MLPModel

from dexsim2real_description import JOINTS
from dexsim2real_description.observation import Inputs, ObservationSpec
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.agent import make_agent
from dexsim2real_dr.training.cells import load_student, make_cells
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.run_folder import CHECKPOINT, read_config, read_revision
from dexsim2real_dr.training.start import CLONED_NOISE
from dexsim2real_dr.training.vec_env import tensors
from dexsim2real_policy.contract import Chunking, Contract, Provenance
from dexsim2real_policy.export import ExportReport, Flattened, export_module
from dexsim2real_sim import DexEnv

_CELLS, _STEPS, _EVERY = 8, 60, 15
"""Of the rollout that golden inputs are taken from: every so many steps, those of all cells."""


def export_run(run: Path, folder: Path) -> ExportReport:
    """Write the policy of the training in `run` as an artifact. Raises TrainingError or PolicyError."""
    config = read_config(run)
    found = Checkpoint.load(run / CHECKPOINT)
    found.check_task(config.task)
    student = load_student(config)
    env = make_cells(config, student, _CELLS, threads=1)
    observation, _ = env.reset()
    taught = None if student is None else student.actor(env.observation_spec, CLONED_NOISE)
    actor = make_agent(tensors(observation), config.ppo, config.privileged, student=taught).get_policy()
    try:
        actor.load_state_dict(found.agent["actor_state_dict"])
    except (RuntimeError, KeyError) as error:
        raise TrainingError(f"the checkpoint in {run} does not fit its settings; train anew") from error
    actor.eval()
    offered = env.observation_spec
    if student is not None and taught is not None:
        contract = _contract(config, env, student.spec(offered), Chunking(student.chunk), found.update, run)
        return export_module(taught.network, contract, folder, _record(actor, env, contract), int8=True)
    seen = offered if config.privileged else replace(offered, features=())
    contract = _contract(config, env, seen, Chunking(1, "newest"), found.update, run)
    network = Flattened(actor.as_onnx(verbose=False), actor.obs_groups)
    return export_module(network, contract, folder, _record(actor, env, contract))


def _contract(
    config: TrainConfig, env: DexEnv, seen: ObservationSpec, chunk: Chunking, update: int, run: Path
) -> Contract:
    steps = update * config.ppo.rollout * chunk.length * config.envs
    source = config.start_from or config.student
    start = "" if source is None else f", started from {source.name}"
    drawn = "uniform over the manual ranges" if config.randomization is None else config.randomization.name
    return Contract(
        kind="network",
        task=config.task,
        instruction=env.task.instruction,
        observation=seen,
        action=env.action_spec,
        chunk=chunk,
        provenance=Provenance(
            seeds=(config.seed,),
            git_revision=read_revision(run),
            randomization_sha256=sha256_of(config.randomization),
            note=f"PPO, {steps:,} environment steps{start}; sees {', '.join(seen.shapes)}; parameters: {drawn}",
        ),
    )


def _record(actor: MLPModel, env: DexEnv, contract: Contract) -> Inputs:
    """Inputs that the policy meets while it acts."""
    observation, _ = env.reset()
    rows: list[Inputs] = []
    for step in range(_STEPS):
        if step % _EVERY == 0:
            rows.append({name: observation[name].copy() for name in contract.observation.shapes})
        with torch.no_grad():
            actions = actor(tensors(observation)).numpy()
        observation = env.step(actions[:, : len(JOINTS)])[0]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def sha256_of(file: Path | None) -> str | None:
    """Of a file; None without one."""
    return None if file is None else hashlib.sha256(file.read_bytes()).hexdigest()
