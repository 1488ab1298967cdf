"""What the library says about bad input, in Chinese: its own words are English, and a visitor may not read them.

Each entry is the beginning or the whole of a message, as a pattern whose named parts come back in the Chinese words.
A message that is not here is shown in the library's words.
"""

from __future__ import annotations

import re

ERRORS = [(re.compile(pattern, re.DOTALL), words) for pattern, words in [
    # typed text
    (r"The [\w ]+ is empty; type a sentence", "文本是空的，请输入一个句子。"),
    (r"The [\w ]+ holds no character that the tokenizer keeps", "文本里没有分词器认识的字符，请输入一些词。"),
    (r"There is no \[MASK\] in the text", "文本里没有 [MASK]。请在要填词的地方写上 [MASK]。"),
    (r"There is no word in the text that could be hidden", "文本里没有可以遮住的词，请输入一些词。"),
    (r"The word ['\"](?P<word>.*?)['\"] does not stand in the text", "文本里没有“{word}”这个词。"),
    (r"The word is empty", "请输入要看的词。"),
    (r"There is no vector for ['\"](?P<word>.*?)['\"]: it is not among the (?P<count>[\d,]+) most",
     "没有“{word}”的向量：它不在这份文本最常见的 {count} 个词里。请换一个更常用的词。"),
    (r"None of the (?P<count>[\d,]+) words in the text comes (?P<least>\d+) times",
     "文本共 {count} 个词，没有一个出现到 {least} 次。请多给一些文本，或降低最低次数。"),
    (r"The \w+ is empty, or holds no character", "文本是空的，或没有分词器认识的字符。请输入一些词。"),
    (r"\S+ judges pairs of texts; give a second one", "这个模型判断的是两段文本，请再给一段。"),
    (r"There is no answer to compare: (?P<name>.+?) needs a",
     "没有可以比较的答案：{name} 需要一个 [MASK] 或第二段文本，以及相应的输出头。"),
    # models
    (r"(?P<name>.+?) is an encoder without the", "{name} 只有编码器，没有这里需要的输出头。请选择带预训练输出头的模型。"),
    (r"(?P<folder>.+?) is not a folder here, and nothing is downloaded\. A BERT folder",
     "{folder} 不是文件夹。BERT 文件夹里有 config.json、vocab.txt 和 model.safetensors。"),
    (r"(?P<folder>.+?) is a run, not a model", "{folder} 是一次训练，不是模型。请打开里面的检查点或 model 文件夹。"),
    (r"(?P<folder>.+?) is no BERT folder: it holds no config",
     "{folder} 不是 BERT 文件夹：里面没有 config.json。应当有 config.json、vocab.txt 和 model.safetensors。"),
    (r"(?P<folder>.+?) holds no model\.safetensors", "{folder} 里没有 model.safetensors。"),
    (r"(?P<file>.+?) cannot be read as safetensors", "{file} 读不出来，可能不完整。请重新复制一份。"),
    (r"(?P<folder>.+?): vocab\.txt has (?P<pieces>\d+) pieces, but config\.json says vocab_size (?P<size>\d+)",
     "{folder}：vocab.txt 有 {pieces} 个词元，config.json 里却写着 {size}。这两个文件不属于同一个模型。"),
    (r"A stage of \d+ tokens is too long for (?P<folder>.+?), which takes (?P<most>\d+)\.",
     "{folder} 最多读 {most} 个词元，请把“每对句子的词元数”调小。"),
    (r"(?P<name>.+?) reads one text at a time, not pairs", "{name} 一次只读一段文本，没有第二个句段。请去掉第二段文本，或换一个模型。"),
    (r"(?P<folder>.+?) lacks (?P<files>.+?), which model\.safetensors\.index\.json names", "{folder} 里缺少 {files}。请重新复制整个文件夹。"),
    (r"(?P<file>.+?) should say in weight_map which file", "{file} 没有写明哪个张量在哪个文件里。请重新复制一份。"),
    (r"Cannot write the model into (?P<folder>.+?): ", "模型写不进 {folder}。请腾出空间，或选择别的文件夹。"),
    (r"Cannot write token shards into (?P<folder>.+?): ", "词元写不进 {folder}。请腾出空间，或选择别的文件夹。"),
    (r"(?P<folder>.+?) knows no second segment", "{folder} 没有第二个句段，不能一起读两段文本。请换一个模型。"),
    (r"(?P<file>.+?), line (?P<line>\d+): not UTF-8 text",
     "{file} 第 {line} 行不是 UTF-8 文本。请另存为 UTF-8（记事本：另存为，编码选 UTF-8）。"),
    (r"(?P<file>.+?) is a damaged or truncated \.\w+ file", "{file} 已损坏或不完整，请重新下载或重新压缩。"),
    (r"(?P<file>.+?), line (?P<line>\d+): the line has more than (?P<most>[\d,]+) characters",
     "{file} 第 {line} 行超过 {most} 个字符。请一行写一句，文档之间空一行。"),
    # task files
    (r"(?P<file>.+?) has (?P<size>[\d,]+) MB; task files may have (?P<most>\d+) MB",
     "{file} 有 {size} MB，任务文件最多 {most} MB。请只取其中一部分行。"),
    (r"The task file (?P<file>.+?) does not exist", "任务文件 {file} 不在了。"),
    (r"(?P<file>.+?) is not text in UTF-8", "{file} 不是 UTF-8 文本。请另存为 UTF-8 的 CSV、TSV 或 JSON（表格软件里选“CSV UTF-8”）。"),
    (r"(?P<file>.+?) is empty\. It should hold examples", "{file} 是空的。里面应当是例子：CSV、TSV、JSONL 或 SQuAD JSON。"),
    (r"(?P<file>.+?) has one column; text and label", "{file} 只有一列；文本和标签（用逗号或制表符分开）需要两列。"),
    (r"(?P<file>.+?), line (?P<line>\d+) has (?P<found>\d+) columns, the first line has (?P<wanted>\d+)",
     "{file} 第 {line} 行有 {found} 列，第一行有 {wanted} 列。含分隔符的文本请加引号，或改用制表符。"),
    (r"(?P<file>.+?), line (?P<line>\d+) is not valid JSON", "{file} 第 {line} 行不是正确的 JSON。"),
    (r"(?P<file>.+?) is not valid JSON", "{file} 不是正确的 JSON。"),
    (r"(?P<file>.+?) is JSON, but neither SQuAD", "{file} 是 JSON，但既不是 SQuAD（带 data 的对象），也不是例子的列表。"),
    (r"(?P<file>.+?) is not SQuAD JSON", "{file} 不是 SQuAD JSON（带 data、paragraphs、context、qas 的对象），而问答需要它。"),
    (r"(?P<file>.+?), line (?P<line>\d+) should hold a word and its tag",
     "{file} 第 {line} 行应当是一个词和它的标注，例如 B-PER 或 O。"),
    (r"(?P<file>.+?), line (?P<line>\d+) is no question about a passage",
     "{file} 第 {line} 行不是关于段落的问题。应当有 context、question 和 answers（含 text 和 answer_start）。"),
    (r"(?P<file>.+?) has \d+ columns called ['\"](?P<column>.*?)['\"]",
     "{file} 有不止一列叫“{column}”。请给每一列不同的名字。"),
    (r"(?P<file>.+?) has a header line and no examples", "{file} 只有标题行，没有例子。"),
    (r"(?P<file>.+?): which column is the (?P<part>.+?)\? It has (?P<columns>.+?)\. Name",
     "{file}：哪一列是 {part}？它有这些列：{columns}。请命名为 text 和 label；text_a、text_b 和 label；或 tokens 和 tags。"),
    (r"(?P<file>.+?) holds no examples", "{file} 里没有例子：每一行都缺文本、标签或答案。请补上，或选择别的列。"),
    (r"Every tag in (?P<file>.+?) is O", "{file} 里的标注全是 O，没有东西可学。请标出一些实体。"),
    (r"Every example in (?P<file>.+?) has the label ['\"](?P<label>.*?)['\"]",
     "{file} 里所有例子的标签都是“{label}”；要学会区分，至少需要两种。"),
    (r"(?P<file>.+?) has (?P<count>[\d,]+) different labels, at most (?P<most>\d+)",
     "{file} 有 {count} 种标签，最多 {most} 种。标签列选对了吗？"),
    (r"(?P<where>.+?, line \d+): (?P<words>\d+) \w+, but (?P<tags>\d+) tags",
     "{where}：{words} 个词，却有 {tags} 个标注；一个词要有一个标注。"),
    (r"(?P<where>.+?, line \d+): ['\"](?P<tag>.*?)['\"] is no BIO tag", "{where}：“{tag}”不是 BIO 标注。标注是 O、B-名称 和 I-名称，例如 B-PER。"),
    (r"(?P<where>.+?): the answer ['\"](?P<answer>.*?)['\"] does not stand in its passage",
     "{where}：答案“{answer}”不在它的段落里。答案要一字不差地取自段落。"),
    (r"(?P<where>.+?): answer_start should be a whole number, not (?P<found>.+?)\. It",
     "{where}：answer_start 应当是整数（答案在段落里从第几个字符开始），而不是 {found}。"),
    (r"The dev file holds the same examples as the training file",
     "验证集文件和训练集文件的例子完全相同，分不清是学会了还是背下来了。请给别的例子，或不给：那样会自动分出十分之一。"),
    (r"The training file is for (?P<one>\w+), the dev file for (?P<other>\w+)",
     "训练集文件的任务是 {one}，验证集文件的是 {other}；两者应当相同。"),
    (r"The dev file has labels that the training file lacks: (?P<labels>.+?)\. It holds",
     "验证集文件里有训练集文件没有的标签：{labels}。"),
    (r"(?P<file>.+?) has (?P<count>\d+) \w+, too few to split", "{file} 只有 {count} 个，太少，分不出验证集（至少 10 个）。"
     "请另给验证集文件，或更多例子。"),
    # text to pretrain on
    (r"(?P<file>.+?) is no text file: it holds zero bytes", "{file} 不是文本文件。请给 UTF-8 的纯文本。"),
    (r"(?P<file>.+?) holds more than (?P<most>[\d,]+) characters", "{file} 超过 {most} 个字符，在这个页面上训练太大了。请截短。"),
    (r"(?P<file>.+?) is empty\. A corpus holds", "{file} 是空的。语料一行一句，文档之间空一行。"),
    (r"(?P<file>.+?) has no two lines that follow each other", "{file} 里没有相连的两行，也就没有句子对。请一行写一句，只在文档之间空一行。"),
    (r"The corpus has no document of at least two tokens", "语料里没有至少两个词元的文档，凑不成句子对。"),
    (r"Nothing can be predicted in ", "文本里没有可以预测的词元：词表不认识其中任何一个字符。请给模型认识的语言的文本。"),
    # runs
    (r"['\"](?P<name>.*?)['\"] cannot be the name of a run",
     "“{name}”不能用作名称。请用 1 到 60 个字母、汉字、数字、空格、连字符、点或下划线，并以字母、汉字或数字开头。"),
    (r"There is a run called ['\"](?P<name>.*?)['\"] already", "已经有叫“{name}”的训练了，请换一个名称。"),
    (r"(?P<count>\d+) trainings are at work on this computer already",
     "这台电脑上已有 {count} 个训练在进行。请等其中一个结束，或先观看别人的训练。"),
    (r"The run ['\"](?P<name>.*?)['\"] is at work", "“{name}”正在训练，请先停止。"),
    (r"The run ['\"](?P<name>.*?)['\"] is part of another program \(process (?P<pid>\d+)\)",
     "“{name}”是另一个程序（进程 {pid}）里的训练，不能在这里终止。请点“停止”，或自己结束那个程序。"),
    (r"The run (?P<run>.+?) cannot go on from any of its checkpoints: in (?P<checkpoint>\S+), (?P<file>\S+) is (?:missing|damaged)",
     "{run} 的检查点都不能继续训练：{checkpoint} 里的 {file} 缺失或已损坏。请把这个文件放回去，或从检查点的权重开始新的训练。"),
    (r"The loss is no longer a number at step (?P<step>\d+)\. The learning rate (?P<rate>\S+) is",
     "第 {step} 步时损失不再是数字。学习率 {rate} 可能太高，请用更低的重新开始。"),
]]


def in_chinese(message: str) -> str:
    """Returns a message of the library in Chinese, or as it is where there are no words for it."""
    for pattern, words in ERRORS:
        if found := pattern.match(message):
            return words.format(**found.groupdict())
    return message
