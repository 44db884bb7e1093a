"""What is known: concepts, the words for them, and the facts between them."""
