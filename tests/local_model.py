"""The local stack's own language model, in a process of its own, for tests and benches."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

READY_S = 60.0


@contextmanager
def local_model(ready_s: float = READY_S) -> Iterator[str]:
    """Yield the base_url of a server that is ready; it is ended with the block. Raises TimeoutError, and RuntimeError where it ends by itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "services.local.model_server", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _until_ready(process, f"http://127.0.0.1:{port}/health", time.monotonic() + ready_s)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _until_ready(process: subprocess.Popen[bytes], url: str, limit: float) -> None:
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise RuntimeError(f"the model server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise TimeoutError("the model server did not become ready")
