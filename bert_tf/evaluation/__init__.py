"""How good a model is: held-out text, hand-written sets, fine-tuned tasks, and a report of it all."""
