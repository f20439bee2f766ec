"""The models file: read strictly as far as it is ours, in its order, with a sentence for what does not fit."""

import pytest

from services.conversation.models.models_file import read_models
from services.runtime.settings import BadSettings

GOOD = """
price_version = "2026-11"
default_tier = "free"
[models.small.endpoint]
base_url = "http://127.0.0.1:8080/v1"
provider_model = "smollm2-135m-instruct"
api_key_env = ""
context_window_tokens = 2048
max_completion_tokens = 400
capabilities = ["json_schema"]
[models.small.price]
prompt_microcredits_per_million_tokens = 100_000_000
[models.large.endpoint]
base_url = "https://example.org/v1"
provider_model = "large"
api_key_env = "LARGE_KEY"
context_window_tokens = 128000
max_completion_tokens = 4000
[tiers.free]
models = ["small"]
"""


def test_endpoints_are_read_in_order_and_the_rest_is_left_to_others(tmp_path):
    path = tmp_path / "models.toml"
    path.write_text(GOOD)
    models = read_models(path)
    assert list(models) == ["small", "large"]
    assert (models["small"].capabilities, models["small"].prompt_tokens_max) == (["json_schema"], 1648)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("context_window_tokens = 2048", "context_window_tokens = 400", "leaves no room"),
        ("context_window_tokens = 2048", 'context_window_tokens = "2048"', "valid integer"),
        ('base_url = "http://127.0.0.1:8080/v1"', 'base_url = "127.0.0.1"', "http://"),
        ('provider_model = "smollm2-135m-instruct"\n', "", "provider_model"),
        ('capabilities = ["json_schema"]', 'capabilities = ["flying"]', "capabilities"),
        ('api_key_env = ""', 'api_key = "sk-secret"', "api_key"),
        ("[models.small.endpoint]", "[models.small.endpoints]", "is missing"),
        (GOOD, "[models]\n", "names no model"),
        (GOOD, "[models", "is not TOML"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(tmp_path, old, new, said):
    path = tmp_path / "models.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(BadSettings) as problem:
        read_models(path)
    assert said in str(problem.value)
    assert "sk-secret" not in str(problem.value)


def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path):
    with pytest.raises(BadSettings, match="cannot be read"):
        read_models(tmp_path / "nowhere.toml")


def test_a_models_own_slots_and_what_a_picture_counts_are_read_and_bounded(tmp_path):
    path = tmp_path / "models.toml"
    path.write_text(GOOD.replace('capabilities = ["json_schema"]', 'capabilities = ["json_schema", "images"]\nslots = 2\nimage_tokens = 765'))
    models = read_models(path)
    assert (models["small"].slots, models["small"].image_tokens) == (2, 765)
    assert (models["large"].slots, models["large"].image_tokens) == (None, 1000)
    for bad in ("slots = 0", "slots = 1.5", "image_tokens = -1"):
        path.write_text(GOOD.replace('capabilities = ["json_schema"]', bad))
        with pytest.raises(BadSettings, match=bad.split()[0]):
            read_models(path)


def test_an_address_and_a_models_name_can_be_left_to_the_environment(tmp_path):
    path = tmp_path / "models.toml"
    path.write_text(GOOD.replace('provider_model = "large"', 'base_url_env = "WHERE"\nprovider_model_env = "WHICH"'))
    large = read_models(path, {"WHERE": "http://box/v1", "WHICH": "mistral"})["large"]
    assert (large.base_url, large.provider_model) == ("http://box/v1", "mistral")
    assert read_models(path, {"WHERE": "", "WHICH": "mistral"})["large"].base_url == "https://example.org/v1"
    with pytest.raises(BadSettings, match="provider_model: Field required"):
        read_models(path, {})
