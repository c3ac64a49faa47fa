"""Tables of the ledger, their version, and the steps from one version to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from dexsim2real_description import DexSim2RealError

VERSION = 1
"""Of the tables below. Raise it with every change, and add a step."""

Step = Callable[[sa.Connection], None]
STEPS: Mapping[int, Step] = {}
"""What turns a ledger of a version into the next one. A new ledger is made in the newest version at once."""

metadata = sa.MetaData()

version = sa.Table("ledger_version", metadata, sa.Column("version", sa.Integer, primary_key=True))

rounds = sa.Table(
    "rounds",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("created", sa.String(32), nullable=False),
    sa.Column("task", sa.String(200), nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("randomization", sa.Text, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("git_revision", sa.String(64), nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("p_value", sa.Float),
    sa.Column("diverged_channel", sa.String(200)),
    sa.Column("diverged_column", sa.Integer),
    sa.Column("diverged_onset", sa.Float),
    sa.Column("diverged_alarm", sa.Float),
    sa.Column("diverged_size", sa.Float),
)

metrics = sa.Table(
    "metrics",
    metadata,
    sa.Column("round_id", sa.ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("unit", sa.String(40), nullable=False),
    *(sa.Column(f"{side}_{part}", sa.Float) for side in ("sim", "real") for part in ("value", "low", "high")),
)

ranges = sa.Table(
    "ranges",
    metadata,
    sa.Column("round_id", sa.ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("unit", sa.String(40), nullable=False),
    sa.Column("low", sa.Float, nullable=False),
    sa.Column("high", sa.Float, nullable=False),
)


def upgrade(connection: sa.Connection, where: str) -> None:
    """Bring the tables to the newest version, in the transaction of `connection`.

    Raises DexSim2RealError if they are newer than this program.
    """
    if not sa.inspect(connection).has_table(version.name):
        metadata.create_all(connection)
        connection.execute(version.insert().values(version=VERSION))
        return
    found = connection.execute(sa.select(version.c.version)).scalar_one()
    if found > VERSION:
        raise DexSim2RealError(f"the ledger {where} has version {found}, this program knows up to {VERSION}; update it")
    for step in range(found, VERSION):
        STEPS[step](connection)
    if found < VERSION:
        connection.execute(version.update().values(version=VERSION))
