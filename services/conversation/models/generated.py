"""What a model has answered so far, and what that used: the provider's count, or ours where it reports none."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.conversation.models.model_events import End, Part, Text
from services.conversation.turn import Usage


@dataclass(slots=True)
class Generated:
    """An answer that grows. `prompt_tokens` is our own count of the prompt, the pictures' included."""

    prompt_tokens: int
    images: int = 0
    texts: list[str] = field(default_factory=list)
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    end: End | None = None

    def take(self, parts: Iterable[Part]) -> str:
        """Take in what came; return its text. Thoughts are counted and not kept."""
        texts = []
        for part in parts:
            if isinstance(part, End):
                self.end = part
                continue
            self.completion_tokens += part.tokens
            if isinstance(part, Text):
                texts.append(part.text)
            else:
                self.reasoning_tokens += part.tokens
        self.texts += texts
        return "".join(texts)

    @property
    def begun(self) -> bool:
        """Whether the model has begun to answer, so that the prompt was read and is paid for."""
        return self.completion_tokens > 0 or self.end is not None

    @property
    def text(self) -> str:
        """The whole text so far."""
        return "".join(self.texts)

    @property
    def truncated(self) -> bool:
        """A limit of tokens or time was met, or the model is not done."""
        return self.end is None or self.end.truncated

    def usage(self, model: str) -> Usage:
        """Return what it used."""
        end = self.end or End(truncated=True)
        prompt = self.prompt_tokens if end.prompt_tokens is None else end.prompt_tokens
        completion = self.completion_tokens if end.completion_tokens is None else end.completion_tokens
        reasoning = self.reasoning_tokens if end.reasoning_tokens is None else end.reasoning_tokens
        return Usage(model, prompt, min(end.cached_prompt_tokens, prompt), completion, min(reasoning, completion), self.images)
