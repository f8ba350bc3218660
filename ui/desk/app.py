"""Wires the tabs together. The widgets are thin: each event calls a use case and presents what came of it."""

import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
from starlette.routing import BaseRoute

from assistant.bootstrap import House
from ui.desk import batch, compose, evals, importing, queue, search
from ui.desk.jobs import Jobs
from ui.desk.session import Session, handed_over, in_turn

_FONT = ("system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Noto Sans Arabic", "sans-serif")
_EMBER = gr.themes.Color(
    *("#fbf3ef", "#f5e1d8", "#eac3b3", "#dc9f86", "#cc7a5a", "#b65a38"),
    *("#a04a2b", "#833b22", "#6a311e", "#4f2517", "#301409"),
    name="ember",
)
_KEPT = (3600, 24 * 3600)
"""Seconds between two looks for what was uploaded or downloaded, and after which it is deleted."""


def build(house: House, writer: str = "auto") -> gr.Blocks:
    """The whole desk as a Gradio app, not started yet."""
    jobs = Jobs()
    # Gradio's own folder for uploads lies in /tmp, where other users can read it.
    os.environ["GRADIO_TEMP_DIR"] = str(handed_over(house.settings.home))
    app: gr.Blocks
    with gr.Blocks(title="Hearthside", analytics_enabled=False, fill_width=True, delete_cache=_KEPT) as app:
        with gr.Row(elem_classes="hs-top"):
            gr.Markdown("## Hearthside", elem_id="title")
            community = gr.Dropdown(
                _names(house),
                value=next((id_ for _, id_ in _names(house)), None),
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
        tabs = {
            "queue": queue.tab,
            "search": search.tab,
            "compose": compose.tab,
            "import": importing.tab,
            "batch": batch.tab,
            "evals": evals.tab,
        }
        with gr.Tabs(elem_id="tabs"):
            refresh = {id_: tab(session) for id_, tab in tabs.items()}
        name.blur(lambda value: value, name, kept, api_visibility="private")
        app.load(lambda value: value or gr.skip(), kept, name, api_visibility="private")
        app.load(lambda: gr.Dropdown(_names(house)), None, community, api_visibility="private")
        # In turn, or what was asked of the community before could be shown in this one.
        for id_, (show, outputs) in refresh.items():
            app.load(show, [community], outputs, **in_turn(id_))
            community.change(show, [community], outputs, **in_turn(id_))
    return app


def launch(
    app: gr.Blocks,
    *,
    home: Path,
    host: str,
    port: int,
    login: tuple[str, str] | None,
    routes: Sequence[BaseRoute] = (),
    block: bool = True,
) -> Any:
    """Serve the app. Nothing is fetched from outside, and nothing is published as an API but `routes`.

    Those are served beside it, and the login is not asked for there: they guard themselves.
    Of the home folder, only what the desk offers for download can be fetched.
    """
    return app.launch(
        server_name=f"[{host}]" if ":" in host else host,
        server_port=port,
        app_kwargs={"routes": list(routes)},
        auth=login,
        auth_message="Hearthside: who are you?" if login else None,
        theme=_theme(),
        css=(files("ui.desk") / "style.css").read_text(encoding="utf-8"),
        footer_links=[],
        max_file_size="512mb",
        allowed_paths=[str(home / "batches"), str(home / "evals")],
        quiet=True,
        show_error=False,
        prevent_thread_lock=not block,
        ssr_mode=False,
    )


def _names(house: House) -> list[tuple[str, str]]:
    return [(name, id_) for id_, name in house.messages.communities().items()]


def _theme() -> gr.themes.Base:
    """Calm colours, and fonts that every system has: nothing is fetched. Layout lies in style.css."""
    theme = gr.themes.Soft(
        primary_hue=_EMBER,
        secondary_hue=_EMBER,
        neutral_hue="stone",
        font=_FONT,
        font_mono=("ui-monospace", "monospace"),
    )
    return theme.set(
        body_background_fill="#f8f5f0",
        background_fill_primary="#ffffff",
        background_fill_secondary="#fbf8f4",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_text_color="*body_text_color_subdued",
        block_label_text_color_dark="*body_text_color_subdued",
        block_padding="0",
        block_shadow="none",
        block_title_background_fill="transparent",
        block_title_background_fill_dark="transparent",
        block_title_padding="0",
        block_title_text_color="*body_text_color_subdued",
        block_title_text_color_dark="*body_text_color_subdued",
        block_title_text_size="*text_sm",
        block_title_text_weight="500",
        button_border_width="1px",
        button_large_padding="8px 16px",
        button_large_text_size="*text_md",
        button_large_text_weight="500",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_border_color="*primary_600",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_hover="*neutral_400",
        checkbox_border_color="*neutral_400",
        checkbox_label_background_fill_selected="*primary_50",
        checkbox_label_background_fill_selected_dark="*primary_900",
        checkbox_label_border_color="*neutral_300",
        checkbox_label_border_color_selected="*primary_300",
        checkbox_label_border_width="1px",
        checkbox_label_padding="6px 12px",
        checkbox_label_text_color_selected="*body_text_color",
        form_gap_width="0px",
        input_border_color="*neutral_300",
        input_border_color_focus="*primary_400",
        input_border_width="1px",
        input_padding="8px 10px",
        input_placeholder_color="*neutral_500",
        input_shadow="none",
        input_shadow_focus="0 0 0 2px *primary_100",
        layout_gap="12px",
        shadow_drop="none",
        shadow_drop_lg="none",
    )
