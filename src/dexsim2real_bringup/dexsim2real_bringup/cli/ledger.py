"""``ledger``: the rounds of transfer, listed, compared and exported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import tyro

from dexsim2real_audit.ledger import Ledger
from dexsim2real_audit.ledger_tables import (
    compare_ranges,
    compare_rounds,
    list_metrics,
    list_ranges,
    list_rounds,
    to_csv,
    to_markdown,
)
from dexsim2real_bringup.cli import tables
from dexsim2real_description import DexSim2RealError

LEDGER = "ledger.db"


def show(
    number: tyro.conf.Positional[int | None] = None,
    ledger: str = LEDGER,
    task: str | None = None,
    json: Path | None = None,
) -> None:
    """List the rounds of a ledger, or everything about one.

    Args:
        number: show this round with its metrics and parameter ranges.
        ledger: a file or a database URL.
        task: only rounds of this task.
        json: write the table to this file as well.
    """
    with _opened(ledger) as opened:
        if number is None:
            tables.show(f"Rounds in {ledger}", list_rounds(opened.rounds(task)), json)
            return
        entry = opened.round(number)
    tables.show(f"Round {number}", list_rounds([entry]))
    if entry.signature:
        tables.show("Signature", [{"signature": entry.signature}])
    tables.show("Metrics", list_metrics([entry]), json)
    tables.show("Parameter ranges", list_ranges([entry]))


def compare(
    before: tyro.conf.Positional[int],
    after: tyro.conf.Positional[int],
    ledger: str = LEDGER,
    json: Path | None = None,
) -> None:
    """Show how the gaps and the parameter ranges changed between two rounds.

    Args:
        before: number of the earlier round.
        after: number of the later round.
        ledger: a file or a database URL.
        json: write the table of gaps to this file as well.
    """
    with _opened(ledger) as opened:
        first, second = opened.round(before), opened.round(after)
    tables.show("Gaps (simulation minus reality)", compare_rounds(first, second), json)
    tables.show("Parameter ranges that changed", compare_ranges(first, second))


def export(
    out: tyro.conf.Positional[Path],
    ledger: str = LEDGER,
    task: str | None = None,
    what: Literal["rounds", "metrics", "ranges"] = "metrics",
) -> None:
    """Write a ledger as CSV or Markdown, by the ending of the file name.

    Args:
        out: a file that ends in .csv or .md.
        ledger: a file or a database URL.
        task: only rounds of this task.
        what: one row per round, per metric or per parameter range.
    """
    writers = {".csv": to_csv, ".md": to_markdown}
    if out.suffix not in writers:
        raise DexSim2RealError(f"{out} does not say how to write it; end it in .csv or .md")
    with _opened(ledger) as opened:
        entries = opened.rounds(task)
    rows = {"rounds": list_rounds, "metrics": list_metrics, "ranges": list_ranges}[what](entries)
    tables.write_text(out, writers[out.suffix](rows))


@contextmanager
def _opened(where: str) -> Iterator[Ledger]:
    if "://" not in where and not Path(where).exists():
        raise DexSim2RealError(f"there is no ledger at {where}; an audit with --ledger {where} makes one")
    ledger = Ledger(where)
    try:
        yield ledger
    finally:
        ledger.close()
