"""An app with the Generate tab alone, to be driven by a browser. Prints its address when it is up."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import gradio as gr

from annotation.services import Services
from annotation.tabs import generate

CSS = Path(generate.__file__).parents[1] / "components" / "app.css"

if __name__ == "__main__":
    with gr.Blocks() as app, gr.Tabs(), gr.Tab("Generate"):
        generate.build(Services(folder=Path(tempfile.mkdtemp())))
    _, url, _ = app.queue().launch(
        prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False, css_paths=[CSS]
    )  # fmt: skip
    print(url, flush=True)
    sys.stdin.read()
