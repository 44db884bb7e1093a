"""What the Train tab does: a configuration from its form, a check in a process of its own, runs as tables."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annotation.train.check_report import duration, source_words
from odin.errors import InputError, ModelError
from odin.extraction.catalog import DICTIONARY, check_folder, find_model
from odin.extraction.model_folder import ARCHITECTURE
from odin.generative.bases import language_models
from odin.generative.config import KIND as GENERATIVE
from odin.training.config import JOINT
from odin.training.kinds import configuration
from odin.training.launching import PROJECT
from odin.training.run_folder import Run, list_runs, metrics_of, read_run, runs_folder

CHECK_SECONDS = 1800
LEAST = {"epochs": 1, "learning_rate": 1e-7, "batch_pieces": 64, "batch_size": 1, "max_tokens": 128}
"""Of the settings that the form gives."""
BASE_WORDS = {
    JOINT: "MiniLM, a model at hand, a folder, or an encoder's name on the hub.",
    GENERATIVE: "A causal language model: its name on the hub, a folder, or smollm2.",
}
RUN_COLUMNS = ("Run", "State", "Device", "Steps", "Best score", "Time left", "What it says")


def bases(kind: str, names: Sequence[str]) -> list[str]:
    """What a run of that kind can begin with: of an encoder MiniLM, and those of the models that are joint encoders."""
    if kind == GENERATIVE:
        return language_models()
    return ["minilm", *(name for name in names if name != DICTIONARY and _is_joint(name))]


def _is_joint(name: str) -> bool:
    try:
        return bool(check_folder(find_model(name))["architecture"] == ARCHITECTURE)
    except ModelError:  # a damaged folder; Extract says so when it is chosen
        return False


def settings_from(
    sources: Sequence[Mapping[str, Any]], dev: Sequence[Mapping[str, Any]], form: Mapping[str, Any], more: str
) -> dict[str, Any]:
    """The configuration in JSON; `more` is a JSON object of further settings. Raises InputError."""
    try:
        extra = json.loads(more) if more.strip() else {}
    except ValueError as err:
        raise InputError(f"further settings: not valid JSON: {err}") from err
    if not isinstance(extra, dict):
        raise InputError('further settings: give an object, such as {"dropout": 0.2}')
    if not sources:
        raise InputError("choose at least one source to train on")
    if not dev and not extra.keys() & {"max_steps", "max_minutes"}:
        raise InputError("choose at least one source to score on, or the settings for about 20 notes, all learnt")
    for key, least in LEAST.items():
        if key in form and (not form[key] or form[key] < least):
            raise InputError(f"{key}: {form[key]} is too little; give {least} or more")
    return configuration({"sources": list(sources), "dev": list(dev), **form, **extra}, place="settings").to_json()


def run_check(settings: Mapping[str, Any], *, device: str, threads: int | None) -> dict[str, Any]:
    """What `train --check` reports, from a process of its own: memory is the run's, and is given back afterwards.

    Raises InputError with what that process said.
    """
    with tempfile.TemporaryDirectory(prefix="odin-check-") as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(settings), encoding="utf-8")
        command = [sys.executable, "-m", "odin", "train", str(path), "--check", "--device", device]
        command += ["--threads", str(threads)] if threads else []
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, cwd=PROJECT, timeout=CHECK_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as err:
            raise InputError(f"the check took more than {CHECK_SECONDS // 60} minutes; take fewer notes") from err
    if done.returncode == 0:
        report: dict[str, Any] = json.loads(done.stdout)
        return report
    said = done.stderr.strip().splitlines()
    words = said[-1].removeprefix("odin train: ") if said else "it was killed, as when memory runs out"
    raise InputError(f"the run could not start: {words}")


def run_rows(home: Path | None = None) -> list[list[str]]:
    """Rows under RUN_COLUMNS, the newest run first."""
    return [_row(run) for run in list_runs(home or runs_folder())]


def _row(run: Run) -> list[str]:
    records = metrics_of(run.folder)
    best = best_score(records)
    newest = records[-1] if records else None
    return [
        run.name, run.state, run.device, f"{newest['step']:,} of {newest['steps']:,}" if newest else "",
        "" if best is None else f"{best:.3f}", time_left(records) if run.alive else "", run.message,
    ]  # fmt: skip


def best_score(records: Sequence[Mapping[str, Any]]) -> float | None:
    """The best mean dev score; None before the first evaluation."""
    return max((float(record["score"]) for record in records if "score" in record), default=None)


def time_left(records: Sequence[Mapping[str, Any]]) -> str:
    """The newest estimate in words, evaluations left out; of several stages that of the one which is trained."""
    newest = next((record for record in reversed(records) if record.get("seconds_left") is not None), None)
    if newest is None:
        return ""
    return duration(newest["seconds_left"]) + (" of this stage" if "stage" in newest else "")


def status_words(run: Run) -> tuple[str, str]:
    """(headline, detail) of a run."""
    records = metrics_of(run.folder)
    parts = [f"{run.name}: {run.state}"]
    newest = records[-1] if records else None
    if newest:
        parts.append(f"step {newest['step']:,} of {newest['steps']:,}")
    best = best_score(records)
    if best is not None:
        parts.append(f"best mean dev score {best:.3f}")
    training = next((record for record in reversed(records) if "pieces_per_second" in record), None)
    if run.alive and training:
        parts.append(f"{training['pieces_per_second']:,} word pieces a second")
        parts.append(f"{training['memory_mb']:,} MB")
        parts.append(f"{time_left(records)} left")
    detail = [run.message] if run.message else []
    if run.alive and run.silent_seconds is not None:
        detail.append(f"last sign of life {run.silent_seconds:.0f} s ago")
    detail.append(f"queued {time.strftime('%Y-%m-%d %H:%M', time.localtime(run.created))}")
    return " · ".join(parts), " · ".join(detail)


def compare_rows(names: Sequence[str], home: Path | None = None) -> tuple[list[str], list[list[str]]]:
    """(columns, rows) of runs side by side: the settings in which they differ, data, scores, time."""
    runs = [read_run((home or runs_folder()) / Path(name).name) for name in names]
    rows: list[list[str]] = [["state", *(run.state for run in runs)]]
    for key in dict.fromkeys(key for run in runs for key in run.config):
        values = [_setting(run.config.get(key)) for run in runs]
        if len(set(values)) > 1:
            rows.append([key, *values])
    best = []
    for run in runs:
        scored = [record for record in metrics_of(run.folder) if "score" in record]
        best.append(max(scored, key=lambda record: float(record["score"]), default={}))
    for label, get in (("mean dev score", "score"), ("best at step", "step"), ("seconds of training", "seconds")):
        rows.append([label, *(_setting(record.get(get)) for record in best)])
    tasks = dict.fromkeys(
        (name, task) for record in best for name in record.get("dev", {}) for task in record["dev"][name]
    )
    for name, task in tasks:
        values = [record.get("dev", {}).get(name, {}).get(task) for record in best]
        rows.append([f"{task} · {source_words(name)}", *map(_setting, values)])
    return ["", *(run.name for run in runs)], rows


def _setting(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list) and value and "sources" in value[0]:
        return f"{len(value)} stages before"
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        return ", ".join(f"{Path(str(item['corpus'])).name} × {item.get('weight', 1):g}" for item in value)
    return str(value)
