import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.discord.attachments import TEXT_MAX, decoded, is_discords

API = "http://127.0.0.1:8095/api/v10"


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.discordapp.com/attachments/1/2/notes.txt?ex=1&is=2&hm=3",
        "https://media.discordapp.net/attachments/1/2/notes.txt",
        "https://cdn.discordapp.com:443/x",
        "http://127.0.0.1:8095/attachments/1/notes.txt",
    ],
)
def test_files_of_discords_hosts_and_of_the_one_that_stands_for_its_api_may_be_loaded(url: str) -> None:
    assert is_discords(url, API)


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.discordapp.com/x",
        "https://cdn.discordapp.com.evil.example/x",
        "https://evil.example/cdn.discordapp.com/x",
        "https://cdn.discordapp.com@evil.example/x",
        "https://cdn.discordapp.com:8443/x",
        "http://127.0.0.1:8096/x",
        "http://127.0.0.1/x",
        "https://127.0.0.1:8095/x",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "",
        "//cdn.discordapp.com/x",
    ],
)
def test_files_of_other_hosts_may_not(url: str) -> None:
    assert not is_discords(url, API)


def test_without_an_api_of_its_own_only_discords_hosts_count() -> None:
    assert not is_discords("http:///x", "")
    assert not is_discords("/x", "")


@given(st.text(max_size=300))
def test_a_text_in_utf_8_is_read_as_it_is(text: str) -> None:
    read = decoded(text.encode())
    plain = "".join(character for character in text if character in "\n\t" or (character >= " " and character != "\x7f"))
    if "\0" in text:
        assert read is None
    elif not text.startswith("\ufeff"):
        assert read is not None
        assert read.replace("\n", "") == plain.replace("\n", "")


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_nothing_breaks(data: bytes) -> None:
    (decoded(data) or "").encode()  # no lone surrogates


def test_a_mark_of_the_encoding_is_heeded_and_not_kept() -> None:
    assert decoded("\ufeffGrüße".encode()) == "Grüße"
    assert decoded("Grüße".encode("utf-16")) == "Grüße"


def test_a_text_is_cut_at_what_the_assistant_takes() -> None:
    assert len(decoded(b"x" * (TEXT_MAX + 5)) or "") == TEXT_MAX
