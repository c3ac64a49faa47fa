"""A table that is drawn anew as work goes on; in a log, where nothing can be drawn anew, a line a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from dexsim2real_bringup.cli.log_line import LogLine
from dexsim2real_bringup.cli.tables import Cell, build_table, text_of


class LiveTable:
    """How far work has come, for as long as it lasts."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._console = Console(markup=False)
        self._live = Live(refresh_per_second=2, console=self._console) if self._console.is_terminal else None
        self._rows: Sequence[Mapping[str, Cell]] = ()
        self._log = LogLine(self._console)

    def __enter__(self) -> LiveTable:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        else:
            self._console.print(*self._table(), end="")

    def update(self, rows: Sequence[Mapping[str, Cell]], doing: str = "") -> None:
        """Show these rows, the newest last, and below them what is being done."""
        self._rows = rows
        if self._live is not None:
            self._live.update(Group(*self._table(), *([doing] if doing else [])))
        else:
            newest = [f"{name} {text_of(value)}" for name, value in (rows[-1] if rows else {}).items()]
            self._log.say(f"{self._title}: {', '.join([*newest, doing] if doing else newest)}")

    def _table(self) -> list[Table]:
        return [build_table(self._title, self._rows)] if self._rows else []
