"""What do heads do?: their names on this text, and what changes in the answers when something is taken away."""

import numpy as np
import streamlit as st

from bert_tf.head_roles import PLACES, head_roles
from bert_tf.influence import words_of
from bert_tf.interventions import HIDE_BY, Change, Effect, Interventions, every_head, whole_layer
from ui import attention_inputs, common, head_html, html, models, takeaway
from ui.examples import HEADS
from ui.text import comma, t

VIEWS = ["roles", "off", "hide", "rank"]
OFF = ["one", "layer_off", "edge"]
RANKED = ["heads", "words"]
BACKGROUNDS = {"previous": "a", "next": "b", "first": "surprise", "separator": "soft", "same_word": "ink"}


@st.cache_resource(max_entries=2, show_spinner=False)
def interventions(stamp: tuple, _bert) -> Interventions:
    """Returns what takes things away from a model, compiled once for all visitors."""
    return Interventions(_bert)


@st.cache_data(max_entries=200, show_spinner=False)
def effects_of(stamp: tuple, texts: tuple[str, ...], changes: list[Change], _lab: Interventions) -> list[Effect]:
    """Returns the effects of changes."""
    return _lab.effects(*texts, changes=changes)


def written(tokens: list[str], group: tuple[int, ...]) -> str:
    """Writes a group of pieces as a word."""
    return tokens[group[0]] + "".join(tokens[i].removeprefix("##") for i in group[1:])


def share_of(value: float) -> str:
    """Writes a share, or a dash where there is none."""
    return "–" if np.isnan(value) else html.percent(float(value))


# ---- names

def show_roles(trace) -> None:
    """Draws every head with its name and the measure behind it."""
    roles, palette = head_roles(trace), common.palette()
    layers, heads = roles.roles.shape

    def cell(layer: int, head: int) -> head_html.Cell:
        role, share = str(roles.roles[layer, head]), roles.measure(layer, head)
        color = getattr(palette, BACKGROUNDS[role]) if role in BACKGROUNDS else palette.faint
        background = html.tint(color, 0.12 + 0.4 * share) if role in BACKGROUNDS else color
        measure = t("heads.of_weight" if role in PLACES else "heads.of_breadth", share=html.percent(share))
        figure = html.percent(share) if role in PLACES else t("heads.entropy", share=html.percent(share))
        return head_html.Cell(t(f"heads.role_{role}"), figure, background, measure)

    with st.container(border=True):
        st.html(head_html.head_grid([[cell(i, j) for j in range(heads)] for i in range(layers)],
                                    layer=t("heads.layer"), head=t("heads.head")))
    st.caption(t("heads.roles_note"))
    places = [(i, j) for i in range(layers) for j in range(heads)]
    rows = [(f"{i + 1}.{j + 1}", t(f"heads.role_{roles.roles[i, j]}"),
             *(share_of(roles.shares[name][i, j]) for name in PLACES), share_of(roles.breadth[i, j]))
            for i, j in places]
    headers = [t("heads.which"), t("heads.role"), *(t(f"heads.role_{name}") for name in PLACES), t("heads.breadth")]
    chance = ("", t("heads.chance"), *(share_of(roles.chance[name]) for name in PLACES), html.percent(1.0))
    with st.expander(t("heads.all_measures"), icon=":material/table_rows:"):
        st.html(html.table(headers, [chance, *rows]))
    takeaway.offer("roles", table={
        "layer": [i + 1 for i, _ in places], "head": [j + 1 for _, j in places], "role": roles.roles.ravel(),
        **{name: [None if np.isnan(x) else round(float(x), 6) for x in roles.shares[name].ravel()] for name in PLACES},
        "breadth": roles.breadth.ravel().round(6)}, name="head-roles")


# ---- one change

def show_effect(effect: Effect, key: str) -> None:
    """Draws words and verdict before and after."""
    palette = common.palette()
    with st.container(border=True, gap="small"):
        for number, (words, moved) in enumerate(zip(effect.words, effect.moved), 1):
            if len(effect.words) > 1:
                st.markdown(f"**{t('heads.mask_number', number=number)}**")
            answer, after = words[0], max(words, key=lambda word: word.after).token
            st.html(html.verdict(t("heads.same", word=after) if after == answer.token
                                 else t("heads.other", before=answer.token, after=after),
                                 t("heads.moved", word=answer.token, before=html.percent(answer.before),
                                   after=html.percent(answer.after), share=html.percent(moved))))
            st.html(head_html.shifts(words[:8]))
        if effect.words:
            st.html(html.legend([(html.tint(palette.soft, 0.55), t("heads.before")), (palette.a, t("heads.after"))]))
        if effect.is_next is not None:
            before, after = effect.is_next
            st.markdown(f"**{t('heads.pair')}**")
            st.html(html.gauge(t("heads.before"), before, small=True) + html.gauge(t("heads.after"), after, small=True))
    rows = [(number, word) for number, words in enumerate(effect.words, 1) for word in words]
    table = {"mask": [number for number, _ in rows], "token": [word.token for _, word in rows],
             "before": [word.before for _, word in rows], "after": [word.after for _, word in rows]}
    if not rows:
        table = {"before": [effect.is_next[0]], "after": [effect.is_next[1]]}
    takeaway.offer(key, table=table, name="effect")


def pick_switch(trace) -> Change:
    """Draws the choice of what to switch off."""
    layers, heads = trace.attentions.shape[:2]
    config = model.bert.config
    what = common.choice(st.segmented_control, t("heads.what"), OFF, key="off", default="one", required=True,
                         format_func={name: t(f"heads.{name}") for name in OFF}.get, label_visibility="collapsed",
                         wrap=True)
    columns = st.columns([1, 1, 2, 2] if what == "edge" else [1, 1, 2])
    layer = attention_inputs.number(columns[0], t("heads.layer"), "layer", layers) - 1
    if what == "layer_off":
        return whole_layer(config, layer)
    head = attention_inputs.number(columns[1], t("heads.head"), "head", heads) - 1
    if what == "one":
        return Change(heads=((layer, head),))
    masked = trace.tokens.index("[MASK]") + 1 if "[MASK]" in trace.tokens else 1
    start = attention_inputs.token(columns[2], t("heads.from"), "from", trace.tokens, default=masked)
    end = attention_inputs.token(columns[3], t("heads.to"), "to", trace.tokens, default=2)
    st.caption(t("heads.edge_note", weight=html.percent(float(trace.attentions[layer, head, start, end]))))
    return Change(edges=((layer, head, start, end),))


def show_off(trace) -> None:
    """Draws what changes when heads or a connection are off."""
    change = pick_switch(trace)
    with common.friendly(stop=True), st.spinner(t("app.thinking")):
        effect = effects_of(model.stamp, texts, [change], lab())[0]
    show_effect(effect, "off_effect")


def show_hide(trace) -> None:
    """Draws what changes when a word is hidden."""
    groups = list(map(tuple, words_of(trace.encoding, model.bert.tokenizer)))
    if not groups:
        common.hint("heads.no_word")
    names = common.told_apart([common.plain(written(trace.tokens, group)) for group in groups])
    options = [group[0] + 1 for group in groups]
    word = common.choice(st.pills, t("heads.word"), options, key="hidden", default=options[0], required=True,
                         format_func=dict(zip(options, names)).get)
    by = common.choice(st.segmented_control, t("heads.hide_by"), list(HIDE_BY), key="hide_by", default=HIDE_BY[0],
                       required=True, format_func={name: t(f"heads.{name}") for name in HIDE_BY}.get,
                       label_visibility="collapsed", wrap=True)
    change = Change(words=groups[options.index(word)], hide_by=by)
    with common.friendly(stop=True), st.spinner(t("app.thinking")):
        effect = effects_of(model.stamp, texts, [change], lab())[0]
    show_effect(effect, "hide_effect")


# ---- all of them

def ranked(what: str, changes: list[Change]) -> list[Effect]:
    """Returns the effects of all changes, with a bar while they are computed; the last ranking is remembered."""
    key = (model.stamp, texts, what)
    if st.session_state.get("ranked", (None,))[0] != key:
        bar = st.progress(0.0, t("heads.working", done=0, count=len(changes)))

        def progress(done: float) -> None:
            bar.progress(done, t("heads.working", done=round(done * len(changes)), count=len(changes)))

        with common.friendly(stop=True):
            st.session_state.ranked = (key, lab().effects(*texts, changes=changes, progress=progress))
        bar.empty()
    return st.session_state.ranked[1]


def show_rank(trace) -> None:
    """Draws how much each head, or each word, moves the answers."""
    what = common.choice(st.segmented_control, t("heads.rank_what"), RANKED, key="rank", default="heads",
                         required=True, format_func={name: t(f"heads.{name}") for name in RANKED}.get,
                         label_visibility="collapsed")
    palette = common.palette()
    if what == "heads":
        changes = every_head(model.bert.config)
        places = names = [t("heads.place", layer=layer + 1, head=head + 1)
                          for ((layer, head),) in (c.heads for c in changes)]
    else:
        groups = list(map(tuple, words_of(trace.encoding, model.bert.tokenizer)))
        if not groups:
            common.hint("heads.no_word")
        changes = [Change(words=group) for group in groups]
        names = [written(trace.tokens, group) for group in groups]
        places = [name if names.count(name) == 1 else t("heads.at", word=name, place=group[0] + 1)
                  for name, group in zip(names, groups)]
    effects = ranked(what, changes)
    strengths = [effect.strength for effect in effects]
    most = max([*strengths, 1e-6])
    with st.container(border=True):
        if what == "heads":
            count, roles = model.bert.config.num_attention_heads, head_roles(trace).roles.ravel()
            cells = [head_html.Cell(html.percent(strength), t(f"heads.role_{role}"),
                                    html.tint(palette.a, 0.6 * strength / most))
                     for strength, role in zip(strengths, roles)]
            st.html(head_html.head_grid([cells[i:i + count] for i in range(0, len(cells), count)],
                                        layer=t("heads.layer"), head=t("heads.head")))
        else:
            st.html(html.chips(names, [html.tint(palette.a, 0.65 * strength / most) for strength in strengths],
                               [html.percent(strength) for strength in strengths]))
    st.caption(t("heads.rank_note") if what == "heads" else t("heads.rank_words_note"))
    order = np.argsort([-strength for strength in strengths], kind="stable")
    show_strongest([(places[i], effects[i]) for i in order[:5]])
    takeaway.offer("ranking", table={"name": [places[i] for i in order], "strength": [strengths[i] for i in order]},
                   name=f"ranking-{what}")


def show_strongest(entries: list[tuple[str, Effect]]) -> None:
    """Lists the changes that move most, with what becomes of the answers."""
    rows = []
    for name, effect in entries:
        answers = []
        for words in effect.words:
            now = max(words, key=lambda word: word.after)
            answers.append(f"{words[0].token} {html.percent(words[0].before)} → {html.percent(words[0].after)}"
                           + (f"{comma()}{t('heads.now', word=now.token, share=html.percent(now.after))}" if now is not words[0] else ""))
        if effect.is_next is not None:
            answers.append(f"{t('heads.pair')} {html.percent(effect.is_next[0])} → {html.percent(effect.is_next[1])}")
        rows.append((name, html.percent(effect.strength), " · ".join(answers)))
    st.markdown(f"**{t('heads.strongest')}**")
    st.html(html.table([t("heads.taken"), t("heads.moves"), t("heads.answer")], rows))


def lab() -> Interventions:
    """Returns what takes things away from the model chosen."""
    return interventions(model.stamp, model.bert)


common.start("heads")
texts = attention_inputs.two_texts("heads", HEADS, ("work_text", "work_second"))
model = models.current_model()
trace = model.ask("trace", *texts)
models.notes_on(model.bert, trace.encoding, *texts)
view = common.choice(st.segmented_control, t("heads.view"), VIEWS, key="try", default="roles", required=True,
                     format_func={name: t(f"heads.{name}") for name in VIEWS}.get, label_visibility="collapsed",
                     wrap=True)
if view != "roles" and len(texts) == 1 and "[MASK]" not in trace.tokens:
    if "[MASK]" in texts[0]:
        common.hint("fill.mask_cut")
    common.hint("heads.needs_answer")
{"roles": show_roles, "off": show_off, "hide": show_hide, "rank": show_rank}[view](trace)
