"""How long a test waits for what another process does, before it fails."""

import os

SECONDS = float(os.environ.get("ODIN_TEST_SECONDS", "60"))
