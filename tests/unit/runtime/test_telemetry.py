"""What a process logs, seen from outside it."""

import json
import subprocess
import sys

PROGRAM = """
import logging
from services.runtime import telemetry
telemetry.configure_logging("credit", "info")

def fail(word):
    try:
        raise KeyError(word + "-inner")
    except KeyError as inner:
        raise ValueError(word + "-outer") from inner

telemetry.get_logger("any").warning("something happened", what="this")
logging.getLogger("library").info("chatter")
logging.getLogger("library").warning("trouble")
try:
    fail("senti" + "nel")
except ValueError as error:
    telemetry.get_logger("any").error("call failed", exc_info=error)
    logging.getLogger("library").exception("it failed")
"""


def logged() -> list[dict[str, str]]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_lines_are_json_with_service_level_time_and_trace_and_libraries_are_heard_from_warnings_on():
    lines = logged()
    assert [line["event"] for line in lines] == ["something happened", "trouble", "call failed", "it failed"]
    assert [line["level"] for line in lines] == ["warning", "warning", "error", "error"]
    assert all({"timestamp", "trace_id"} <= set(line) and line["service"] == "credit" for line in lines)


def test_an_error_is_logged_by_its_frames_and_types_and_never_by_its_words():
    lines = logged()
    assert "sentinel" not in json.dumps(lines)
    for line in lines[2:]:
        assert "builtins.ValueError" in line["error"]
        assert "caused by builtins.KeyError" in line["error"]
        assert "in fail" in line["error"]
