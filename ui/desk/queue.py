"""The Queue: each draft with the post it answers, sentence by sentence with evidence and findings; and the decision."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

import gradio as gr

from assistant import reviewing, usecases
from assistant.community import Sheet
from assistant.desk import Desk
from assistant.domain import KINDS, Draft, Kind, Status
from assistant.errors import NotAllowed
from assistant.ports import QueueFilter
from assistant.precedents import precedents_of
from knowledge.languages import direction, language_name
from prompts.files import languages
from ui.desk import render
from ui.desk.session import QUIET, Refresh, Session, attempt, each_in_turn, handed_over, in_turn, read_day, watched

SHOWN = 100
"""Drafts listed at once; the filters find the others."""
SHEET_FIELDS = {
    "what_happened": "What happened",
    "cause": "Cause",
    "affected": "Who is affected",
    "remedy": "How it is made good",
    "prevention": "What changes, so that it does not happen again",
}

_IN_TURN: Final = in_turn("queue")
_EACH: Final = each_in_turn("queue")

# One listener on the element that stays, not one on each entry: entries come and go with every update.
PICK = """
element.addEventListener('click', (event) => {
  const chosen = event.target.closest('[data-%(name)s]');
  if (chosen) trigger('click', {picked: chosen.dataset.%(name)s});
});
"""


class Chosen(NamedTuple):
    """What a person is looking at: a draft, the revision they see, a sentence of it."""

    draft: str | None = None
    revision: int = 0
    move: str | None = None

    @property
    def sign(self) -> str:
        return f"{self.draft} {self.revision} {self.move}"


class Told(NamedTuple):
    """What came of something done to a draft."""

    draft: str | None
    note: str
    refused: bool


def tab(session: Session) -> Refresh:
    with gr.Tab("Queue", id="queue") as shown:
        queue = _Queue(session)
    queue.wire_return(shown)
    return queue.open, queue.outputs


class _Queue:
    """The widgets of the tab, and what each click does. Every handler answers with one update of all that changed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.chosen = gr.State(None)  # until the page is open
        self.seen = gr.Textbox(visible="hidden", container=False)  # the sign of what the browser shows
        self.written = gr.State(None)
        with gr.Row():
            with gr.Column(scale=2, min_width=320, elem_classes="hs-side"):
                self._build_list()
            with gr.Column(scale=3, min_width=420):
                self._build_detail()
        self.outputs = [
            *(self.status, self.kind, self.language, self.chosen, self.seen, self.listing),
            *(self.about, self.text, self.editor, self.note, self.history),
            *(self.save, self.remove, self.approve, self.reject, self.reason, self.rewrite, self.offer, self.reopen),
            *(self.read, self.sheet, self.sheet_state, self.since, *self.facts.values(), self.approved, self.download),
        ]
        self._wire()

    def _build_list(self) -> None:
        with gr.Row():
            statuses = [("To review", "proposed"), ("Approved", "approved"), ("Rejected", "rejected"), ("All", "")]
            self.status = gr.Dropdown(statuses, value="proposed", label="Status", min_width=90, elem_id="status")
            kinds = [("All", ""), *((render.KIND_LABELS[kind], kind) for kind in KINDS)]
            self.kind = gr.Dropdown(kinds, value="", label="Kind", min_width=90, elem_id="kind")
            codes = [("All", ""), *((language_name(code), code) for code in languages("phrasebooks"))]
            self.language = gr.Dropdown(codes, value="", label="Language", min_width=90, elem_id="language")
        self.listing = gr.HTML(js_on_load=PICK % {"name": "draft"}, elem_id="listing", apply_default_css=False)
        self.look = gr.Button("Look for something new", size="sm", elem_id="look")
        self.looking = gr.HTML(elem_id="looking", apply_default_css=False)
        self.timer = gr.Timer(1.0, active=False)

    def _build_detail(self) -> None:
        self.about = gr.HTML(elem_id="about", apply_default_css=False)
        self.text = gr.HTML(js_on_load=PICK % {"name": "move"}, elem_id="draft", apply_default_css=False)
        with gr.Accordion("Fact sheet of the incident", visible=False, open=True, elem_id="sheet") as self.sheet:
            self.sheet_state = gr.HTML(elem_id="sheet-state", apply_default_css=False)
            self.since = gr.Textbox(label="Since (YYYY-MM-DD)", max_lines=1, elem_id="sheet-since")
            self.facts = {
                name: gr.Textbox(label=label, lines=2, elem_id=f"sheet-{name}") for name, label in SHEET_FIELDS.items()
            }
            with gr.Row():
                self.save_sheet = gr.Button("Save the facts and write again", size="sm", elem_id="save-sheet")
                self.confirm = gr.Button("I confirm these facts", size="sm", elem_id="confirm-sheet")
        self.approved = gr.Textbox(
            label="Approved text", lines=6, buttons=["copy"], interactive=False, visible=False, elem_id="approved"
        )
        self.download = gr.DownloadButton("Download", visible=False, size="sm", elem_id="download")
        self.history = gr.HTML(elem_id="history", apply_default_css=False)
        with gr.Column(elem_classes="hs-decide"):
            self.note = gr.HTML(elem_id="note", apply_default_css=False)
            with gr.Row():
                self.editor = gr.Textbox(
                    label="Change the chosen sentence",
                    show_label=False,
                    lines=2,
                    max_lines=6,
                    scale=3,
                    visible=False,
                    elem_id="editor",
                )
                self.save = gr.Button("Save sentence", visible=False, min_width=120, elem_id="save")
                self.remove = gr.Button("Take it out", visible=False, min_width=110, elem_id="remove")
            self.read = gr.Checkbox(
                label="I have read every word of this and I mean it.", visible=False, elem_id="read", container=False
            )
            with gr.Row(equal_height=True):
                self.approve = gr.Button("Approve", variant="primary", min_width=110, elem_id="approve")
                self.offer = gr.Dropdown([], label="Offer", show_label=False, min_width=160, elem_id="offer")
                self.rewrite = gr.Button("Write again", min_width=110, elem_id="rewrite")
                self.reopen = gr.Button("Reopen", min_width=110, visible=False, elem_id="reopen")
            with gr.Row(equal_height=True):
                self.reason = gr.Textbox(
                    label="Why not",
                    placeholder="Why not",
                    show_label=False,
                    max_lines=1,
                    scale=3,
                    min_width=160,
                    elem_id="reason",
                )
                self.reject = gr.Button("Reject", variant="stop", min_width=110, elem_id="reject")

    def _wire(self) -> None:
        community, name = self._session.community, self._session.name
        filters = [community, self.chosen, self.status, self.kind, self.language]
        acting = [*filters, name]

        def on(
            event: Callable[..., Any], handler: Callable[..., Any], inputs: list[Any], how: dict[str, Any] = _IN_TURN
        ) -> None:
            event(handler, inputs, self.outputs, **how)

        def decide(event: Callable[..., Any], handler: Callable[..., Any], inputs: list[Any]) -> None:
            on(event, _on_what_is_seen(handler), [self.seen, *inputs])

        on(self.listing.click, self.pick_draft, filters, _EACH)
        on(self.text.click, self.pick_sentence, filters, _EACH)
        for widget in (self.status, self.kind, self.language):
            on(widget.change, self.filter, filters, _EACH)  # `input` comes twice for each choice of a dropdown
        decide(self.save.click, self.on_save, [*acting, self.editor])
        decide(self.remove.click, self.on_remove, acting)
        decide(self.approve.click, self.on_approve, [*acting, self.read])
        decide(self.reject.click, self.on_reject, [*acting, self.reason])
        decide(self.reopen.click, self.on_reopen, acting)
        # What a model may write for a minute holds up no other click, and is shown where it is still looked at.
        deciding = [community, self.chosen, name]
        for button, write, inputs in (
            (self.rewrite, self.on_rewrite, [*deciding, self.offer]),
            (self.save_sheet, self.on_save_sheet, [*deciding, self.since, *self.facts.values()]),
        ):
            written = button.click(_on_what_is_seen(write), [self.seen, *inputs], [self.written], **QUIET)
            on(written.success, self.show_written, [*filters, self.written])
        decide(self.confirm.click, self.on_confirm, [*acting, self.since, *self.facts.values()])
        watching = [self.looking, self.timer]
        self.look.click(self.on_look, [community], watching, **QUIET)
        self.timer.tick(self.on_tick, filters, [*watching, *self.outputs], **_IN_TURN)

    def wire_return(self, shown: gr.Tab) -> None:
        """Coming back from another tab, a person sees what was drafted there."""
        filters = [self._session.community, self.chosen, self.status, self.kind, self.language]
        shown.select(
            # The browser selects the first tab while the page opens: nothing is chosen yet.
            lambda community, chosen, *rest: gr.skip() if chosen is None else self.relist(community, chosen, *rest),
            filters,
            self.outputs,
            **_IN_TURN,
        )

    def relist(self, community: str | None, chosen: Chosen, status: str, kind: str, language: str) -> dict[Any, Any]:
        """Only the list is shown anew: what a person has typed beside it stays."""
        if not community or chosen.draft is None:
            return self._present(community, chosen, status, kind, language)

        def listing() -> str:
            desk = self._session.desk(community)
            return _listing(desk, _drafts(desk, status, kind, language), chosen.draft)

        shown, problem = attempt(listing)
        return {self.note: problem} if shown is None else {self.listing: shown}

    def open(self, community: str | None) -> dict[Any, Any]:
        """Show a community from the beginning: its first draft."""
        unfiltered = {self.status: "proposed", self.kind: "", self.language: ""}
        return {**self._present(community, Chosen(), *unfiltered.values()), **unfiltered}

    def filter(self, community: str, chosen: Chosen, status: str, kind: str, language: str) -> dict[Any, Any]:
        return self._present(community, Chosen(), status, kind, language)

    def pick_draft(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, event: gr.EventData
    ) -> dict[Any, Any]:
        update = self._present(community, Chosen(draft=str(event.picked)), status, kind, language)
        if update[self.chosen][:2] == chosen[:2]:
            del update[self.reason]  # the draft that is shown, as it was: a reason half typed is not lost
        return update

    def pick_sentence(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, event: gr.EventData
    ) -> dict[Any, Any]:
        """Only the sentences are shown anew, and the one to change: what was typed into the other boxes stays."""
        move = str(event.picked)

        def read() -> tuple[Draft | None, datetime]:
            desk = self._session.desk(community)
            return desk.store.draft(chosen.draft or ""), desk.now

        found, problem = attempt(read)
        if found is None:
            return {self.note: problem}
        draft, now = found
        if draft is None or draft.revision != chosen.revision:  # changed by somebody else: show all of it
            return self._present(community, chosen._replace(move=move), status, kind, language)
        return {
            **self._choose(chosen._replace(move=move)),
            self.text: render.sentences(draft, move, now),
            self.note: "",
            **self._editing(draft, move),
        }

    def on_save(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, by: str, text: str
    ) -> dict[Any, Any]:
        def act(desk: Desk, draft: str) -> str:
            usecases.edit(desk, draft, chosen.move or "", text, by, revision=chosen.revision)
            return "Saved. The checks ran again."

        update = self._act(act, community, chosen, status, kind, language)
        for other in (self.reason, self.since, *self.facts.values()):
            update.pop(other, None)  # what was typed there is still to be saved
        return update

    def on_remove(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, by: str
    ) -> dict[Any, Any]:
        return self.on_save(community, chosen, status, kind, language, by, "")

    def on_approve(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, by: str, read: bool
    ) -> dict[Any, Any]:
        def act(desk: Desk, draft: str) -> str:
            usecases.approve(desk, draft, by, revision=chosen.revision, read_by=by if read else None)
            return f"Approved by {by.strip()}. The text can be copied and downloaded."

        return self._act(act, community, chosen, status, kind, language)

    def on_reject(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, by: str, reason: str
    ) -> dict[Any, Any]:
        def act(desk: Desk, draft: str) -> str:
            usecases.reject(desk, draft, by, reason, revision=chosen.revision)
            return "Rejected. It can be reopened or written again."

        return self._act(act, community, chosen, status, kind, language)

    def on_rewrite(self, community: str, chosen: Chosen, by: str, offer: str | None) -> Told:
        def act(desk: Desk, draft: str) -> str:
            usecases.rewrite(desk, draft, by, revision=chosen.revision, remedy=offer or None)
            return "Written again."

        return self._tell(act, community, chosen)

    def on_reopen(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, by: str
    ) -> dict[Any, Any]:
        def act(desk: Desk, draft: str) -> str:
            usecases.reopen(desk, draft, by, revision=chosen.revision)
            return "Reopened."

        return self._act(act, community, chosen, status, kind, language)

    def on_save_sheet(self, community: str, chosen: Chosen, by: str, since: str, *facts: str) -> Told:
        def act(desk: Desk, id_: str) -> str:
            draft = usecases.find_draft(desk, id_)
            known = desk.sheet(draft.plan.incident or "").sheet
            sheet = _filled(known, draft.plan.language, since, dict(zip(SHEET_FIELDS, facts, strict=True)))
            usecases.fill_sheet(desk, id_, sheet, by, revision=chosen.revision)
            return "The facts are saved, and the draft was written again from them. Now confirm them."

        return self._tell(act, community, chosen)

    def show_written(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, told: Told
    ) -> dict[Any, Any]:
        """Where a person looks at another draft by now, that one stays as it is, with what they typed."""
        if told.draft not in (None, chosen.draft):
            return self.relist(community, chosen, status, kind, language)
        return self._shown(told, community, chosen._replace(move=None), status, kind, language)

    def on_confirm(
        self, community: str, chosen: Chosen, status: str, kind: str, language: str, by: str, since: str, *facts: str
    ) -> dict[Any, Any]:
        def act(desk: Desk, id_: str) -> str:
            draft = usecases.find_draft(desk, id_)
            incident = draft.plan.incident or ""
            stored = _facts(desk, desk.sheet(incident).sheet, draft.plan.language)
            # A person vouches for what they see, not for what somebody else stored in the meantime.
            if [since.strip(), *map(str.strip, facts)] != [text.strip() for text in stored.values()]:
                raise NotAllowed("These are not the facts that are stored. Save them first, or open the draft again.")
            return f"The facts are confirmed by {usecases.confirm_sheet(desk, incident, by).confirmed_by}."

        return self._act(act, community, chosen, status, kind, language)

    def on_look(self, community: str) -> tuple[str, Any]:
        """Look for something new in the background, and draft it."""

        def work(_job: object, progress: Callable[[int, int | None], None]) -> str:
            desk = self._session.desk(community)
            found = usecases.notice_now(desk)
            drafts = usecases.draft_noticed(desk, progress=progress)
            return f"{len(found)} things noticed, {len(drafts)} new drafts."

        self._session.jobs.start(f"look {community}", "Looking and drafting:", work)
        return watched(self._session, f"look {community}")[0], gr.Timer(active=True)

    def on_tick(self, community: str, chosen: Chosen, status: str, kind: str, language: str) -> dict[Any, Any]:
        html, running = watched(self._session, f"look {community}")
        update: dict[Any, Any] = {self.looking: html}
        if not running:
            update |= {self.timer: gr.Timer(active=False)}
            update |= self.relist(community, chosen, status, kind, language)
        return update

    def _act(
        self,
        act: Callable[[Desk, str], str],
        community: str,
        chosen: Chosen,
        status: str,
        kind: str,
        language: str,
    ) -> dict[Any, Any]:
        """Do something to the chosen draft, then show how things stand. A refusal is shown and nothing else changes."""
        return self._shown(self._tell(act, community, chosen), community, chosen, status, kind, language)

    def _tell(self, act: Callable[[Desk, str], str], community: str, chosen: Chosen) -> Told:
        """Do something to the chosen draft."""
        if chosen.draft is None:
            return Told(
                None, render.message("Nothing was done. Choose a draft, and look at it first.", "bad"), refused=True
            )
        draft = chosen.draft
        told, problem = attempt(lambda: act(self._session.desk(community), draft))
        return Told(draft, problem or render.message(told or "", "good"), refused=bool(problem))

    def _shown(
        self, told: Told, community: str, chosen: Chosen, status: str, kind: str, language: str
    ) -> dict[Any, Any]:
        # What a person typed stays where it is when it was refused.
        if told.refused:
            return {self.note: told.note}
        return {**self._present(community, chosen, status, kind, language), self.note: told.note}

    def _present(self, community: str | None, chosen: Chosen, status: str, kind: str, language: str) -> dict[Any, Any]:
        """Everything on the tab as it stands now."""
        if not community:
            return self._empty("There is no community yet. Bring one in under Import.")
        shown, problem = attempt(lambda: self._stand(self._session.desk(community), chosen, status, kind, language))
        return self._empty(problem) if shown is None else shown

    def _stand(self, desk: Desk, chosen: Chosen, status: str, kind: str, language: str) -> dict[Any, Any]:
        drafts = _drafts(desk, status, kind, language)
        draft = desk.store.draft(chosen.draft) if chosen.draft else (drafts[0] if drafts else None)
        listing = _listing(desk, drafts, draft.id if draft else None)
        if draft is None:
            return {**self._empty(""), self.listing: listing}
        move = chosen.move if chosen.move in {segment.move for segment in draft.segments} else None
        return {
            **self._choose(Chosen(draft.id, draft.revision, move)),
            self.listing: listing,
            self.about: render.post(draft, precedents_of(desk, draft)),
            self.text: render.sentences(draft, move, desk.now),
            self.note: "",
            self.history: render.history(draft, desk.store.decisions(draft.id)),
            **self._editing(draft, move),
            **self._deciding(desk, draft),
            **self._sheet(desk, draft),
        }

    def _choose(self, chosen: Chosen) -> dict[Any, Any]:
        return {self.chosen: chosen, self.seen: chosen.sign}

    def _editing(self, draft: Draft, move: str | None) -> dict[Any, Any]:
        editable = move is not None and draft.status == "proposed"
        text = draft.segment(move).text if move is not None else ""
        rtl = direction(draft.plan.language) == "rtl"
        return {
            self.editor: gr.Textbox(value=text, visible=editable, rtl=rtl),
            self.save: gr.Button(visible=editable),
            self.remove: gr.Button(visible=editable),
        }

    def _deciding(self, desk: Desk, draft: Draft) -> dict[Any, Any]:
        possible = reviewing.possible(draft.status)
        remedies = [("Offer as planned", ""), *((f"Offer {each.id}", each.id) for each in desk.profile.remedies)]
        complaint = draft.plan.kind == "reply" and draft.plan.situation == "criticism"
        approved = draft.status == "approved"
        return {
            self.approve: gr.Button(visible="approve" in possible),
            self.reject: gr.Button(visible="reject" in possible),
            self.reason: gr.Textbox(value="", visible="reject" in possible),
            self.rewrite: gr.Button(visible="rewrite" in possible),
            self.offer: gr.Dropdown(remedies, value="", visible="rewrite" in possible and complaint),
            self.reopen: gr.Button(visible="reopen" in possible),
            self.read: gr.Checkbox(value=False, visible=draft.plan.personal and "approve" in possible),
            self.approved: gr.Textbox(
                value=draft.text if approved else "", visible=approved, rtl=direction(draft.plan.language) == "rtl"
            ),
            self.download: gr.DownloadButton(value=self._file(draft) if approved else None, visible=approved),
        }

    def _sheet(self, desk: Desk, draft: Draft) -> dict[Any, Any]:
        shown = draft.plan.kind == "apology" and draft.plan.incident is not None and draft.status == "proposed"
        if not shown:
            return {self.sheet: gr.Accordion(visible=False)}
        known = desk.sheet(draft.plan.incident or "")
        if known.confirmed_by:
            state = render.message(f"Confirmed by {known.confirmed_by} on {known.confirmed_at:%Y-%m-%d %H:%M}.", "good")
        else:
            state = render.message("Not confirmed yet. An apology takes its facts from here alone.", "bad")
        language, rtl = draft.plan.language, direction(draft.plan.language) == "rtl"
        facts = _facts(desk, known.sheet, language)
        return {
            self.sheet: gr.Accordion(label=f"Fact sheet of the incident, in “{language}”", visible=True),
            self.sheet_state: state,
            self.since: facts["since"],
            **{box: gr.Textbox(value=facts[field], rtl=rtl) for field, box in self.facts.items()},
        }

    def _file(self, draft: Draft) -> str:
        """The approved text as a file to download."""
        folder = handed_over(self._session.house.settings.home)
        path = folder / f"{draft.plan.kind}-{draft.plan.language}-{draft.id[:8]}.txt"
        path.write_text(draft.text + "\n", encoding="utf-8")
        return str(path)

    def _empty(self, note: str) -> dict[Any, Any]:
        hidden = [self.editor, self.save, self.remove, self.approve, self.reject, self.reason, self.rewrite]
        hidden += [self.offer, self.reopen, self.read, self.sheet, self.approved, self.download]
        blank = [self.listing, self.about, self.text, self.history]
        shown = note if note.startswith("<") or not note else render.message(note)
        return {
            **self._choose(Chosen()),
            self.note: shown,
            **dict.fromkeys(blank, ""),
            **{widget: gr.update(visible=False) for widget in hidden},
        }


def _on_what_is_seen(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A person decides on what they see, not on what a click just before may have chosen, still on its way to them."""

    def act(seen: str, community: str, chosen: Chosen | None, *rest: Any) -> Any:
        return handler(community, chosen if chosen and seen == chosen.sign else Chosen(), *rest)

    return act


def _drafts(desk: Desk, status: str, kind: str, language: str) -> list[Draft]:
    wanted = QueueFilter(cast(Status | None, status or None), cast(Kind | None, kind or None), language or None)
    return desk.store.drafts(desk.profile.id, wanted, SHOWN)


def _listing(desk: Desk, drafts: Sequence[Draft], selected: str | None) -> str:
    return render.queue(drafts, desk.now, selected, desk.store.count_drafts(desk.profile.id))


def _facts(desk: Desk, sheet: Sheet, language: str) -> dict[str, str]:
    """What the boxes of a fact sheet show, in their order."""
    texts = {name: desk.profile.say(getattr(sheet, name), language) or "" for name in SHEET_FIELDS}
    return {"since": sheet.since.isoformat() if sheet.since else "", **texts}


def _filled(sheet: Sheet, language: str, since: str, facts: dict[str, str]) -> Sheet:
    """A fact sheet with these facts in one language. Raises NotAllowed for a date that is none."""
    texts = {}
    for name, text in facts.items():
        before: dict[str, str] = getattr(sheet, name)
        rest = {code: said for code, said in before.items() if code != language}
        texts[name] = {**rest, language: text.strip()} if text.strip() else rest
    return Sheet(since=read_day(since), **texts)
