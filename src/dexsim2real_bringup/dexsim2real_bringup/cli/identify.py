"""``identify``: from a recording of the real robot to the parameters of its model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import tyro

from dexsim2real_audit import Trace, read_trace
from dexsim2real_audit.bag_trace import Topics
from dexsim2real_audit.report import Section, save_report
from dexsim2real_audit.trace import COMMAND, EFFORT, POSITION, TOUCH
from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_bringup.cli.tuning import tune_robot
from dexsim2real_description import ARM_JOINTS, HAND_JOINTS, DexSim2RealError, make_cell
from dexsim2real_dr.identify.arm import ArmConfig, ArmResult, identify_arm, motion_of
from dexsim2real_dr.identify.autotune import TuneConfig
from dexsim2real_dr.identify.compliance import fit_compliance, press_of
from dexsim2real_dr.identify.couplings import Coupling, find_couplings, parse_pair
from dexsim2real_dr.identify.dynamics import SENSOR_TERMS
from dexsim2real_dr.identify.motion import Motion, read_columns, read_csv
from dexsim2real_dr.identify.params_file import describe, save_params, with_couplings
from dexsim2real_dr.identify.plots import error_bars_figure, torque_error_figure
from dexsim2real_dr.identify.servo import servo_responses
from dexsim2real_dr.identify.tracking import read_positions, read_tracking

log = logging.getLogger(__name__)

Row = dict[str, Cell]


def identify(
    file: tyro.conf.Positional[Path],
    config: Annotated[ArmConfig, tyro.conf.arg(name="")] = ArmConfig(),  # noqa: B008  (frozen)
    tune: TuneConfig = TuneConfig(),  # noqa: B008  (frozen)
    autotune: bool = False,
    delay: bool = False,
    compliance: bool = False,
    couplings: tuple[str, ...] | None = None,
    joint_states: str = Topics.joint_states,
    out: Path = Path("robot_params.yaml"),
    json: Path | None = None,
) -> None:
    """Tune the arm's model to a recorded motion, and judge it on a part that was held out.

    Writes robot_params.yaml and, beside it, an HTML report. A CSV needs the columns time_s, q1_rad.., dq1_rad_s..,
    tau1_Nm.. for seven joints; a bag needs position and effort of the arm.

    Args:
        file: a CSV file, a bag, or a saved trace (.npz).
        config: how to identify.
        tune: how to tune through simulation.
        autotune: instead, tune the simulator's gains, friction, inertia, delay and backlash of arm and hand to joint
            targets and positions; adds them to the file, and writes a randomization file around them beside it.
        delay: instead, measure dead time and dynamics of every joint that a bag's commands moved.
        compliance: instead, measure the stiffness of the fingertip that pressed; a CSV needs displacement_m, force_N.
        couplings: instead, find joints that follow others linearly, q = ratio * q_driver + offset: every joint that
            moves without a command, or the named pairs DRIVEN:DRIVER; adds them to the file. A CSV needs time_s,
            <joint>_rad and, for joints that were commanded, <joint>_target_rad.
        joint_states: topic of a bag that has them.
        out: where to write the parameters.
        json: write the table to this file as well.
    """
    if delay + compliance + autotune + (couplings is not None) > 1:
        raise DexSim2RealError(
            "--autotune, --delay, --compliance and --couplings are several measurements; make one after the other"
        )
    if couplings is not None:
        pairs = [parse_pair(text) for text in couplings]
        trace = read_positions(file) if file.suffix == ".csv" else _trace(file, (POSITION,), joint_states, True)
        found = find_couplings(trace, pairs, config.train)
        save_params(out, with_couplings(out, found, config.arm, file.name))
        show(f"Couplings; wrote {out}", _couplings(found), json)
    elif autotune:
        trace = read_tracking(file) if file.suffix == ".csv" else _trace(file, (COMMAND, POSITION), joint_states)
        tune_robot(trace, file.name, config, tune, out, json)
    elif delay:
        show("Response of the joints", _delays(file, joint_states), json)
    elif compliance:
        show("Stiffness of a fingertip", _stiffness(file, config, joint_states), json)
    else:
        result = identify_arm(_motion(file, config, joint_states), config)
        data = describe(result, file.name)
        save_params(out, data)
        rows = _errors(result)
        _save_report(out.with_suffix(".html"), result, file.name, rows, data["identifiability"])
        show(f"Torque error of inverse dynamics [N m] (fit {result.seconds:.1f} s); wrote {out}", rows, json)


def _motion(file: Path, config: ArmConfig, joint_states: str) -> Motion:
    if file.suffix == ".csv":
        return read_csv(file, len(ARM_JOINTS), config.cutoff)
    trace = _trace(file, (POSITION, EFFORT), joint_states)
    if config.hand == "none" and set(HAND_JOINTS) & set(trace[POSITION].labels):
        log.warning("%s has hand joints, and no hand is taken off the arm's torque; say --hand v4 or v5", file.name)
    return motion_of(trace, config.cutoff)


def _trace(file: Path, need: tuple[str, ...], joint_states: str, other_joints: bool = False) -> Trace:
    if file.suffix == ".npz":
        return Trace.load(file)
    trace = read_trace(file, need, Topics(joint_states=joint_states), other_joints)
    for problem in trace.problems:
        log.warning("%s: %s", file.name, problem)
    return trace


def _delays(file: Path, joint_states: str) -> list[Row]:
    return [
        {
            "joint": found.joint,
            "lag [ms]": 1000 * found.lag,
            "dead time [ms]": 1000 * found.dead_time,
            "servo [Hz]": found.frequency,
            "damping ratio": found.damping,
            "error [rad]": found.error,
        }
        for found in servo_responses(_trace(file, (COMMAND, POSITION), joint_states))
    ]


def _couplings(found: list[Coupling]) -> list[Row]:
    return [
        {
            "joint": each.driven,
            "follows": each.driver if each.coupled else "not coupled",
            "ratio": each.ratio,
            "+-": each.ratio_error,
            "offset [rad]": each.offset,
            "+- [rad]": each.offset_error,
            "held out [rad]": each.held_out,
            "without [rad]": each.independent,
        }
        for each in found
    ]


def _stiffness(file: Path, config: ArmConfig, joint_states: str) -> list[Row]:
    if file.suffix == ".csv":
        finger: str | None = None
        displacement, force = read_columns(file, ["displacement_m", "force_N"]).T
    else:
        hand = "v4" if config.hand == "none" else config.hand
        finger, displacement, force = press_of(
            _trace(file, (POSITION, TOUCH), joint_states), make_cell(config.arm, hand)
        )
    law = fit_compliance(displacement, force)
    return [
        {
            "finger": finger,
            "force [N]": newton,
            "stiffness [N/m]": law.stiffness(newton),
            "exponent": law.exponent,
            "error [N]": law.error,
            "work lost": law.loss,
        }
        for newton in (0.5, 1.0, 2.0, 5.0)
        if newton <= force.max()
    ]


def _errors(result: ArmResult) -> list[Row]:
    rows: list[Row] = []
    for part, name in enumerate(("fitted", "held out")):
        for model in result.predictions:
            error = result.errors(model)[part]
            joints: Row = {f"j{i + 1}": round(float(value), 3) for i, value in enumerate(error)}
            rows.append({"part": name, "model": model, **joints})
    return rows


def _save_report(path: Path, result: ArmResult, source: str, rows: list[Row], told: dict[str, object]) -> None:
    terms = result.fit.dynamics.joint_terms
    names = ("Coulomb friction [N m]", "viscous friction [N m s/rad]", "armature [kg m^2]", "sensor offset [N m]")
    friction: list[Row] = [
        {"joint": joint, **{name: float(value) for name, value in zip(names, terms[i], strict=True)}}
        for i, joint in enumerate(result.chain.names)
    ]
    sensors: list[Row] = [
        {"joint": joint, **{name: float(value) for name, value in zip(SENSOR_TERMS, row, strict=True)}}
        for joint, row in zip(result.chain.names, result.fit.dynamics.sensor_terms, strict=True)
    ]
    masses: list[Row] = [
        {
            "link": f"arm_link_{i + 1}",
            "maker's mass [kg]": start.mass,
            "tuned mass [kg]": found.mass,
            "maker's centre [m]": _vector(start.com),
            "tuned centre [m]": _vector(found.com),
        }
        for i, (start, found) in enumerate(zip(result.start, result.fit.dynamics.inertias, strict=True))
    ]
    save_report(
        path,
        f"Identification of the {result.config.arm} arm",
        f"From {source}. The last {result.held_out.time[-1] - result.held_out.time[0]:.1f} s were held out; "
        f"signals filtered at {result.config.cutoff:g} Hz, forwards and backwards.",
        [
            Section("Torque error", "Error of inverse dynamics, RMS per joint [N m].", rows),
            Section("Held-out error", figure=error_bars_figure(result)),
            Section("Error over time", figure=torque_error_figure(result), caption="Measured minus predicted torque"),
            Section("What the data cannot tell", str(told["note"])),
            Section("Joint friction", rows=friction),
            Section("Torque sensors", "Errors that a simulator has none of; see docs/identify.md.", rows=sensors),
            Section("Links", rows=masses),
        ],
    )


def _vector(values: tuple[float, float, float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)
