"""The editor on a store whose path is the argument, to be driven by a browser. Prints its address when it is up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import gradio as gr  # noqa: E402

from annotation.components.annotation_editor import annotation_editor  # noqa: E402
from annotation.review_requests import answer, editor_value  # noqa: E402
from annotation.reviews import DraftKey, last_position  # noqa: E402
from annotation.store import Store  # noqa: E402


def make_app(path):
    store = Store(path)

    def act(request):
        return answer(store, request)

    def resume():
        document, selected = last_position(store, "trial", "ann") or ("note", None)
        return editor_value(store, DraftKey("trial", document, "ann"), selected=selected)

    def other():
        return editor_value(store, DraftKey("trial", "second", "ann"))

    with gr.Blocks() as demo:
        editor = annotation_editor(act, elem_id="editor")
        gr.Button("Second note").click(other, None, editor)
        gr.Button("First note").click(
            lambda: editor_value(store, DraftKey("trial", "note", "ann")), None, editor, show_progress="hidden"
        )
        gr.Button("Long note").click(
            lambda: editor_value(store, DraftKey("trial", "long", "ann")), None, editor, show_progress="hidden"
        )
        demo.load(resume, None, editor)
    return demo


if __name__ == "__main__":
    _, url, _ = make_app(sys.argv[1]).launch(prevent_thread_lock=True, quiet=True)
    print(url, flush=True)
    sys.stdin.read()
