"""The ledger: one entry per transfer round, in any database that SQLAlchemy knows; SQLite by default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from dexsim2real_audit import ledger_schema as tables
from dexsim2real_audit.divergence import Divergence
from dexsim2real_audit.statistics import Interval, difference
from dexsim2real_description import DexSim2RealError, UnknownNameError

PATIENCE = 30.0
"""How long a writer waits for others [s]."""


@dataclass(frozen=True)
class Metric:
    """One figure, in simulation and in reality."""

    name: str
    unit: str
    sim: Interval | None = None
    real: Interval | None = None

    @property
    def gap(self) -> Interval | None:
        """Simulation minus reality; None unless both are known."""
        return None if self.sim is None or self.real is None else difference(self.sim, self.real)


@dataclass(frozen=True)
class Range:
    """What a parameter was drawn from in simulation."""

    name: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True)
class Round:
    """One transfer round: what was assumed, what came of it, and what was done about it."""

    task: str
    source: str = ""
    """The recording, or the trials."""
    randomization: str = ""
    """The randomization file, with its hash."""
    policy: str = ""
    git_revision: str = ""
    metrics: tuple[Metric, ...] = ()
    ranges: tuple[Range, ...] = ()
    p_value: float | None = None
    """Of the recording being a member of the simulated family."""
    divergence: Divergence | None = None
    """The first one."""
    signature: str = ""
    """What the divergence looks like, and its likely causes."""
    action: str = ""
    """What was done about it."""
    created: str = ""
    """UTC, ISO 8601; set when it is added."""
    number: int = 0
    """In the ledger; set when it is added."""


class Ledger:
    """A database of rounds. `where` is a file, made if it is missing, or a database URL.

    Every entry is written in one transaction, so it is there whole or not at all; writers wait for each other.
    Raises DexSim2RealError if the database cannot be opened, is not a ledger, or is newer than this program.
    """

    def __init__(self, where: str | Path) -> None:
        self.where = str(where)
        url = self.where if "://" in self.where else f"sqlite:///{self.where}"
        try:
            self._engine = sa.create_engine(url, connect_args={"timeout": PATIENCE} if "sqlite" in url[:6] else {})
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise DexSim2RealError(f"{self.where} is not a ledger file or database URL: {error}") from error
        if self._engine.dialect.name == "sqlite":
            _make_transactional(self._engine)
        with self._transaction() as connection:
            tables.upgrade(connection, self.where)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def add(self, entry: Round) -> Round:
        """Write a round; returns it with its number and time."""
        created = datetime.now(UTC).isoformat(timespec="seconds")
        with self._transaction() as connection:
            insert = tables.rounds.insert().values(_row_of(entry, created)).returning(tables.rounds.c.id)
            number = int(connection.execute(insert).scalar_one())
            for table, rows in ((tables.metrics, _metric_rows(entry)), (tables.ranges, _range_rows(entry))):
                if rows:
                    connection.execute(table.insert(), [{"round_id": number, **row} for row in rows])
        return replace(entry, created=created, number=number)

    def rounds(self, task: str | None = None) -> list[Round]:
        """All rounds, or those of one task, the oldest first."""
        query = sa.select(tables.rounds).order_by(tables.rounds.c.id)
        if task is not None:
            query = query.where(tables.rounds.c.task == task)
        with self._transaction() as connection:
            return [_read(connection, row) for row in connection.execute(query).all()]

    def round(self, number: int) -> Round:
        """One round. Raises UnknownNameError, which lists the numbers that exist."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(tables.rounds).where(tables.rounds.c.id == number)).one_or_none()
            if row is None:
                known = connection.execute(sa.select(tables.rounds.c.id)).scalars()
                raise UnknownNameError(f"round of {self.where}", number, [str(n) for n in known])
            return _read(connection, row)

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise DexSim2RealError(f"the ledger {self.where} cannot be used: {reason}; nothing was changed") from error


def _make_transactional(engine: sa.Engine) -> None:
    """Let SQLite begin transactions itself and lock at once, as SQLAlchemy's manual advises.

    Python's driver would begin only at the first change, so that two writers could fail instead of waiting, and
    would make tables outside of any transaction.
    """

    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @sa.event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


_PLAIN = ("task", "source", "randomization", "policy", "git_revision", "signature", "action", "p_value")
_DIVERGED = ("channel", "column", "onset", "alarm", "size")


def _row_of(entry: Round, created: str) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in _PLAIN} | {"created": created}
    if entry.divergence is not None:
        row |= {f"diverged_{name}": getattr(entry.divergence, name) for name in _DIVERGED}
    return row


def _metric_rows(entry: Round) -> list[dict[str, Any]]:
    return [
        {"name": metric.name, "unit": metric.unit, **_sides("sim", metric.sim), **_sides("real", metric.real)}
        for metric in entry.metrics
    ]


def _sides(side: str, interval: Interval | None) -> dict[str, float | None]:
    return {
        f"{side}_{part}": None if interval is None else getattr(interval, part) for part in ("value", "low", "high")
    }


def _range_rows(entry: Round) -> list[dict[str, Any]]:
    return [dict(r.__dict__) for r in entry.ranges]


def _read(connection: sa.Connection, row: sa.Row[Any]) -> Round:
    values = row._mapping
    diverged = [values[f"diverged_{name}"] for name in _DIVERGED]
    return Round(
        **{name: values[name] for name in _PLAIN},
        metrics=tuple(_metric(r._mapping) for r in _children(connection, tables.metrics, row.id)),
        ranges=tuple(Range(r.name, r.unit, r.low, r.high) for r in _children(connection, tables.ranges, row.id)),
        divergence=None if diverged[0] is None else Divergence(*diverged),
        created=row.created,
        number=row.id,
    )


def _children(connection: sa.Connection, table: sa.Table, number: int) -> Sequence[sa.Row[Any]]:
    return connection.execute(sa.select(table).where(table.c.round_id == number).order_by(table.c.name)).all()


def _metric(row: sa.RowMapping) -> Metric:
    def side(name: str) -> Interval | None:
        value = row[f"{name}_value"]
        return None if value is None else Interval(value, row[f"{name}_low"], row[f"{name}_high"])

    return Metric(row["name"], row["unit"], side("sim"), side("real"))
