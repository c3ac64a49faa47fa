"""Saving what is readable of a recording that was cut off or damaged."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from dexsim2real_audit.bag_writer import BagWriter, check_new
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import STORAGE_SUFFIXES, BagTopic
from dexsim2real_description.optional import require
from dexsim2real_description.writing import whole_folder

log = logging.getLogger(__name__)

Record = tuple[BagTopic, int, bytes]


def recover(bag: Path, out: Path) -> int:
    """Copy every readable message of `bag` (a folder, or a .mcap or .db3 file) into a new bag at `out`.

    The original stays. Returns how many messages were saved. Raises DexSim2RealError if there is nothing to
    read or if `out` exists; then nothing is left at `out`.
    """
    check_new(out)
    files = storage_files(bag)
    with whole_folder(out) as fresh:
        count = _copy(files, fresh)
        if not count:
            raise DexSim2RealError(f"{bag} holds no readable message")
    return count


def _copy(files: list[Path], out: Path) -> int:
    count = 0
    with BagWriter(out, "mcap") as writer:
        for file in files:
            for topic, stamp, data in readable_records(file):
                writer.add_topic(topic)
                writer.write(topic.name, stamp, data)
                count += 1
    return count


def storage_files(bag: Path) -> list[Path]:
    """The files of a bag that hold messages. Raises DexSim2RealError if there is none."""
    if not bag.exists():
        raise DexSim2RealError(f"no recording at {bag}")
    if not has_storage(bag):
        raise DexSim2RealError(f"{bag} holds no .mcap or .db3 file, so there is nothing to recover")
    return _messages_in(bag)


def has_storage(bag: Path) -> bool:
    """Whether there is a file that may hold messages."""
    return bag.exists() and bool(_messages_in(bag))


def _messages_in(bag: Path) -> list[Path]:
    candidates = [bag] if bag.is_file() else sorted(bag.iterdir())
    return [file for file in candidates if file.suffix in STORAGE_SUFFIXES]


def readable_records(file: Path) -> Iterator[Record]:
    """Messages of one storage file up to the first place that cannot be read, which is logged."""
    records = _mcap_records(file) if file.suffix == ".mcap" else _sqlite_records(file)
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except Exception as error:  # the readers raise many kinds for a cut or damaged file
            log.warning("%s: stopped at an unreadable place (%s %s)", file.name, type(error).__name__, error)
            return
        yield record


def _mcap_records(file: Path) -> Iterator[Record]:
    parse_qos = require("rosbags.rosbag2.metadata", "bag").parse_qos
    topics: dict[int, BagTopic] = {}
    with file.open("rb") as stream:
        reader = require("mcap.reader", "bag").NonSeekingReader(stream, validate_crcs=True)
        for schema, channel, message in reader.iter_messages(log_time_order=False):
            if channel.id not in topics:
                offered = parse_qos(channel.metadata.get("offered_qos_profiles", ""))
                topics[channel.id] = BagTopic.of(channel.topic, schema.name, 0, offered)
            yield topics[channel.id], message.log_time, message.data


def _sqlite_records(file: Path) -> Iterator[Record]:
    parse_qos = require("rosbags.rosbag2.metadata", "bag").parse_qos
    query = (
        "SELECT t.name, t.type, t.offered_qos_profiles, m.timestamp, m.data "
        "FROM messages m JOIN topics t ON m.topic_id = t.id ORDER BY m.id"
    )
    # Opened for writing: sqlite3 first has to roll back the transaction that was interrupted.
    with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True)) as database:
        for name, message_type, offered, stamp, data in database.execute(query):
            yield BagTopic.of(name, message_type, 0, parse_qos(offered)), stamp, bytes(data)
