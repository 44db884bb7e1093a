"""TensorBoard and MLflow get the records of a run where they are installed, in its own folder."""

from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from odin.training.records import Records
from odin.training.tracking import _in_use as in_use
from odin.training.tracking import tracking, tracking_uri

# of what the trackers are made of
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

CONFIG = {"base": "minilm", "epochs": 2, "sources": [{"corpus": "ade"}]}


@pytest.fixture(autouse=True)
def trackers(monkeypatch):
    """Those that are installed."""
    monkeypatch.delenv("ODIN_TRACKERS")


def tracked(folder):
    """Two records of a run, one from before it was resumed."""
    records = Records(folder)
    records.add(1, 3, {"epoch": 0, "loss": {"spans": 0.75}})
    with tracking(folder, CONFIG) as hand_on:
        records.add(2, 3, {"epoch": 0, "loss": {"spans": 0.5}})
        hand_on()
        records.add(3, 3, {"epoch": 0, "dev": {"/data/a (2).jsonl/dev": {"entities": 0.25}}, "score": 0.25})


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="TensorBoard is not installed: pip install tensorboard")
def test_tensorboard_shows_losses_and_dev_scores(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tracked(tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert set(events.Tags()["scalars"]) == {"loss/spans", "dev/data/a _2_.jsonl/dev/entities", "score"}
    assert [(point.step, point.value) for point in events.Scalars("loss/spans")] == [(2, 0.5)]
    assert [(point.step, point.value) for point in events.Scalars("dev/data/a _2_.jsonl/dev/entities")] == [(3, 0.25)]


@pytest.mark.skipif(find_spec("mlflow") is None, reason="MLflow is not installed: pip install mlflow")
def test_mlflow_keeps_settings_losses_and_dev_scores_and_goes_on_in_the_same_run(tmp_path):
    from mlflow import MlflowClient

    tracked(tmp_path)
    tracked(tmp_path)
    client = MlflowClient(tracking_uri(tmp_path))
    (run,) = client.search_runs([client.get_experiment_by_name("odin").experiment_id])
    assert run.data.params["epochs"] == "2"
    assert {(point.step, point.value) for point in client.get_metric_history(run.info.run_id, "loss/spans")} == {
        (2, 0.5)
    }
    assert run.data.metrics["dev/data/a _2_.jsonl/dev/entities"] == 0.25


def test_a_tracker_that_fails_does_not_end_the_run_and_says_so(tmp_path, monkeypatch, caplog):
    calls = []

    @contextmanager
    def broken(folder):
        def write(step, values):
            calls.append(step)
            raise OSError("no space left")

        yield write

    monkeypatch.setattr("odin.training.tracking._tensorboard", broken)
    tracked(tmp_path)
    assert calls == [2]
    assert "a tracker failed and gets no more records" in caplog.text


def test_only_the_trackers_that_are_named_are_used(tmp_path, monkeypatch):
    monkeypatch.setattr("odin.training.tracking.find_spec", lambda name: name)
    for named, used in (
        (None, [True, True]),
        ("none", [False, False]),
        ("tensorboard,mlflow", [True, True]),
        ("mlflow", [False, True]),
    ):
        if named is not None:
            monkeypatch.setenv("ODIN_TRACKERS", named)
        assert [in_use(tracker) for tracker in ("tensorboard", "mlflow")] == used
