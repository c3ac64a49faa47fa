"""Policies made for measuring the graph: one that computes like a learned one, and one that keeps the robot moving."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dexsim2real_bringup.graph import GraphOptions
from dexsim2real_description import JOINTS, make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.artifact import TRAJECTORY, pack, write_artifact
from dexsim2real_policy.contract import Chunking, Contract
from dexsim2real_sim.tasks.base import ARM_READY, HAND_OPEN

RATE = 30.0
"""Of observations and actions [Hz]."""
SWAY = {"arm_joint_1": 0.25, "arm_joint_6": 0.08, "index_joint_1": 0.3, "thumb_joint_3": 0.3}
"""Amplitude of the swaying joints [rad]: the servos stay well below the torque at which the gate stops."""
APPROACH = 4.0
"""From wherever the robot is to the first pose [s]."""
HALF_PERIOD = 1.0
"""[s]"""
LASTS = 1800
"""Half periods until the swaying policy comes to rest."""


def write_swaying(folder: Path, options: GraphOptions) -> None:
    """A scripted motion that never rests, high above the table.

    It looks at nothing but the joints, but asks for every sensor of the graph, and like a learned policy it says
    nothing when one is stale.
    """
    observation, action = _specs(options)
    sign = np.where(np.arange(LASTS) % 2, -1.0, 1.0)[:, None]
    amplitude = np.array([SWAY.get(joint, 0.0) for joint in JOINTS])
    positions = np.clip(np.concatenate([ARM_READY, HAND_OPEN]) + sign * amplitude, action.lower, action.upper)
    times = APPROACH + HALF_PERIOD * np.arange(LASTS)
    contract = Contract("scripted", options.task, "Sway.", observation, action, Chunking(8, blend="newest"))
    write_artifact(folder, contract, {TRAJECTORY: pack({"times": times, "positions": positions})})


def write_seeing(folder: Path, options: GraphOptions) -> None:
    """TVCAP with random weights and hardly an output: what a learned policy costs. Needs the extra `train`."""
    from dexsim2real_policy.export import export_module
    from dexsim2real_policy.tvcap import SMALL, Tvcap, TvcapConfig

    observation, action = _specs(options)
    config = TvcapConfig(vision=SMALL)
    network = Tvcap(observation, config)
    network.decoder.out.weight.data.mul_(0.01)
    contract = Contract("network", options.task, "Random weights.", observation, action, Chunking(config.chunk))
    export_module(network, contract, folder)


def _specs(options: GraphOptions) -> tuple[ObservationSpec, ActionSpec]:
    cell = make_cell(options.arm, options.hand, options.touch)
    observation = ObservationSpec.of_cell(cell, rate=RATE)
    if not options.cameras:
        observation = replace(observation, cameras=())
    return observation, ActionSpec.of_cell(cell, rate=RATE)
