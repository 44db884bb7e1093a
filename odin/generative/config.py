"""The configuration of a generative training run, saved with the adapter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from odin.errors import InputError
from odin.training.config import Configuration

KIND = "generative"
CHOICES = {
    "quantization": ("auto", "nf4", "none"),
    "optimizer": ("auto", "paged_adamw_8bit", "adamw"),
    "precision": ("auto", "float32", "bfloat16"),
    "gradient_checkpointing": ("auto", "on", "off"),
}


@dataclass(frozen=True)
class GenerativeConfig(Configuration):
    """The configuration of a language model's adapter."""

    kind: str = KIND
    base: str = "meta-llama/Llama-3.2-1B-Instruct"
    """A causal language model: its name on the hub, its folder, or `smollm2` (from a package)."""
    epochs: int = 3
    precision: str = "auto"
    """`bfloat16`, `float32`, or `auto`: bfloat16 on CUDA, float32 elsewhere."""
    patience: int = 2
    dev_documents: int = 40
    batch_size: int = 4
    """Windows a forward pass."""
    batch_tokens: int = 0
    """Tokens a forward pass at most, padding included, which may make it fewer windows than `batch_size`; 0 for no
    limit. With it a GPU reads many short windows at once without running out of memory on long ones."""
    accumulate: int = 4
    """Forward passes an optimizer step."""
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.05
    quantization: str = "auto"
    """`nf4` (4 bits, double quantisation), `none`, or `auto`: nf4 on CUDA, none elsewhere."""
    optimizer: str = "auto"
    """`paged_adamw_8bit` (CUDA only), `adamw`, or `auto`: paged on CUDA, adamw elsewhere."""
    gradient_checkpointing: str = "auto"
    """`on` takes less memory and a third more time; `auto`: on CUDA only."""
    unsloth: bool = False
    """Load and train through Unsloth, which must be installed; the results folder is the same. Without a GPU it has a
    backend for the processor (versions of October 2026 and later)."""
    definitions: bool = True
    """Give the definition of each label in the prompt, not its name alone."""
    window_words: int = 160
    """Words of a note that are read at once; a longer note is read in windows, cut between sentences."""
    overlap_words: int = 24
    """Words that two windows share at most, in whole sentences."""
    max_tokens: int = 2048
    """Tokens of prompt and answer together; a window that takes more in training is halved until it fits."""
    max_answer_tokens: int = 1024
    """Tokens after which an answer is cut off when extracting; what stood complete in it is kept and the cut told."""

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(f"{name} is {getattr(self, name)!r}: choose one of {', '.join(choices)}")
        at_least_one = ("epochs", "batch_size", "accumulate", "lora_rank", "window_words", "max_tokens")
        for name in (*at_least_one, "max_answer_tokens"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}: it must be 1 or more")
        if not 0 <= self.overlap_words < self.window_words:
            raise InputError(f"overlap_words is {self.overlap_words}: it must be below window_words and not negative")

    def resolved(self, device: str) -> GenerativeConfig:
        """The configuration with each `auto` decided for the device. Raises InputError where CUDA is needed and absent.

        >>> GenerativeConfig(sources=()).resolved("cpu").quantization
        'none'
        """
        cuda = device.startswith("cuda")
        if not cuda and self.optimizer == "paged_adamw_8bit":
            raise InputError(
                f"optimizer paged_adamw_8bit needs a CUDA device, and this run is on {device}: "
                "change the setting or the device"
            )
        auto = {
            "quantization": "nf4" if cuda else "none",
            "optimizer": "paged_adamw_8bit" if cuda else "adamw",
            "precision": "bfloat16" if cuda else "float32",
            "gradient_checkpointing": "on" if cuda else "off",
        }
        changes: dict[str, Any] = {name: value for name, value in auto.items() if getattr(self, name) == "auto"}
        return replace(self, **changes)
