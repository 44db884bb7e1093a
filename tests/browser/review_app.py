"""The whole app on the store that ODIN_STORE names, to be driven by a browser. Prints its address when it is up."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from word_extractor import write_word_model  # noqa: E402

from annotation.review.login import login_settings  # noqa: E402
from annotation.store import default_store_path, open_store  # noqa: E402
from app import build_app, launch_settings  # noqa: E402
from odin.extraction import catalog  # noqa: E402

if __name__ == "__main__":
    path = default_store_path()
    catalog.MODELS_FOLDER = path.parent / "models"
    catalog.ARCHITECTURES["words"] = ("word_extractor", "WordExtractor")
    write_word_model(catalog.MODELS_FOLDER / "odin-mini")
    settings = launch_settings() | login_settings(open_store(path))
    _, url, _ = build_app().launch(prevent_thread_lock=True, quiet=True, **settings)
    print(url, flush=True)
    sys.stdin.read()
