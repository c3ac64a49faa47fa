"""A TVCAP student as distillation left it, to be trained further by PPO."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from dexsim2real_description.area import Size
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.distill_config import DistillConfig, student_spec
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.run_folder import CHECKPOINT, CONFIG
from dexsim2real_dr.training.tvcap_actor import TvcapActor
from dexsim2real_policy.tvcap import Tvcap

_PREFIX = "module.network."
"""Of the policy's weights in the running mean of what learned."""


@dataclass(frozen=True, eq=False)
class Student:
    """Its settings and its weights."""

    config: DistillConfig
    weights: Mapping[str, Tensor]

    @classmethod
    def load(cls, folder: Path, task: str | None = None) -> Student:
        """The student of the distillation in a folder, of this task if one is given. Raises TrainingError."""
        found = Checkpoint.load(folder / CHECKPOINT)
        found.check_task(task or found.task)
        try:
            config = TypeAdapter(DistillConfig).validate_python(json.loads((folder / CONFIG).read_text()))
            mean: Mapping[str, Tensor] = found.agent["mean"]
        except (OSError, ValueError, KeyError, ValidationError) as error:
            raise TrainingError(
                f"{folder} holds no TVCAP student: {_first_line(error)}; give the folder of `dexsim2real distill`"
            ) from error
        return cls(config, {name.removeprefix(_PREFIX): w for name, w in mean.items() if name.startswith(_PREFIX)})

    @property
    def image_size(self) -> Size | None:
        """Of the environment it learns in [px]; None if it does not see."""
        return (self.config.image_size, self.config.image_size) if self.config.vision else None

    @property
    def chunk(self) -> int:
        """Actions that it gives at once."""
        return self.config.network.chunk

    def spec(self, offered: ObservationSpec) -> ObservationSpec:
        """What it sees of what an environment offers."""
        return student_spec(offered, self.config)

    def network(self, offered: ObservationSpec) -> Tvcap:
        """Raises TrainingError if its weights do not fit what it would see."""
        network = Tvcap(self.spec(offered), self.config.network)
        try:
            network.load_state_dict(self.weights)
        except RuntimeError as error:
            raise TrainingError(f"the student does not fit this cell: {' '.join(str(error).split())}") from error
        return network

    def actor(self, offered: ObservationSpec, noise: float) -> TvcapActor:
        """For PPO, its actions at first with this standard deviation. Raises as `network` does."""
        return TvcapActor(self.network(offered), noise)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
