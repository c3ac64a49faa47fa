"""Writing files and folders whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dexsim2real_description.errors import DexSim2RealError


@contextmanager
def whole_file(path: Path, error: type[DexSim2RealError] = DexSim2RealError) -> Iterator[Path]:
    """A place beside `path` to write to; when the block ends, what is there becomes `path`.

    Whatever goes wrong in the block, Ctrl-C too, `path` stays as it was, and nothing half-written is left. The
    folder is made if need be. Raises `error` for any OSError in the block, so let it do nothing but write.
    """
    partial = path.with_name(path.name + ".partial")
    with _told(path, error):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, error: type[DexSim2RealError] = DexSim2RealError) -> Iterator[Path]:
    """The same for a folder: the block makes the folder that it gets, which then takes the place of `path`."""
    with _told(path, error):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
            fresh, old = Path(scratch) / path.name, Path(scratch) / f"{path.name}.old"
            yield fresh
            try:
                if path.exists():
                    path.rename(old)
                fresh.rename(path)
            except BaseException:
                if old.exists():
                    old.rename(path)
                raise


@contextmanager
def _told(path: Path, error: type[DexSim2RealError]) -> Iterator[None]:
    try:
        yield
    except OSError as why:
        reason = why.strerror or why
        raise error(f"cannot write {path}: {reason}; free some space or choose a folder you may write to") from why
