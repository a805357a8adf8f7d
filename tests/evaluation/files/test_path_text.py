"""Paths whose bytes are not UTF-8 are shown with escapes, or refused by name: nothing past the door meets one."""

import os
import random
from pathlib import Path

import pytest

from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import path_at
from evaluation.files.path_text import checked_path, path_text
from evaluation.fingerprint import fingerprint


@pytest.mark.parametrize("seed", range(50))
def test_any_bytes_become_text_that_every_encoder_takes(seed: int) -> None:
    rng = random.Random(seed)
    name = bytes(rng.choice([rng.randrange(1, 256), 0xC3, 0xA9, 0x5C]) for _ in range(30)).replace(b"/", b"")

    shown = path_text(os.fsdecode(name))

    assert shown.encode().decode() == shown
    try:
        assert name.decode() == shown == checked_path(os.fsdecode(name))
    except UnicodeDecodeError:
        with pytest.raises(ConfigurationError, match="is not UTF-8") as error:
            checked_path(os.fsdecode(name))
        str(error.value).encode()


def test_a_path_within_a_folder_or_behind_a_link_that_is_not_utf_8_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(ConfigurationError, match=r"caf\\xe9' is not UTF-8"):
        path_at(str(tmp_path / "link"))
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        path_at("docs")


def test_fingerprints_tell_texts_with_lone_surrogates_apart() -> None:
    assert 3 == len({fingerprint("caf\udce9"), fingerprint("caf\udce8"), fingerprint("caf")})
