"""The file that tells after a restore whom to erase again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.privacy.tombstones import Tombstone, TombstoneFile, line_of, subject_hash, tombstone_of

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
moments = st.datetimes(timezones=st.just(UTC))


@given(st.builds(Tombstone, st.binary(min_size=32, max_size=32), moments, st.booleans()))
def test_a_line_says_all_of_a_tombstone(tombstone):
    assert tombstone_of(line_of(tombstone)) == tombstone


@given(st.binary(max_size=200))
def test_any_other_line_is_no_tombstone(line):
    assert tombstone_of(line) is None


def test_a_tombstone_does_not_say_who_it_is():
    assert b"ann" not in line_of(Tombstone(subject_hash("ann"), NOON))


def test_the_newest_tombstone_of_everybody_is_read(tmp_path):
    file = TombstoneFile(tmp_path / "tombstones")
    file.prepare()
    later = NOON + timedelta(days=1)
    for name, moment in (("ann", later), ("ann", NOON), ("bob", NOON)):
        file.append(Tombstone(subject_hash(name), moment))
    assert {each.subject_hash: each.before_time for each in file.read().values()} == {subject_hash("ann"): later, subject_hash("bob"): NOON}


def test_a_line_that_was_cut_off_spoils_neither_those_before_nor_the_next(tmp_path):
    path = tmp_path / "tombstones"
    file = TombstoneFile(path)
    file.append(Tombstone(subject_hash("ann"), NOON))
    path.write_bytes(path.read_bytes() + line_of(Tombstone(subject_hash("bob"), NOON))[:40])
    file.append(Tombstone(subject_hash("eve"), NOON))
    assert set(file.read()) == {subject_hash("ann"), subject_hash("eve")}


def test_only_its_owner_reads_the_file(tmp_path):
    path = tmp_path / "tombstones"
    TombstoneFile(path).prepare()
    assert path.stat().st_mode & 0o777 == 0o600
    TombstoneFile(path).prepare()
    assert TombstoneFile(path).read() == {}


def test_a_place_where_it_cannot_be_is_refused(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        TombstoneFile(tmp_path / "nowhere" / "tombstones").prepare()
