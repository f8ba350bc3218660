"""Mail archives, as mailing lists write them and as attackers would."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.importers import mbox, recognise
from knowledge.messages import Message, Record
from tests.unit.knowledge.importers.archives import assert_only_news_are_added, damaged, read_export
from tests.unit.knowledge.importers.exports import (
    assert_safe,
    channels,
    members,
    messages,
    reasons,
    texts,
    zipped_folder,
)

HEADERS = {
    "From": "Anna Nowak <anna@x.example>",
    "Date": "Mon, 1 Dec 2025 10:00:00 +0100",
    "Subject": "Leaks",
    "Message-ID": "<1@x.example>",
    "List-Id": "Coffee talk <coffee.lists.example>",
}


OUTLOOK = (
    "From: Bo <bo@x.example>\nSent: Monday, 1 December 2025 09:00\nTo: Anna <a@x.example>\nSubject: RE: Leaks",
    "Von: Bo <bo@x.example>\nGesendet: Montag, 1. Dezember 2025 09:00\nAn: Anna\nCc: Cy\nBetreff: AW: Leaks",
    "Från: Bo <bo@x.example>\nSkickat: den 1 december 2025 09:00\nTill: Anna\nÄmne: SV: Leaks",
    "Od: Bo <bo@x.example>\nWysłano: poniedziałek, 1 grudnia 2025 09:00\nDo: Anna\nDW: Cy\nTemat: ODP: Leaks",
    "De: Bo <bo@x.example>\nEnviado: 1 de dezembro de 2025 09:00\nPara: Anna\nAssunto: RES: Leaks",
    "De : Bo <bo@x.example>\n\nEnvoyé : lundi 1 décembre 2025 09:00\n\nÀ : Anna\n\nObjet : RE: Leaks",
    "*From:* Bo <bo@x.example>\n*Date:* 1 Dec 2025\n*To:* Anna\n*Subject:* Leaks",
)
"""How Outlook says what it quotes whole below an answer."""


def mail(body: str = "The bag leaks.", **headers: str | None) -> str:
    given_ = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\n" for name, value in given_.items() if value is not None)
    return f"From anna@x.example Mon Dec  1 09:00:00 2025\n{lines}\n{body}\n\n"


def archive(path: Path, *mails: str | bytes) -> Path:
    path.write_bytes(b"".join(each if isinstance(each, bytes) else each.encode() for each in mails))
    return path


def read(folder: Path, *mails: str | bytes) -> list[Record]:
    return read_export(archive(folder / "list.mbox", *mails), "mbox")


def read_one(folder: Path, each: str | bytes) -> Message:
    (message,) = messages(read(folder, each))
    return message


def test_a_mail_is_read_with_its_sender_and_list(tmp_path: Path) -> None:
    records = read(tmp_path, mail())
    (channel,), (member,), (message,) = channels(records), members(records), messages(records)
    assert (channel.id, channel.name, channel.visibility) == ("coffee.lists.example", "Coffee talk", "public")
    assert (member.name, member.is_bot) == ("Anna Nowak", False)
    assert (message.id, message.title, message.text) == ("1@x.example", "Leaks", "The bag leaks.")
    assert message.at == datetime(2025, 12, 1, 9, tzinfo=UTC)
    assert (message.thread, message.reply_to, message.author) == ("1@x.example", None, member.id)


def test_no_address_is_shown_and_one_address_is_one_member(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        mail(From="anna@x.example", Message_ID="<1@m>"),
        mail(From='"Anna Nowak" <ANNA@x.example>', Message_ID="<2@m>"),
        mail(From="anna at x.example (Anna N.)", Message_ID="<3@m>"),
    )
    (member,) = members(records)
    assert member.name == "Anna N."
    assert "anna@x" not in str(records)
    assert "anna at" not in str(records)


@pytest.mark.parametrize("kept", ["Reply_To", "X_Original_From"])
def test_a_list_that_writes_in_the_name_of_a_member_hides_nobody(kept: str, tmp_path: Path) -> None:
    via = "Anna via Coffee <coffee@lists.example>"
    records = read(tmp_path, mail(), mail(From=via, Message_ID="<2@m>", **{kept: "anna@x.example"}))
    assert [member.name for member in members(records)] == ["Anna"]


def test_members_behind_a_list_are_still_told_apart(tmp_path: Path) -> None:
    mails = [mail(From=f"{name} via C <c@lists.example>", Message_ID=f"<{name}@m>") for name in ("Anna", "Bo")]
    assert [member.name for member in members(read(tmp_path, *mails))] == ["Anna", "Bo"]


def test_answers_belong_to_the_first_mail_of_the_thread(tmp_path: Path) -> None:
    second = mail(Message_ID="<2@m>", In_Reply_To="<1@x.example>", Subject="Re: AW: Leaks")
    third = mail(Message_ID="<3@m>", In_Reply_To="Your mail <2@m>")
    fourth = mail(Message_ID="<4@m>", References="<1@x.example>\n <2@m>")
    read_ = messages(read(tmp_path, mail(), second, third, fourth))
    assert [message.thread for message in read_] == ["1@x.example"] * 4
    assert [message.reply_to for message in read_] == [None, "1@x.example", "2@m", "2@m"]
    assert read_[1].title == "Leaks"


def test_a_mail_from_a_mailbox_is_private(tmp_path: Path) -> None:
    records = read(tmp_path, mail(List_Id=None), mail(List_Id=None, Delivered_To="anna@x.example", Message_ID="<2@m>"))
    assert [(channel.id, channel.visibility) for channel in channels(records)] == [
        ("list", "public"),
        ("list", "private"),
    ]


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ("On Mon, 1 Dec 2025 at 10:00, Bo <bo@x.example> wrote:\n> It leaks.\n\nMine too.", "Mine too."),
        ("On Mon, 1 Dec 2025 at 10:00, Bo\n<bo@x.example> wrote:\n\n> It leaks.\nMine too.", "Mine too."),
        ("Mine too.\n\nBo schrieb:\n> It leaks.", "Mine too."),
        ("I agree.\nBo wrote:\n> x\n", "I agree."),
        ("See point 3:\n> x\nYes.", "See point 3:\nYes."),
        ("Hello\n-- \nAnna\n+48 123", "Hello"),
        ("Hello\n\n-----Original Message-----\nFrom: Bo", "Hello"),
        ("Hello\n_______________________________________________\nList info", "Hello"),
        *((f"Hello\n\n{block}\n\nThe bag leaks.", "Hello") for block in OUTLOOK),
        ("From: Kraków\nTo: Gdańsk\nWeight: 2 kg", "From: Kraków\nTo: Gdańsk\nWeight: 2 kg"),
        ("From: me\nIt leaks.", "From: me\nIt leaks."),
        (
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nHello\n-----BEGIN PGP SIGNATURE-----\nabc\n",
            "Hello",
        ),
    ],
)
def test_quotes_and_signatures_are_left_out(body: str, own: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, mail(body)).text == own


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("It leaks.\n\n>From the start it leaked.", "It leaks.\n\nFrom the start it leaked."),
        (">>From the start it leaked.\n> It leaks.\n\nWhy?", "Why?"),
    ],
)
def test_lines_that_an_archive_has_to_escape_are_neither_quotes_nor_lost(
    stored: str, said: str, tmp_path: Path
) -> None:
    assert read_one(tmp_path, mail(stored)).text == said


def test_plain_text_is_preferred_and_html_is_read_where_there_is_none(tmp_path: Path) -> None:
    parts = "--b\nContent-Type: text/html\n\n<p>The <b>bag</b></p><blockquote>theirs</blockquote>\n"
    both = f"{parts}--b\nContent-Type: text/plain\n\nplain\n--b--\n"
    alternative = "multipart/alternative; boundary=b"
    assert read_one(tmp_path, mail(both, Content_Type=alternative)).text == "plain"
    assert read_one(tmp_path, mail(f"{parts}--b--\n", Content_Type=alternative)).text == "The bag"


@pytest.mark.parametrize(
    ("headers", "body", "title", "text"),
    [
        ({"Subject": "=?utf-8?q?Kaw=C4=85?= =?iso-8859-2?q?_le=BFy?="}, b"x", "Kawą leży", "x"),
        ({"Subject": "=?no-such?q?Kaw=C4=85?="}, b"x", "Kawą", "x"),
        ({"Subject": "=?utf-8?b?broken=?="}, b"x", None, "x"),
        ({"Content_Type": "text/plain; charset=iso-8859-2"}, b"kaw\xb1", "Leaks", "kawą"),
        ({"Content_Type": "text/plain; charset=no-such"}, b"kaw\xff", "Leaks", "kaw\ufffd"),
        ({"Content_Type": "text/plain; charset=punycode"}, b"kaw-x", "Leaks", "kaw-x"),
        ({"Content_Transfer_Encoding": "quoted-printable"}, b"kaw=C4=85", "Leaks", "kawą"),
        ({"Content_Transfer_Encoding": "base64"}, b"a2F3xIU=", "Leaks", "kawą"),
    ],
)
def test_what_is_encoded_is_decoded_as_far_as_it_goes(
    headers: dict[str, str], body: bytes, title: str | None, text: str, tmp_path: Path
) -> None:
    message = read_one(tmp_path, mail("BODY", **headers).encode().replace(b"BODY", body))
    assert message.text == text
    assert title is None or message.title == title


def test_a_time_without_a_zone_is_utc_and_one_that_is_missing_stands_in_the_separator(tmp_path: Path) -> None:
    assert read_one(tmp_path, mail(Date="Mon, 1 Dec 2025 10:00:00")).at == datetime(2025, 12, 1, 10, tzinfo=UTC)
    assert read_one(tmp_path, mail(Date=None)).at == datetime(2025, 12, 1, 9, tzinfo=UTC)


def test_a_line_that_begins_with_from_does_not_end_a_mail(tmp_path: Path) -> None:
    assert texts(
        read(tmp_path, mail("Hi.\n\nFrom here on it leaks.\n\nFrom 10:00 it was 2025 times."), mail(Message_ID="<2@m>"))
    )[1:] == ["The bag leaks."]


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"}, {"Content_Type": "multipart/report; boundary=b"}],
)
def test_automatic_replies_are_left_out(headers: dict[str, str], tmp_path: Path) -> None:
    assert reasons(read(tmp_path, mail(**headers))) == ["an automatic reply or report"]


def test_programs_are_bots(tmp_path: Path) -> None:
    records = read(tmp_path, mail(From="Shop <no-reply@x.example>"), mail(Message_ID="<2@m>"))
    assert [member.is_bot for member in members(records)] == [True, False]


def test_mails_without_an_id_are_told_apart(tmp_path: Path) -> None:
    first, second = messages(read(tmp_path, mail(Message_ID=None), mail(Message_ID=None)))
    assert first.id != second.id
    assert first.thread == first.id


NESTED = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(60))


@pytest.mark.parametrize(
    ("each", "reason"),
    [
        (mail(From=None), "no sender"),
        (mail(From=f"{'(' * 5000}anna@x.example"), "no sender"),
        (mail(Date="soon").replace("Mon Dec  1", "soon"), "no valid time"),
        (mail(Date="Mon, 99 Dec 99999999 10:00:00 +9999").replace("Mon Dec  1", "soon"), "no valid time"),
        (mail(""), "no text"),
        (mail("> only theirs"), "no text"),
        (mail("x" * 100_001), "text longer than"),
        (mail("x" * 3_000_000), "text longer than"),
        (mail(List_Id="x" * 400), "bad channel"),
        (mail().replace("\n\nThe", f"\n{NESTED}The"), "not readable as a mail"),
        (mail().replace("\n\nThe", "\n" + "Content-Type: message/rfc822\n\n" * 5000 + "The"), "not readable as a mail"),
    ],
)
def test_a_mail_that_cannot_be_read_is_counted_and_the_next_one_read(each: str, reason: str, tmp_path: Path) -> None:
    records = read(tmp_path, mail(), each, mail("next", Message_ID="<9@m>"))
    assert texts(records) == ["The bag leaks.", "next"]
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


def test_headers_without_end_take_no_time(tmp_path: Path) -> None:
    each = mail(Content_Type="multipart/mixed; " + ";" * 500_000, Subject="=?utf-8?q?a?= " * 30_000)
    assert reasons(read(tmp_path, each)) == ["no text"]


def test_folders_and_archives_of_months_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "coffee"
    folder.mkdir()
    archive(folder / "2025-12.txt", mail("second", Message_ID="<2@m>"))
    archive(folder / "2025-11.mbox", mail("first"))
    (folder / "index.html").write_text("<html>", encoding="utf-8")
    for path in (folder, zipped_folder(folder, tmp_path / "a.zip")):
        assert recognise(path).name == "mbox"
        assert texts(read_export(path)) == ["first", "second"]


@pytest.mark.parametrize("content", [b"", b"From here to there\nit leaks.", b"From: anna\n\nhi", b"\0\xff", b"From "])
def test_what_is_no_archive_is_not_recognised(content: bytes, tmp_path: Path) -> None:
    assert not mbox.recognises(archive(tmp_path / "x.mbox", content))


def test_a_newer_archive_adds_only_what_is_new(tmp_path: Path) -> None:
    def make(count: int) -> Path:
        ids = [None, None, *(f"<{n}@m>" for n in range(count - 2))]
        return archive(tmp_path / "list.mbox", *(mail(Message_ID=id_) for id_ in ids))

    assert_only_news_are_added(make, 3, 5)


@given(st.integers(0, 700), st.binary(max_size=12))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_archive_damaged_anywhere_never_stops_the_import(tmp_path: Path, at: int, noise: bytes) -> None:
    whole = (mail(Content_Type="text/plain; charset=utf-8") + mail(Message_ID=None)).encode()
    assert_safe(read(tmp_path, damaged(whole, at, noise)))


header_values = st.text(st.sampled_from('<>@()=?;:,"*% aA0é\n\t\0'), max_size=40)


@given(
    st.dictionaries(
        st.sampled_from(["From", "Date", "Subject", "Message_ID", "References", "List_Id", "Content_Type", "Reply_To"]),
        header_values | st.just("multipart/mixed; boundary*0*=a; boundary=b") | st.just("text/html; charset*='x'%ff"),
    ),
    st.text(max_size=30),
)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_mail_becomes_a_record_or_a_counted_skip(
    tmp_path: Path, headers: dict[str, str], body: str
) -> None:
    records = read(tmp_path, mail(), mail(body, **headers).encode("utf-8", "replace"))
    assert_safe(records)
    assert len(messages(records)) + len(reasons(records)) >= 2
