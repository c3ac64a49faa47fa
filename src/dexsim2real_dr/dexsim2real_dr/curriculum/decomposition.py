"""A task as ordered sub-skills: data that a person or a language model wrote, checked before anything uses it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.writing import whole_file
from dexsim2real_dr.curriculum.predicates import Predicate
from dexsim2real_dr.errors import CurriculumError
from dexsim2real_sim.tasks import make_task

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class SubSkill(BaseModel):
    """One step on the way to a task's goal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,31}$")]
    instruction: Annotated[str, Field(min_length=1, max_length=300)]
    success: Annotated[tuple[Predicate, ...], Field(min_length=1, max_length=6)]
    """All must hold. The last sub-skill succeeds when the task does; its predicates shape the reward."""
    hold: Annotated[float, Field(ge=0.0, le=5.0)] = 0.0
    """For how long without a break [s]."""
    starts: tuple[Share, Share]
    """Difficulties of the task whose starts are the easiest and the hardest of this sub-skill."""


class Decomposition(BaseModel):
    """The sub-skills of a task, in the order in which they are done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    source: Annotated[str, Field(min_length=1)]
    """Who wrote it: `reference`, or the name of a model."""
    skills: Annotated[tuple[SubSkill, ...], Field(min_length=1, max_length=8)]

    def check(self) -> None:
        """Raise UnknownNameError or CurriculumError unless it fits its task."""
        infos = make_task(self.task).feature_infos
        names = [skill.name for skill in self.skills]
        if len(set(names)) < len(names):
            raise CurriculumError(f"sub-skills are called {', '.join(names)}; give each a name of its own")
        for skill in self.skills:
            if skill.starts[0] > skill.starts[1]:
                raise CurriculumError(f"{skill.name} starts at {list(skill.starts)}; give the easier difficulty first")
            for predicate in skill.success:
                try:
                    predicate.check(infos)
                except DexSim2RealError as error:
                    raise CurriculumError(f"sub-skill {skill.name}: {error}") from error
        if self.skills[0].starts[1] < 1.0:
            raise CurriculumError(
                f"{names[0]} starts at {self.skills[0].starts[1]:g} at most; the first sub-skill must reach 1, where "
                "the task starts"
            )

    def save(self, file: Path) -> None:
        """Write it as YAML, whole or not at all. Raises CurriculumError if that cannot be done."""
        with whole_file(file, CurriculumError) as partial:
            partial.write_text(yaml.safe_dump(self.model_dump(mode="json", exclude_defaults=True), sort_keys=False))


def parse(text: str, where: str, form: Literal["yaml", "json"] = "yaml") -> Decomposition:
    """A decomposition from text, checked. Raises CurriculumError, which says what is wrong and where."""
    try:
        if form == "json":
            found = Decomposition.model_validate_json(text)
        else:
            found = Decomposition.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise CurriculumError(f"{where} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise CurriculumError(f"{where}: {_wrong(error)}") from error
    try:
        found.check()
    except DexSim2RealError as error:
        raise CurriculumError(f"{where}: {error}") from error
    return found


def load(file: Path) -> Decomposition:
    """Read a decomposition. Raises CurriculumError if the file is missing, or not a valid one."""
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CurriculumError(f"cannot read {file}: {error}; `dexsim2real curriculum --out FILE` writes one") from error
    return parse(text, str(file))


def reference(task: str) -> Decomposition:
    """The one that ships with the package. Raises UnknownNameError for a task that does not exist."""
    make_task(task)
    return parse(resources.files(__package__).joinpath(f"reference/{task}.yaml").read_text(), f"reference of {task}")


def _wrong(error: ValidationError) -> str:
    """What pydantic found, in one line."""
    parts = [f"{'.'.join(map(str, e['loc'])) or 'the document'}: {e['msg']}" for e in error.errors()[:4]]
    return "; ".join(parts) + ("; and more" if error.error_count() > 4 else "")
