"""An audit as tables, as a report, and as an entry of the ledger."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.audit import FRICTION, AuditResult
from dexsim2real_audit.compare_plots import Row, channel_rows, envelope_figure, score_figure
from dexsim2real_audit.envelope import distance
from dexsim2real_audit.ledger import Metric, Range, Round
from dexsim2real_audit.report import Section
from dexsim2real_audit.signals import FLOORS, NET, PLACE, TURN, Signals, labels_of
from dexsim2real_audit.statistics import Interval
from dexsim2real_audit.trace import EFFORT, POSITION
from dexsim2real_sim import PARAMETERS

UNITS = {POSITION: "rad", EFFORT: "N m", NET: "N", PLACE: "m", TURN: "rad"}
SHOWN = 8
"""Causes that are listed."""


def verdict(result: AuditResult) -> str:
    """One or two sentences."""
    first = result.comparison.first
    if first is None:
        return (
            f"The recording is a member of the simulated family (p = {result.comparison.p_value:.3f}; "
            f"a false-alarm rate of {result.config.alpha:g})."
        )
    label = labels_of(first.channel, result.bodies)[first.column]
    return (
        f"The recording leaves the simulated family at {first.onset:.2f} s in {first.channel} ({label}), "
        f"{first.size:.1f} times the threshold (p = {result.comparison.p_value:.3f}; "
        f"a false-alarm rate of {result.config.alpha:g})."
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
            "simulated": lag.delay - lag.behind,
            "correlation": lag.correlation,
        }
        for lag in result.lags
    ]
    if result.friction is not None:
        rows.append(
            {
                "what": f"friction of the fingertips, to {100 * result.friction.error:.0f} %",
                "recorded": result.friction.value,
                "simulated": float(result.prediction.ranges.middle[result.prediction.ranges.names.index(FRICTION)]),
                "correlation": None,
            }
        )
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
    """The likeliest causes, the best explanation first."""
    return [
        {
            "parameter": cause.parameter,
            "explains": cause.share,
            "value": cause.value,
            "family from": cause.low,
            "to": cause.high,
            "unit": PARAMETERS[cause.parameter].unit,
            "outside": "yes" if cause.outside else "no",
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
        Section("Likely causes", _CAUSES if result.causes else "No alarm, no causes.", causes(result)),
        Section("Suggested change", _SUGGESTED if result.suggestions else "None.", suggestions(result)),
        *figures,
        Section("What was left out", "\n\n".join(result.problems) or "Nothing."),
        Section("Time", rows=[{"step": step, "seconds": seconds} for step, seconds in result.seconds.items()]),
    ]


_CHANNELS = (
    "Share of the recording inside the band that holds 95 % of the family, distance from the family's middle (RMS) "
    "and the same in units of a member's, and when the channel left the family."
)
_SCORES = "In units of the threshold; above 1 the recording is no member."
_TIMING = "Delay by cross-correlation with the middle of the family; slip from touch."
_CAUSES = (
    "Each parameter was moved alone in simulation. `explains` is how much of what makes the recording unlikely as a "
    "member of the family the best value of the parameter removes; `value` is that value."
)
_SUGGESTED = "Each new range was tried in simulation; the gap is the distance from the family over a member's."


def ledger_round(result: AuditResult, randomization: str, action: str, revision: str) -> Round:
    """The entry of the ledger; `randomization` names the file with its hash, `action` what was done about it."""
    family = _family(result)
    metrics = [_distance_metric(name, values, family) for name, values in result.real.items()]
    metrics.append(Metric("gap", "", _point(1.0), _point(result.gap)))
    metrics += [
        Metric(f"{lag.group} delay", "s", _point(lag.delay - lag.behind), _point(lag.delay)) for lag in result.lags
    ]
    if result.slips is not None:
        slips = result.slips
        metrics.append(Metric("slip rate", "1/s", Interval(slips.middle, slips.low, slips.high), _point(slips.real)))
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
        p_value=result.comparison.p_value,
        divergence=result.comparison.first,
        signature=_signature(result),
        action=action,
    )


def _signature(result: AuditResult) -> str:
    """The verdict and the likeliest causes in one text."""
    named = ", ".join(f"{c.parameter} at {c.value:.4g} explains {100 * c.share:.0f} %" for c in result.causes[:3])
    return f"{verdict(result)} {named}".strip()


def _distance_metric(name: str, values: NDArray[np.float64], family: Signals) -> Metric:
    """Distance from the family's middle, of its members and of the recording."""
    middle = np.nanmedian(family[name], axis=0)
    own = np.sqrt(np.nanmean((family[name] - middle) ** 2, axis=(1, 2)))
    low, high = np.nanquantile(own, [0.025, 0.975])
    found = distance(values, family[name])
    return Metric(f"{name} distance", UNITS[name], Interval(found.usual, float(low), float(high)), _point(found.rms))


def _point(value: float) -> Interval:
    """One measurement, of whose error nothing is known."""
    return Interval(value, value, value)


def _family(result: AuditResult) -> Signals:
    return {name: result.prediction.family[name] for name in result.real}
