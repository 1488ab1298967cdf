"""Every sentence on the screen, in English and Chinese, in one table."""

from __future__ import annotations

import streamlit as st

LANGUAGES = {"en": "English", "zh": "中文"}

TEXT = {
    # the frame
    "app.model": ("Model", "模型"),
    "app.other_folder": ("Another folder …", "其他文件夹……"),
    "app.folder": ("BERT folder on this computer", "本机上的 BERT 文件夹"),
    "app.folder_help": ("A folder with config.json, vocab.txt and model.safetensors, such as any Hugging "
                        "Face BERT.",
                        "含有 config.json、vocab.txt 和 model.safetensors 的文件夹，例如任意 Hugging Face BERT。"),
    "app.folder_hint": ("Type the path of a BERT folder in the sidebar.", "请在侧栏输入 BERT 文件夹的路径。"),
    "app.no_models": ("There is no model in saved_models yet. Pretrain one with `python -m bert_tf "
                      "pretrain`, or name a BERT folder in the sidebar.",
                      "saved_models 里还没有模型。请用 `python -m bert_tf pretrain` 训练一个，或在侧栏指定 BERT 文件夹。"),
    "app.loading": ("Opening the model …", "正在打开模型……"),
    "app.thinking": ("The model is reading …", "模型正在阅读……"),
    "app.layers": ("layers", "层"),
    "app.heads": ("heads a layer", "每层的头数"),
    "app.hidden": ("numbers a vector", "向量的维数"),
    "app.vocabulary": ("word pieces", "词片"),
    "app.parameters": ("weights", "参数"),
    "app.longest": ("tokens at most", "最多词片数"),
    "app.card": ("About this model", "关于这个模型"),
    "app.problem": ("The model cannot answer this.", "模型无法回答这个输入。"),
    "app.cannot_open": ("This folder cannot be opened as a BERT.", "无法把这个文件夹作为 BERT 打开。"),
    "app.cut": ("The text is longer than the {longest} tokens this model reads: {count} word pieces were "
                "left out.",
                "文本超出了模型能读的 {longest} 个词片：有 {count} 个词片没有读入。"),
    "app.unknown": ("The vocabulary does not know: {words}. The model sees [UNK] there.",
                    "词表里没有：{words}。模型在那里只看到 [UNK]。"),
    "app.examples": ("Try one", "试一试"),
    "app.link": ("Link", "链接"),
    "app.link_note": ("This address reopens the page just as it is now.", "用这个网址可以重新打开现在的页面。"),
    "app.token": ("token", "词片"),
    "app.id": ("id", "编号"),
    "app.segment": ("segment", "句段"),
    "app.characters": ("characters", "字符"),
    "app.position": ("position", "位置"),
    "app.reads": ("What the model reads: {count} tokens, their ids and segments",
                  "模型读到的内容：{count} 个词片、编号和句段"),
    # the first page
    "home.name": ("Start", "首页"),
    "home.title": ("See what BERT does", "看见 BERT"),
    "home.lead": ("Type a sentence, in English or Chinese, and watch a small BERT read it. The model "
                  "runs **on this computer** and was pretrained **from scratch** by this very program.",
                  "输入一个中文或英文句子，看一个小型 BERT 怎样读它。模型就在**这台电脑上**运行，由这个程序**从零**预训练而成。"),
    "home.fill": ("Hide a word and see what the model would put there.", "遮住一个词，看模型会填什么。"),
    "home.pair": ("Ask whether one sentence follows another.", "问问一句话是不是接着另一句。"),
    "home.attention": ("See which words each head looks at, layer by layer.", "看每一层的每个头在看哪些词。"),
    "home.words": ("Watch “bank” take another place in another sentence.", "看“苹果”在不同的句子里站到不同的地方。"),
    "home.art_words": ("The|cat|[MASK]|on|the|mat", "今|天|天|[MASK]|很|好"),
    "home.art_first": ("The sun went down.", "太阳落山了。"),
    "home.art_second": ("The sky turned red.", "天空变红了。"),
    # fill in the blank
    "fill.name": ("Fill in the blank", "完形填空"),
    "fill.lead": ("BERT reads the words on **both sides** of a blank and says what could stand there. "
                  "This is the game it was trained on.",
                  "BERT 同时读空格**左右两边**的词，说出这里可能是什么。它就是靠这个游戏训练出来的。"),
    "fill.input": ("A sentence; [MASK] stands for a missing word", "一个句子，用 [MASK] 表示空格"),
    "fill.placeholder": ("The [MASK] sat on the mat.", "今天[MASK]气很好。"),
    "fill.click": ("Click a word to hide it, click [MASK] to bring it back", "点一个词把它遮住，点 [MASK] 把它放回来"),
    "fill.empty": ("Type a sentence, or pick one above.", "请输入一个句子，或者点上面的例子。"),
    "fill.no_mask": ("There is no blank yet: click one of the words above, or write [MASK] into the "
                     "sentence.",
                     "还没有空格：点上面的一个词，或者在句子里写 [MASK]。"),
    "fill.no_head": ("This model is an encoder without the head that predicts words, so it cannot fill "
                     "blanks. Choose another model in the sidebar; attention and words in context work "
                     "with this one.",
                     "这个模型只有编码器，没有预测词的输出头，所以不能填空。请在侧栏换一个模型；注意力和语境中的词两页可以用它。"),
    "fill.blank": ("Blank {number}", "空格 {number}"),
    "fill.best": ("With the best guess", "填入最可能的词"),
    "fill.independent": ("Each blank is filled without knowing what goes into the others.",
                         "每个空格单独填写，并不知道其他空格填了什么。"),
    "fill.top_k": ("Answers per blank", "每空的答案数"),
    "fill.everywhere": ("What it says at every position", "它在每个位置会说什么"),
    "fill.everywhere_lead": ("Nothing more is hidden here: the model sees every word, and says how "
                             "probable it finds it. Surprise is counted in bits: 1 bit is a coin toss, "
                             "10 bits one chance in a thousand.",
                             "这里没有再遮住别的词：模型看得见每个词，并说出它觉得这个词有多可能。意外程度以比特计：1 比特相当于抛一次硬币，10 比特约为千分之一的机会。"),
    "fill.expected": ("expected", "意料之中"),
    "fill.surprising": ("surprising", "出乎意料"),
    "fill.hidden": ("hidden: its best guess", "被遮住：它的最佳猜测"),
    "fill.bits": ("surprise in bits", "意外程度（比特）"),
    "fill.itself": ("the word itself", "这个词本身"),
    "fill.alternatives": ("most probable here", "这里最可能的词"),
    "fill.numbers": ("The figures, and the best alternatives", "具体数字与最可能的其他词"),
    # sentence pair
    "pair.name": ("Sentence pair", "句子对"),
    "pair.lead": ("Does the second sentence **follow** the first? In pretraining BERT saw true "
                  "neighbours and random strangers, half and half, and had to tell them apart.",
                  "第二句是不是**紧跟着**第一句？预训练时，BERT 看到的句子对一半真正相邻，一半随机拼凑，它要学会分辨。"),
    "pair.first": ("First sentence (A)", "第一句（A）"),
    "pair.second": ("Second sentence (B)", "第二句（B）"),
    "pair.swap": ("Swap A and B", "交换 A 和 B"),
    "pair.empty": ("Type two sentences, or pick a pair above.", "请输入两个句子，或者点上面的例子。"),
    "pair.no_head": ("This model was saved without the head that judges sentence pairs. Choose another "
                     "model in the sidebar.",
                     "这个模型没有判断句子对的输出头。请在侧栏换一个模型。"),
    "pair.sure_yes": ("B almost certainly follows A.", "B 几乎肯定紧跟 A。"),
    "pair.yes": ("B probably follows A.", "B 很可能紧跟 A。"),
    "pair.unsure": ("The model cannot decide.", "模型拿不定主意。"),
    "pair.no": ("B probably does not follow A.", "B 多半不是接着 A 的。"),
    "pair.sure_no": ("B almost certainly does not follow A.", "B 几乎肯定不是接着 A 的。"),
    "pair.probability": ("It gives this {share}.", "它给出的概率是 {share}。"),
    "pair.a_then_b": ("A, then B", "先 A 后 B"),
    "pair.b_then_a": ("B, then A", "先 B 后 A"),
    "pair.random": ("a stranger", "毫不相干"),
    "pair.next": ("the next sentence", "下一句"),
    "pair.reads": ("How the model reads the pair", "模型怎样读这一对"),
    "pair.segment_a": ("A, segment 0", "A，句段 0"),
    "pair.segment_b": ("B, segment 1", "B，句段 1"),
    "pair.note": ("Mostly this task teaches **topic**: a stranger from another text talks of something "
                  "else. Compare the two gauges: turned around, the pair often gets nearly the same "
                  "answer. Order is barely noticed.",
                  "这个任务教会模型的主要是**话题**：来自别处的句子往往在说别的事。比较上面两条刻度：前后颠倒，答案常常差不多，先后顺序几乎没被注意。"),
    # attention
    "attention.name": ("Attention", "注意力"),
    "attention.lead": ("In every layer each token gathers information from the others. A **head** is one "
                       "way of choosing where to look; what a token gives out sums to 100 %.",
                       "在每一层，每个词片都从其他词片收集信息。一个**头**就是一种选择看哪里的方式；每个词片分出的权重加起来是 100%。"),
    "attention.first": ("Sentence", "句子"),
    "attention.second": ("Second sentence (optional)", "第二句（可不填）"),
    "attention.empty": ("Type a sentence, or pick one above.", "请输入一个句子，或者点上面的例子。"),
    "attention.nothing": ("Nothing is left to show: the cut text holds no token of that part.",
                          "没有可显示的内容：截短后的文本里没有这一部分的词片。"),
    "attention.view": ("View", "视图"),
    "attention.bertviz": ("Lines", "连线"),
    "attention.heatmap": ("Heatmap", "热力图"),
    "attention.what": ("What to show", "显示什么"),
    "attention.one": ("One head", "一个头"),
    "attention.layer_mean": ("Average of a layer", "一层的平均"),
    "attention.head_mean": ("Average of a head number over all layers", "同号的头在各层的平均"),
    "attention.all_mean": ("Average of everything", "全部的平均"),
    "attention.rollout": ("Rollout", "逐层累积"),
    "attention.rollout_note": ("Rollout multiplies the layers, residuals included: how much of each "
                               "input token has reached each position by this layer.",
                               "逐层累积把各层（含残差）相乘：到这一层为止，每个输入词片有多少信息到达每个位置。"),
    "attention.layer": ("Layer", "层"),
    "attention.head": ("Head", "头"),
    "attention.special": ("Show [CLS] and [SEP]", "显示 [CLS] 和 [SEP]"),
    "attention.pairs": ("Which part", "哪一部分"),
    "attention.axes": ("Each row is a token that looks, each column a token that is looked at.",
                       "每一行是一个在看的词片，每一列是被看的词片。"),
    "attention.weight": ("weight", "权重"),
    "attention.hint": ("BertViz: every line is one token (left) looking at another (right). Point at a "
                       "token to see only its lines; click a coloured square to switch a head off, "
                       "double-click to see it alone.",
                       "BertViz：每条线是一个词片（左）看另一个词片（右）。指向一个词片只看它的线；点彩色方块关掉一个头，双击只看这个头。"),
    "attention.hidden_note": ("{share} of all this attention goes to [CLS] and [SEP], which are hidden: "
                              "many heads rest there when they find nothing to do.",
                              "这里的注意力有 {share} 落在没有显示的 [CLS] 和 [SEP] 上：许多头无事可做时就停在那里。"),
    "attention.caution": ("Attention shows where a head looks, not why the model answers as it does.",
                          "注意力显示一个头在看哪里，并不等于解释了模型为什么这样回答。"),
    "bertviz.layer": ("Layer", "层"),
    "bertviz.attention": ("Part", "部分"),
    "bertviz.head": ("Head", "头"),
    "bertviz.all": ("All", "全部"),
    "bertviz.a_to_b": ("A → B", "A → B"),
    "bertviz.b_to_a": ("B → A", "B → A"),
    "bertviz.a_to_a": ("Within A", "A 之内"),
    "bertviz.b_to_b": ("Within B", "B 之内"),
    # words in context
    "words.name": ("Words in context", "语境中的词"),
    "words.lead": ("word2vec has **one** vector for a word, whatever it means here. BERT makes a **new** "
                   "one in every sentence. Watch one word move.",
                   "word2vec 给一个词**唯一**的向量，不管它在这里是什么意思；BERT 在每个句子里都给它一个**新**的向量。看同一个词怎样移动。"),
    "words.word": ("Word", "词"),
    "words.sentences": ("Sentences with this word, one a line", "含有这个词的句子，每行一个"),
    "words.layer": ("Layer", "层"),
    "words.layer_help": ("0 is the embedding, before any context was mixed in (it knows the position, "
                         "though); with each layer more of the sentence flows into the word.",
                         "0 是嵌入层，还没有混入语境（但已含有位置）；每过一层，就有更多的句子内容流进这个词。"),
    "words.empty": ("Type a word and at least two sentences that contain it.", "请输入一个词，以及至少两个含有它的句子。"),
    "words.missing": ("Left out, since “{word}” is not in them: {sentences}",
                      "以下句子里没有“{word}”，已略过：{sentences}"),
    "words.few": ("At least two sentences with the word are needed for a comparison.",
                  "至少要有两个含有这个词的句子才能比较。"),
    "words.map": ("BERT: a vector for every sentence", "BERT：每个句子一个向量"),
    "words.map_note": ("Each dot is “{word}” in one sentence, at layer {layer}. The map shows {share} of "
                       "the differences.",
                       "每个点是一个句子里的“{word}”（第 {layer} 层）。这张图呈现了差异的 {share}。"),
    "words.own": ("your own sentences", "自己写的句子"),
    "words.list": ("The sentences", "这些句子"),
    "words.matrix": ("How alike the vectors are", "向量有多相似"),
    "words.matrix_note": ("Cosine of every two sentences: 1 is the same direction.",
                          "每两个句子之间的余弦：1 表示方向完全相同。"),
    "words.same": ("average cosine, same sense", "同一个意思的平均余弦"),
    "words.different": ("average cosine, different senses", "不同意思的平均余弦"),
    "words.mean": ("average cosine of the word with itself", "这个词与自己的平均余弦"),
    "words.baseline": ("average cosine of two random words here: read all others against this",
                       "这里任意两个词的平均余弦：其他数字要和它比较"),
    "words.static_cosine": ("cosine in word2vec, always", "word2vec 中的余弦，永远如此"),
    "words.static": ("word2vec: one vector that never moves", "word2vec：一个永远不动的向量"),
    "words.static_map": ("All {count} sentences share one dot; around it, the nearest words. No layer, "
                         "no change.",
                         "{count} 个句子共用一个点；周围是最近的词。没有层，也没有变化。"),
    "words.nearest": ("Its nearest words mix all senses:", "它最近的词把各种意思混在一起："),
    "words.static_unknown": ("“{word}” is not among the {count} words that word2vec knows.",
                             "word2vec 所知的 {count} 个词里没有“{word}”。"),
    "words.static_none": ("There are no word2vec vectors beside this model.", "没有随附的 word2vec 向量。"),
    "words.cosine": ("cosine", "余弦"),
}


def language() -> str:
    """Returns the language chosen: `en` or `zh`."""
    return st.session_state.get("lang") or "en"


def t(key: str, **values) -> str:
    """Returns a text in the language chosen, with its {placeholders} filled in."""
    return TEXT[key][list(LANGUAGES).index(language())].format(**values)
