"""What travels with the program is found in a checkout and in an installed package."""

from __future__ import annotations

import importlib.util
import shutil
from typing import TYPE_CHECKING

import pytest

from publisher.kit import bundled as module
from publisher.kit.bundled import bundled

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("name", "file"), [("templates", "digest/digest.html"), ("config", "publisher.toml")])
def test_templates_and_configuration_are_found(name: str, file: str) -> None:
    assert (bundled(name) / file).is_file()


def test_an_installed_package_has_them_inside(tmp_path: Path) -> None:
    package = tmp_path / "publisher"
    (package / "kit").mkdir(parents=True)
    (package / "bundled" / "templates").mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    copied = shutil.copy(module.__file__, package / "kit" / "bundled.py")

    spec = importlib.util.spec_from_file_location("installed", copied)
    assert spec is not None
    assert spec.loader is not None
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)

    assert installed.bundled("templates") == package / "bundled" / "templates"
    assert installed.bundled("config") == tmp_path / "config"
