"""The loop as data: which commands one round consists of, in order, and which files join them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import tyro

from dexsim2real_bringup.graph import RobotOptions
from dexsim2real_bringup.loop.step import Step
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.chat import check_endpoint
from dexsim2real_sim.tasks import make_task

RANDOMIZATION = "randomization.yaml"
TWIN = RobotOptions()
"""What a loop without a robot runs on."""
UNSEEN = 3
"""Twins that neither pictures nor audits come from: on them the gap is measured."""


@dataclass(frozen=True)
class Budget:
    """How much is spent on one round."""

    search_rounds: int
    """Of FM-DR, 20 samples each."""
    generations: int
    """Of CMA-ES in each of them."""
    train_steps: int
    """Environment steps of training per round."""
    trials: int
    """Evaluation episodes per robot."""
    live_trials: int
    """On the live graph."""
    cells: int
    """Simulated robots that a recording is compared with."""


SHORT = Budget(search_rounds=5, generations=12, train_steps=250_000, trials=50, live_trials=5, cells=128)
"""Minutes on a laptop."""
FULL = Budget(search_rounds=12, generations=50, train_steps=5_000_000, trials=150, live_trials=20, cells=256)


@dataclass(frozen=True)
class LoopOptions:
    """What can be chosen about the loop."""

    task: str = "in_hand_rotation"
    twin: int = 7
    """Seed of the robot that stands in for reality; those of the unseen twins follow it."""
    references: Path | None = None
    """Photographs of the real scene; None takes pictures of the twin."""
    start_from: Path | None = None
    """Checkpoint that training begins with; None takes the one that is shipped, or begins from nothing."""
    endpoint: str | None = None
    """Address of an OpenAI-compatible server, for the critic; None judges offline."""
    model: str | None = None
    """Its model."""
    rounds: int = 1
    real: bool = False
    """The real robot's graph in place of the twin's: a person puts things in place and judges. Asks before it moves."""
    robot: Annotated[RobotOptions, tyro.conf.arg(name="")] = TWIN
    """Where the real robot is reached."""
    yes: bool = False
    """Do not ask before the real robot moves."""

    def __post_init__(self) -> None:
        """Raises UnknownNameError for a task that there is not, DexSim2RealError for options that contradict."""
        make_task(self.task)
        if self.rounds < 1:
            raise DexSim2RealError(f"{self.rounds} rounds are none; ask for 1 or more")
        check_endpoint(self.endpoint, self.model)
        if not self.real and (self.yes or self.robot != TWIN):
            raise DexSim2RealError("where the robot is reached, and --yes, are for --real; add it, or leave them out")
        if self.on_hardware:
            self._check_hardware()

    @property
    def on_hardware(self) -> bool:
        """Whether something moves that is not simulated."""
        return self.real and not self.robot.use_twin

    def _check_hardware(self) -> None:
        if not self.robot.robot_ip:
            raise DexSim2RealError(
                "the real robot needs --robot-ip, the address of the arm's controller; or --use-twin"
            )
        if self.robot.arm == "panda":
            raise DexSim2RealError("the arm's driver moves an FR3 only; say --arm fr3, or --use-twin")
        if self.references is None:
            raise DexSim2RealError(
                "pictures of the real scene are taken before: start the graph, dexsim2real up real --policy none, then "
                "dexsim2real dr capture --live --out FOLDER; give --references FOLDER"
            )


@dataclass(frozen=True)
class Round:
    """The files of one round, all in its folder."""

    number: int
    """From 1."""
    folder: Path
    randomization: Path
    """What this round trains under."""

    @property
    def policy(self) -> Path:
        """The artifact that the round's training ends with."""
        return self.folder / "train" / "policy"

    @property
    def suggestion(self) -> Path:
        """The audit's new randomization file; there is none if the recording did not leave the family."""
        return self.folder / "audit" / RANDOMIZATION


def randomise(options: LoopOptions, budget: Budget, folder: Path) -> list[Step]:
    """Before the first round: look at reality, and learn what to draw the simulator's looks from."""
    references = options.references or folder / "references"
    steps: list[Step] = []
    words: tuple[str, ...]
    if options.references is None:
        words = ("dr", "capture", "--twin", str(options.twin), "--task", options.task, "--out", str(references))
        steps.append(Step("references", words, (references,), why="Pictures of a robot that nobody has measured."))
    found = folder / "randomise" / RANDOMIZATION
    words = ("dr", "run", "--references", str(references), "--task", options.task, "--out", str(found.parent))
    words = (*words, "--rounds", str(budget.search_rounds), "--generations", str(budget.generations))
    words = (*words, "--rest", "manual", *_critic(options))
    why = "Which simulator parameters make pictures look like these; all others keep their manual ranges."
    return [*steps, Step("randomise", words, (found.parent,), (references,), why, resumes=True)]


def first_round(folder: Path) -> Round:
    """The round that follows `randomise`."""
    return Round(1, folder / "round_1", folder / "randomise" / RANDOMIZATION)


def next_round(last: Round) -> Round:
    """The round after `last`: under what its audit suggests, or the same again if it found nothing to change."""
    number, suggestion = last.number + 1, last.suggestion
    chosen = suggestion if suggestion.exists() else last.randomization
    return Round(number, last.folder.parent / f"round_{number}", chosen)


def round_steps(options: LoopOptions, budget: Budget, this: Round, start: Path | None) -> list[Step]:
    """Train from the checkpoint `start`, evaluate, run on the live graph, audit what was recorded."""
    live, audit, n = this.folder / "live", this.folder / "audit", this.number
    return [
        _train(options, budget, this, start),
        *evaluations(f"round {n}", options, budget, this.policy, this.folder),
        Step(
            f"live {n}",
            ("trials", "live", "--task", options.task, "--policy", str(this.policy), *_robot(options))
            + ("--number", str(budget.live_trials), "--out", str(live), "--json", str(this.folder / "live.json")),
            (live, this.folder / "live.json"),
            (this.policy,),
            "The policy on the robot: ROS 2 nodes behind the safety gate, each trial recorded.",
        ),
        Step(
            f"audit {n}",
            ("audit", str(live), "--task", options.task, "--randomization", str(this.randomization))
            + ("--cells", str(budget.cells), *cell_words(options), "--ledger", str(this.folder.parent / "ledger.db"))
            + ("--out", str(audit), "--json", str(audit / "audit.json")),
            (audit,),
            (live, this.randomization),
            "The recording against simulation: what diverged first, and which assumption explains it.",
        ),
    ]


def evaluations(name: str, options: LoopOptions, budget: Budget, policy: Path, folder: Path) -> list[Step]:
    """Trials of a policy in simulation and on the unseen twins, if a twin stands in for reality."""
    common: tuple[str, ...] = ("evaluate", str(policy), "--task", options.task, *cell_words(options))
    common += ("--trials", str(budget.trials), "--seeds", "1")
    steps = [_evaluation(f"{name} in simulation", common, folder / "simulation.json", policy)]
    for twin in unseen(options):
        words = (*common, "--twin", str(twin))
        steps.append(_evaluation(f"{name} on twin {twin}", words, folder / f"twin_{twin}.json", policy))
    return steps


def unseen(options: LoopOptions) -> range:
    """Seeds of the twins that the gap is measured on; none where there is a real robot."""
    return range(0) if options.on_hardware else range(options.twin + 1, options.twin + 1 + UNSEEN)


def _robot(options: LoopOptions) -> tuple[str, ...]:
    """The words that say what runs the policy live."""
    words = () if options.on_hardware else ("--twin", str(options.twin))
    if options.real:
        words += ("--real", *(("--yes",) if options.yes else ()))
    return words + _words(options.robot, [option.name for option in fields(RobotOptions)])


def cell_words(options: LoopOptions) -> tuple[str, ...]:
    """The words that say for which robot, where it is not the usual one."""
    return _words(options.robot, ("arm", "hand", "touch"))


def _words(robot: RobotOptions, names: Sequence[str]) -> tuple[str, ...]:
    """Those of these options that are not as usual, as on a command line."""
    words: list[str] = []
    for name in names:
        value, option = getattr(robot, name), name.replace("_", "-")
        if value != getattr(TWIN, name):
            words += (
                [f"--{option}" if value else f"--no-{option}"] if isinstance(value, bool) else [f"--{option}", value]
            )
    return tuple(words)


def _evaluation(name: str, words: tuple[str, ...], out: Path, policy: Path) -> Step:
    why = "Seeded trials, each one episode at full difficulty."
    return Step(name, (*words, "--json", str(out)), (out,), (policy,), why)


def _train(options: LoopOptions, budget: Budget, this: Round, start: Path | None) -> Step:
    run = this.folder / "train"
    words: tuple[str, ...] = ("train", "--task", options.task, "--randomization", str(this.randomization))
    words += (*cell_words(options), "--steps", str(budget.train_steps), "--out", str(run))
    inputs: tuple[Path, ...] = (this.randomization,)
    if start is not None:
        words, inputs = (*words, "--start-from", str(start)), (*inputs, start)
    why = "PPO under this distribution; ends with an artifact."
    return Step(f"train {this.number}", words, (run, this.policy), inputs, why, resumes=True)


def _critic(options: LoopOptions) -> tuple[str, ...]:
    if options.model is None:
        return ("--critic", "image")
    endpoint = () if options.endpoint is None else ("--endpoint", options.endpoint)
    return ("--critic", "vlm", "--model", options.model, *endpoint)
