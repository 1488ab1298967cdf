"""Every sentence on the screen, in English and Chinese: one module a page, one table in `ui.text`."""
