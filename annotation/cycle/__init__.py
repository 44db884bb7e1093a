"""The annotation cycle with a script for the reviewer: what reviewed notes are worth to the model that suggested."""
