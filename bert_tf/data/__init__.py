"""From plain text to batches: corpus files, token shards on disk, masked sentence pairs."""
