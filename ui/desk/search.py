"""Search: what the community has said, found by meaning and by words; and what stands around each post."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any, cast, get_args

import gradio as gr

from assistant import usecases
from assistant.desk import Desk
from assistant.domain import Brief, Situation
from assistant.precedents import author_history, find_member, find_post, precedents, thread_around
from knowledge.languages import FIRST_CLASS, NEIGHBOURS, language_name
from knowledge.messages import Kind
from knowledge.ports import Filters
from knowledge.search import search
from ui.desk import render
from ui.desk.queue import PICK
from ui.desk.session import QUIET, Refresh, Session, attempt, each_in_turn, in_turn, read_day

FOUND = 20
"""Posts that are listed."""
LONGEST = 1000
"""Characters of a question."""
_ANY = ("Any", "")
_PLAIN: dict[str, Any] = {"apply_default_css": False}
ASK = "Ask for anything that was said, in any language and in your own words, such as “the bag leaks”."

# The browser itself marks what was chosen: the list need not come again for that.
_MARK = """
element.addEventListener('click', (event) => {
  const chosen = event.target.closest('[data-post]');
  if (!chosen) return;
  for (const entry of element.querySelectorAll('[data-post]')) {
    entry.classList.toggle('hs-chosen', entry === chosen);
    entry.setAttribute('aria-selected', entry === chosen);
  }
});
"""


def tab(session: Session) -> Refresh:
    with gr.Tab("Search", id="search") as shown:
        search_tab = _Search(session)
    search_tab.wire_return(shown)
    return search_tab.open, search_tab.outputs


class _Search:
    """The widgets of the tab, and what each click does."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.chosen = gr.State("")
        with gr.Row():
            self.question = gr.Textbox(
                label="What are you looking for?",
                placeholder="the bag leaks at the seam",
                max_lines=1,
                max_length=LONGEST,
                scale=4,
                elem_id="question",
            )
            self.go = gr.Button("Search", variant="primary", min_width=110, elem_id="search-go")
        with gr.Row(elem_classes="hs-filters"):
            self._build_filters()
        with gr.Row():
            with gr.Column(scale=1, min_width=320, elem_classes="hs-side"):
                self.results = gr.HTML(js_on_load=PICK % {"name": "post"} + _MARK, elem_id="found", **_PLAIN)
            with gr.Column(scale=1, min_width=320):
                with gr.Row(visible=False, elem_id="answering") as self.answering:
                    self.situation = gr.Dropdown(
                        [("as it reads", ""), *((said.capitalize(), said) for said in get_args(Situation))],
                        value="",
                        label="A reply: to what?",
                        min_width=130,
                        elem_id="search-situation",
                    )
                    self.draft = gr.Button("Draft a reply", min_width=130, elem_id="search-draft")
                self.note = gr.HTML(elem_id="search-note", **_PLAIN)
                self.around = gr.HTML(js_on_load=PICK % {"name": "post"}, elem_id="around", **_PLAIN)
        self._detail = [self.chosen, self.answering, self.note, self.around]
        self.outputs = [self.language, self.channel, self.results, *self._detail]
        self._wire()

    def _build_filters(self) -> None:
        def choice(label: str, id_: str, *choices: tuple[str, Any]) -> gr.Dropdown:
            return gr.Dropdown([_ANY, *choices], value="", label=label, min_width=110, elem_id=id_)

        def line(label: str, id_: str, placeholder: str) -> gr.Textbox:
            return gr.Textbox(label=label, placeholder=placeholder, max_lines=1, min_width=110, elem_id=id_)

        stars = [(str(number), number) for number in range(1, 6)]
        self.language = choice("Language", "search-language")
        self.channel = choice("Channel", "search-channel")
        kinds = ((label, kind) for kind, label in render.POST_LABELS.items())
        self.kind = choice("Written as", "search-kind", *kinds)
        self.author = line("Member", "search-author", "name or id")
        self.since = line("From day", "search-since", "2026-11-01")
        self.until = line("To day", "search-until", "2026-11-30")
        self.lowest = choice("Rated from", "search-lowest", *stars)
        self.highest = choice("Rated to", "search-highest", *stars)

    def _wire(self) -> None:
        community = self._session.community
        choices = [self.language, self.channel, self.kind, self.lowest, self.highest]
        lines = [self.author, self.since, self.until]

        def on(event: Callable[..., Any], handler: Callable[..., Any], inputs: list[Any], outputs: list[Any]) -> None:
            event(handler, inputs, outputs, **each_in_turn("search"))

        for event in (
            *(self.go.click, self.question.submit),
            *(box.submit for box in lines),
            *(box.input for box in choices),
        ):
            on(event, self.ask, [community, self.question, *choices, *lines], [self.results, *self._detail])
        for listing in (self.results, self.around):
            on(listing.click, self.pick, [community], self._detail)
        self.draft.click(self.on_draft, [community, self.chosen, self.situation], [self.note], **QUIET)

    def wire_return(self, shown: gr.Tab) -> None:
        """Coming back from another tab, a person can choose the channels that came in meanwhile."""
        shown.select(
            lambda community: (self._offers(community) if community else None) or gr.skip(),
            [self._session.community],
            [self.language, self.channel],
            **in_turn("search"),
        )

    def open(self, community: str | None) -> dict[Any, Any]:
        """Show a community from the beginning: nothing asked yet."""
        if not community:
            return {self.results: render.message("There is no community yet. Bring one in under Import.")}
        return {**self._offers(community, value=""), self.results: render.message(ASK), **self._nothing()}

    def ask(
        self,
        community: str | None,
        question: str,
        language: str,
        channel: str,
        kind: str,
        lowest: float | str,
        highest: float | str,
        author: str,
        since: str,
        until: str,
    ) -> dict[Any, Any]:
        """Search, and show what was found."""

        def find() -> str:
            if not community or not question.strip():
                return render.message(ASK)
            desk = self._session.desk(community)
            filters = Filters(
                since=_moment(desk, since, time.min),
                until=_moment(desk, until, time.max),
                channel=channel or None,
                author=find_member(desk, author.strip()).id if author.strip() else None,
                language=language or None,
                kind=cast(Kind, kind) if kind else None,
                min_rating=float(lowest) if lowest else None,
                max_rating=float(highest) if highest else None,
            )
            asked, embedder = question[:LONGEST], desk.understanding.embedder
            found = search(desk.messages, desk.index, embedder, community, asked, count=FOUND, filters=filters)
            return render.passages(found, asked)

        shown, problem = attempt(find)
        return {self.results: problem or shown, **self._nothing()}

    def pick(self, community: str, event: gr.EventData) -> dict[Any, Any]:
        """Show what stands around a post."""

        def look() -> dict[Any, Any]:
            desk = self._session.desk(community)
            post = find_post(desk, str(event.picked))
            own = post.message.kind == "document"
            return {
                self.chosen: post.message.id,
                self.answering: gr.Row(visible=desk.profile.is_from_member(post) and not own),
                self.note: "",
                self.around: render.around(
                    post,
                    thread_around(desk, post),
                    None if own else precedents(desk, post),
                    None if own else author_history(desk, post),
                ),
            }

        shown, problem = attempt(look)
        return shown if shown is not None else {**self._nothing(), self.note: problem}

    def on_draft(self, community: str, chosen: str, situation: str) -> str:
        """Draft a reply to the chosen post, into the queue."""

        def act() -> str:
            desk = self._session.desk(community)
            post = find_post(desk, chosen)
            brief = Brief(kind="reply", language=post.signals.language, post=chosen, situation=situation or None)
            usecases.draft_brief(desk, brief)
            return f"A reply to {post.author_name} is in the Queue, ready for your decision."

        told, problem = attempt(act)
        return problem or render.message(told or "", "good")

    def _nothing(self) -> dict[Any, Any]:
        """No post is chosen."""
        return {self.chosen: "", self.answering: gr.Row(visible=False), self.note: "", self.around: ""}

    def _offers(self, community: str, **changes: Any) -> dict[Any, Any]:
        """The languages and channels that can be chosen: first those of the community."""

        def read() -> dict[Any, Any]:
            desk = self._session.desk(community)
            codes = dict.fromkeys((*desk.profile.languages, *FIRST_CLASS, *NEIGHBOURS))
            rooms = sorted(desk.messages.channels(community).values(), key=lambda channel: channel.name.casefold())
            return {
                self.language: gr.Dropdown([_ANY, *((language_name(code), code) for code in codes)], **changes),
                self.channel: gr.Dropdown([_ANY, *((room.name, room.id) for room in rooms)], **changes),
            }

        offered, _ = attempt(read)  # what stands in the way is said by the search
        return offered or {}


def _moment(desk: Desk, day: str, clock: time) -> datetime | None:
    """A time of the day that was written, at the community's place. Raises NotAllowed for a date that is none."""
    read = read_day(day)
    return desk.profile.at_place(read, clock) if read else None
