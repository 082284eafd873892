"""Pictures that are files, made part of a page."""

import base64
from io import BytesIO
from pathlib import Path

from markupsafe import Markup

from vibcli.reporting.page.svg import LEAST

PIXELS = 96 / 150  # of a page a pixel of a picture, which has 150 an inch
COLORS = 128  # of a picture that is stored with a palette
QUALITY = 80


def embedded(path: Path, words: str) -> Markup | None:
    """An element that holds the picture, smaller than the file; None where it cannot be read.

    ``words`` say what it shows, for those who do not see it.
    """
    from PIL import Image, features

    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (OSError, ValueError):
        return None
    file, kind = BytesIO(), "webp" if features.check("webp") else "png"
    if kind == "png":
        picture.quantize(COLORS).save(file, format="PNG", optimize=True)
    else:
        picture.save(file, format="WEBP", quality=QUALITY)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    source = Markup("data:image/{};base64,{}").format(kind, Markup(data))
    width, height = (round(PIXELS * side) for side in picture.size)
    return Markup('<img src="{}" alt="{}" width="{}" height="{}" style="min-width:{}px">').format(
        source, words, width, height, round(LEAST * width)
    )
