"""What can be chosen about a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dexsim2real_dr.curriculum.scheduler import SchedulerConfig
from dexsim2real_dr.errors import TrainingError

NOISE_RANGE = (0.05, 1.5)
"""Least and largest standard deviation of actions."""


@dataclass(frozen=True)
class PpoConfig:
    """Proximal policy optimisation (Schulman et al. 2017), as rsl_rl has it."""

    rollout: int = 32
    """Steps of every environment between updates."""
    epochs: int = 5
    mini_batches: int = 4
    learning_rate: float = 1e-3
    """At the start; adapted so that the policy moves by `desired_kl` per update."""
    desired_kl: float = 0.04
    """Summed over 23 joints; at the 0.01 that is usual for fewer, the learning rate stays at its lowest."""
    gamma: float = 0.99
    """Discount per step."""
    gae: float = 0.95
    """Lambda of generalised advantage estimation."""
    clip: float = 0.2
    entropy: float = 0.001
    """Weight of the entropy bonus."""
    reward_scale: float = 0.05
    """Rewards are multiplied by it, so that returns are of the order of 1."""
    actor_layers: tuple[int, ...] = (256, 128, 128)
    critic_layers: tuple[int, ...] = (256, 128, 128)
    arm_noise: float = 0.2
    """Standard deviation of the arm's actions at the start."""
    hand_noise: float = 0.6
    """The same for the hand."""


@dataclass(frozen=True)
class TrainConfig:
    """A training run."""

    task: str
    envs: int = 256
    """Environments that are stepped together."""
    steps: int = 25_000_000
    """Environment steps in all, after which training ends."""
    seed: int = 0
    randomization: Path | None = None
    """The file that parameters are drawn from; None for uniform over the manual ranges."""
    curriculum: str = "difficulty"
    """`difficulty` makes the whole task harder step by step, `flat` does not; `reference` teaches the sub-skills that
    ship with the task, chained; anything else is a file that `dexsim2real curriculum --out FILE` wrote."""
    scheduler: SchedulerConfig = field(default_factory=SchedulerConfig)
    """When the curriculum raises the difficulty."""
    pregrasp: bool = False
    """Start with the open hand around what it is to grasp, however difficult the rest is."""
    privileged: bool = False
    """Give the actor the task's features too, which only a simulator knows; the critic always has them."""
    start_from: Path | None = None
    """A checkpoint that training starts with, of another training, whose curriculum goes on, or of imitation."""
    student: Path | None = None
    """A folder of `dexsim2real distill` whose TVCAP student is trained further, chunk by chunk, in place of the small
    network on state and touch."""
    start_noise: float | None = None
    """Standard deviation of the actions then; None keeps that of the checkpoint, or takes 0.15 for what was cloned or
    distilled."""
    warm_up: int = 20
    """Updates then, in the beginning, in which only the critic learns."""
    time_limit: float | None = None
    """Of training episodes [s]; None as the task has it."""
    arm: str = "panda"
    hand: str = "v4"
    touch: str = "grid15"
    threads: int = 1
    """Of physics."""
    device: str = "cpu"
    """Where the networks are: `cpu`, `cuda` or `cuda:N`. Physics stays on the processor."""
    save_every: int = 200
    """Updates between checkpoints; episodes start anew there, so that a resumed run is the same to the bit."""
    ppo: PpoConfig = PpoConfig()

    def __post_init__(self) -> None:
        """Raises TrainingError for numbers that make no training."""
        counts = {"envs": self.envs, "steps": self.steps, "threads": self.threads, "save-every": self.save_every}
        for name, count in counts.items():
            if count < 1:
                raise TrainingError(f"{name} is {count}; it must be 1 or more")
        if self.envs * self.ppo.rollout < self.ppo.mini_batches:
            raise TrainingError(
                f"{self.envs} environments and a rollout of {self.ppo.rollout} steps cannot be split into "
                f"{self.ppo.mini_batches} mini-batches; use more environments"
            )
        if self.student is not None and (self.start_from is not None or self.privileged):
            raise TrainingError("a student starts from itself and sees no features: leave --start-from, --privileged")
        if self.time_limit is not None and self.time_limit <= 0:
            raise TrainingError(f"time-limit is {self.time_limit:g} s; it must be more than 0")
