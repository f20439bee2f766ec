"""A data folder is one stack's at a time, in one layout, with room to write."""

import os
from pathlib import Path

import pytest

from services.local import data_folder
from services.local.failure import StackFailure


def test_a_new_folder_is_made_and_marked_with_its_layout(tmp_path: Path) -> None:
    with data_folder.opened(tmp_path / "a" / "b") as folder:
        assert (folder.path / "layout").read_text() == f"{data_folder.LAYOUT}\n"
        assert folder.log("credit").parent.is_dir()


def test_a_folder_can_be_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        with data_folder.opened(tmp_path):
            pass


def test_a_second_stack_on_a_folder_is_told_who_uses_it(tmp_path: Path) -> None:
    with (
        data_folder.opened(tmp_path),
        pytest.raises(StackFailure, match=rf"Another stack \(process {os.getpid()}\) uses the data folder"),
        data_folder.opened(tmp_path),
    ):
        pass


def test_a_folder_of_another_layout_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "layout").write_text("1\n")
    with pytest.raises(StackFailure, match=f"has layout '1' and this Parlour reads layout {data_folder.LAYOUT}"), data_folder.opened(tmp_path):
        pass
    assert (tmp_path / "layout").read_text() == "1\n"


def test_a_path_that_is_a_file_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackFailure, match="cannot be used: "), data_folder.opened(tmp_path / "file"):
        pass


def test_a_full_disk_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = data_folder.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(data_folder.shutil, "disk_usage", lambda _: usage._replace(free=10 * 2**20))
    with pytest.raises(StackFailure, match="has 10 MB left and the stack needs 250 MB"), data_folder.opened(tmp_path):
        pass


def test_a_quota_is_met_by_a_real_write_that_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(122, "Disk quota exceeded")

    monkeypatch.setattr(data_folder.os, "fsync", refuse)
    with pytest.raises(StackFailure, match="cannot be written to: disk quota exceeded"), data_folder.opened(tmp_path):
        pass
    assert not (tmp_path / "room.probe").exists()
