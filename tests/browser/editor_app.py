"""The editor on a store whose path is the argument, to be driven by a browser. Prints its address when it is up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import gradio as gr

from annotation.components.annotation_editor import annotation_editor
from annotation.review.requests import answer, editor_value
from annotation.store import Store
from annotation.store.reviews import DraftKey, last_position

NOTES = {"Second note": "second", "First note": "note", "Long note": "long", "Dense note": "dense"}


def make_app(path):
    store = Store(path)

    def act(request):
        return answer(store, request)

    def opening(document):
        def show(request: gr.Request):
            project = request.query_params["project"]
            found = (document, None) if document else last_position(store, project, "ann") or ("note", None)
            return editor_value(store, DraftKey(project, found[0], "ann"), selected=found[1])

        return show

    with gr.Blocks() as demo:
        editor = annotation_editor(act, elem_id="editor")
        for words, document in NOTES.items():
            gr.Button(words).click(opening(document), None, editor, show_progress="hidden")
        demo.load(opening(None), None, editor)
    return demo


if __name__ == "__main__":
    _, url, _ = make_app(sys.argv[1]).launch(prevent_thread_lock=True, quiet=True)
    print(url, flush=True)
    sys.stdin.read()
