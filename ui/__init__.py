"""The app's pages and what they share; it draws what `bert_tf` answers."""
