"""The ledger as tables that a person reads: a list of rounds, one round, two rounds side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from dexsim2real_audit.ledger import Metric, Round
from dexsim2real_audit.statistics import Interval

Cell = str | float | int | bool | None
Row = dict[str, Cell]


def list_rounds(entries: Sequence[Round]) -> list[Row]:
    """One row per round."""
    return [
        {
            "round": entry.number,
            "created": entry.created,
            "task": entry.task,
            "source": entry.source,
            "first divergence": describe_divergence(entry),
            "p": entry.p_value,
            "action": entry.action,
        }
        for entry in entries
    ]


def list_metrics(entries: Sequence[Round]) -> list[Row]:
    """One row per metric of each round, with its gap."""
    return [{"round": entry.number, "task": entry.task, **_metric_row(m)} for entry in entries for m in entry.metrics]


def list_ranges(entries: Sequence[Round]) -> list[Row]:
    """One row per parameter range of each round."""
    return [
        {"round": entry.number, "parameter": r.name, "low": r.low, "high": r.high, "unit": r.unit}
        for entry in entries
        for r in entry.ranges
    ]


def compare_rounds(before: Round, after: Round) -> list[Row]:
    """Gaps of two rounds, metric by metric; `smaller by` is how much the size of the gap fell."""
    old, new = ({metric.name: metric for metric in entry.metrics} for entry in (before, after))
    rows: list[Row] = []
    for name in dict.fromkeys((*old, *new)):
        gaps = [metric.gap if metric else None for metric in (old.get(name), new.get(name))]
        shrunk = None if None in gaps else abs(gaps[0].value) - abs(gaps[1].value)  # type: ignore[union-attr]
        rows.append(
            {
                "metric": name,
                "unit": (new.get(name) or old[name]).unit,
                f"gap, round {before.number}": _text(gaps[0]),
                f"gap, round {after.number}": _text(gaps[1]),
                "smaller by": shrunk,
            }
        )
    return rows


def compare_ranges(before: Round, after: Round) -> list[Row]:
    """Parameter ranges that differ between two rounds."""
    old, new = ({r.name: (r.low, r.high) for r in entry.ranges} for entry in (before, after))
    return [
        {
            "parameter": name,
            f"round {before.number}": _range_text(old.get(name)),
            f"round {after.number}": _range_text(new.get(name)),
        }
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]


def describe_divergence(entry: Round) -> str:
    """Where and when a round's recording first left the family."""
    found = entry.divergence
    if found is None:
        return "none"
    return f"{found.channel}[{found.column}] at {found.onset:.2f} s, size {found.size:.1f}"


def to_csv(rows: Sequence[Mapping[str, Cell]]) -> str:
    """Rows as CSV text; columns in the order of the first row."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def to_markdown(rows: Sequence[Mapping[str, Cell]]) -> str:
    """Rows as a Markdown table."""
    if not rows:
        return ""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _metric_row(metric: Metric) -> Row:
    row: Row = {"metric": metric.name, "unit": metric.unit}
    for side, interval in (("sim", metric.sim), ("real", metric.real), ("gap", metric.gap)):
        for part in ("value", "low", "high"):
            row[side if part == "value" else f"{side} {part}"] = (
                None if interval is None else float(getattr(interval, part))
            )
    return row


def _text(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.value:.3g} [{interval.low:.3g}, {interval.high:.3g}]"


def _range_text(pair: tuple[float, float] | None) -> str:
    return "-" if pair is None else f"{pair[0]:.4g} to {pair[1]:.4g}"


def _cell(value: Cell) -> str:
    text = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
