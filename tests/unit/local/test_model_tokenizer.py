"""The embedded model's tokenizer: read out of the weights' file, written once, refused where it is of another kind."""

import os
import struct

import pytest
from tokenizers import Tokenizer

from services.local.gguf import NotGguf, read_header
from services.local.model_server import model_file
from services.local.model_tokenizer import UnknownTokenizer, tokenizer_of, write_tokenizer


def gguf(pairs: dict[str, object]) -> bytes:
    """A GGUF file of strings, numbers, and lists of either."""

    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text.encode())) + text.encode()

    def value(thing: object) -> bytes:
        if isinstance(thing, str):
            return struct.pack("<I", 8) + string(thing)
        if isinstance(thing, int):
            return struct.pack("<Ii", 5, thing)
        assert isinstance(thing, list)
        texts = bool(thing) and isinstance(thing[0], str)
        items = b"".join(string(each) if texts else struct.pack("<i", each) for each in thing)
        return struct.pack("<IIQ", 9, 8 if texts else 5, len(thing)) + items

    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + b"".join(string(key) + value(thing) for key, thing in pairs.items())


SMALL = {
    "general.name": "small",
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": ["<|end|>", "a", "b", "ab", "Ġ", "1", "2", "12"],
    "tokenizer.ggml.token_type": [3, 1, 1, 1, 1, 1, 1, 1],
    "tokenizer.ggml.merges": ["a b", "1 2"],
}


def written(tmp_path, pairs):
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf(pairs))
    return path


def test_what_the_header_says_is_read(tmp_path):
    assert read_header(written(tmp_path, SMALL)) == SMALL


def test_text_is_divided_and_merged_as_the_file_says(tmp_path):
    tokenizer = tokenizer_of(written(tmp_path, SMALL))
    assert tokenizer.encode("ab 12<|end|>").tokens == ["ab", "Ġ", "12", "<|end|>"]
    smollm = tokenizer_of(written(tmp_path, {**SMALL, "tokenizer.ggml.pre": "smollm"}))
    assert smollm.encode("ab 12<|end|>").tokens == ["ab", "Ġ", "1", "2", "<|end|>"]


@pytest.mark.parametrize("other", [{"tokenizer.ggml.model": "llama"}, {"tokenizer.ggml.pre": "llama-bpe"}])
def test_a_tokenizer_of_another_kind_is_refused(tmp_path, other):
    with pytest.raises(UnknownTokenizer):
        tokenizer_of(written(tmp_path, {**SMALL, **other}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF",
        b"PK\x03\x04 something else",
        gguf(SMALL)[:200],
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60),
        gguf({"tokenizer.ggml.model": "gpt2"}),
    ],
)
def test_a_broken_file_is_refused(tmp_path, content):
    (tmp_path / "model.gguf").write_bytes(content)
    with pytest.raises(NotGguf):
        tokenizer_of(tmp_path / "model.gguf")


def test_the_embedded_models_tokenizer_is_written_and_read_back(tmp_path):
    write_tokenizer(model_file(), tmp_path / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.get_vocab_size() == 49152
    assert tokenizer.encode("Hello there, it's 2026!<|im_end|>").tokens == [
        "Hello",
        "Ġthere",
        ",",
        "Ġit",
        "'s",
        "Ġ",
        "2",
        "0",
        "2",
        "6",
        "!",
        "<|im_end|>",
    ]
    assert os.listdir(tmp_path) == ["tokenizer.json"]


def test_it_is_written_again_only_when_the_model_is_newer(tmp_path):
    model, target = written(tmp_path, SMALL), tmp_path / "tokenizer.json"
    write_tokenizer(model, target)
    target.write_text("kept")
    os.utime(target, (model.stat().st_mtime + 5,) * 2)
    write_tokenizer(model, target)
    assert target.read_text() == "kept"
    os.utime(target, (model.stat().st_mtime - 5,) * 2)
    write_tokenizer(model, target)
    assert Tokenizer.from_file(str(target)).get_vocab_size() == 8
