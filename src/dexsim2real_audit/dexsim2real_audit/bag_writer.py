"""Writing rosbag2 recordings (MCAP or sqlite3) that a SIGKILL cannot spoil."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.bags import BagTopic, message_types
from dexsim2real_description.optional import require

Storage = Literal["mcap", "sqlite3"]
METADATA_VERSION: Literal[9] = 9
"""What rosbag2 of Jazzy and Kilted writes."""


class BagWriter:
    """A new bag folder. What was written before a `flush` survives if the process is killed.

    Everything must be called by one thread (sqlite3 asks for that). Raises DexSim2RealError if the folder is
    there already or cannot be written.
    """

    def __init__(self, path: Path, storage: Storage = "mcap") -> None:
        rosbag2 = require("rosbags.rosbag2", "bag")
        plugins = {"mcap": rosbag2.StoragePlugin.MCAP, "sqlite3": rosbag2.StoragePlugin.SQLITE3}
        if storage not in plugins:
            raise UnknownNameError("storage", storage, plugins)
        check_new(path)
        self.path = path
        self._connections: dict[str, Any] = {}
        self._writer: Any = rosbag2.Writer(path, version=METADATA_VERSION, storage_plugin=plugins[storage])
        try:
            self._writer.open()
        except OSError as error:
            raise _unwritable(path, error) from error

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add_topic(self, topic: BagTopic) -> None:
        """Declare a topic; its count is ignored. A second time does nothing.

        Raises UnknownNameError for a message type whose definition is not known.
        """
        if topic.name in self._connections:
            return
        check_type(topic)
        self._connections[topic.name] = self._writer.add_connection(
            topic.name, topic.type, typestore=message_types(), offered_qos_profiles=[_qos(topic)]
        )

    def write(self, topic: str, stamp_ns: int, data: bytes) -> None:
        """Append one serialised message of a declared topic, received at `stamp_ns`."""
        self._writer.write(self._connections[topic], stamp_ns, data)

    def note(self, key: str, value: str) -> None:
        """Keep a text with the bag (`custom_data` of rosbag2); written when it is closed."""
        self._writer.set_custom_data(key, value)

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        storage = self._writer.storage
        if hasattr(storage, "conn"):
            storage.conn.commit()
            return
        if storage.chunk.msgs:  # a reader of a cut file gets whole chunks only, and one without messages is odd
            storage.close_chunk()
        storage.bio.flush()

    def close(self) -> None:
        """Write the index and metadata.yaml; the bag is complete."""
        self._writer.close()


def check_new(path: Path) -> None:
    """Raise DexSim2RealError if a recording cannot be put at `path` because something is there."""
    if path.exists():
        raise DexSim2RealError(f"{path} exists already and is not overwritten; choose another name")


def _unwritable(path: Path, error: OSError) -> DexSim2RealError:
    return DexSim2RealError(f"cannot write {path}: {error.strerror}; choose a folder you may write to")


def check_type(topic: BagTopic) -> None:
    """Raise UnknownNameError if the definition of the topic's message type is not known: it could not be read."""
    known = message_types().fielddefs
    if topic.type not in known:
        package = topic.type.split("/")[0]
        similar = [name for name in known if name.startswith(f"{package}/")]
        raise UnknownNameError(f"message type of {topic.name}", topic.type, similar or known)


def _qos(topic: BagTopic) -> Any:
    i = require("rosbags.interfaces", "bag")
    never = i.QosTime(0, 0)
    return i.Qos(
        i.QosHistory.KEEP_LAST,
        1 if topic.latched else 10,
        i.QosReliability.RELIABLE if topic.reliable else i.QosReliability.BEST_EFFORT,
        i.QosDurability.TRANSIENT_LOCAL if topic.latched else i.QosDurability.VOLATILE,
        never,
        never,
        i.QosLiveliness.AUTOMATIC,
        never,
        avoid_ros_namespace_conventions=False,
    )
