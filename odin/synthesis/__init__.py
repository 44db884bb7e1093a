"""Notes and abstracts whose entities and relations are right by construction."""
