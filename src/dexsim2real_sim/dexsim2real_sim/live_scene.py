"""What the simulator tells its cameras, thirty times a second: enough to draw the scene, and nothing hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import get_args

import numpy as np

from dexsim2real_sim.errors import SimError
from dexsim2real_sim.live import LiveCell, Verdict


@dataclass(frozen=True)
class Scene:
    """One moment of a LiveCell. A twin's parameters are not part of it: who draws the twin has them."""

    stamp_ns: int
    starts: int
    """How often the cell has been started with this seed; the same seed draws the same objects at the same start."""
    positions: tuple[float, ...]
    """Generalised positions."""
    parameters: Mapping[str, float]
    """Values of the parameters that a person may change; empty for a twin."""
    verdict: Verdict = "open"
    """What has come of the task, for whoever runs trials."""
    seed: int = 0

    def text(self) -> str:
        """As JSON, numbers with all their digits."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Scene:
        """The scene that a text describes. Raises SimError if it describes none."""
        try:
            fields = json.loads(text)
            positions = tuple(float(position) for position in fields["positions"])
            parameters = {str(name): float(value) for name, value in fields["parameters"].items()}
            verdict = fields["verdict"]
            if verdict not in get_args(Verdict):
                raise ValueError(f"verdict {verdict!r}")
            stamp, seed, starts = int(fields["stamp_ns"]), int(fields["seed"]), int(fields["starts"])
            return cls(stamp, starts, positions, parameters, verdict, seed)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SimError(f"not a scene of the simulator: {error!r}") from error


def describe(live: LiveCell, stamp_ns: int) -> Scene:
    """The scene as it is now."""
    parameters = {} if live.is_twin else live.parameters()
    positions = tuple(live.plant.sim.qpos[0].tolist())
    return Scene(stamp_ns, live.starts, positions, parameters, live.judge(), live.seed)


def follow(live: LiveCell, scene: Scene) -> None:
    """Bring a cell of the same configuration, which does not run by itself, into this scene.

    Raises SimError for a scene of another model.
    """
    if len(scene.positions) != live.plant.sim.qpos.shape[1]:
        raise SimError(
            f"the scene has {len(scene.positions)} positions, this model {live.plant.sim.qpos.shape[1]}; "
            "give the camera the simulator's task, arm, hand and touch"
        )
    if scene.parameters and scene.parameters != live.parameters():
        live.set_parameters(scene.parameters)
    if scene.seed != live.seed or scene.starts < live.starts:  # the simulator was started again
        live.rewind(scene.seed)
    while live.starts < scene.starts:
        live.reset()
    live.plant.sim.qpos[0] = np.array(scene.positions)
