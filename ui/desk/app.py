"""Wires the tabs together. The widgets are thin: each event calls a use case and presents what came of it."""

import os
from importlib.resources import files
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from assistant.bootstrap import House
from ui.desk import batch, compose, evals, importing, queue
from ui.desk.jobs import Jobs
from ui.desk.session import Session

_FONT = ("system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Noto Sans Arabic", "sans-serif")


def build(house: House, writer: str = "auto") -> gr.Blocks:
    """The whole desk as a Gradio app, not started yet."""
    jobs = Jobs()
    app: gr.Blocks
    with gr.Blocks(title="Hearthside", analytics_enabled=False, fill_width=True) as app:
        names = house.messages.communities()
        with gr.Row(elem_classes="hs-top"):
            gr.Markdown("## Hearthside", elem_id="title")
            community = gr.Dropdown(
                [(name, id_) for id_, name in names.items()],
                value=next(iter(names), None),
                label="Community",
                elem_id="community",
                min_width=160,
            )
            name = gr.Textbox(
                label="Your name",
                placeholder="Every decision carries one",
                elem_id="reviewer",
                max_lines=1,
                min_width=160,
            )
        # The browser keeps the name, so that it is asked once.
        kept = gr.BrowserState("", storage_key="hearthside-reviewer", secret="hearthside")  # noqa: S106  not a secret
        session = Session(house, writer, jobs, community, name)
        with gr.Tabs(elem_id="tabs"):
            refresh = [tab(session) for tab in (queue.tab, compose.tab, importing.tab, batch.tab, evals.tab)]
        name.blur(lambda value: value, name, kept, api_visibility="private")
        app.load(lambda value: value, kept, name, api_visibility="private")
        for show, outputs in refresh:
            app.load(show, [community], outputs, api_visibility="private")
            community.change(show, [community], outputs, api_visibility="private")
    return app


def launch(app: gr.Blocks, *, host: str, port: int, login: tuple[str, str] | None, block: bool = True) -> Any:
    """Serve the app. Nothing is fetched from outside, and nothing is published as an API."""
    return app.launch(
        server_name=host,
        server_port=port,
        auth=login,
        auth_message="Hearthside: who are you?" if login else None,
        theme=_theme(),
        css=(files("ui.desk") / "style.css").read_text(encoding="utf-8"),
        footer_links=[],
        max_file_size="512mb",
        quiet=True,
        show_error=False,
        prevent_thread_lock=not block,
        ssr_mode=False,
    )


def _theme() -> gr.themes.Base:
    """Calm colours, and fonts that every system has: nothing is fetched."""
    theme = gr.themes.Soft(
        primary_hue="orange", neutral_hue="stone", font=_FONT, font_mono=("ui-monospace", "monospace")
    )
    return theme.set(
        block_title_background_fill="transparent",
        block_title_background_fill_dark="transparent",
        block_title_text_color="*body_text_color_subdued",
        block_title_text_color_dark="*body_text_color_subdued",
        block_title_padding="0",
        block_label_background_fill="transparent",
    )
