"""A run's records for TensorBoard or MLflow too, where one is installed; metrics.jsonl holds them in any case.

Both are written to the run's folder (`tensorboard/`, `mlflow/`) and sent to no server. The environment's ODIN_TRACKERS
names those to use, with commas between, or none: where it is not set, all that are installed.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from odin.training.run_folder import metrics_of, read_json, write_json

logger = logging.getLogger(__name__)
EXPERIMENT = "odin"
Write = Callable[[int, Mapping[str, float]], None]


def flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a record by name: `loss/spans`, `dev/clinical_notes/dev/entities`. MLflow takes no other signs."""
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}/")
        elif isinstance(value, int | float) and key not in ("step", "steps", "stage", "epoch"):
            yield "/".join(part for part in re.sub(r"[^\w./ -]", "_", name).split("/") if part), float(value)


@contextmanager
def tracking(folder: Path, config: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
    """A function that hands on the records written since it was last called; it does nothing with no tracker.

    A tracker that fails gets no more records, which does not end the run.
    """
    with ExitStack() as stack:
        writers: list[Write] = []
        for opened in (_tensorboard(folder), _mlflow(folder, config)):
            try:
                writer = stack.enter_context(opened)
            except Exception:
                logger.exception("a tracker could not be opened; metrics.jsonl has the records")
                continue
            writers += [writer] if writer is not None else []
        done = len(metrics_of(folder)) if writers else 0

        def hand_on() -> None:
            nonlocal done
            records = metrics_of(folder) if writers else []
            for record in records[done:]:
                for write in list(writers):
                    try:
                        write(int(record["step"]), dict(flat(record)))
                    except Exception:
                        logger.exception("a tracker failed and gets no more records; metrics.jsonl has them")
                        writers.remove(write)
            done = max(done, len(records))

        yield hand_on
        hand_on()


def _in_use(tracker: str) -> bool:
    named = os.environ.get("ODIN_TRACKERS")
    return (named is None or tracker in named.split(",")) and find_spec(tracker) is not None


@contextmanager
def _tensorboard(folder: Path) -> Iterator[Write | None]:
    if not _in_use("tensorboard"):
        yield None
        return
    writer = import_module("torch.utils.tensorboard").SummaryWriter(str(folder / "tensorboard"))

    def write(step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    try:
        yield write
    finally:
        writer.close()


@contextmanager
def _mlflow(folder: Path, config: Mapping[str, Any]) -> Iterator[Write | None]:
    if not _in_use("mlflow"):
        yield None
        return
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    mlflow = import_module("mlflow")
    home = (folder / "mlflow").resolve()
    home.mkdir(exist_ok=True)
    mlflow.set_tracking_uri(tracking_uri(folder))
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        mlflow.create_experiment(EXPERIMENT, artifact_location=(home / "artifacts").as_uri())
    mlflow.set_experiment(EXPERIMENT)
    known = read_json(home / "run.json").get("run_id")  # of a run that is resumed
    with mlflow.start_run(run_id=known, run_name=folder.name) as run:
        own = run.info.run_id  # records come from another thread, which knows of no active run
        if known is None:
            write_json(home / "run.json", {"run_id": own})
            mlflow.log_params({key: str(value)[:500] for key, value in config.items()})
        yield lambda step, values: mlflow.log_metrics(dict(values), step=step, run_id=own)


def tracking_uri(folder: Path) -> str:
    """Where MLflow keeps a run: `mlflow ui --backend-store-uri` takes it. MLflow 3 refuses plain files."""
    return f"sqlite:///{(folder / 'mlflow' / 'mlflow.db').resolve()}"
