"""Sentence pair: (English, Chinese)."""

TEXT = {
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
    "pair.sure_yes": ("B almost certainly follows A.", "几乎可以肯定，B 就是 A 的下一句。"),
    "pair.yes": ("B probably follows A.", "B 很可能是 A 的下一句。"),
    "pair.unsure": ("The model cannot decide.", "模型拿不定主意。"),
    "pair.no": ("B probably does not follow A.", "B 多半不是 A 的下一句。"),
    "pair.sure_no": ("B almost certainly does not follow A.", "几乎可以肯定，B 不是 A 的下一句。"),
    "pair.probability": ("Probability that B follows A: {share}.", "B 是 A 的下一句的概率：{share}。"),
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
                  "这个任务教会模型的主要是**话题**：来自别处的句子往往在说别的事。比较上面两根指示条：前后颠倒，答案常常差不多，可见它几乎不注意先后顺序。"),
}
