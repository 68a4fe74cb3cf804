"""Open the live page in a browser, where there is a screen to show it on."""

import os
import sys
import webbrowser


def show_page(url: str) -> bool:
    """Open the page; False where there is no desktop (a text browser would hang)."""
    has_screen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return has_screen and webbrowser.open(url)
