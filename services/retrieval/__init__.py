"""Finding text, for memory and conversation: an embedding model, lexical terms, fusion of scores. It stores nothing."""

import os

# onnxruntime reports to its maker which models are loaded on what machine, from its import on, unless this is said before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
