"""Nothing private in a public text: no private channel's words, no personal data, no confidential topic."""

from collections.abc import Iterator

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding, Segment
from assistant.writing.masking import personal_data
from prompts.lexicon import whole_words


def check(subject: Subject) -> Iterator[Finding]:
    policy = "\n".join(item.text for item in subject.plan.evidence if item.id.startswith(("profile:", "sheet:")))
    confidential = whole_words(_literal(topic) for topic in subject.profile.confidential if topic.strip())
    for move, segment in subject.pairs:
        for problem in (
            *_private_evidence(subject, segment),
            *_personal_data(segment.text, subject.profile.region, policy),
            *(f"touches a confidential topic (“{topic}”)." for topic in confidential.findall(segment.text)),
        ):
            yield finding("privacy", "block", problem, move)


def _private_evidence(subject: Subject, segment: Segment) -> Iterator[str]:
    plan, known = subject.plan, subject.plan.evidence_by_id
    # A private text is read in the channel of the post that it answers, and there alone.
    answered = known.get(plan.subject) if plan.audience == "private" else None
    for id_ in segment.evidence:
        item = known.get(id_)
        if item and item.visibility == "private" and not (answered and item.channel == answered.channel):
            yield f"rests on a post from the private channel {item.channel}."


def _personal_data(text: str, region: str, policy: str) -> Iterator[str]:
    for data in personal_data(text, region):
        if text[data.start : data.end] not in policy:
            yield f"repeats personal data ({data.label.lower()})."


def _literal(topic: str) -> str:
    return r"\s+".join(map(_escaped, topic.split()))


def _escaped(word: str) -> str:
    return "".join(c if c.isalnum() else rf"\{c}" for c in word)
