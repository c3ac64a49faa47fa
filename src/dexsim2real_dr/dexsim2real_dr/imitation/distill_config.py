"""How a student is taught."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dexsim2real_description.observation import ObservationSpec
from dexsim2real_dr.imitation.learner import LearnerConfig
from dexsim2real_policy.tvcap import TvcapConfig, VisionConfig


def _small_network() -> TvcapConfig:
    """A TVCAP that learns from tens of thousands of steps on one core."""
    return TvcapConfig(vision=VisionConfig(width=96, depth=2), width=96, decoder_layers=1, chunk=8)


@dataclass(frozen=True)
class DistillConfig:
    """A distillation. Options of the ablations: `guided`, `touch`, `vision`, `network.fusion`, `network.chunk` 1."""

    task: str
    rounds: int = 6
    """Of driving and learning; in the first the teachers drive."""
    episodes: int = 30
    """New ones in each round, of all teachers together."""
    glimpses: int = 0
    """New ones in each round beside the episodes: moments of a third of a second, from starts of any difficulty after
    which the robot went astray. A student that has to find objects in images needs thousands; only policies can be
    asked for them."""
    share: float = 0.3
    """Of the time that teachers drive in later rounds."""
    successes: bool = False
    """Learn only from episodes that succeed, as where specialists become one generalist (Lin et al. 2025)."""
    keep: int = 60_000
    """Most steps to learn from; the oldest rounds go first."""
    envs: int = 10
    """Cells at work together, for each teacher."""
    image_size: int = 84
    """Side of the images of both cameras [px], a multiple of the network's patch."""
    noise: float = 0.3
    """Largest standard deviation of the noise on what teachers do."""
    touch: bool = True
    """Whether the student feels."""
    vision: bool = True
    """Whether the student sees."""
    guided: bool = True
    """Whether the student, while it learns, has to say what the simulator knows of the task, such as where objects
    are. It is no part of the policy."""
    seed: int = 0
    device: str = "cpu"
    """Where the student learns and looks: `cpu`, `cuda` or `cuda:N`."""
    network: TvcapConfig = field(default_factory=_small_network)
    learner: LearnerConfig = field(default_factory=lambda: LearnerConfig(12_000, 128, 5e-4))


def student_spec(offered: ObservationSpec, config: DistillConfig) -> ObservationSpec:
    """What the student sees of what the environment offers: nothing that a robot lacks, and no sense it is denied."""
    spec = replace(offered, features=())
    return spec if config.touch else replace(spec, touch_layout=None, taxels=0)
