"""The page about a training: curves, numbers, settings."""

from __future__ import annotations

from pathlib import Path

from dexsim2real_audit.report import Cell, Section, save_report
from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.plots import curves_figure
from dexsim2real_dr.training.progress import Progress
from dexsim2real_dr.training.run_folder import read_config, read_metrics, read_revision, read_setting
from dexsim2real_dr.training.summary import summarise

REPORT = "report.html"


def save_training_report(folder: Path) -> None:
    """Write RUN/report.html. Raises DexSim2RealError if that cannot be done, or if there is no training."""
    config, history = read_config(folder), read_metrics(folder)
    save_report(
        folder / REPORT,
        f"Training: {config.task}",
        _words(config, history),
        [
            *([Section("Curves", figure=curves_figure(history))] if history else []),
            Section(
                "Results", rows=[{"what": name, "value": value} for name, value in summarise(config, history).items()]
            ),
            Section("Settings", f"Revision {read_revision(folder)}.", rows=_settings(folder)),
        ],
    )


def _words(config: TrainConfig, history: list[Progress]) -> str:
    if not history:
        return "Nothing was trained yet."
    last = history[-1]
    return f"{last.steps:,} environment steps in {last.seconds / 60:.0f} minutes, {config.envs} cells at a time."


def _settings(folder: Path) -> list[dict[str, Cell]]:
    rows: list[dict[str, Cell]] = []
    for name, value in read_setting(folder).items():
        parts = {f"{name}.{key}": entry for key, entry in value.items()} if isinstance(value, dict) else {name: value}
        rows += [{"setting": key, "value": entry if entry is None else str(entry)} for key, entry in parts.items()]
    return rows
