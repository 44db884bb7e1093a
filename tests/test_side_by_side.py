"""Processes that work side by side end with the one that asked for them, however it ends."""

import os
import signal
import subprocess
import sys
import time

from patience import SECONDS

ASKING = """
import os, sys, time
from odin.side_by_side import process_pool
if __name__ == "__main__":
    with process_pool(2, os.getpid) as pool:
        working = {pool.submit(os.getppid): None for _ in range(2)}
        assert {future.result() for future in working} == {os.getpid()}
        print(*pool._processes, flush=True)
        time.sleep(600)
"""


def test_workers_that_wait_end_when_the_process_that_asked_is_killed(tmp_path):
    script = tmp_path / "asking.py"
    script.write_text(ASKING, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, str(script)], env=env, stdout=subprocess.PIPE, text=True) as asking:
        workers = [int(pid) for pid in asking.stdout.readline().split()]
        assert workers
        assert all(map(running, workers))
        asking.send_signal(signal.SIGKILL)
    give_up = time.monotonic() + SECONDS
    while any(map(running, workers)):
        assert time.monotonic() < give_up, f"{workers} outlive the process that asked for them"
        time.sleep(0.1)


def running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
