"""A policy as a folder: contract.json, policy.onnx or trajectory.npz, golden.npz. Written whole or not at all.

Nothing in it is executable and nothing is a pickle; every file's sha256 is in the contract.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.writing import whole_folder
from dexsim2real_policy.codec import decode, encode
from dexsim2real_policy.contract import Contract
from dexsim2real_policy.errors import PolicyError

SCHEMA_VERSION = 1
CONTRACT = "contract.json"
GOLDEN = "golden.npz"
TRAJECTORY = "trajectory.npz"
NETWORKS: dict[str, str] = {"float32": "policy.onnx", "int8": "policy_int8.onnx"}
"""File of each variant of a network."""
UNITS: dict[str, str] = {
    "position": "rad",
    "velocity": "rad/s",
    "effort": "N m",
    "touch_range": "N",
    "rate": "Hz",
    "max_age": "s",
    "image_size": "px (height, width)",
    "images": "uint8 RGB",
    "scale": "rad per step at action 1",
}

Arrays = Mapping[str, NDArray[Any]]


def write_artifact(folder: Path, contract: Contract, files: Mapping[str, bytes]) -> Contract:
    """Write an artifact, replacing one that is there, and return the contract with the files' hashes.

    Raises PolicyError if the disk refuses, or if `folder` holds something that is not an artifact; what was there
    before is then still there.
    """
    if folder.exists() and not (folder / CONTRACT).is_file():
        raise PolicyError(f"{folder} exists and is not a policy artifact; choose another folder")
    contract = replace(contract, files={name: _sha256(content) for name, content in files.items()})
    tree = {"schema_version": SCHEMA_VERSION, "units": UNITS, **encode(contract)}
    with whole_folder(folder, PolicyError) as fresh:
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        (fresh / CONTRACT).write_text(_json(tree))
    return contract


def read_contract(folder: Path) -> Contract:
    """The contract of an artifact. Raises PolicyError if it is missing, damaged or of another schema version."""
    try:
        tree = json.loads((folder / CONTRACT).read_text())
    except (FileNotFoundError, NotADirectoryError) as error:
        what = f"it has no {CONTRACT}" if folder.is_dir() else "it is a file" if folder.exists() else "it is not there"
        raise PolicyError(f"{folder} is not a policy artifact: {what}; give the folder of one") from error
    except (OSError, ValueError) as error:
        raise PolicyError(f"cannot read {folder / CONTRACT}: {error}; copy the artifact again") from error
    if not isinstance(tree, dict) or tree.pop("schema_version", None) != SCHEMA_VERSION:
        raise PolicyError(f"{folder / CONTRACT} is not of schema version {SCHEMA_VERSION}; export the policy again")
    if tree.pop("units", None) != UNITS:
        raise PolicyError(f"{folder / CONTRACT} has other units than {UNITS}; export the policy again")
    return decode(Contract, tree)


def read_file(folder: Path, contract: Contract, name: str) -> bytes:
    """A file of the artifact, after its hash was compared. Raises PolicyError if it is missing or was changed."""
    if name not in contract.files:
        raise PolicyError(f"the policy artifact {folder} has no {name}; it has {sorted(contract.files)}")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise PolicyError(f"cannot read {folder / name}: {error.strerror}; copy the artifact again") from error
    if (found := _sha256(content)) != contract.files[name]:
        raise PolicyError(
            f"sha256 of {folder / name} is {found}, but {contract.files[name]} in {CONTRACT}; "
            "the file was changed or damaged: copy the artifact again"
        )
    return content


def pack(arrays: Arrays) -> bytes:
    """Arrays as the bytes of an .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(content: bytes, names: Iterable[str], source: str) -> dict[str, NDArray[Any]]:
    """The arrays `names` from the bytes of an .npz file. Raises PolicyError if one is missing or unreadable."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise PolicyError(f"cannot read {source}: {error}; export the policy again") from error


def _json(tree: object) -> str:
    """Indented, with each list of plain values on one line. Only line breaks go, and JSON strings hold none."""
    text = json.dumps(tree, indent=2)
    return re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\n\s*", " ", found[0]), text) + "\n"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
