import pytest

from assistant.adapters.scripted import ScriptedChat
from assistant.errors import ModelFailed
from assistant.ports import ChatMessage

ASKED = (ChatMessage("system", "Be calm."), ChatMessage("user", "Hello?"))


def test_prepared_answers_come_one_by_one_and_then_none() -> None:
    chat = ScriptedChat("one", "two", name="tiny")
    assert [chat.complete(ASKED, {}).text for _ in range(2)] == ["one", "two"]
    with pytest.raises(ModelFailed, match="tiny has nothing more to say"):
        chat.complete(ASKED, {})


def test_what_was_asked_is_remembered_also_where_no_answer_came() -> None:
    chat = ScriptedChat()
    with pytest.raises(ModelFailed):
        chat.complete(list(ASKED), {"type": "object"})
    assert (chat.asked, chat.schemas) == ([ASKED], [{"type": "object"}])


def test_tokens_are_counted_by_length() -> None:
    answer = ScriptedChat("x" * 40).complete([ChatMessage("user", "y" * 80)], {})
    assert (answer.tokens_in, answer.tokens_out) == (20, 10)


@pytest.mark.parametrize("remote", [True, False])
def test_it_is_as_far_away_as_it_is_told(remote: bool) -> None:
    assert ScriptedChat(remote=remote).remote is remote
