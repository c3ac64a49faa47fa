"""A bar that says how far work has come; in a log, where no bar can be drawn, a line a minute."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dexsim2real_bringup.cli.log_line import LogLine


class Bar:
    """How much of something is done, for as long as the work lasts; it leaves nothing on the screen."""

    def __init__(self, doing: str, of: int | None = None, done: int = 0) -> None:
        """`of` is how much there is to do, if that is known."""
        self._doing, self._of, self._done = doing, of, done
        console = Console()
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        self._bars = Progress(TextColumn("{task.description}"), *columns, console=console, transient=True)
        self._bar = self._bars.add_task(escape(doing), total=of, completed=done)
        self._log = None if console.is_terminal else LogLine(console)

    def __enter__(self) -> Bar:
        if self._log is None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._log is None:
            self._bars.stop()

    def update(self, done: int, of: int | None = None, doing: str | None = None) -> None:
        """So much is done; of how much and what, if that has changed."""
        self._done = done
        self._of, self._doing = self._of if of is None else of, self._doing if doing is None else doing
        if self._log is None:
            self._bars.update(self._bar, completed=done, total=self._of, description=escape(self._doing))
        else:
            self._log.say(f"{self._doing}: {done:,}" + ("" if self._of is None else f" of {self._of:,}"))

    def advance(self, doing: str | None = None) -> None:
        """One more is done."""
        self.update(self._done + 1, doing=doing)
