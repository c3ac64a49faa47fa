"""robot_params.yaml: what identification found, how good it is, and what it could not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import yaml

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.model import Inertia, RobotModel
from dexsim2real_description.writing import whole_file
from dexsim2real_dr.identify.arm import LINKS, ArmResult
from dexsim2real_dr.identify.autotune import TuneResult
from dexsim2real_dr.identify.couplings import Coupling, couple
from dexsim2real_dr.identify.dynamics import JOINT_TERMS, SENSOR_TERMS
from dexsim2real_dr.identify.identifiability import TOLD, directions_told, left_open, parameter_names, structure
from dexsim2real_sim.parameters import PARAMETERS, check_values

SCHEMA = 1
_DECIMALS = 9


@dataclass(frozen=True)
class JointParams:
    """Identified properties of one joint."""

    frictionloss: float
    """Coulomb friction [N m]."""
    damping: float
    """Viscous friction [N m s/rad]."""
    armature: float
    """Reflected rotor inertia [kg m^2]."""
    torque_offset: float
    """Zero error of the torque sensor [N m]; a simulator has none."""


@dataclass(frozen=True)
class RobotParams:
    """The part of the file that changes a robot model."""

    arm: str
    links: Mapping[str, Inertia]
    joints: Mapping[str, JointParams]
    simulator: Mapping[str, float] = field(default_factory=dict)
    """Parameters of the simulator, by name, as tuned to what the robot did."""
    couplings: Mapping[str, Coupling] = field(default_factory=dict)
    """Joints that others move, by the driven joint's name."""

    def couple(self, spec: mujoco.MjSpec) -> None:
        """Make a model's driven joints follow their drivers. Raises UnknownNameError for a joint it does not have."""
        couple(spec, self.couplings)

    def apply(self, model: RobotModel) -> RobotModel:
        """`model` with these inertias and joint properties.

        Raises DexSim2RealError if the parameters are of another arm, and UnknownNameError for a link or joint
        that `model` does not have.
        """
        if model.name != self.arm:
            raise DexSim2RealError(f"these parameters are of the arm {self.arm!r}, the model is {model.name!r}")
        hinges = [joint.name for joint in model.joints if joint.axis is not None]
        for kind, given, known in (
            ("link", self.links, [link.name for link in model.links]),
            ("joint", self.joints, hinges),
        ):
            for name in given:
                if name not in known:
                    raise UnknownNameError(kind, name, known)
        links = tuple(replace(link, inertia=self.links.get(link.name, link.inertia)) for link in model.links)
        servos = list(model.servos)
        for name, joint in self.joints.items():
            i = hinges.index(name)
            servos[i] = replace(
                servos[i], frictionloss=joint.frictionloss, damping=joint.damping, armature=joint.armature
            )
        return replace(model, links=links, servos=tuple(servos))


def params_of(result: ArmResult) -> RobotParams:
    """The tuned parameters of a result."""
    dynamics = result.fit.dynamics
    joints = {
        name: JointParams(*(float(value) for value in row))
        for name, row in zip(result.chain.names, dynamics.joint_terms, strict=True)
    }
    return RobotParams(result.config.arm, dict(zip(LINKS, dynamics.inertias, strict=True)), joints)


def describe(result: ArmResult, source: str) -> dict[str, Any]:
    """Everything that the file says, as plain data."""
    params = params_of(result)
    return {
        "schema": SCHEMA,
        "arm": params.arm,
        "source": source,
        "links": {name: _plain(asdict(inertia)) for name, inertia in params.links.items()},
        "joints": {name: _plain(asdict(joint)) for name, joint in params.joints.items()},
        "torque_sensors": {
            name: _plain(dict(zip(SENSOR_TERMS, row, strict=True)))
            for name, row in zip(result.chain.names, result.fit.dynamics.sensor_terms, strict=True)
        },
        "validation": _validation(result),
        "identifiability": _identifiability(result),
    }


def with_tuned(path: Path, result: TuneResult, arm: str, source: str) -> dict[str, Any]:
    """What the file at `path` says, if there is one, with the tuned parameters.

    Raises DexSim2RealError if it is of another arm, or not such a file.
    """
    return {**_before(path, arm, source), "simulator": {"source": source, **_tuned(result)}}


def with_couplings(path: Path, couplings: Sequence[Coupling], arm: str, source: str) -> dict[str, Any]:
    """The same with couplings, those that are none among them. Raises as `with_tuned` does."""
    joints = {each.driven: {n: v for n, v in _plain(asdict(each)).items() if n != "driven"} for each in couplings}
    return {**_before(path, arm, source), "couplings": {"source": source, "joints": joints}}


def _before(path: Path, arm: str, source: str) -> dict[str, Any]:
    """What the file at `path` says already, or a file that says nothing."""
    if not path.exists():
        return {"schema": SCHEMA, "arm": arm, "source": source, "links": {}, "joints": {}}
    if load_params(path).arm != arm:
        raise DexSim2RealError(f"{path} is of another arm than {arm}; write to another file with --out")
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def _tuned(result: TuneResult) -> dict[str, Any]:
    """The section about the simulator's parameters."""
    return {
        "parameters": {
            each.name: {
                "value": round(each.value, _DECIMALS),
                "error": round(each.error, _DECIMALS),
                "unit": PARAMETERS[each.name].unit,
                "told": each.told,
                "together_with": list(each.together_with),
            }
            for each in result.parameters
        },
        "tracking_error_rad": {
            part: {
                name: {"train": round(train, 6), "held_out": round(held_out, 6)}
                for name, (train, held_out) in zip(("nominal", "tuned"), errors, strict=True)
            }
            for part, errors in result.errors.items()
        },
        "used_s": round(result.used, 2),
        "fit_s": round(result.seconds, 2),
    }


def save_params(path: Path, data: Mapping[str, Any]) -> None:
    """Write what `describe` returned, whole or not at all. Raises DexSim2RealError if that cannot be done."""
    with whole_file(path) as partial:
        partial.write_text(yaml.safe_dump(dict(data), sort_keys=False, default_flow_style=None, width=110))


def load_params(path: Path) -> RobotParams:
    """Read robot_params.yaml. Raises DexSim2RealError that says which entry is wrong."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DexSim2RealError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DexSim2RealError(f"{path} is not YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
        raise DexSim2RealError(f"{path} is not a robot_params file: it has no `schema`")
    if data["schema"] > SCHEMA:
        raise DexSim2RealError(f"{path} has version {data['schema']}, this program reads up to {SCHEMA}; update it")
    try:
        links = {name: _inertia(entry) for name, entry in data["links"].items()}
        joints = {name: _joint(entry) for name, entry in data["joints"].items()}
        tuned = data.get("simulator", {}).get("parameters", {})
        simulator = {str(name): float(entry["value"]) for name, entry in tuned.items()}
        check_values(simulator)
        driven = data.get("couplings", {}).get("joints", {})
        couplings = {str(name): _coupling(str(name), entry) for name, entry in driven.items() if entry["coupled"]}
        return RobotParams(str(data["arm"]), links, joints, simulator, couplings)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DexSim2RealError(f"{path} is not a complete robot_params file: {error!r}") from error


def _inertia(entry: Mapping[str, Any]) -> Inertia:
    com, diagonal, products = (_three(entry[name]) for name in ("com", "diagonal", "products"))
    inertia = Inertia(float(entry["mass"]), com, diagonal, products)
    if not (inertia.mass > 0 and np.linalg.eigvalsh(inertia.matrix())[0] > 0):
        raise ValueError(f"mass and inertia must be positive, got {entry}")
    return inertia


def _joint(entry: Mapping[str, Any]) -> JointParams:
    joint = JointParams(**{each.name: float(entry[each.name]) for each in fields(JointParams)})
    if not all(np.isfinite(list(asdict(joint).values()))) or min(joint.frictionloss, joint.damping, joint.armature) < 0:
        raise ValueError(f"friction, damping and armature must be numbers of 0 or more, got {entry}")
    return joint


def _coupling(driven: str, entry: Mapping[str, Any]) -> Coupling:
    numbers = {name: float(entry[name]) for name in _COUPLING_NUMBERS}
    if not np.isfinite(list(numbers.values())).all():
        raise ValueError(f"a coupling is made of finite numbers, got {entry}")
    return Coupling(driven, str(entry["driver"]), **numbers, coupled=True)


_COUPLING_NUMBERS = ("ratio", "ratio_error", "offset", "offset_error", "held_out", "independent")


def _three(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """For YAML: lists for tuples, and nine decimals, which are more than any of these quantities is known to."""
    return {
        name: value if isinstance(value, str | bool) else np.round(value, _DECIMALS).tolist()
        for name, value in data.items()
    }


def _validation(result: ArmResult) -> dict[str, Any]:
    errors = {model: result.errors(model) for model in result.predictions}
    return {
        "what": "torque error of inverse dynamics [N m], RMS per joint",
        "cutoff_hz": result.config.cutoff,
        "train_s": [round(float(result.train.time[i]), 3) for i in (0, -1)],
        "held_out_s": [round(float(result.held_out.time[i]), 3) for i in (0, -1)],
        "fit_s": round(result.seconds, 2),
        **{
            model: {"train": train.round(4).tolist(), "held_out": held_out.round(4).tolist()}
            for model, (train, held_out) in errors.items()
        },
    }


def _identifiability(result: ArmResult) -> dict[str, Any]:
    shown = structure(result.chain, LINKS)
    names = parameter_names(result.chain, LINKS)
    shares = left_open(result.fit)
    open_names = [name for name, share in zip(names, shares, strict=True) if share > TOLD]
    return {
        "note": (
            f"Of {len(names)} parameters torque shows {shown.rank} combinations, whatever the motion; this recording "
            f"told {directions_told(result.fit)} of them to within {TOLD:g} of the prior width. The parameters "
            "listed as open stayed near the maker's values because the data do not contradict them: only their "
            "sums with others are known."
        ),
        "terms_per_joint": list(JOINT_TERMS),
        "open": open_names,
        "without_effect": list(shown.without_effect),
        "only_in_sums": {name: list(others) for name, others in shown.merged.items()},
    }
