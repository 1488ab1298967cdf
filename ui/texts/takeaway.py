"""Downloads: (English, Chinese)."""

TEXT = {
    "takeaway.name": ("Take away", "下载"),
    "takeaway.csv": ("Numbers, CSV", "数据（CSV）"),
    "takeaway.json": ("Numbers, JSON", "数据（JSON）"),
    "takeaway.html": ("Page, HTML", "网页（HTML）"),
    "takeaway.png": ("PNG: the camera that appears over the picture.", "PNG：把鼠标移到图上，点相机图标。"),
    "takeaway.figure": ("Page, HTML; its button saves SVG", "网页（HTML，可另存为 SVG）"),
}
