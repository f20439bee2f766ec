"""`parlour certs dev`."""

import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.console import __main__ as parlour
from services.console.development_certificates import files_in
from services.runtime.callers import CALLERS
from services.runtime.security import Tls, identity, read_material


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit status of `parlour certs dev` with these words."""
    monkeypatch.setattr(sys, "argv", ["parlour", "certs", "dev", *words])
    with pytest.raises(SystemExit) as ended:
        parlour.main()
    return int(ended.value.code or 0)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "certificates"
    assert run(monkeypatch, "--out", str(folder), "--days", "30") == 0
    return folder


def test_everybody_gets_a_certificate_in_their_name_that_the_authority_signed(made: Path) -> None:
    for name in CALLERS:
        assert Tls(files_in(made, name)).identity == name


def test_keys_are_for_their_owner_s_eyes(made: Path) -> None:
    keys = list(made.glob("*-key.pem"))
    assert len(keys) == len(CALLERS) + 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def test_they_hold_for_as_long_as_asked(made: Path) -> None:
    left = read_material(files_in(made, "credit")).not_after - datetime.now(UTC).timestamp()
    assert timedelta(days=29) < timedelta(seconds=left) <= timedelta(days=30)


def test_nothing_is_overwritten_without_force(made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in made.iterdir()}
    assert run(monkeypatch, "--out", str(made)) == 1
    assert "is there already: give --force to replace it" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in made.iterdir()} == before


def test_force_replaces_certificates_and_never_the_authority(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    assert run(monkeypatch, "--out", str(made), "--force") == 0
    after = {path.name: path.read_bytes() for path in made.iterdir()}
    assert {name for name in before if before[name] == after[name]} == {"ca.pem", "ca-key.pem"}


def test_another_name_is_signed_by_the_authority_that_is_there(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--out", str(made), "--services", "dashboard", "--host", "10.1.2.3") == 0
    assert identity(read_material(files_in(made, "dashboard")).uris, "spiffe://parlour/") == "dashboard"


def test_the_last_lines_say_what_to_set(made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "--out", str(made), "--services", "dashboard")
    assert f"PARLOUR_TLS_CERT={made / 'dashboard.pem'}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("--services", "../etc"), ("--services", "ca"), ("--days", "0")])
def test_what_makes_no_sense_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str]) -> None:
    assert run(monkeypatch, "--out", str(tmp_path / "new"), *words) == 2
    assert not (tmp_path / "new").exists()
