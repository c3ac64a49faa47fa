"""An audit as tables, as a report, and as an entry of the ledger."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.audit import AuditResult
from dexsim2real_audit.compare_plots import Row, channel_rows, envelope_figure, score_figure
from dexsim2real_audit.envelope import distance, members_own, quantiles
from dexsim2real_audit.ledger import Metric, Range, Round
from dexsim2real_audit.report import Section
from dexsim2real_audit.signals import FLOORS, NET, PLACE, TURN, Signals, labels_of
from dexsim2real_audit.statistics import Interval
from dexsim2real_audit.trace import EFFORT, POSITION
from dexsim2real_sim import PARAMETERS

UNITS = {POSITION: "rad", EFFORT: "N m", NET: "N", PLACE: "m", TURN: "rad"}
SHOWN = 8
"""Causes that are listed."""
FRICTION, TOLD = "friction_tip", 0.5
"""Friction is given where the recording tells at least this share of its variance: where something slid."""


def verdict(result: AuditResult) -> str:
    """One or two sentences."""
    how_sure = f"(p = {result.p_value:.3f}; a false-alarm rate of {result.config.alpha:g})"
    first = result.comparison.first
    if not result.diverged:
        return f"The recording is a member of the simulated family {how_sure}."
    if first is None:
        cause = result.causes[0]
        return (
            f"No moment of the recording stands out of the simulated family, but all together are no member's "
            f"{how_sure}: {cause.parameter} is {cause.stands_out:.1f} times as far from the middle as usual."
        )
    label = labels_of(first.channel, result.bodies)[first.column]
    return (
        f"The recording leaves the simulated family at {first.onset:.2f} s in {first.channel} ({label}), "
        f"{first.size:.1f} times the threshold {how_sure}."
    )


def channels(result: AuditResult) -> list[Row]:
    """One row per channel."""
    return channel_rows(result.real, _family(result), FLOORS, result.comparison)


def timing(result: AuditResult) -> list[Row]:
    """Delays of the groups of joints, and slip."""
    rows: list[Row] = [
        {
            "what": f"delay of the {lag.group}, command to reading [s]",
            "recorded": lag.delay,
            "simulated": lag.simulated,
            "correlation": lag.correlation,
        }
        for lag in result.lags
    ]
    rows += [
        {
            "what": f"friction of the fingertips, to {cause.error:.2g}",
            "recorded": cause.value,
            "simulated": (cause.low + cause.high) / 2,
            "correlation": None,
        }
        for cause in result.causes
        if cause.parameter == FRICTION and cause.told > TOLD
    ]
    if result.slips is not None:
        rows.append(
            {
                "what": "slips per second of contact",
                "recorded": result.slips.real,
                "simulated": result.slips.middle,
                "correlation": None,
            }
        )
    return rows


def causes(result: AuditResult) -> list[Row]:
    """The likeliest causes, the parameter that stands out most first."""
    return [
        {
            "parameter": cause.parameter,
            "stands out": cause.stands_out,
            "value": cause.value,
            "error": cause.error,
            "family from": cause.low,
            "to": cause.high,
            "unit": PARAMETERS[cause.parameter].unit,
            "outside": "yes" if cause.outside else "no",
            "told by the motion": cause.told,
        }
        for cause in result.causes[:SHOWN]
    ]


def suggestions(result: AuditResult) -> list[Row]:
    """New ranges that were tried, the best first."""
    return [
        {
            "parameter": tried.parameter,
            "from": tried.low,
            "to": tried.high,
            "gap before": tried.before,
            "gap after": tried.after,
        }
        for tried in result.suggestions
    ]


def loop_rows(result: AuditResult) -> list[Row]:
    """Success of the policy, in simulation and as recorded."""
    loop = result.closed_loop
    if loop is None:
        return []
    where = [("simulated family", loop.simulated, loop.trials)]
    if loop.recorded is not None:
        where.append(("recorded", loop.recorded, loop.recorded_trials))
    return [
        {"where": name, "success": rate.value, "from": rate.low, "to": rate.high, "trials": trials}
        for name, rate, trials in where
    ]


def report_sections(result: AuditResult) -> list[Section]:
    """The report of an audit: what was found, then each channel in the envelope of the family."""
    family = _family(result)
    figures = [
        Section(
            name,
            figure=envelope_figure(
                result.times, name, values, family[name], labels_of(name, result.bodies), result.comparison
            ),
            caption=f"Recorded and simulated [{UNITS[name]}]; the components that stand out most.",
        )
        for name, values in result.real.items()
    ]
    return [
        Section("Channels", _CHANNELS, channels(result)),
        Section("Distance over time", figure=score_figure(result.times, result.comparison), caption=_SCORES),
        Section("Delay and slip", _TIMING, timing(result)),
        Section("Likely causes", _CAUSES if result.causes else "They were not looked for.", causes(result)),
        Section("Suggested change", _SUGGESTED if result.suggestions else "None.", suggestions(result)),
        Section("Closed loop", _LOOP if result.closed_loop else "No policy was given.", loop_rows(result)),
        *figures,
        Section("What was left out", "\n\n".join(result.problems) or "Nothing."),
        Section("Time", rows=[{"step": step, "seconds": seconds} for step, seconds in result.seconds.items()]),
    ]


_CHANNELS = (
    "Share of the recording inside the band that holds 95 % of the family, distance from the family's middle (RMS) "
    "and the same in units of a member's, and when the channel left the family."
)
_SCORES = "In units of the threshold; above 1 the recording is no member."
_TIMING = (
    "Delay by the parameters estimated; the correlation is that of recording and middle of the family, shifted "
    "to where they agree best. Slip from touch."
)
_CAUSES = (
    "Every parameter's value by regression over simulated cells inside and outside the family. `stands out` is its "
    "distance from what is estimated of members, in their standard deviations; `told by the motion` is the share of a "
    "parameter's variance that such a recording tells at all: near 0, the value says nothing."
)
_LOOP = (
    "How often the policy succeeds, with 95 % intervals: in closed loop in cells of the family, and by the outcomes of "
    "trials in the recording."
)
_SUGGESTED = "Each new range was tried in simulation; the gap is the distance from the family over a member's."


def ledger_round(result: AuditResult, randomization: str, action: str, revision: str) -> Round:
    """The entry of the ledger; `randomization` names the file with its hash, `action` what was done about it."""
    family = _family(result)
    metrics = [_distance_metric(name, values, family) for name, values in result.real.items()]
    metrics.append(Metric("gap", "", _point(1.0), _point(result.gap)))
    metrics += [Metric(f"{lag.group} delay", "s", _point(lag.simulated), _point(lag.delay)) for lag in result.lags]
    if result.slips is not None:
        slips = result.slips
        metrics.append(Metric("slip rate", "1/s", Interval(slips.middle, slips.low, slips.high), _point(slips.real)))
    if result.closed_loop is not None:
        metrics.append(Metric("success", "", result.closed_loop.simulated, result.closed_loop.recorded))
    ranges = result.prediction.ranges
    return Round(
        result.config.task,
        result.source,
        randomization,
        git_revision=revision,
        metrics=tuple(metrics),
        ranges=tuple(
            Range(name, PARAMETERS[name].unit, float(low), float(high))
            for name, low, high in zip(ranges.names, ranges.low, ranges.high, strict=True)
        ),
        p_value=result.p_value,
        divergence=result.comparison.first,
        signature=_signature(result),
        action=action,
    )


def _signature(result: AuditResult) -> str:
    """The verdict and the likeliest causes in one text."""
    named = ", ".join(f"{c.parameter} at {c.value:.4g} stands out {c.stands_out:.1f}" for c in result.causes[:3])
    return f"{verdict(result)} {named}".strip()


def _distance_metric(name: str, values: NDArray[np.float64], family: Signals) -> Metric:
    """Distance from the family's middle, of its members and of the recording."""
    (middle,) = quantiles(family[name], (0.5,))
    low, high = np.nanquantile(members_own(family[name], middle), [0.025, 0.975])
    found = distance(values, family[name])
    return Metric(f"{name} distance", UNITS[name], Interval(found.usual, float(low), float(high)), _point(found.rms))


def _point(value: float) -> Interval:
    """One measurement, of whose error nothing is known."""
    return Interval(value, value, value)


def _family(result: AuditResult) -> Signals:
    return {name: result.prediction.family[name] for name in result.real}
