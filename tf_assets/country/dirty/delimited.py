"""Pages as delimited text, in the encodings that councils' programs write."""

from pathlib import Path

from tf_assets.country.dirty.pages import Page
from tf_assets.country.dirty.shapes import Shape


def write_delimited(page: Page, shape: Shape, path: Path) -> None:
    """Write a page as its shape says; letters that the encoding lacks become question marks, as in the real thing."""
    if shape.encoding in ("utf-8", "utf-8-sig"):
        page.cells.write_csv(
            path,
            include_header=False,
            include_bom=shape.encoding == "utf-8-sig",
            separator=shape.delimiter,
            line_terminator=shape.line_end,
        )
        return
    text = page.cells.write_csv(include_header=False, separator=shape.delimiter, line_terminator=shape.line_end)
    path.write_bytes(text.encode(shape.encoding, errors="replace"))
