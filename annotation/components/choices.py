"""Lists that follow what is at hand, of models and label sets: read again when the page or their tab is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.context import Context


def follow_choices(
    dropdown: gr.Dropdown, names: Callable[[], Sequence[str]], preferred: Callable[[], str | None]
) -> None:
    """Keep the choices of `dropdown` as `names()` gives them, and choose `preferred()` whenever that is another one.

    Call it where the dropdown's tab is being laid out.
    """

    def refresh(chosen: str | None, seen: Sequence[Any]) -> tuple[Any, list[Any]]:
        now, first = list(names()), preferred()
        return changed_choices(chosen, seen, now, first), [now, first]

    seen = gr.State([list(names()), preferred()])
    wiring: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    page = Context.root_block
    if page is not None:
        page.load(refresh, [dropdown, seen], [dropdown, seen], **wiring)
    tab = _outermost_tab()
    if tab is not None:
        tab.select(refresh, [dropdown, seen], [dropdown, seen], **wiring)


def changed_choices(chosen: str | None, seen: Sequence[Any], names: list[str], preferred: str | None) -> Any:
    """The update of a dropdown that shows `seen` = [names, preferred]; `chosen` is what it had when it asked.

    What is chosen and still there is left to the page, which may have chosen something else by now.
    """
    if [names, preferred] == list(seen):
        return gr.skip()
    if preferred == seen[1] and chosen in names:
        return gr.update(choices=names)
    return gr.update(choices=names, value=preferred)


def _outermost_tab() -> gr.Tab | None:
    block, found = Context.block, None
    while block is not None:
        if isinstance(block, gr.Tab):
            found = block
        block = block.parent
    return found
