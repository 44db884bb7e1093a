"""How a model does on the public corpora, beside published figures, baselines and peers, and how fast it all is."""
