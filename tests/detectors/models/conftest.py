"""Folders of tiny models, made once."""

import pytest

from tests.tiny_media_models import picture_model, sound_model


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of pictures."""
    return str(picture_model(tmp_path_factory.mktemp("vit")))


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of sound."""
    return str(sound_model(tmp_path_factory.mktemp("wav2vec2")))
