"""The work of the Train tab."""
