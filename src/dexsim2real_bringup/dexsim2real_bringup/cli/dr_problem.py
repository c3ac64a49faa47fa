"""What `dr run` compares with what: references, recordings, the critic and the simulator, from options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.area import Size
from dexsim2real_dr.capture import captured_poses
from dexsim2real_dr.critics.critic import Critic
from dexsim2real_dr.critics.features import FeatureCritic
from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.critics.random_critic import RandomCritic
from dexsim2real_dr.critics.references import load_references
from dexsim2real_dr.critics.vlm import VlmCritic
from dexsim2real_dr.critics.vlm_config import VlmConfig
from dexsim2real_dr.embedded_simulator import EmbeddedSimulator
from dexsim2real_dr.film import Film, FilmSimulator, filmed
from dexsim2real_dr.fm_dr.search import Problem
from dexsim2real_dr.motion import Teaching, together
from dexsim2real_dr.recorded import read_recordings, recorded_evidence, recorded_motion
from dexsim2real_dr.simulator import Poses, Simulator

CriticName = Literal["image", "random", "features", "vlm", "trace"]
Names = tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Reality, who judges, and who simulates."""

    references: Path | None = None
    """Folder of photographs, or of pictures by `dexsim2real dr capture`; vanilla and dextreme need none."""
    motions: tuple[Path, ...] = ()
    """Recordings (bags, or saved traces) that are repeated in simulation: for the critic trace, and for vlm, which sees
    the first one as a strip of frames over time."""
    objects: tuple[str, ...] = ()
    """What lay in the task's places in these recordings, by names of the catalogue."""
    critic: CriticName = "image"
    """Statistics of pictures, offline; random marks, for comparison; features of a network; a vision-language model;
    or motion and touch."""
    simulator: Literal["embedded", "ros"] = "embedded"
    """MuJoCo in this process; or any that runs behind the topics of the graph, such as the one that
    `dexsim2real up sim --policy none` starts."""
    poses: int = 2
    """In how many poses the robot is seen, where the references do not say."""
    size: int = 96
    """Of the square pictures that are compared [px]."""
    teaching: Annotated[Teaching, tyro.conf.arg(name="")] = field(default_factory=Teaching)
    """Rollouts that teach the critic trace what motions tell."""
    backbone: Path | None = None
    """ONNX file of the network that gives features, such as DINOv2."""

    @property
    def area(self) -> Size:
        """Height and width of the pictures [px]."""
        return self.size, self.size

    def check(self) -> None:
        """Raises DexSim2RealError if what the critic looks at is missing, or given to one that does not look at it."""
        if self.critic != "trace" and self.references is None:
            raise DexSim2RealError(f"the critic {self.critic} compares with references; say --references FOLDER")
        if self.critic == "trace" and not self.motions:
            raise DexSim2RealError("the critic trace compares with recordings; say --motions RECORDING")
        if self.motions and self.critic not in ("trace", "vlm"):
            raise DexSim2RealError(f"the critic {self.critic} does not look at --motions; trace and vlm do")
        if self.critic == "trace" and self.simulator == "ros":
            raise DexSim2RealError("motions are repeated by the embedded simulator only; leave out --simulator ros")


@contextmanager
def open_problem(
    task: str, names: Names, given: Comparison, vlm: VlmConfig | None, seed: int
) -> Iterator[tuple[Problem, Simulator | None]]:
    """The problem, and what draws pictures for its report. Raises DexSim2RealError for what cannot be compared."""
    given.check()
    if given.references is None or given.critic == "trace":
        yield _moving(task, names, given), None
        return
    seen, judge = load_references(given.references, given.area), _critic(given, vlm, seed)
    with closing(_simulator(given, _stands(given.references, task, given.poses), names)) as drawn:
        problem = Problem(task, names, drawn.observe, judge, seen, drawn.described)
        if not given.motions:
            yield problem, drawn
            return
        with _filming(problem, given) as both:
            yield both, drawn


def _moving(task: str, names: Names, given: Comparison) -> Problem:
    """Recordings against the simulator that is told the same."""
    traces = read_recordings(given.motions)
    motions = [recorded_motion(trace, task, given.objects) for trace in traces]
    simulator = given.teaching.simulator(motions, names)
    seen = recorded_evidence(traces, motions)
    how = f"{simulator.described}; {given.teaching.described}"
    with Bar("rollouts for the critic", given.teaching.rollouts) as bar:
        critic = given.teaching.critic(simulator, bar.advance)
    return Problem(task, names, simulator.observe, critic, seen, how)


@contextmanager
def _filming(problem: Problem, given: Comparison) -> Iterator[Problem]:
    """The same problem, with a film of the first recording and of its repetition beside the pictures."""
    traces, film = read_recordings(given.motions[:1]), Film(given.area)
    motion = recorded_motion(traces[0], problem.task, given.objects)
    recorded = filmed(recorded_evidence(traces, [motion]), given.motions[0], traces[0], motion, film)
    seen = replace(problem.references, traces=recorded.traces, film=recorded.film)
    look = problem.observe
    with closing(FilmSimulator([motion], problem.names, film)) as repeated:
        yield replace(
            problem,
            references=seen,
            observe=lambda values: together(look(values), repeated.observe(values)),
            seen=f"{problem.seen}; {repeated.described}, filmed",
        )


def _simulator(given: Comparison, poses: Poses, names: Names) -> Simulator:
    """Raises DexSim2RealError if there is none on the graph."""
    embedded = EmbeddedSimulator(poses, names, given.area)
    if given.simulator == "embedded":
        return embedded
    from dexsim2real_bringup.ros_simulator import RosSimulator  # only where ROS is

    with closing(embedded):
        return RosSimulator(poses, names, given.area, embedded.joints)


def _stands(references: Path, task: str, poses: int) -> Poses:
    """How the robot stands in the references. Raises DexSim2RealError if they show another task."""
    stands = captured_poses(references) or Poses(task, poses)
    if stands.task != task:
        raise DexSim2RealError(
            f"{references} shows task {stands.task}, the search is for {task}; say --task {stands.task}"
        )
    return stands


def _critic(given: Comparison, vlm: VlmConfig | None, seed: int) -> Critic:
    """Raises DexSim2RealError if the model's name or key, or the network, is missing."""
    if given.critic == "image":
        return ImageCritic()
    if given.critic == "random":
        return RandomCritic(seed)
    if given.critic == "features":
        if given.backbone is None:
            raise DexSim2RealError("the critic features needs a network; say --backbone FILE.onnx")
        return FeatureCritic(given.backbone)
    if vlm is None:
        raise DexSim2RealError("the critic vlm needs the name of a model; say --model NAME, and --endpoint URL")
    return VlmCritic(vlm)
