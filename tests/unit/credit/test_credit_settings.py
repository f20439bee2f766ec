"""What the credit service refuses to start with."""

import pytest

from services.credit.settings import CreditSettings
from services.runtime.settings import BadSettings, load


def test_a_pool_whose_connections_the_shards_would_all_keep_is_refused(monkeypatch):
    monkeypatch.setenv("PARLOUR_CREDIT_DATABASE_URL", "postgresql://localhost/credit")
    monkeypatch.setenv("PARLOUR_MODELS_FILE", "models.toml")
    assert load(CreditSettings, "credit").pool_size == 8
    monkeypatch.setenv("PARLOUR_CREDIT_POOL_SIZE", "2")
    with pytest.raises(BadSettings, match="PARLOUR_CREDIT_POOL_SIZE"):
        load(CreditSettings, "credit")
