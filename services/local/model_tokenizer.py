"""The tokenizer of a model, out of its GGUF file: written as the tokenizer.json that the conversation service counts with."""

import os
from pathlib import Path
from typing import cast

from tokenizers import AddedToken, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, PreTokenizer, Sequence

from services.local.gguf import NotGguf, Value, read_header

_CONTROL = 3  # the kind of a token that is a mark of the chat template


class UnknownTokenizer(ValueError):
    """The file's tokenizer is of a kind that is not known here."""


def tokenizer_of(gguf: Path) -> Tokenizer:
    """Return the tokenizer of a model: byte-level BPE, with text divided as llama.cpp divides it. Raises UnknownTokenizer, NotGguf, OSError."""
    header = read_header(gguf)
    if header.get("tokenizer.ggml.model") != "gpt2":
        raise UnknownTokenizer(f"{gguf} has a {header.get('tokenizer.ggml.model')} tokenizer")
    try:
        tokens = cast("list[str]", header["tokenizer.ggml.tokens"])
        kinds = cast("list[int]", header["tokenizer.ggml.token_type"])
        merges = [_pair(merge) for merge in cast("list[str]", header["tokenizer.ggml.merges"])]
    except KeyError as missing:
        raise NotGguf(f"{gguf} says nothing about {missing}") from None
    tokenizer = Tokenizer(BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = _pre_tokenizer(header.get("tokenizer.ggml.pre", "gpt-2"))
    marks = [AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL]
    tokenizer.add_special_tokens(marks)
    return tokenizer


def _pair(merge: str) -> tuple[str, str]:
    first, _, second = merge.partition(" ")
    return first, second


def _pre_tokenizer(name: Value) -> PreTokenizer:
    byte_level = ByteLevel(add_prefix_space=False, use_regex=True)  # GPT-2's own pattern
    if name == "gpt-2":
        return byte_level
    if name == "smollm":
        return Sequence([Digits(individual_digits=True), byte_level])
    raise UnknownTokenizer(f"text is divided in the manner of {name}")


def write_tokenizer(gguf: Path, target: Path) -> None:
    """Write the tokenizer.json of a model, unless the one that is there is newer than the model. Raises UnknownTokenizer, NotGguf, OSError."""
    if target.exists() and target.stat().st_mtime >= gguf.stat().st_mtime:
        return
    begun = target.with_suffix(".begun")
    tokenizer_of(gguf).save(str(begun), pretty=False)
    os.replace(begun, target)  # whole or not at all: a stack may be killed at any moment
