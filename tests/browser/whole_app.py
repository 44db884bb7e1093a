"""The app of `app.py` with the small extractor of the tests, to be driven by a browser. Prints its address."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from word_extractor import write_word_model  # noqa: E402

import app  # noqa: E402
from odin.extraction import catalog  # noqa: E402

if __name__ == "__main__":
    catalog.MODELS_FOLDER = Path(sys.argv[1]) / "models"
    catalog.ARCHITECTURES["words"] = ("word_extractor", "WordExtractor")
    write_word_model(catalog.MODELS_FOLDER / "odin-mini")
    _, url, _ = app.build_app().launch(prevent_thread_lock=True, quiet=True, **app.launch_settings())
    print(url, flush=True)
    sys.stdin.read()
