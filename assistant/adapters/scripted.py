"""The shipped fake of a chat model: answers what it is told to, and remembers what it was asked."""

from collections.abc import Mapping, Sequence

from assistant.errors import NoAnswer
from assistant.ports import ChatAnswer, ChatMessage


class ScriptedChat:
    """`assistant.ports.ChatModel` with prepared answers, one an exchange; then it fails like a model that is gone."""

    def __init__(self, *answers: str, remote: bool = True, name: str = "scripted") -> None:
        self.name = name
        self.remote = remote
        self.asked: list[tuple[ChatMessage, ...]] = []
        self.schemas: list[Mapping[str, object]] = []
        self._answers = list(answers)

    def complete(self, messages: Sequence[ChatMessage], schema: Mapping[str, object]) -> ChatAnswer:
        self.asked.append(tuple(messages))
        self.schemas.append(schema)
        if not self._answers:
            raise NoAnswer(f"{self.name} has nothing more to say.")
        answer = self._answers.pop(0)
        return ChatAnswer(answer, tokens_in=sum(len(m.text) for m in messages) // 4, tokens_out=len(answer) // 4)
