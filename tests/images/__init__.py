"""The images, built from the Dockerfile and started as compose.yaml says, without a Docker engine. `make test-images`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ("credit", "memory", "conversation", "gateway", "console")
WRITTEN = frozenset({"/var/lib/parlour", "/etc/parlour/certificates"})
"""The folders of an image that belong to whoever runs there."""
