"""Every sentence on the screen, in English and Chinese, in one table."""

from __future__ import annotations

import streamlit as st

LANGUAGES = {"en": "English", "zh": "中文"}

TEXT = {
    # the frame
    "app.language": ("Language", "语言"),
    "app.model": ("Model", "模型"),
    "app.other_folder": ("Another folder …", "其他文件夹……"),
    "app.folder": ("BERT folder on this computer", "本机上的 BERT 文件夹"),
    "app.folder_help": ("A folder with config.json, vocab.txt and model.safetensors, such as any Hugging Face BERT.",
                        "含有 config.json、vocab.txt 和 model.safetensors 的文件夹，例如任意 Hugging Face BERT。"),
    "app.folder_hint": ("Type the path of a BERT folder in the sidebar.", "请在侧栏输入 BERT 文件夹的路径。"),
    "app.no_models": ("There is no model in saved_models yet. Pretrain one with `python -m bert_tf pretrain`, or name a "
                      "BERT folder in the sidebar.",
                      "saved_models 里还没有模型。请用 `python -m bert_tf pretrain` 训练一个，或在侧栏指定 BERT 文件夹。"),
    "app.loading": ("Opening the model …", "正在打开模型……"),
    "app.thinking": ("The model is reading …", "模型正在阅读……"),
    "app.facts": ("{layers} layers · {heads} heads · {hidden} wide  \n{vocab} word pieces · {parameters} M weights",
                  "{layers} 层 · {heads} 个注意力头 · 宽 {hidden}  \n{vocab} 个词片 · {parameters} 百万参数"),
    "app.card": ("About this model", "关于这个模型"),
    "app.problem": ("That did not work.", "没有成功。"),
    "app.cut": ("The text is longer than this model reads: the last {count} word pieces were left out.",
                "文本超出了模型能读的长度：末尾的 {count} 个词片没有读入。"),
    "app.unknown": ("The vocabulary does not know: {words}. The model sees [UNK] there.",
                    "词表里没有：{words}。模型在那里只看到 [UNK]。"),
    "app.examples": ("Try one", "试一试"),
    "app.link": ("The address of this page reopens exactly this view.", "复制本页网址，就能重新打开现在的内容。"),
    "app.token": ("token", "词片"),
    "app.id": ("id", "编号"),
    "app.segment": ("segment", "句段"),
    "app.characters": ("characters", "字符"),
    "app.position": ("position", "位置"),
    # the first page
    "home.name": ("Start", "首页"),
    "home.title": ("See what BERT does", "看见 BERT"),
    "home.lead": ("Type a sentence, in English or Chinese, and watch a small BERT read it. The model runs on this "
                  "computer and was pretrained from scratch by this very program.",
                  "输入一个中文或英文句子，看一个小型 BERT 怎样读它。模型就在这台电脑上运行，由这个程序从零预训练而成。"),
    "home.fill": ("Hide a word and see what the model would put there.", "遮住一个词，看模型会填什么。"),
    "home.pair": ("Ask whether one sentence follows another.", "问问一句话是不是接着另一句。"),
    "home.attention": ("See which words each head looks at, layer by layer.", "看每一层的每个头在看哪些词。"),
    "home.words": ("Watch “bank” or “苹果” take another vector in another sentence.",
                   "看“苹果”或“bank”在不同句子里得到不同的向量。"),
    # fill in the blank
    "fill.name": ("Fill in the blank", "完形填空"),
    "fill.lead": ("BERT reads the words on **both sides** of a blank and says what could stand there. "
                  "This is the game it was trained on.",
                  "BERT 同时读空格**左右两边**的词，说出这里可能是什么。它就是靠这个游戏训练出来的。"),
    "fill.input": ("A sentence with [MASK] where a word is missing", "一个句子，用 [MASK] 表示空格"),
    "fill.placeholder": ("The [MASK] sat on the mat.", "今天[MASK]气很好。"),
    "fill.click": ("Click a word to hide it, click [MASK] to bring it back", "点一个词把它遮住，点 [MASK] 把它放回来"),
    "fill.empty": ("Type a sentence, or pick one above.", "请输入一个句子，或者点上面的例子。"),
    "fill.no_mask": ("There is no blank yet: click one of the words above, or write [MASK] into the sentence.",
                     "还没有空格：点上面的一个词，或者在句子里写 [MASK]。"),
    "fill.blank": ("Blank {number}", "空格 {number}"),
    "fill.best": ("With the best guess in every blank", "每个空格填入最可能的词"),
    "fill.independent": ("Each blank is filled without knowing what goes into the others.",
                         "每个空格单独填写，并不知道其他空格填了什么。"),
    "fill.top_k": ("Answers per blank", "每空给出几个答案"),
    "fill.reads": ("What the model reads: tokens, ids, segments", "模型读到的内容：词片、编号、句段"),
    "fill.everywhere": ("What it would say at every position", "它在每个位置会说什么"),
    "fill.everywhere_lead": ("Nothing is hidden here: the model looks at each word and says how sure it is of it. "
                             "Darker means more surprised.",
                             "这里什么都没有遮住：模型看着每个词，说它有多确定。颜色越深，表示越意外。"),
    "fill.itself": ("the token itself", "该词片本身"),
    "fill.alternatives": ("most likely here", "这里最可能的词"),
    # sentence pair
    "pair.name": ("Sentence pair", "句子对"),
    "pair.lead": ("Does the second sentence follow the first? In pretraining BERT saw true neighbours and "
                  "random strangers, half and half, and had to tell them apart.",
                  "第二句是不是紧跟着第一句？预训练时，BERT 看到的句子对一半是真正相邻的，一半是随机拼凑的，它要学会分辨。"),
    "pair.first": ("First sentence (A)", "第一句（A）"),
    "pair.second": ("Second sentence (B)", "第二句（B）"),
    "pair.swap": ("Swap A and B", "交换 A 和 B"),
    "pair.empty": ("Type two sentences, or pick a pair above.", "请输入两个句子，或者点上面的例子。"),
    "pair.sure_yes": ("B almost certainly follows A.", "B 几乎肯定紧跟 A。"),
    "pair.yes": ("B probably follows A.", "B 很可能紧跟 A。"),
    "pair.unsure": ("The model cannot decide.", "模型拿不定主意。"),
    "pair.no": ("B probably does not follow A.", "B 多半不是接着 A 的。"),
    "pair.sure_no": ("B almost certainly does not follow A.", "B 几乎肯定不是接着 A 的。"),
    "pair.probability": ("probability that B follows A", "B 紧跟 A 的概率"),
    "pair.random": ("stranger", "无关"),
    "pair.next": ("next sentence", "下一句"),
    "pair.reads": ("How the model reads the pair: [CLS] A [SEP] B [SEP], A in segment 0, B in segment 1",
                   "模型怎样读这一对：[CLS] A [SEP] B [SEP]，A 是句段 0，B 是句段 1"),
    "pair.note": ("Mostly this task teaches **topic**: a stranger from another text talks of something else. "
                  "Swap the sentences, and the answer often hardly changes - order is barely noticed.",
                  "这个任务教会模型的主要是**话题**：来自别处的句子往往在说别的事。交换两句，答案常常变化不大——先后顺序几乎没被注意。"),
    # attention
    "attention.name": ("Attention", "注意力"),
    "attention.lead": ("In every layer each token gathers information from the others. A *head* is one way "
                       "of choosing where to look; each row of weights sums to 1.",
                       "在每一层，每个词片都从其他词片收集信息。一个“头”就是一种选择看哪里的方式；每一行权重之和为 1。"),
    "attention.first": ("Sentence", "句子"),
    "attention.second": ("Second sentence (optional)", "第二句（可不填）"),
    "attention.empty": ("Type a sentence, or pick one above.", "请输入一个句子，或者点上面的例子。"),
    "attention.view": ("View", "视图"),
    "attention.bertviz": ("Lines (BertViz)", "连线（BertViz）"),
    "attention.heatmap": ("Heatmap", "热力图"),
    "attention.what": ("What to show", "显示什么"),
    "attention.one": ("One head", "一个头"),
    "attention.layer_mean": ("Mean of a layer", "一层的平均"),
    "attention.all_mean": ("Mean of everything", "全部的平均"),
    "attention.rollout": ("Rollout", "逐层累积"),
    "attention.rollout_note": ("Rollout multiplies the layers, residuals included: how much of each input token "
                               "reaches each position.",
                               "逐层累积把各层（含残差）相乘：每个输入词片有多少信息到达每个位置。"),
    "attention.layer": ("Layer", "层"),
    "attention.head": ("Head", "头"),
    "attention.special": ("Show [CLS] and [SEP]", "显示 [CLS] 和 [SEP]"),
    "attention.pairs": ("Which part", "哪一部分"),
    "attention.all": ("All", "全部"),
    "attention.a_to_b": ("A → B", "A → B"),
    "attention.b_to_a": ("B → A", "B → A"),
    "attention.a_to_a": ("A → A", "A → A"),
    "attention.b_to_b": ("B → B", "B → B"),
    "attention.from": ("looking", "从"),
    "attention.to": ("looked at", "看向"),
    "attention.weight": ("weight", "权重"),
    "attention.hint": ("Hover over a word to see where it looks; click coloured squares to switch heads on and off; "
                       "double-click one to see it alone.",
                       "把鼠标移到词上看它在看哪里；点彩色方块开关某个头；双击只看这一个头。"),
    "attention.hidden_note": ("[CLS] and [SEP] take much of the weight; without them rows no longer sum to 1.",
                              "[CLS] 和 [SEP] 占去不少权重；去掉它们后，每行之和不再是 1。"),
    "attention.caution": ("Attention shows where a head looks, not why the model answers as it does.",
                          "注意力显示一个头在看哪里，并不等于解释了模型为什么这样回答。"),
    # the words on BertViz's own controls
    "bertviz.layer": ("Layer", "层"),
    "bertviz.attention": ("Part", "部分"),
    "bertviz.head": ("Head", "头"),
    "bertviz.all": ("All", "全部"),
    "bertviz.a_to_a": ("A → A", "A → A"),
    "bertviz.b_to_b": ("B → B", "B → B"),
    "bertviz.a_to_b": ("A → B", "A → B"),
    "bertviz.b_to_a": ("B → A", "B → A"),
    # words in context
    "words.name": ("Words in context", "语境中的词"),
    "words.lead": ("word2vec has **one** vector for a word, whatever it means here. BERT makes a **new** one in every "
                   "sentence. Watch one word move.",
                   "word2vec 给一个词**唯一**的向量，不管它在这里是什么意思；BERT 在每个句子里都给它一个**新**的向量。看同一个词怎样移动。"),
    "words.sets": ("Ready sets", "现成的例子"),
    "words.word": ("Word", "词"),
    "words.sentences": ("Sentences, one a line", "句子，每行一个"),
    "words.layer": ("Layer", "层"),
    "words.layer_help": ("0 is the embedding, before any context was mixed in; the last layer is the fullest in context.",
                         "0 是嵌入层，还没有混入语境；最后一层含有最多的语境。"),
    "words.empty": ("Type a word and at least two sentences that contain it.", "请输入一个词，以及至少两个含有它的句子。"),
    "words.missing": ("Left out, since the word is not in them: {sentences}", "以下句子里没有这个词，已略过：{sentences}"),
    "words.few": ("At least two sentences with the word are needed for a comparison.", "至少要有两个含有这个词的句子才能比较。"),
    "words.map": ("The word's vector in each sentence", "这个词在每个句子里的向量"),
    "words.map_note": ("Two principal directions, {share} of the variance.", "两个主方向，占方差的 {share}。"),
    "words.matrix": ("How alike the vectors are (cosine)", "向量有多相似（余弦）"),
    "words.baseline": ("Two random words in these sentences have cosine {value} at this layer: read the matrix against "
                       "that, not against 0.",
                       "在这一层，这些句子里任意两个词的余弦平均为 {value}：请和它比较，而不是和 0 比较。"),
    "words.static": ("word2vec: one vector that never moves", "word2vec：一个永远不动的向量"),
    "words.static_map": ("“{word}” among its nearest words: the same picture for every sentence and every layer.",
                         "“{word}”和它最近的词：不管在哪个句子、哪一层，这张图都不变。"),
    "words.static_same": ("In all {count} sentences word2vec gives “{word}” the very same vector, so its cosine with "
                          "itself is 1.00 everywhere. Its nearest words mix all senses:",
                          "在这 {count} 个句子里，word2vec 给“{word}”的向量完全相同，彼此余弦都是 1.00。它最近的词把各种意思混在一起："),
    "words.static_unknown": ("“{word}” is not among the {count} words that word2vec knows.",
                             "word2vec 所知的 {count} 个词里没有“{word}”。"),
    "words.static_none": ("There are no word2vec vectors beside this model.", "没有随附的 word2vec 向量。"),
    "words.sentence": ("sentence", "句子"),
    "words.cosine": ("cosine", "余弦"),
}


def language() -> str:
    """Returns the language chosen: `en` or `zh`."""
    return st.session_state.get("lang") or "en"


def t(key: str, **values) -> str:
    """Returns a text in the language chosen, with its {placeholders} filled in."""
    return TEXT[key][list(LANGUAGES).index(language())].format(**values)
