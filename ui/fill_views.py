"""More ways to look at a sentence with blanks: filled together, layer by layer, its surprise, two models."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from bert_tf.filling import Filling, FillingLab, Surprise
from bert_tf.influence import influence_on_blanks
from bert_tf.results import Candidate, Encoding, Influence
from ui import common, html, influence_view, models, takeaway
from ui.blanks import MASK
from ui.text import t

#: Candidates in the layer table.
COLUMNS = 5
#: The tint behind a candidate of no probability.
FAINTEST = 0.08


@st.cache_resource(max_entries=4, show_spinner=False)
def lab_of(stamp: tuple, _bert) -> FillingLab:
    """Returns what asks a model these questions, compiled once for all visitors."""
    return FillingLab(_bert)


@st.cache_data(max_entries=200, show_spinner=False)
def asked(stamp: tuple, question: str, text: str, options: dict, _lab: FillingLab):
    """Returns the answer of a lab, remembered."""
    return getattr(_lab, question)(text, **options)


def ask(model: models.Model, question: str, text: str, **options):
    """Asks a model; says what is wrong if it refuses."""
    with common.friendly(stop=True), st.spinner(t("app.thinking")):
        return asked(model.stamp, question, text, options, lab_of(model.stamp, model.bert))


@st.cache_data(max_entries=100, show_spinner=False)
def influence_of(stamp: tuple, text: str, _bert) -> list[Influence]:
    """Returns what the best answers rest on, remembered."""
    return influence_on_blanks(_bert, text)


def show_words(model: models.Model, text: str) -> None:
    """Draws for every blank the words that its best answer rests on."""
    with common.friendly(stop=True), st.spinner(t("app.thinking")):
        found = influence_of(model.stamp, text, model.bert)
    st.html(html.lead(t("fill.words_lead")))
    for number, influence in enumerate(found, 1):
        with st.container(border=True):
            if len(found) > 1:
                st.caption(t("fill.blank", number=number))
            st.html(html.verdict(influence.label, html.percent(influence.probability)))
            influence_view.show(f"words_{number}", influence, [text], influence.label)


def show_together(model: models.Model, text: str) -> None:
    """Draws the best fillings of all blanks together, and beside them what filling one at a time gives."""
    found: list[Filling] = ask(model, "together", text, beam=12, top_k=6)
    alone: Filling = ask(model, "one_at_a_time", text)
    st.html(html.lead(t("fill.together_lead")))
    with st.container(border=True):
        st.html(html.filled_sentence(text, found[0].tokens))
        st.html(_fillings(found, alone))
    if alone.token_ids == found[0].token_ids:
        st.caption(t("fill.together_same"))
    elif found[0].fit > alone.fit:
        st.caption(t("fill.together_better", times=_times(found[0].fit - alone.fit)))
    else:
        st.caption(t("fill.together_worse"))
    rows = [*found, alone]
    takeaway.offer("together", table={
        "filling": [" ".join(filling.tokens) for filling in rows], "fit_nats": [round(f.fit, 4) for f in rows],
        "chain_nats": [round(f.chain, 4) for f in rows], "how": ["together"] * len(found) + ["one at a time"]},
        name="fillings")


def _fillings(found: list[Filling], alone: Filling) -> str:
    """Writes fillings as bars; the length tells how each compares with the best one."""
    rows, best = [], max(found[0].fit, alone.fit)
    entries = [(filling, "") for filling in found]
    if alone.token_ids not in [filling.token_ids for filling in found]:
        entries.append((alone, t("fill.alone")))
    for filling, note in entries:
        words = " · ".join(html.piece(token) for token in filling.tokens)
        aside = f" <small>{escape(note)}</small>" if note else ""
        rows.append(f'<b>{words}{aside}</b><div class="bt-track"><div style="width:{100 * np.exp(filling.fit - best):.2f}%">'
                    f"</div></div><span>{filling.fit:.2f}</span>")
    return f'<div class="bt-bars">{"".join(rows)}</div>'


def _times(nats: float) -> str:
    times = float(np.exp(min(nats, 20.0)))
    return f"{times:,.0f}" if times >= 10 else f"{times:.1f}"


def show_layers(model: models.Model, text: str) -> None:
    """Draws what each layer would have put into each blank, the last layer on top."""
    found: list[list[list[Candidate]]] = ask(model, "by_layer", text, top_k=COLUMNS)
    st.html(html.lead(t("fill.layers_lead")))
    for number, layers in enumerate(found):
        with st.container(border=True):
            if len(found) > 1:
                st.caption(t("fill.blank", number=number + 1))
            st.html(_layer_table(layers))
    takeaway.offer("layers", table={
        "blank": [number + 1 for number, layers in enumerate(found) for answers in layers for _ in answers],
        "layer": [layer for layers in found for layer, answers in enumerate(layers) for _ in answers],
        "token": [c.token for layers in found for answers in layers for c in answers],
        "probability": [round(c.probability, 6) for layers in found for answers in layers for c in answers]},
        name="layers")


def _layer_table(layers: list[list[Candidate]]) -> str:
    palette, final, rows = common.palette(), layers[-1][0].token_id, []
    for layer in range(len(layers) - 1, -1, -1):
        cells = "".join(
            f'<td style="background:{html.tint(palette.a, FAINTEST + (html.DEEPEST - FAINTEST) * c.probability)}">'
            f'{"<u>" if c.token_id == final else ""}<b>{html.piece(c.token)}</b>{"</u>" if c.token_id == final else ""} '
            f"<small>{html.percent(c.probability)}</small></td>" for c in layers[layer])
        name = t("fill.embeddings") if layer == 0 else t("fill.layer", layer=layer)
        rows.append(f"<tr><td>{escape(name)}</td>{cells}</tr>")
    return f'<div class="bt-scroll"><table class="bt-table bt-layers">{"".join(rows)}</table></div>'


def show_surprise(model: models.Model, text: str, encoding: Encoding) -> None:
    """Draws every token on the colour of its surprise when it alone is hidden, and the sum of it."""
    found: Surprise = ask(model, "surprise", text)
    palette, bits = common.palette(), -found.log_probabilities / np.log(2)
    st.html(html.lead(t("fill.surprise_lead")))
    by_position = dict(zip(found.positions, zip(bits, found.best)))
    tokens, grounds, notes, titles = [], [], [], []
    for position, token in enumerate(encoding.tokens):
        if encoding.offsets[position][1] == 0:
            continue
        surprise, best = by_position.get(position, (0.0, None))
        hidden = token == MASK
        tokens.append(token)
        grounds.append(html.tint(palette.a, 0.22) if hidden else html.surprise_ground(palette.surprise, surprise))
        notes.append("" if hidden else f"{surprise:.1f}")
        titles.append("" if best is None else f"{best.token} {html.percent(best.probability)}")
    with st.container(border=True):
        st.html(html.chips(tokens, grounds, notes, titles))
        st.html(html.legend([(f"linear-gradient(90deg,{html.tint(palette.surprise, 0.05)},"
                              f"{html.surprise_ground(palette.surprise, 16)})",
                              f"{t('fill.expected')} → {t('fill.surprising')} · {t('fill.bits')}")]))
    st.html(html.numbers([(f"{found.total:.1f}", t("fill.pll"), palette.a),
                          (f"{found.perplexity:,.1f}", t("fill.perplexity"), palette.b),
                          (f"{float((bits < 1).mean()):.0%}", t("fill.known"), palette.soft)]))
    st.caption(t("fill.surprise_note"))
    takeaway.offer("surprise", table={
        "position": found.positions, "token": [encoding.tokens[i] for i in found.positions],
        "bits": bits.round(4), "best": [c.token for c in found.best],
        "best_probability": [round(c.probability, 6) for c in found.best]}, name="surprise")


def show_two(model: models.Model, text: str, blanks: bool) -> None:
    """Draws the answers of two models to the same sentence side by side."""
    names = models.model_names()
    others = [name for name in names if models.folder_of(name) != models.chosen_folder()]
    st.html(html.lead(t("fill.two_lead")))
    if not others:
        st.info(t("fill.two_none"), icon=":material/model_training:")
        return
    name = common.choice(st.selectbox, t("fill.other_model"), others, key="other_model", default=others[0],
                         format_func=models.shown_name)
    with common.friendly("app.cannot_open", stop=True), st.spinner(t("app.loading")):
        other = models.open_model(models.folder_of(name))
    with common.friendly(stop=True):
        lab_of(other.stamp, other.bert)  # refuses a model that cannot fill
    palette = common.palette()
    comparable = other.bert.tokenizer.vocab_hash == model.bert.tokenizer.vocab_hash
    if not comparable and not blanks:
        st.info(t("fill.mask_cut" if MASK in text else "fill.no_mask"), icon=":material/ads_click:")
        return
    for column, asked_model, color in zip(st.columns(2, gap="medium"), (model, other), (palette.a, palette.b)):
        with column.container(border=True):
            st.markdown(f"**{common.plain(asked_model.bert.name if asked_model is model else models.shown_name(name))}**")
            if blanks:
                answers = asked_model.ask("fill_mask", text, top_k=20)
                for number, candidates in enumerate(answers):
                    if len(answers) > 1:
                        st.caption(t("fill.blank", number=number + 1))
                    st.html(html.bars(candidates[:5]))
            if comparable:
                found: Surprise = ask(asked_model, "surprise", text)
                st.html(html.numbers([(f"{found.total:.1f}", t("fill.pll"), color),
                                      (f"{found.perplexity:,.1f}", t("fill.perplexity"), color)]))
    if not comparable:
        st.caption(t("fill.two_vocabularies"))
