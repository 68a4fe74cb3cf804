"""A report as a PDF reads no file of this computer and calls no other one."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract.errors import StoreError
from dashboards.report import pdf

pytestmark = pytest.mark.usefixtures("pango")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        yield listener


ASKS = {
    "a picture": '<img src="{url}">',
    "a style sheet": '<link rel="stylesheet" href="{url}">',
    "an import": '<style>@import "{url}";</style>',
    "a background": '<p style="background: url({url})">Ana</p>',
    "a font": (
        '<style>@font-face {{ font-family: a; src: url("{url}") }}'
        " p {{ font-family: a }}</style><p>Ana</p>"
    ),
    "a picture in a drawing": (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
        '<image href="{url}" width="9" height="9"/></svg>'
    ),
    "an attachment": '<link rel="attachment" href="{url}">',
    "an object": '<object data="{url}"></object>',
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_a_page_that_asks_another_computer_becomes_no_pdf(
    listener: socket.socket, ask: str
) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/pixel.png"
    with pytest.raises(StoreError, match="may fetch nothing") as refused:
        pdf._printed(ask.format(url=url))
    assert url in refused.value.what
    with pytest.raises(BlockingIOError):
        listener.accept()  # nobody called


@pytest.mark.parametrize("kind", ["a picture", "a picture in a drawing"])
def test_a_page_that_asks_for_a_file_becomes_no_pdf(tmp_path: Path, kind: str) -> None:
    drawing = tmp_path / "drawing.svg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    for url in ("file:///etc/passwd", drawing.as_uri()):
        with pytest.raises(StoreError) as refused:
            pdf._printed(ASKS[kind].format(url=url))
        assert url in refused.value.what
