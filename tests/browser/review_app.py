"""The whole app on the store that ODIN_STORE names, to be driven by a browser. Prints its address when it is up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from annotation.store import Store, default_store_path
from annotation.users import user_names, verify_user
from app import build_app, launch_settings

if __name__ == "__main__":
    store = Store(default_store_path())
    auth = (lambda name, password: verify_user(store, name, password)) if user_names(store) else None
    _, url, _ = build_app().launch(prevent_thread_lock=True, quiet=True, auth=auth, **launch_settings())
    print(url, flush=True)
    sys.stdin.read()
