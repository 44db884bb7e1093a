"""A base encoder with tiny random weights, for tests of the plumbing (the shipped weights test behaviour)."""

from __future__ import annotations

from pathlib import Path

from markup import document

from odin.corpora import jsonl
from odin.training.config import Source, TrainingConfig

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,:;?!()-/'%+"

NOTES = [
    document(
        "[Aspirin](Drug|present) for [headache](Symptom|present). Denies [fever](Symptom|negated).",
        ("treats", "Aspirin", "headache"),
        id="n1",
    ),
    document(
        "[Pneumonia](Disease|present) causes [cough](Symptom|present).", ("causes", "Pneumonia", "cough"), id="n2"
    ),
    document("No entity in this one.", id="n3"),
]
"""Enough to learn by heart in a few steps."""


def tiny_base(folder: Path) -> Path:
    """A folder with a BERT of 2 layers of 32 that knows single characters, as `TrainingConfig.base` takes it."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *(f"##{char}" for char in CHARACTERS)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    words = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    BertTokenizerFast(tokenizer_object=words._tokenizer).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def tiny_mpnet_base(folder: Path) -> Path:
    """The same for an MPNet, another family of encoders: other special tokens, relative positions, no segments."""
    import torch
    from transformers import MPNetConfig, MPNetModel, MPNetTokenizerFast

    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    words = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>", *CHARACTERS, *(f"##{char}" for char in CHARACTERS)]
    vocabulary = {word: number for number, word in enumerate(words)}
    MPNetTokenizerFast(vocab=vocabulary, do_lower_case=True).save_pretrained(folder)
    config = MPNetConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=514,
    )
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def tiny_config(folder: Path, base: Path) -> TrainingConfig:
    """A configuration that learns NOTES, which are written to `folder`, in a few seconds."""
    path = folder / "notes.jsonl"
    jsonl.write(NOTES, path)
    source = Source(str(path), "clinical")
    return TrainingConfig((source,), (source,), base=str(base), epochs=3, batch_pieces=64, patience=99)


def same_weights(left: Path, right: Path) -> bool:
    """Whether two runs kept the very same weights."""
    import torch
    from safetensors.torch import load_file

    one, other = (load_file(folder / "model" / "model.safetensors") for folder in (left, right))
    return all(torch.equal(one[name], other[name]) for name in one)
