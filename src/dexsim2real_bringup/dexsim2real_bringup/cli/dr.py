"""``dr run`` and ``dr capture``: which parameters make the simulator look like reality."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_bringup.dr_report import Agreement, save_search_report
from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_dr.capture import capture as take_pictures
from dexsim2real_dr.capture import captured_poses
from dexsim2real_dr.critics.critic import Critic
from dexsim2real_dr.critics.features import FeatureCritic
from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.critics.random_critic import RandomCritic
from dexsim2real_dr.critics.references import load_references
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem, Search
from dexsim2real_dr.simulator import Poses, Simulator
from dexsim2real_sim import Twin, names_of
from dexsim2real_sim.tasks import TASKS

CriticName = Literal["image", "random", "features", "vlm"]


def run(
    references: Path,
    task: str = "pick_place",
    critic: CriticName = "image",
    factors: tuple[str, ...] = ("lighting", "background"),
    config: Annotated[FmDrConfig, tyro.conf.arg(name="")] = FmDrConfig(),  # noqa: B008  (frozen)
    endpoint: str | None = None,
    model: str | None = None,
    agreement: int = 0,
    backbone: Path | None = None,
    poses: int = 2,
    size: int = 96,
    out: Path = Path("runs/dr"),
    json: Path | None = None,
) -> None:
    """Learn a distribution over parameters whose pictures a critic takes for the references.

    Writes randomization.yaml and report.html. Ctrl-C is safe: run the same command again to go on.

    Args:
        references: folder of photographs, or of pictures by `dexsim2real dr capture`.
        task: whose scene is rendered.
        critic: statistics of pictures, offline; random marks, for comparison; features of a network; or a
            vision-language model.
        factors: parameters of these factors are searched.
        config: how to search.
        endpoint: address of an OpenAI-compatible server for the model.
        model: its name there; the key is taken from OPENAI_API_KEY.
        agreement: so many samples are rated by the model in three wordings, and the report has their rank agreement.
        backbone: ONNX file of the network that gives features, such as DINOv2.
        poses: in how many poses the robot is seen, where the references do not say.
        size: of the square pictures that are compared [px].
        out: folder for the result and the state.
        json: write the table of rounds to this file as well.
    """
    names = names_of(factors)
    if not names:
        raise DexSim2RealError("no factors are given; name at least one, such as lighting")
    seen = load_references(references, (size, size))
    stands = captured_poses(references) or Poses(_known(task), poses)
    if stands.task != task:
        raise DexSim2RealError(
            f"{references} shows task {stands.task}, the search is for {task}; say --task {stands.task}"
        )
    if agreement and (critic != "vlm" or agreement < 3):  # before anything is paid for
        raise DexSim2RealError("--agreement is for the critic vlm, and needs 3 samples or more")
    judge = _critic(critic, endpoint, model, backbone, out, config.seed)
    _make(out)
    simulator = Simulator(stands, names, (size, size))
    problem = Problem(task, names, simulator.observe, judge, seen, simulator.described)
    search = Search(problem, config, out)
    search_with_progress(search)
    result = search.result()
    result.save(out / "randomization.yaml")
    save_search_report(out / "report.html", search, simulator, _agreement(search, simulator, agreement))
    simulator.close()
    rows: list[dict[str, Cell]] = [
        {
            "round": found.number,
            "samples": found.queries,
            "mean score": found.mean_score,
            "best score": found.best_score,
            "entropy over uniform [nats]": found.entropy,
        }
        for found in result.history
    ]
    show(f"FM-DR with the critic {judge.name}; wrote {out / 'randomization.yaml'} and report.html", rows, json)


def search_with_progress(search: Search) -> None:
    """Run all rounds that are left, with a bar and live scores."""
    done, size = len(search.state.history), search.config.samples
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as progress:
        bar = progress.add_task(_status(search), total=search.config.rounds * size, completed=done * size)
        while not search.finished:
            search.round(lambda: progress.advance(bar))
            progress.update(bar, description=_status(search))


def _agreement(search: Search, simulator: Simulator, samples: int) -> Agreement:
    """Between wordings of the question, on the first samples of the search; nothing if that was not asked for."""
    from dexsim2real_dr.critics.agreement import wording_agreement
    from dexsim2real_dr.critics.vlm import VlmCritic

    judge = search.problem.critic
    if not samples or not isinstance(judge, VlmCritic):
        return {}
    shown = [simulator.pictures(np.array(values)) for values in search.state.values[:samples]]
    return wording_agreement(judge.config, shown, search.problem.references)


def _status(search: Search) -> str:
    if not search.state.history:
        return "scoring"
    last = search.state.history[-1]
    return f"round {last.number}: mean {last.mean_score:.2f}, best {last.best_score:.2f}, {last.entropy:+.1f} nats"


def _critic(
    name: CriticName, endpoint: str | None, model: str | None, backbone: Path | None, out: Path, seed: int
) -> Critic:
    """Raises DexSim2RealError if the model's name or key, or the network, is missing."""
    if name == "image":
        return ImageCritic()
    if name == "random":
        return RandomCritic(seed)
    if name == "features":
        if backbone is None:
            raise DexSim2RealError("the critic features needs a network; say --backbone FILE.onnx")
        return FeatureCritic(backbone)
    if model is None:
        raise DexSim2RealError("the critic vlm needs the name of a model; say --model NAME, and --endpoint URL")
    from dexsim2real_dr.critics.vlm import VlmCritic
    from dexsim2real_dr.critics.vlm_config import VlmConfig

    return VlmCritic(VlmConfig(model, endpoint, out / "vlm"))


def _known(task: str) -> str:
    """`task`, if there is one of that name. Raises UnknownNameError."""
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    return task


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DexSim2RealError(f"cannot make {folder}: {error.strerror}; choose another folder with --out") from error


def capture(twin: int, task: str = "pick_place", poses: int = 2, size: int = 224, out: Path | None = None) -> None:
    """Take reference pictures of a twin, the simulated stand-in for a real robot, at known robot poses.

    Args:
        twin: seed of the twin.
        task: whose scene is seen.
        poses: in how many poses the robot is seen.
        size: of the square pictures [px].
        out: folder for the pictures; runs/references/TWIN if not given.
    """
    folder = out or Path("runs/references") / str(twin)
    if twin < 0:
        raise DexSim2RealError(f"the seed of a twin is {twin}; it must be 0 or more")
    count = take_pictures(Twin.draw(twin), Poses(_known(task), poses), (size, size), folder)
    Console().print(f"{count} pictures in {folder}", markup=False, highlight=False, soft_wrap=True)
