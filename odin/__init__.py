"""Odin: clinical and biomedical text into entities and relations that a clinician will sign."""
