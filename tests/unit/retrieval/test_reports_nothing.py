"""What embeds texts tells nobody about it."""

import os
import subprocess
import sys
from pathlib import Path

_EMBED = "import asyncio; from services.retrieval.embedding import EmbeddingModel; asyncio.run(EmbeddingModel().embed_query('a cat'))"


def test_embedding_a_text_leaves_no_reports_to_be_sent(tmp_path: Path) -> None:
    """onnxruntime queues its reports in the home folder, unless it takes the machine for a test's."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"HOME": str(tmp_path)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", _EMBED], env=environment, cwd=tmp_path, check=True)
    assert list(tmp_path.rglob("*")) == []
