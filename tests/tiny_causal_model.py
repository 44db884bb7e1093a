"""A causal language model with tiny random weights, for tests of the plumbing."""

from __future__ import annotations

from pathlib import Path

from markup import document

from odin.corpora import jsonl
from odin.generative.config import GenerativeConfig
from odin.training.config import Source

NOTES = [
    document("[Aspirin](Drug|present) for [headache](Symptom|present).", ("treats", "Aspirin", "headache"), id="n1"),
    document("No [fever](Symptom|negated).", id="n2"),
]
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tiny_causal(folder: Path, *, template: str | None = TEMPLATE, size: int = 32) -> Path:
    """A folder with a Llama of 2 layers of `size` that reads bytes, as `GenerativeConfig.base` takes it.

    In 4 bits some processors only take layers that are as wide as a block of bitsandbytes, 64.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(0)
    specials = ["<pad>", "<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*specials, *letters])}
    tokens = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokens,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=specials[3:],
        chat_template=template,
    )
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=size,
        intermediate_size=2 * size,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=4096,
        initializer_range=0.4,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def tiny_settings(folder: Path, base: Path, **others: object) -> GenerativeConfig:
    """Settings to train an adapter of `base` on NOTES, which are written into `folder`."""
    jsonl.write(NOTES, folder / "notes.jsonl")
    common = {"batch_size": 1, "accumulate": 1, "learning_rate": 1e-2, "lora_rank": 4, "definitions": False}
    sources = (Source(str(folder / "notes.jsonl"), "clinical"),)
    return GenerativeConfig(sources=sources, base=str(base), **{**common, **others})
