"""Reading rosbag2 recordings (MCAP or sqlite3) without ROS, with one clear error for each way it can go wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from dexsim2real_description.errors import DexSim2RealError, UnknownNameError
from dexsim2real_description.optional import require

STORAGE_SUFFIXES: tuple[str, ...] = (".mcap", ".db3")
"""Of the files in a bag folder that hold messages."""


@dataclass(frozen=True)
class BagTopic:
    """What a bag says about one topic."""

    name: str
    type: str
    """Message type, such as `sensor_msgs/msg/Image`."""
    count: int
    """Number of messages."""
    reliable: bool
    """The publisher offered reliable delivery; true where the bag does not say."""
    latched: bool
    """The publisher offered its last message to late subscribers (transient local)."""

    @classmethod
    def of(cls, name: str, message_type: str, count: int, offered: Sequence[Any]) -> BagTopic:
        """From the QoS profiles that a bag keeps of the topic's publishers."""
        return cls(
            name,
            message_type,
            count,
            all(profile.reliability.name != "BEST_EFFORT" for profile in offered),
            bool(offered) and all(profile.durability.name == "TRANSIENT_LOCAL" for profile in offered),
        )


class Bag:
    """A recording, opened for reading; use it in a `with` statement.

    Raises DexSim2RealError if it is missing, is not a bag, or was cut off; the message says how to mend it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        _check(path)
        self._reader: Any = require("rosbags.rosbag2", "bag").Reader(path)

    def __enter__(self) -> Bag:
        try:
            self._reader.open()
        except Exception as error:  # the reader raises many kinds for a damaged file
            raise _damaged(self.path, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    @property
    def _all(self) -> list[Any]:
        return list(self._reader.connections)

    @property
    def topics(self) -> dict[str, BagTopic]:
        """Topics by name."""
        return {c.topic: BagTopic.of(c.topic, c.msgtype, c.msgcount, c.ext.offered_qos_profiles) for c in self._all}

    @property
    def notes(self) -> dict[str, str]:
        """Texts that were kept with the bag (`custom_data` of rosbag2)."""
        return dict(self._reader.storage.metadata.custom or {})

    @property
    def span_ns(self) -> tuple[int, int]:
        """Receive times of the first and the last message [ns]; both 0 if there is none."""
        if not self._reader.message_count:
            return 0, 0
        return self._reader.start_time, self._reader.end_time - 1

    def messages(self, topics: Sequence[str] | None = None) -> Iterator[tuple[str, int, bytes]]:
        """Topic, receive time [ns] and serialised message, in order of time.

        Raises UnknownNameError for a topic that the bag does not have and DexSim2RealError at a damaged place.
        """
        names = self.topics
        for name in topics or ():
            if name not in names:
                raise UnknownNameError(f"topic of {self.path}", name, names)
        wanted = [c for c in self._all if topics is None or c.topic in topics]
        found = 0
        for topic, stamp, data in self._readable(wanted):
            found += 1
            yield topic, stamp, data
        if found < (promised := sum(connection.msgcount for connection in wanted)):
            raise _damaged(self.path, f"{found} of {promised} messages are there")

    def _readable(self, connections: list[Any]) -> Iterator[tuple[str, int, bytes]]:
        messages = self._reader.messages(connections) if connections else iter(())
        while True:
            try:
                connection, stamp, data = next(messages)
            except StopIteration:
                return
            except Exception as error:  # the reader raises many kinds for a damaged file
                raise _damaged(self.path, error) from error
            yield connection.topic, int(stamp), data

    def decode(self, topic: str, data: bytes) -> Any:
        """The message behind serialised bytes of that topic, with the fields of its type; arrays are numpy."""
        return message_types().deserialize_cdr(data, self.topics[topic].type)


@cache
def message_types() -> Any:
    """The definitions of all messages, which turn them into bytes and back (a typestore of `rosbags`)."""
    typesys = require("rosbags.typesys", "bag")
    return typesys.get_typestore(typesys.Stores.ROS2_KILTED)


def _check(path: Path) -> None:
    if not path.exists():
        raise DexSim2RealError(f"no recording at {path}; give the folder that `dexsim2real record` wrote")
    if path.is_file():
        if path.suffix in STORAGE_SUFFIXES:
            return
        raise DexSim2RealError(f"{path} is not a recording; expected a bag folder, or a file ending in .mcap or .db3")
    if (path / "metadata.yaml").exists():
        return
    if any(file.suffix in STORAGE_SUFFIXES for file in path.iterdir()):
        raise DexSim2RealError(
            f"the recording {path} was cut off (it has no metadata.yaml); mend it with: dexsim2real recover {path}"
        )
    raise DexSim2RealError(f"{path} is not a recording: it has no metadata.yaml and no .mcap or .db3 file")


def _damaged(path: Path, error: Exception | str) -> DexSim2RealError:
    return DexSim2RealError(
        f"the recording {path} is damaged ({error}); save what is readable with: dexsim2real recover {path}"
    )
