"""The optimizers that networks are trained with here, set up the way BERT wants them.

LayerNorm weights and biases are never decayed, and gradients are clipped by their global norm. Sources: Loshchilov
and Hutter 2019 (AdamW); Jordan et al. 2024 and Liu et al. 2025 (Muon).
"""

from __future__ import annotations

#: Scales Muon's steps to the size that AdamW's have, so that one learning rate serves both (Liu et al. 2025, 2.2).
MUON_RMS = 0.2


def adamw(model, *, weight_decay: float, beta_2: float, epsilon: float, clip_norm: float, accumulation: int = 1):
    """Returns AdamW, built for a model's trainable variables; its learning rate is 0 until somebody sets it.

    Args:
        model: a Keras model.
        weight_decay, beta_2, epsilon: of AdamW.
        clip_norm: gradients longer than this, all of them together, are shortened to it.
        accumulation: micro-batches whose gradients are averaged into one step.
    """
    import keras

    return _built(keras.optimizers.AdamW(
        learning_rate=0.0, weight_decay=weight_decay, beta_2=beta_2, epsilon=epsilon, global_clipnorm=clip_norm,
        gradient_accumulation_steps=accumulation if accumulation > 1 else None), model)


def muon(model, *, weight_decay: float, beta_2: float, epsilon: float, clip_norm: float, accumulation: int = 1):
    """Returns Muon, built for a model's trainable variables; its learning rate is 0 until somebody sets it.

    Every matrix of the blocks, of the pooler and of the masked-word head moves along its momentum made orthogonal, so
    that no direction is left behind. Embeddings, the two rows of the next-sentence head, biases and LayerNorm take
    AdamW's steps. A CPU gets the cheaper `SmallSquareMuon`.

    Args:
        model: a Keras model.
        weight_decay: of all that is decayed.
        beta_2, epsilon: of AdamW's steps.
        clip_norm, accumulation: as for `adamw`.
    """
    import keras

    from bert_tf.training.muon import SmallSquareMuon

    devices = {name.split(":")[0].lower() for name in keras.distribution.list_devices()}
    return _built((SmallSquareMuon if devices == {"cpu"} else keras.optimizers.Muon)(
        learning_rate=0.0, weight_decay=weight_decay, adam_weight_decay=weight_decay, adam_beta_2=beta_2,
        epsilon=epsilon, global_clipnorm=clip_norm, rms_rate=MUON_RMS, exclude_layers=["nsp_head"],
        gradient_accumulation_steps=accumulation if accumulation > 1 else None), model)


def optimizer_named(name: str):
    """Returns what builds the optimizer that a recipe names: one of `pretraining_config.OPTIMIZERS`."""
    return {"adamw": adamw, "muon": muon}[name]


def _built(optimizer, model):
    optimizer.exclude_from_weight_decay(
        var_list=[v for v in model.trainable_variables if v.name in ("bias", "gamma", "beta")])
    optimizer.build(model.trainable_variables)
    return optimizer
