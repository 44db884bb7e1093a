"""Generative language models: documents to prompts, LoRA and QLoRA fine-tuning, and answers back to documents."""
