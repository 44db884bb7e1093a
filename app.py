"""The Odin app: `python app.py`, then open the address that it prints."""

import os
import tempfile
from importlib import import_module
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("GRADIO_TEMP_DIR", str(Path(tempfile.gettempdir()) / "odin-files"))

import gradio as gr

from annotation.components.theme import theme
from annotation.label_studio.webhook import routes
from annotation.review.login import login_settings
from annotation.services import Services
from annotation.store import default_store_path, open_store

TABS = {
    "Generate": "annotation.tabs.generate",
    "Review": "annotation.tabs.review",
    "Train": "annotation.tabs.train",
    "Extract": "annotation.tabs.extract",
    "Evaluate": "annotation.tabs.evaluate",
}
FIRST = "Extract"
STYLE = Path(__file__).parent / "annotation" / "components" / "app.css"
HEADING = "# Odin\nClinical text to entities and relations that a clinician can sign."


def build_app(services: Services | None = None) -> gr.Blocks:
    """The app with every tab."""
    services = services or Services()
    with gr.Blocks(title="Odin", analytics_enabled=False, delete_cache=(600, 3600), fill_width=True) as app:
        gr.Markdown(HEADING, elem_classes="odin-title")
        with gr.Tabs(selected=FIRST):
            for title, module in TABS.items():
                with gr.Tab(title, id=title):
                    import_module(module).build(services)
    for handler in app.fns.values():
        if handler.api_name != "extract":
            handler.api_visibility = "private"
    return app.queue(default_concurrency_limit=8)


def launch_settings() -> dict[str, object]:
    """How the app is served: nothing is fetched from, or sent to, another host."""
    return {
        "theme": theme(),
        "css_paths": STYLE, "run_history": False, "enable_monitoring": False, "footer_links": ["api"],
        "max_file_size": "200mb", "share": False, "ssr_mode": False, "pwa": False,
        "app_kwargs": {"routes": routes()},
    }  # fmt: skip


if __name__ == "__main__":
    shared = Services()
    shared.preload()
    build_app(shared).launch(**launch_settings(), **login_settings(open_store(default_store_path())))
