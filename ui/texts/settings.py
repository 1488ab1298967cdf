"""What a run was asked for: (English, Chinese)."""

TEXT = {
    "settings.differ": ("In what they differ", "设置有哪些不同"),
    "settings.same": ("They were asked for alike.", "各项设置都相同。"),
    "settings.setting": ("setting", "设置"),
    "settings.value": ("value", "值"),
    "settings.all": ("All settings of {name}", "{name} 的全部设置"),
    "settings.yes": ("yes", "是"),
    "settings.no": ("no", "否"),
}
