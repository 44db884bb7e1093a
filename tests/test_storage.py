"""Weights in half precision and in 8 bits: what comes back, how far from what it was, and folders that are damaged."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.torch import load_file, save_file
from tiny_model import NOTES, tiny_base, tiny_config

from odin.__main__ import main
from odin.errors import InputError, ModelError
from odin.extraction import storage
from odin.extraction.model_folder import read_model, write_model
from odin.extraction.storage import FEWEST, LEAST_SCALE, SCALE, pack, unpack
from odin.labels import load_label_set
from odin.training.config import TrainingConfig
from odin.training.registry import verify, write_sums
from odin.training.stages import train

CLINICAL = load_label_set("clinical")
MATRICES = arrays(
    np.float32, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.floats(-1000, 1000, width=32)
)


@pytest.fixture
def any_matrix(monkeypatch) -> None:
    monkeypatch.setattr(storage, "FEWEST", 1)


def packed_matrix(values: np.ndarray) -> dict[str, torch.Tensor]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "FEWEST", 1)
        return pack({"a": torch.from_numpy(values)}, storage="int8")


@given(MATRICES)
def test_no_value_is_further_than_half_a_scale_from_what_it_was(values: np.ndarray) -> None:
    packed = packed_matrix(values)
    scale = packed["a" + SCALE].double()
    assert (packed["a"].dtype, packed["a" + SCALE].dtype) == (torch.int8, torch.float32)
    error = (unpack(packed, place="here")["a"].double() - torch.from_numpy(values).double()).abs()
    assert (error <= scale.unsqueeze(1) / 2 * (1 + 1e-5)).all()
    largest = np.abs(values).max(1)
    assert (scale.numpy() <= np.maximum(largest / 127 * (1 + 2**-9), LEAST_SCALE)).all()


@given(MATRICES)
def test_what_was_unpacked_is_packed_as_it_was(values: np.ndarray) -> None:
    packed = packed_matrix(values)
    again = packed_matrix(unpack(packed, place="here")["a"].numpy())
    assert all(torch.equal(again[name], packed[name]) for name in ("a", "a" + SCALE))


def test_a_matrix_counted_by_hand(any_matrix) -> None:
    packed = pack({"a": torch.tensor([[127.0, -63.6, 0.4], [0.0, 0.0, 0.0], [-254.0, 2.0, 3.1]])}, storage="int8")
    assert packed["a"].tolist() == [[127, -64, 0], [0, 0, 0], [-127, 1, 2]]
    assert packed["a" + SCALE].tolist() == [1.0, LEAST_SCALE, 2.0]
    assert unpack(packed, place="here")["a"].tolist() == [[127.0, -64.0, 0.0], [0.0, 0.0, 0.0], [-254.0, 2.0, 4.0]]


def test_only_large_matrices_are_stored_in_eight_bits() -> None:
    state = {
        "large": torch.ones(FEWEST // 64, 64),
        "small": torch.ones(FEWEST // 64 - 1, 64),
        "vector": torch.ones(FEWEST),
        "integers": torch.arange(3),
    }
    stored = {name: tensor.dtype for name, tensor in pack(state, storage="int8").items()}
    assert stored == {"large": torch.int8, "large.scale": torch.float32, "small": torch.float16,
                      "vector": torch.float16, "integers": torch.int64}  # fmt: skip
    assert torch.int8 not in {tensor.dtype for tensor in pack(state).values()}
    back = unpack(pack(state, storage="int8"), place="here")
    assert set(back) == set(state)
    assert all(torch.allclose(back[name].float(), state[name].float(), atol=1e-2) for name in state)


@pytest.mark.parametrize(
    ("kind", "shape", "value"),
    [
        *((kind, (4, 4), value) for kind in ("float16", "int8") for value in (float("nan"), float("inf"), 1e30)),
        *(("int8", (128, 128), value) for value in (float("nan"), float("inf"))),
    ],
)
def test_what_cannot_be_stored_is_told(kind, shape, value) -> None:
    with pytest.raises(ModelError, match="'a' hold NaN, or a number too large"):
        pack({"a": torch.full(shape, value)}, storage=kind)


def test_another_storage_is_told() -> None:
    with pytest.raises(InputError, match="storage is 'int4': choose one of float16, int8"):
        pack({}, storage="int4")
    with pytest.raises(InputError, match="here: storage is 'int4'"):
        TrainingConfig.from_json({"sources": [], "storage": "int4"}, place="here")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A tiny model, kept in 8 bits, that nearly knows NOTES."""
    folder = tmp_path_factory.mktemp("run")
    config = tiny_config(folder, tiny_base(folder / "base"))
    often = tuple(replace(source, weight=20) for source in config.sources)
    config = replace(config, sources=often, epochs=20, head_learning_rate=0.01, storage="int8")
    assert train(config, folder / "run") is not None
    write_sums(folder / "run" / "model")
    return folder / "run" / "model"


def found_by(folder: Path):
    bare = [note.with_annotations(()) for note in NOTES]
    return [item.document for item in read_model(folder).extract(bare, CLINICAL)]


def keys(notes):
    return [([one.key for one in note.entities], [(r.head, r.label, r.tail) for r in note.relations]) for note in notes]


def test_a_run_keeps_its_weights_as_asked_and_they_find_what_was_learnt(trained: Path, tmp_path: Path) -> None:
    assert json.loads((trained / "config.json").read_text())["storage"] == "int8"
    assert load_file(trained / "model.safetensors")["relation.head.weight"].dtype == torch.int8
    write_model(read_model(trained), tmp_path / "half")
    assert json.loads((tmp_path / "half" / "config.json").read_text())["storage"] == "float16"
    found = found_by(trained)
    assert {entity.key for entity in found[0].entities} == {entity.key for entity in NOTES[0].entities}
    assert keys(found) == keys(found_by(tmp_path / "half"))


def test_folders_of_before_name_no_storage(trained: Path, tmp_path: Path) -> None:
    write_model(read_model(trained), tmp_path / "old")
    config = json.loads((tmp_path / "old" / "config.json").read_text())
    del config["storage"]
    (tmp_path / "old" / "config.json").write_text(json.dumps(config))
    assert keys(found_by(tmp_path / "old")) == keys(found_by(trained))


def test_the_command_packs_a_model_into_half_the_size_and_leaves_the_other_as_it_is(tmp_path: Path, capsys) -> None:
    large, target = tmp_path / "large", tmp_path / "new" / "small"
    assert main(["models", "pack", "odin-mini", "--storage", "float16", "--output", str(large)]) == 0
    assert f"{large}: weights of 53.6 MB in float16, 27.2 MB before" in capsys.readouterr().out
    assert main(["models", "pack", str(large), "--output", str(target)]) == 0
    assert f"{target}: weights of 27.2 MB in int8, 53.6 MB before" in capsys.readouterr().out
    assert json.loads((target / "config.json").read_text())["storage"] == "int8"
    assert (target / "README.md").is_file()
    assert main(["models", "check", str(target)]) == 0
    assert main(["models", "pack", "odin-mini", "--output", str(target)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["models", "pack", "odin-mini"]) == 2
    assert "name the new folder" in capsys.readouterr().err


def test_a_packed_model_is_unpacked_again_and_its_sums_are_its_own(trained: Path, tmp_path: Path) -> None:
    half, again = tmp_path / "half", tmp_path / "again"
    assert main(["models", "pack", str(trained), "--storage", "float16", "--output", str(half)]) == 0
    assert main(["models", "pack", str(half), "--output", str(again)]) == 0
    assert verify(half)["storage"] == "float16"
    assert (trained / "SHA256SUMS").read_text() != (half / "SHA256SUMS").read_text()
    assert keys(found_by(half)) == keys(found_by(trained)) == keys(found_by(again))


def test_a_packed_model_has_sums_whether_or_not_the_other_has(trained: Path, tmp_path: Path) -> None:
    bare, packed = copied_without_sums(trained, tmp_path / "bare"), tmp_path / "packed"
    assert main(["models", "pack", str(bare), "--output", str(packed)]) == 0
    assert (packed / "SHA256SUMS").read_text() == (trained / "SHA256SUMS").read_text()


def test_models_that_are_averaged_have_the_mean_of_their_weights(trained: Path, tmp_path: Path, capsys) -> None:
    other, mean = tmp_path / "other", tmp_path / "mean"
    extractor = read_model(trained)
    with torch.no_grad():
        for value in extractor.network.parameters():
            value.mul_(3)
    write_model(extractor, other, storage="int8")
    assert main(["models", "average", str(trained), "--with", str(other), "--output", str(mean)]) == 0
    said = capsys.readouterr().out
    assert f"{mean}: the mean of 2 models; its card, scores and thresholds are those of {trained}" in said
    verify(mean)
    ours, theirs = (read_model(folder).network.state_dict() for folder in (trained, mean))
    for name, value in ours.items():
        assert torch.allclose(theirs[name], 2 * value, atol=2 * float(value.abs().max()) / 100), name


def test_models_that_cannot_be_averaged_are_refused(trained: Path, tmp_path: Path, capsys) -> None:
    target = str(tmp_path / "mean")
    for asked, words in (
        ([str(trained), "--output", target], "takes two models or more: name the others with --with"),
        ([str(trained), "--with", "odin-mini", "--output", target], "its network or label sets are others than"),
        ([str(trained), "--with", str(trained)], "name the new folder: models average MODEL --with"),
        ([str(trained), "--with", str(trained), "--output", str(trained)], "exists already: give another folder"),
    ):
        assert main(["models", "average", *asked]) == 2
        assert words in capsys.readouterr().err
    assert not Path(target).exists()


MATRIX = "relation.head.weight"


def copied_without_sums(folder: Path, target: Path) -> Path:
    """A copy whose damage only its contents can tell."""
    return Path(shutil.copytree(folder, target, ignore=shutil.ignore_patterns("SHA256SUMS")))


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        (MATRIX + SCALE, lambda scale: None, "the scale of 'relation.head.weight' is missing"),
        (MATRIX + SCALE, lambda scale: scale[1:].clone(), r"float32 \(255,\) instead of a fraction a row"),
        (MATRIX + SCALE, lambda scale: scale.unsqueeze(1).clone(), r"float32 \(256, 1\) instead of"),
        (MATRIX + SCALE, lambda scale: scale.int(), r"int32 \(256,\) instead of"),
        (MATRIX + SCALE, lambda scale: scale * torch.nan, "'relation.head.weight.scale' holds NaN or infinity"),
        (MATRIX + SCALE, lambda scale: scale * 0, "a scale of 'relation.head.weight' is not above 0"),
        (MATRIX, lambda values: values.flatten(), r"int8 \(65536,\), is"),
        (MATRIX, lambda values: values[:, 1:].clone(), "belongs to another configuration"),
        (MATRIX, lambda values: None, "belongs to another configuration"),
        ("relation.head.bias", lambda values: values * torch.nan, "'relation.head.bias' holds NaN or infinity"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_folder_is_refused_by_name(trained: Path, tmp_path: Path, name, damage, words) -> None:
    folder = copied_without_sums(trained, tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    changed = damage(tensors.pop(name))
    save_file(tensors if changed is None else {**tensors, name: changed}, folder / "model.safetensors")
    with pytest.raises(ModelError, match=rf"model\.safetensors .*{words}"):
        read_model(folder)


def test_a_file_cut_short_and_a_storage_of_later_are_refused(trained: Path, tmp_path: Path) -> None:
    folder = copied_without_sums(trained, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "storage": "int4"}))
    with pytest.raises(ModelError, match=r"config\.json: storage is 'int4': choose .* install a later Odin"):
        read_model(folder)
    (folder / "config.json").write_text(json.dumps(config))
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        read_model(folder)


def test_a_byte_that_changed_within_the_weights_is_noticed_where_the_folder_has_sums(
    trained: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(trained, changed)
    weights = bytearray((changed / "model.safetensors").read_bytes())
    weights[-3] ^= 1
    (changed / "model.safetensors").write_bytes(weights)
    with pytest.raises(ModelError, match=r"model\.safetensors: is not the file that SHA256SUMS names.*get the model"):
        read_model(changed)
    (changed / "SHA256SUMS").unlink()
    assert read_model(changed).labels
