"""The work of the Extract tab."""
