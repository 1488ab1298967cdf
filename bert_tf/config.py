"""What a BERT is made of: frozen, validated, JSON in and out."""

from __future__ import annotations

from dataclasses import dataclass

from bert_tf.records import JsonRecord, require_integer, require_number

ACTIVATIONS = ("gelu", "gelu_new", "relu")

#: name -> (layers, hidden size, heads), from Devlin et al. 2019 (base, large) and Turc et al. 2019 (the rest).
SIZES = {
    "tiny": (2, 128, 2),
    "mini": (4, 256, 4),
    "small": (4, 512, 8),
    "medium": (8, 512, 8),
    "base": (12, 768, 12),
    "large": (24, 1024, 16),
}


@dataclass(frozen=True, kw_only=True)
class BertConfig(JsonRecord):
    """The shape of a BERT encoder, under the names of Google's `bert_config.json`.

    Args:
        vocab_size: V, number of word pieces.
        hidden_size: H, width of every hidden state.
        num_hidden_layers: L, number of transformer blocks.
        num_attention_heads: N; must divide `hidden_size`.
        intermediate_size: width inside the feed-forward part.
        hidden_act: `gelu` (the erf form), `gelu_new` (the tanh form) or `relu`.
        hidden_dropout_prob: dropout on embeddings and sublayer outputs while training.
        attention_probs_dropout_prob: dropout on attention probabilities while training.
        max_position_embeddings: the longest input in tokens.
        type_vocab_size: number of segments.
        initializer_range: standard deviation of the truncated normal for new weights.
        layer_norm_eps: epsilon of LayerNorm.
        pad_token_id: id of [PAD].

    Source: Devlin et al. 2019, section 3.
    """

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0

    def __post_init__(self):
        for name in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
                     "intermediate_size", "max_position_embeddings", "type_vocab_size"):
            require_integer(name, getattr(self, name), minimum=1)
        require_integer("pad_token_id", self.pad_token_id, minimum=0)
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} cannot be shared among {self.num_attention_heads} heads; "
                "choose num_attention_heads so that it divides hidden_size.")
        if self.hidden_act not in ACTIVATIONS:
            raise ValueError(f"hidden_act should be one of {', '.join(ACTIVATIONS)}, not {self.hidden_act!r}.")
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
            require_number(name, getattr(self, name), minimum=0.0, below=1.0)
        for name in ("initializer_range", "layer_norm_eps"):
            require_number(name, getattr(self, name), above=0.0)
        if self.pad_token_id >= self.vocab_size:
            raise ValueError(f"pad_token_id {self.pad_token_id} is outside the vocabulary of {self.vocab_size}.")

    @classmethod
    def of_size(cls, size: str, vocab_size: int = 30522, **changes) -> "BertConfig":
        """Returns one of the published shapes.

        Args:
            size: tiny, mini, small, medium, base or large.
            vocab_size: V; 30522 is that of Google's English uncased models.
            **changes: any other field.

        Example: `BertConfig.of_size("base")` describes an encoder of 109,482,240 parameters.
        """
        if size not in SIZES:
            raise ValueError(f"Unknown size {size!r}; choose one of {', '.join(SIZES)}.")
        layers, hidden, heads = SIZES[size]
        values = dict(vocab_size=vocab_size, hidden_size=hidden, num_hidden_layers=layers,
                      num_attention_heads=heads, intermediate_size=4 * hidden)
        return cls(**(values | changes))

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    def parameter_count(self) -> int:
        """Number of weights in embeddings, blocks and pooler, worked out from the shape alone."""
        hidden, inner = self.hidden_size, self.intermediate_size
        embeddings = (self.vocab_size + self.max_position_embeddings + self.type_vocab_size) * hidden + 2 * hidden
        attention = 4 * (hidden * hidden + hidden) + 2 * hidden
        feed_forward = (hidden * inner + inner) + (inner * hidden + hidden) + 2 * hidden
        pooler = hidden * hidden + hidden
        return embeddings + self.num_hidden_layers * (attention + feed_forward) + pooler
