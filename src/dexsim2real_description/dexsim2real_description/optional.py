"""Packages that only some features need."""

from __future__ import annotations

import importlib
from typing import Any

from dexsim2real_description.errors import DexSim2RealError


def require(module: str, extra: str, hint: str = "") -> Any:
    """Import an optional package. If that fails, raises DexSim2RealError, which names the extra to install.

    `hint` is what else to do where the package is there and its import fails (a system library, for example).
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise DexSim2RealError(
            f"this needs the Python package {module.split('.')[0]!r}, which is not installed; "
            f"install it with: pip install 'dexsim2real[{extra}]'"
        ) from error
    except ImportError as error:
        raise DexSim2RealError(
            f"the Python package {module!r} cannot be loaded ({error}); {hint}".rstrip("; ")
        ) from error
