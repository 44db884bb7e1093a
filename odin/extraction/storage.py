"""How a network's weights are stored: in half precision, or their matrices in 8 bits with a scale a row.

A row of a matrix is its integers from -127 to 127 times its scale, which lies beside it as `<name>.scale`; no value is
further than half a scale from what it was. A row's largest value decides its scale: to clip it never lessened the
squared error of a row of odin-mini. What has few values stays in half precision: vectors, small tables, the last layers
of heads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from odin.errors import InputError, ModelError

if TYPE_CHECKING:
    from torch import Tensor

FLOAT16, INT8 = "float16", "int8"
STORAGES = (FLOAT16, INT8)
SCALE = ".scale"
FEWEST = 1 << 14
"""Values of a matrix below which it stays in half precision."""
MOST = 127
"""The largest integer; -128 is not used."""
LEAST_SCALE = 2.0**-126
"""The smallest positive number that has all its digits in single precision."""
CUT = (1 << 13) - 1
"""The digits of a number in single precision that one in half precision does not have."""


def check_storage(storage: object) -> str:
    """`storage`, which is one of STORAGES. Raises InputError where it is not."""
    if storage not in STORAGES:
        raise InputError(f"storage is {storage!r}: choose one of {', '.join(STORAGES)}")
    return str(storage)


def pack(state: Mapping[str, Tensor], *, storage: str = FLOAT16) -> dict[str, Tensor]:
    """The tensors to store for a network's state, on the CPU; `unpack` reads them.

    Packing in int8 what was unpacked from it gives the same tensors again. Raises InputError where there is no such
    storage, ModelError where a value is not finite or too large to store.
    """
    import torch

    check_storage(storage)
    packed: dict[str, Tensor] = {}
    for name, tensor in state.items():
        value = tensor.detach().cpu()
        if storage == INT8 and value.is_floating_point() and value.dim() == 2 and value.numel() >= FEWEST:
            packed[name], packed[name + SCALE] = _quantize(value.float())
        else:
            packed[name] = value.to(torch.float16 if value.is_floating_point() else value.dtype).contiguous()
    wrong = _not_finite(packed)
    if wrong:
        name = wrong.removesuffix(SCALE)
        raise ModelError(f"the weights {name!r} hold NaN, or a number too large for {storage}: they cannot be stored")
    return packed


def unpack(packed: Mapping[str, Tensor], *, place: str) -> dict[str, Tensor]:
    """The state that was packed: matrices of integers in float32, all else as it is stored.

    Raises ModelError that names `place` and the tensor where a scale is missing or does not fit, or a number is not
    finite.
    """
    import torch

    wrong = _not_finite(packed)
    if wrong:
        raise ModelError(f"{place} is damaged: {wrong!r} holds NaN or infinity; fetch the model again")
    matrices = {name for name, tensor in packed.items() if tensor.dtype == torch.int8}
    state = {name: tensor for name, tensor in packed.items() if name.removesuffix(SCALE) not in matrices}
    for name in sorted(matrices):
        values, scale = packed[name], packed.get(name + SCALE)
        if scale is None:
            raise ModelError(f"{place} is damaged: the scale of {name!r} is missing; fetch the model again")
        if values.dim() != 2 or scale.shape != values.shape[:1] or not scale.is_floating_point():
            raise ModelError(
                f"{place} is damaged: the scale of {name!r}, {_shape(values)}, is {_shape(scale)} instead of a "
                "fraction a row; fetch the model again"
            )
        if not (scale > 0).all():
            raise ModelError(f"{place} is damaged: a scale of {name!r} is not above 0; fetch the model again")
        state[name] = values.float() * scale.float().unsqueeze(1)
    return state


def _quantize(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Integers (rows, columns) and scales (rows,) of a float32 matrix (rows, columns)."""
    import torch

    scale = _short_above((matrix.abs().amax(1) / MOST).clamp(min=LEAST_SCALE))
    return (matrix / scale.unsqueeze(1)).round().clamp(-MOST, MOST).to(torch.int8), scale


def _short_above(numbers: Tensor) -> Tensor:
    """The least numbers with as few digits as in half precision that are not below these, which are positive.

    So no value has to be clipped, and the product of a scale and an integer is exact.
    """
    import torch

    return ((numbers.view(torch.int32) + CUT) & ~CUT).view(torch.float32)  # positive floats are in order as integers


def _not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of the first tensor that holds NaN or infinity."""
    return next((name for name, value in tensors.items() if not value.isfinite().all()), None)


def _shape(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
