import base64
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from vibcli.reporting.page.bitmaps import embedded

WORDS = "a <b> \"quoted\" & 'so'"


def saved(path: Path, size: tuple[int, int] = (300, 150)) -> np.ndarray:
    pixels = np.full((size[1], size[0], 3), 255, np.uint8)
    pixels[: size[1] // 2, : size[0] // 2] = (0, 114, 178)
    Image.fromarray(pixels).save(path)
    return pixels


@pytest.mark.parametrize("webp", [True, False])
def test_a_file_becomes_an_element_that_looks_the_same(
    tmp_path: Path, webp: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "check", lambda name: webp)
    pixels = saved(tmp_path / "a.png")
    found = embedded(tmp_path / "a.png", WORDS)
    assert found is not None
    kind, data = re.match(r'<img src="data:image/(\w+);base64,([^"]+)"', found).groups()  # type: ignore[union-attr]
    assert kind == ("webp" if webp else "png")
    with Image.open(BytesIO(base64.b64decode(data))) as image:
        assert np.abs(np.asarray(image.convert("RGB"), int) - pixels).mean() < 3
    assert 'width="192" height="96"' in found  # 150 pixels an inch, of which a page has 96
    assert 'alt="a &lt;b&gt; &#34;quoted&#34; &amp; &#39;so&#39;"' in found


def test_what_is_no_picture_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not a picture")
    assert embedded(tmp_path / "a.png", "w") is None
    assert embedded(tmp_path / "absent.png", "w") is None
