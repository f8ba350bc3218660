"""Compose: ask for a draft in your own words; and what was noticed but not drafted yet."""

from typing import Any, cast, get_args

import gradio as gr

from assistant import usecases
from assistant.domain import KINDS, Kind, Situation
from assistant.requests import read_request
from knowledge.languages import language_name
from prompts.files import languages
from ui.desk import render
from ui.desk.session import QUIET, Refresh, Session, attempt


def tab(session: Session) -> Refresh:
    with gr.Tab("Compose", id="compose") as shown_tab:
        gr.Markdown("Ask for what you need. The draft goes into the queue, with its evidence.")
        with gr.Row():
            request = gr.Textbox(
                label="What do you need?", placeholder="a poll about grinders in Polish", scale=4, elem_id="request"
            )
            kind = gr.Dropdown(
                [("as I wrote", ""), *((render.KIND_LABELS[k], k) for k in KINDS)],
                value="",
                label="Kind",
                min_width=110,
                elem_id="request-kind",
            )
            language = gr.Dropdown(
                [("as I wrote", ""), *((language_name(code), code) for code in languages("phrasebooks"))],
                value="",
                label="Language",
                min_width=110,
                elem_id="request-language",
            )
            situation = gr.Dropdown(
                [("as it reads", ""), *((said.capitalize(), said) for said in get_args(Situation))],
                value="",
                label="A reply: to what?",
                min_width=110,
                elem_id="request-situation",
            )
            go = gr.Button("Draft it", variant="primary", min_width=110, elem_id="compose-go")
        note = gr.HTML(elem_id="compose-note", apply_default_css=False)
        result = gr.HTML(elem_id="compose-result", apply_default_css=False)
        gr.Markdown("### Noticed, not taken up yet")
        waiting = gr.HTML(elem_id="noticed", apply_default_css=False)

    def compose(
        community: str, text: str, chosen_kind: str, chosen_language: str, chosen_situation: str
    ) -> tuple[str, str]:
        def act() -> str:
            desk = session.desk(community)
            brief = read_request(
                text,
                desk.profile,
                kind=cast(Kind, chosen_kind) if chosen_kind else None,
                language=chosen_language or None,
            )
            draft = usecases.draft_brief(desk, brief.model_copy(update={"situation": chosen_situation or None}))
            return render.post(draft) + render.sentences(draft, None, desk.now, choosable=False)

        shown, problem = attempt(act)
        return problem or render.message("It is in the queue, ready for your decision.", "good"), shown or ""

    def show(community: str | None) -> str:
        if not community:
            return ""

        def act() -> str:
            desk = session.desk(community)
            return render.opportunities(usecases.waiting(desk), desk.now)

        shown, problem = attempt(act)
        return shown or problem

    inputs: list[Any] = [session.community, request, kind, language, situation]
    for event in (go.click, request.submit):
        event(compose, inputs, [note, result], **QUIET)
    shown_tab.select(show, [session.community], [waiting], **QUIET)
    return show, [waiting]
