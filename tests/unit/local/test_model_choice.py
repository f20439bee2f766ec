"""Which model a stack uses: a provider that is named, then Ollama, then the one in the box."""

import tomllib

import pytest

from services.local.failure import StackFailure
from services.local.model_choice import choose, models_toml


def none() -> list[str]:
    return []


def never() -> list[str]:
    raise AssertionError("Ollama must not be asked")


def test_a_provider_in_the_environment_comes_first() -> None:
    choice = choose({"OPENAI_API_KEY": "k", "PARLOUR_MODEL": "gpt-x"}, embedded=False, ollama_models=never)
    assert (choice.base_url, choice.provider_model, choice.api_key_env) == ("https://api.openai.com/v1", "gpt-x", "OPENAI_API_KEY")


def test_a_provider_without_a_key_needs_none() -> None:
    choice = choose({"OPENAI_BASE_URL": "http://box/v1", "PARLOUR_MODEL": "m"}, embedded=False, ollama_models=never)
    assert (choice.base_url, choice.api_key_env) == ("http://box/v1", "")


def test_a_provider_without_a_model_is_asked_for_one() -> None:
    with pytest.raises(StackFailure, match="Set PARLOUR_MODEL to the name of a model that http://box/v1 offers"):
        choose({"OPENAI_BASE_URL": "http://box/v1"}, embedded=False, ollama_models=never)


def test_ollama_gives_its_first_model_unless_another_is_wanted() -> None:
    assert choose({}, embedded=False, ollama_models=lambda: ["llama3.2:3b", "b"]).provider_model == "llama3.2:3b"
    assert choose({"PARLOUR_MODEL": "b"}, embedded=False, ollama_models=lambda: ["llama3.2:3b", "b"]).provider_model == "b"


def test_else_it_is_the_tiny_model_and_a_line_says_how_to_use_a_better_one() -> None:
    choice = choose({}, embedded=False, ollama_models=none)
    assert choice.embedded
    assert all(word in choice.sentence for word in ("tiny", "OPENAI_BASE_URL", "PARLOUR_MODEL", "Ollama"))


def test_asking_for_the_embedded_model_skips_the_search() -> None:
    assert choose({"OPENAI_API_KEY": "k"}, embedded=True, ollama_models=never).embedded


def test_the_models_file_names_the_tokenizer_where_there_is_one() -> None:
    choice = choose({}, embedded=True, ollama_models=never)
    read = tomllib.loads(models_toml(choice, "http://127.0.0.1:1/v1", '/a "folder"/tokenizer.json'))
    assert read["models"][choice.name]["endpoint"]["tokenizer"] == '/a "folder"/tokenizer.json'


@pytest.mark.parametrize("model", ["llama3.2:3b", "org/Model-7B", 'quo"te\\', "模型"])
def test_the_models_file_is_read_back_as_it_was_meant(model: str) -> None:
    choice = choose({"OPENAI_BASE_URL": "http://box/v1", "PARLOUR_MODEL": model}, embedded=False, ollama_models=never)
    read = tomllib.loads(models_toml(choice, choice.base_url))
    assert read["models"][choice.name]["endpoint"]["provider_model"] == model
    assert read["models"][choice.name]["price"]["completion_microcredits_per_million_tokens"] == 400_000_000
    assert read["tiers"]["free"]["models"] == [choice.name]
    assert read["models"][choice.name]["endpoint"]["tokenizer"] == ""
    assert not any(character.isspace() for character in choice.name)
