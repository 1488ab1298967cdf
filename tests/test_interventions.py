"""Taking heads, connections and words away, against transformers with the same taken away by hand."""

import numpy as np
import pytest

from bert_tf.interventions import Change, Interventions, every_head, whole_layer

TEXT = ("the [MASK] sat on the mat.", "他 喝 [MASK] 了。")


@pytest.fixture(scope="module")
def lab(tiny_bert) -> Interventions:
    return Interventions(tiny_bert)


@pytest.fixture(scope="module")
def oracle(tiny_model_folder):
    """transformers' model of the same folder, and a function of (changes to it) -> probabilities."""
    import torch
    from transformers import BertForPreTraining

    model = BertForPreTraining.from_pretrained(tiny_model_folder, attn_implementation="eager",
                                               dtype=torch.float32).eval()

    def ask(encoding, *, heads=(), token_ids=None, attended=None, edges=()):
        """Zeroes slices of what enters the attention's output projection, or takes edges out of it."""
        hooks, size = [], model.config.hidden_size // model.config.num_attention_heads
        for number, layer in enumerate(model.bert.encoder.layer):
            def without(module, arguments, number=number, layer=layer):
                joined = arguments[0].clone()  # (1, T, H), the heads side by side
                for at, head in heads:
                    if at == number:
                        joined[:, :, head * size:(head + 1) * size] = 0
                for at, head, i, j in edges:
                    if at == number:
                        part = slice(head * size, (head + 1) * size)
                        hidden = kept[number]
                        query, key, value = (getattr(layer.attention.self, name)(hidden)[0, :, part]
                                             for name in ("query", "key", "value"))
                        weights = torch.softmax(query @ key.T / size ** 0.5, -1)
                        joined[0, i, part] -= weights[i, j] * value[j]
                return (joined, *arguments[1:])

            hooks.append(layer.attention.output.dense.register_forward_pre_hook(without))
            hooks.append(layer.register_forward_pre_hook(
                lambda module, arguments, number=number: kept.__setitem__(number, arguments[0])))
        kept = {}
        ids = encoding.token_ids if token_ids is None else token_ids
        with torch.no_grad():
            out = model(input_ids=torch.tensor(ids[None].astype(np.int64)),
                        token_type_ids=torch.tensor(encoding.segment_ids[None].astype(np.int64)),
                        attention_mask=None if attended is None else torch.tensor(attended[None]))
        for hook in hooks:
            hook.remove()
        return (torch.softmax(out.prediction_logits[0], -1).numpy(),
                float(torch.softmax(out.seq_relationship_logits[0], -1)[0]))

    return ask


def check(effect, oracle, encoding, **changed) -> None:
    """Asserts that an effect is the difference of two answers of transformers."""
    (before, pair_before), (after, pair_after) = oracle(encoding), oracle(encoding, **changed)
    masks = np.flatnonzero(np.array(encoding.tokens) == "[MASK]")
    assert effect.is_next == pytest.approx((pair_before, pair_after), abs=1e-5)
    for shifts, position, moved in zip(effect.words, masks, effect.moved, strict=True):
        assert shifts[0].token_id == before[position].argmax()
        for shift in shifts:
            assert shift.before == pytest.approx(before[position, shift.token_id], abs=1e-5)
            assert shift.after == pytest.approx(after[position, shift.token_id], abs=1e-5)
        assert {int(after[position].argmax())} <= {shift.token_id for shift in shifts}
        assert moved == pytest.approx(0.5 * np.abs(after[position] - before[position]).sum(), abs=1e-5)


@pytest.mark.parametrize("heads", [[(0, 1)], [(1, 3)], [(0, 0), (1, 2)], [(1, head) for head in range(4)]])
def test_heads_off_as_in_transformers(lab, tiny_bert, oracle, heads):
    effect = lab.effects(*TEXT, changes=[Change(heads=tuple(heads))])[0]
    check(effect, oracle, tiny_bert.encode(*TEXT), heads=heads)
    assert effect.strength > 1e-4


@pytest.mark.parametrize("edges", [[(0, 1, 2, 5)], [(1, 0, 0, 3), (1, 2, 0, 3)]])
def test_edges_off_as_in_transformers(lab, tiny_bert, oracle, edges):
    check(lab.effects(*TEXT, changes=[Change(edges=tuple(edges))])[0], oracle, tiny_bert.encode(*TEXT), edges=edges)


@pytest.mark.parametrize("hide_by", ["mask", "unknown", "attention"])
def test_hidden_word_as_in_transformers(lab, tiny_bert, oracle, hide_by):
    encoding = tiny_bert.encode(*TEXT)
    ids, attended = encoding.token_ids.copy(), np.ones(len(encoding), np.int64)
    if hide_by == "attention":
        attended[6] = 0
    else:
        ids[6] = tiny_bert.tokenizer.mask_token_id if hide_by == "mask" else tiny_bert.tokenizer.unk_token_id
    effect = lab.effects(*TEXT, changes=[Change(words=(6,), hide_by=hide_by)])[0]
    check(effect, oracle, encoding, token_ids=ids, attended=attended)


def test_every_head_at_once_is_each_head_alone(lab, tiny_bert):
    changes, done = every_head(tiny_bert.config) * 3, []  # 24: more than fit into one batch
    together = lab.effects(*TEXT, changes=changes, progress=done.append)
    assert done[-1] == 1 and done == sorted(done) and len(done) == 2
    assert [effect.change for effect in together] == changes
    for effect in together[3:7] + together[16:18]:
        alone = lab.effects(*TEXT, changes=[effect.change])[0]
        assert alone.moved == pytest.approx(effect.moved, abs=1e-5)
        assert alone.is_next == pytest.approx(effect.is_next, abs=1e-5)


def test_a_head_without_any_edge_is_a_head_switched_off(lab, tiny_bert):
    length = len(tiny_bert.encode(*TEXT))
    edges = tuple((1, 2, i, j) for i in range(length) for j in range(length))
    cut, off = lab.effects(*TEXT, changes=[Change(edges=edges), Change(heads=((1, 2),))])
    assert cut.moved == pytest.approx(off.moved, abs=1e-5) and cut.is_next == pytest.approx(off.is_next, abs=1e-5)


def test_nothing_taken_away_changes_nothing_and_agrees_with_fill_mask(lab, tiny_bert):
    effect = lab.effects(*TEXT, changes=[Change()], top_k=3)[0]
    assert effect.moved == pytest.approx((0, 0), abs=1e-6) and effect.strength == pytest.approx(0, abs=1e-6)
    for shifts, candidates in zip(effect.words, tiny_bert.fill_mask(*TEXT, top_k=3)):
        assert [shift.token for shift in shifts] == [candidate.token for candidate in candidates]
        assert [shift.after for shift in shifts] == pytest.approx([c.probability for c in candidates], abs=1e-5)
    assert effect.is_next[0] == pytest.approx(tiny_bert.next_sentence(*TEXT).is_next, abs=1e-5)


def test_one_text_has_no_pair_and_a_pair_needs_no_mask(lab):
    assert lab.effects(TEXT[0], changes=[Change()])[0].is_next is None
    effect = lab.effects("the cat", "我 爱", changes=[Change(heads=((0, 0),))])[0]
    assert effect.words == [] and effect.moved == ()
    assert effect.strength == abs(effect.is_next[1] - effect.is_next[0]) > 0


def test_what_may_be_hidden(lab, tiny_bert):
    tokens = tiny_bert.encode(*TEXT).tokens
    assert lab.hideable(*TEXT) == [i for i, token in enumerate(tokens) if token not in ("[CLS]", "[SEP]", "[MASK]")]
    assert whole_layer(tiny_bert.config, 1).heads == ((1, 0), (1, 1), (1, 2), (1, 3))


@pytest.mark.parametrize("change, message", [
    (Change(heads=((2, 0),)), "2 layers of 4 heads"), (Change(heads=((0, -1),)), "2 layers"),
    (Change(edges=((0, 0, 0, 99),)), "tokens"), (Change(words=(0,)), "cannot be hidden"),
    (Change(words=(2,)), "cannot be hidden"), (Change(words=(1,), hide_by="ink"), "hide_by")])
def test_changes_that_cannot_be_made(lab, change, message):
    with pytest.raises(ValueError, match=message):
        lab.effects(*TEXT, changes=[change])


def test_text_without_an_answer_to_compare(lab):
    with pytest.raises(ValueError, match="no answer to compare"):
        lab.effects("the cat", changes=[Change()])
