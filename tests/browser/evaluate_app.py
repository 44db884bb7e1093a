"""The Evaluate tab alone, to be driven by a browser. Prints its address when it is up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import gradio as gr

from annotation.services import Services
from annotation.tabs import evaluate
from app import launch_settings

if __name__ == "__main__":
    with gr.Blocks(analytics_enabled=False) as app:
        evaluate.build(Services())
    _, url, _ = app.queue().launch(prevent_thread_lock=True, quiet=True, **launch_settings())
    print(url, flush=True)
    sys.stdin.read()
