"""WhatsApp chats, as phones in many countries write them and as nobody should."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.adapters.memory import MemoryMessageStore
from knowledge.importers import recognise, whatsapp
from knowledge.importers.source import Options
from knowledge.messages import Channel, Member, Record
from tests.unit.knowledge.importers.archives import damaged, imported, read_export
from tests.unit.knowledge.importers.exports import (
    assert_safe,
    channels,
    members,
    messages,
    reasons,
    texts,
    zipped,
)

ANDROID = """28/11/2026, 09:05 - Messages and calls are end-to-end encrypted. Tap to learn more.
28/11/2026, 09:05 - Anna created group "Kaffe: Lund"
28/11/2026, 09:06 - Anna: The grinder leaks.
Since yesterday.

28/11/2026, 09:06 - Bo: Mine: too
"""
IPHONE = """[11/5/26, 9:05:01\u202fPM] Kaffe: \u200eMessages and calls are end-to-end encrypted.
[11/5/26, 9:05:01\u202fPM] ~\u202fAnna: The grinder leaks.
\u200e[11/6/26, 12:05:01\u202fAM] Bo: \u200eimage omitted
[11/14/26, 1:05:02\u202fPM] Cy: look \u200e<attached: 0001-PHOTO.jpg>
"""


def chat(folder: Path, text: str | bytes, name: str = "WhatsApp Chat with Kaffe.txt") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


read = partial(read_export, name="whatsapp")


def said(folder: Path, words: str) -> list[Record]:
    """What becomes of these words in a group of three."""
    others = "".join(f"1/1/2026, 09:00 - {name}: hi\n" for name in ("Bo", "Cy"))
    records = read(chat(folder, f"{others}13/1/2026, 10:00 - Anna: {words}\n"))
    return [r for r in records[5:] if not isinstance(r, Member)]


def test_an_android_chat_is_read(tmp_path: Path) -> None:
    records = read(chat(tmp_path, ANDROID))
    assert channels(records) == [Channel(id="Kaffe", name="Kaffe", visibility="private")]
    assert members(records) == [Member(id="Anna", name="Anna"), Member(id="Bo", name="Bo")]
    first, second = messages(records)
    assert (first.text, second.text) == ("The grinder leaks.\nSince yesterday.", "Mine: too")
    assert first.at == datetime(2026, 11, 28, 9, 6, tzinfo=UTC)
    assert (first.thread, first.reply_to) == (first.id, None)
    assert reasons(records) == ["written by WhatsApp itself"] * 2


def test_an_iphone_chat_is_read(tmp_path: Path) -> None:
    records = read(chat(tmp_path, IPHONE))
    assert [(m.author, m.text, m.at, m.edited) for m in messages(records)] == [
        ("Anna", "The grinder leaks.", datetime(2026, 11, 5, 21, 5, 1, tzinfo=UTC), None),
        ("Cy", "look", datetime(2026, 11, 14, 13, 5, 2, tzinfo=UTC), None),
    ]
    assert reasons(records) == ["no text"] * 2


@pytest.mark.parametrize(
    "line",
    [
        "28.11.26, 21:05 - Anna: hi",
        "28.11.2026, 21:05 - Anna: hi",
        "2026-11-28 21:05 - Anna: hi",
        "2026/11/28, 9:05 nm. - Anna: hi",
        "28/11/2026 21:05 - Anna: hi",
        "28/11/26, 9:05 em - Anna: hi",
        "11/28/26, 9:05 PM - Anna: hi",
        "\u200f٢٨\u200f/١١\u200f/٢٠٢٦، ٩:٠٥ م - Anna: hi",
        "[۱۴۰۵/۹/۷, ۲۱:۰۵:۰۰] Anna: hi",
    ],
)
def test_each_country_writes_its_own_times(line: str, tmp_path: Path) -> None:
    path = chat(tmp_path, line)
    assert recognise(path).name == "whatsapp"
    (message,) = messages(read(path))
    assert (message.author, message.text) == ("Anna", "hi")
    assert message.at == datetime(2026, 11, 28, 21, 5, tzinfo=UTC)


def test_the_order_of_day_and_month_can_be_given(tmp_path: Path) -> None:
    path = chat(tmp_path, "03/04/2026, 09:00 - Anna: hi\n")
    (message,) = messages(read(path, options=Options(time_format="%m/%d/%Y, %H:%M")))
    assert message.at == datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    [
        "This message was deleted",
        "\u200eYou deleted this message.",
        "This message was deleted by admin Bo Ek.",
        "Det här meddelandet raderades",
        "Ta wiadomość została usunięta",
        "Usunięto tę wiadomość",
        "تم حذف هذه الرسالة",
        "این پیام حذف شد",
        "این پیام حذف شده\u200cاست.",
        "Mensagem apagada",
        "Você apagou esta mensagem",
        "Hierdie boodskap is uitgevee",
        "Lo mlayezo ususiwe",
        "Se eliminó este mensaje.",
        "Diese Nachricht wurde gelöscht.",
        "Ce message a été supprimé",
    ],
)
def test_a_deleted_message_keeps_its_place_alone(words: str, tmp_path: Path) -> None:
    (message,) = messages(said(tmp_path, words))
    assert (message.deleted, message.text) == (True, "")


@pytest.mark.parametrize(
    "words",
    [
        "Hi <This message was edited>",
        "Hi \u200e<Wiadomość edytowana>",
        "Hi \u200f<رسالة معدّلة>",
        "Hi <Diese Nachricht wurde bearbeitet.>",
    ],
)
def test_an_edited_message_is_marked(words: str, tmp_path: Path) -> None:
    (message,) = messages(said(tmp_path, words))
    assert (message.text, message.edited) == ("Hi", message.at)


@pytest.mark.parametrize(
    "words",
    [
        "<Media omitted>",
        "<Medien ausgeschlossen>",
        "<Pominięto multimedia>",
        "<تم استبعاد الوسائط>",
        "<رسانه حذف شد>",
        "‹ پيوست نما/آهنگ حذف شد >",
        "\u200fلم يتم إدراج الصورة",
        "\u200f‹المُرفق: 0001-PHOTO.jpg>",
        "IMG-1.jpg (پیوست شد)",
        "null",
        "\u200eaudio weggelassen",
        "\u200e<attached: 0001-AUDIO.opus>",
        "\u200eIMG-1.jpg (file attached)",
        "IMG-1.jpg (fil bifogad)",
        "",
    ],
)
def test_media_have_no_text(words: str, tmp_path: Path) -> None:
    assert reasons(said(tmp_path, words)) == ["no text"]


@pytest.mark.parametrize("words", ["IMG-1.jpg (file attached)\nMy grinder", "My grinder \u200e<anhang: 1.jpg>"])
def test_a_caption_is_a_text(words: str, tmp_path: Path) -> None:
    assert texts(said(tmp_path, words)) == ["My grinder"]


@pytest.mark.parametrize(
    "words", ["a <b> c", "<3", "I <3 this>", "see file.txt (mine)", "10:30 - later: no", "\u200fلم يصل الطلب"]
)
def test_what_only_looks_like_media_is_kept(words: str, tmp_path: Path) -> None:
    assert texts(said(tmp_path, words)) == [words]


def test_a_poll_is_its_question_and_its_options(tmp_path: Path) -> None:
    (poll,) = messages(said(tmp_path, "POLL:\nWhich one?\nOPTION: Flat (2 votes)\nOPTION: Cone: 40 mm (0 votes)"))
    assert (poll.kind, poll.text) == ("poll", "Which one?\n– Flat\n– Cone: 40 mm")


def test_a_chat_with_one_person_is_never_read(tmp_path: Path) -> None:
    path = chat(tmp_path, "1/1/2026, 09:00 - Kaffe: secret\n1/1/2026, 09:00 - Me: yes\n")
    assert (reasons(records := read(path)), messages(records)) == (["private message"], [])


@pytest.mark.parametrize("entry", ["_chat.txt", "WhatsApp Chat - Kaffe/_chat.txt"])
def test_the_archive_of_a_phone_is_read(entry: str, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "WhatsApp Chat - Kaffe.zip", {entry: IPHONE})
    with ZipFile(archive, "a") as more:
        more.writestr("0001-PHOTO.jpg", b"\xff\xd8")
    assert recognise(archive).name == "whatsapp"
    assert [channel.name for channel in channels(read(archive))] == ["Kaffe"]


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("WhatsApp Chat with Kaffe (1).txt", "Kaffe"),
        ("Chat de WhatsApp con Kaffe och te.txt", "Kaffe och te"),
        ("Conversa do WhatsApp com Kaffe.txt", "Kaffe"),
        ("WhatsApp-chatt med Kaffe.txt", "Kaffe"),
        ("WhatsApp Gesprek met Kaffe.txt", "Kaffe"),
        ("محادثة واتساب مع Kaffe.txt", "Kaffe"),
        ("Kaffe.txt", "Kaffe"),
    ],
)
def test_a_chat_is_called_as_its_file_says(name: str, called: str, tmp_path: Path) -> None:
    assert [channel.name for channel in channels(read(chat(tmp_path, ANDROID, name)))] == [called]


def test_a_longer_export_adds_what_is_new_and_takes_back_what_was_deleted(tmp_path: Path) -> None:
    first = "".join(f"13/1/2026, 10:00 - Anna: {words}\n" for words in ("ok", "<Media omitted>", "ok", "wrong"))
    later = first.replace("wrong", "This message was deleted") + "14/1/2026, 10:00 - Bo: new\n"
    exports = (read(chat(tmp_path, text)) for text in (first, first, later))
    assert imported(MemoryMessageStore(), *exports) == [(3, 0, 0), (0, 0, 3), (1, 1, 2)]


@pytest.mark.parametrize("date", ["03/04/2026", "12/11/2026"])
def test_a_longer_export_that_tells_month_from_day_moves_what_is_there(date: str, tmp_path: Path) -> None:
    store, first = MemoryMessageStore(), "".join(f"{date}, 09:00 - {name}: hi\n" for name in ("Anna", "Bo", "Cy"))
    longer = chat(tmp_path / "longer", f"{first}12/15/2026, 09:00 - Anna: new\n")
    given = chat(tmp_path / "given", first)
    exports = read(given), read(longer), read(given, options=Options(time_format="%m/%d/%Y, %H:%M"))
    assert imported(store, *exports) == [(3, 0, 0), (1, 3, 0), (0, 0, 3)]
    month, day = int(date[:2]), int(date[3:5])
    assert {m.at for m in store.everything("club", {"Bo"})} == {datetime(2026, month, day, 9, 0, tzinfo=UTC)}


def test_an_older_export_does_not_take_back_an_edit(tmp_path: Path) -> None:
    older = "13/1/2026, 10:00 - Anna: It leaks\n14/1/2026, 10:00 - Bo: new\n"
    newer = older.replace("leaks", "holds <This message was edited>")
    exports = (read(chat(tmp_path, text)) for text in (newer, older))
    assert imported(MemoryMessageStore(), *exports) == [(2, 0, 0), (0, 0, 2)]


def test_what_stands_before_the_first_time_is_counted(tmp_path: Path) -> None:
    assert reasons(read(chat(tmp_path, f"\n{ANDROID}")))[0] == "before the first message"


@pytest.mark.parametrize("junk", [b"\xff\xfe", b"\0", b"x" * 500_000, "\u202e\ud800".encode(errors="surrogatepass")])
def test_a_line_that_cannot_be_read_costs_no_other(junk: bytes, tmp_path: Path) -> None:
    records = read(chat(tmp_path, ANDROID.encode() + junk + b"\n28/11/2026, 09:07 - Bo: next\n"))
    assert texts(records)[-1] == "next"
    assert_safe(records)


@pytest.mark.parametrize("text", ["Anna: hi", "Hello there.\n", "2026 - a: b", "[x] Anna: hi", ""])
def test_another_text_is_no_chat(text: str, tmp_path: Path) -> None:
    assert not whatsapp.recognises(chat(tmp_path, text))


def test_white_space_without_end_takes_no_time(tmp_path: Path) -> None:
    assert texts(said(tmp_path, "a" + " \u200e" * 20_000 + "\n" * 20_000 + "b"))[0].startswith("a")


@given(st.binary(max_size=40), st.integers(0, 400), st.sampled_from([ANDROID, IPHONE]))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_chat_damaged_anywhere_never_stops_the_import(tmp_path: Path, noise: bytes, at: int, text: str) -> None:
    assert_safe(read(chat(tmp_path, damaged(text.encode(), at, noise))))


@given(st.lists(st.text(alphabet="[]<>():-/.,0123456789 \n\u200e\u202fPOLLaم٢", max_size=40), max_size=6))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_after_a_time_becomes_a_record(tmp_path: Path, said: list[str]) -> None:
    assert_safe(read(chat(tmp_path, "".join(f"13/1/2026, 10:00 - {words}\n" for words in said))))
