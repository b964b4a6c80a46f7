"""`lowbackground trust`: lists go in by their content, come out one a line, and rubbish is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lowbackground import Config, run
from lowbackground.manifests import trust_import
from lowbackground.manifests.trust import lists_in
from lowbackground.pipeline.cli.app import app
from lowbackground.pipeline.errors import ConfigError
from tests.signing import authority, identity


@pytest.fixture(autouse=True)
def user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user without any list."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "lowbackground" / "trust"


def call(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["trust", *arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.fixture
def root(tmp_path: Path) -> str:
    path = tmp_path / "root.pem"
    path.write_text(authority().pem)
    return str(path)


def test_an_imported_list_is_shown(root: str, user: Path) -> None:
    call("import", root, "--name", "mine", "--capture")
    line, digest = call("show").splitlines()
    assert line.startswith("mine  anchors  other (capture)  1 entries  retrieved 20")
    assert line.endswith("root.pem")
    assert digest == f"sha256 {digest.split()[1]}  {user}"
    assert lists_in(user)[0].capture


def test_kind_and_tier_can_be_given(root: str, user: Path) -> None:
    assert "tsa  tsa  c2pa  1 entries" in call("import", root, "--name", "tsa", "--kind", "tsa", "--tier", "c2pa")


def test_a_folder_of_ones_own_can_be_used(root: str, user: Path, tmp_path: Path) -> None:
    call("import", root, "--name", "mine", "--folder", str(tmp_path / "mine"))
    assert [one.name for one in lists_in(tmp_path / "mine")] == ["mine"]
    assert lists_in(user) == ()


def test_without_lists_nothing_is_on_stdout() -> None:
    assert call("show") == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "nowhere.pem", "--name", "a"], "nowhere.pem: cannot be read"),
        (["import", "ROOT", "--name", "../a"], "cannot name a list"),
        (["import", "ROOT", "--name", "a", "--tier", "best"], "--tier best: expected one of c2pa, interim, other"),
        (["import", "ROOT", "--name", "a", "--kind", "x"], "--kind x: expected one of anchors, allowed, tsa, eku"),
        (["import", "ROOT", "--name", "a", "--kind", "eku"], "root.pem: holds a list of kind anchors, not eku"),
        (["import", __file__, "--name", "a"], "test_trust.py: is no trust list"),
        (["import", "/dev/null", "--name", "a"], "/dev/null: is no trust list"),
        (["remove", "mine"], "holds no list 'mine'; there are none"),
    ],
)
def test_what_is_wrong_is_said(root: str, arguments: list[str], words: str, user: Path) -> None:
    with pytest.raises(ConfigError) as error:
        call(*[root if each == "ROOT" else each for each in arguments])
    assert words in str(error.value)
    assert lists_in(user) == ()


def test_an_update_that_fails_leaves_the_lists(root: str, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("import", root, "--name", "mine")
    monkeypatch.setattr(trust_import, "download", lambda url, timeout: b"<html>")
    with pytest.raises(ConfigError, match="is no trust list"):
        call("update")
    assert [one.name for one in lists_in(user)] == ["mine"]


def test_an_update_installs_what_is_published(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def published(url: str, timeout: float) -> bytes:
        assert timeout == 5
        if url.endswith("store.cfg"):
            return b"1.2.3.4"
        return identity().chain if url.endswith("allowed.pem") else authority().pem.encode()

    monkeypatch.setattr(trust_import, "download", published)
    lines = call("update", "--timeout", "5").splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["c2pa", "anchors", "c2pa"],
        ["c2pa-tsa", "tsa", "c2pa"],
        ["interim-anchors", "anchors", "interim"],
        ["interim-allowed", "allowed", "interim"],
        ["interim-eku", "eku", "interim"],
    ]
    assert len(lists_in(user)) == 5


def test_a_list_is_removed_by_name_also_where_its_file_is_gone(root: str, user: Path) -> None:
    for name in ("mine", "theirs"):
        call("import", root, "--name", name)
    call("remove", "mine")
    assert [path.name for path in sorted(user.iterdir())] == ["lists.json", "theirs.pem"]
    with pytest.raises(ConfigError, match="holds no list 'mine'; there are theirs"):
        call("remove", "mine")
    (user / "theirs.pem").unlink()
    call("remove", "theirs")
    assert call("show") == ""


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x")])
def test_show_says_which_list_is_damaged_and_fails(damage: Callable[[Path], object], root: str, user: Path) -> None:
    for name in ("mine", "theirs"):
        call("import", root, "--name", name)
    damage(user / "mine.pem")
    found = CliRunner().invoke(app, ["trust", "show"], catch_exceptions=False)
    assert found.exit_code == 1
    assert [line.split()[0] for line in found.stdout.splitlines()] == ["mine", "theirs", "sha256"]
    assert found.stderr.startswith(f"{user}/mine.pem: ")
    assert "or remove it" in found.stderr


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"lists": 1}', '{"lists": [{"kind": "x"}]}', '{"lists": [{"x": 1}]}']
)
def test_a_damaged_index_is_told_in_words_of_this_program(content: str, user: Path) -> None:
    user.mkdir(parents=True)
    (user / "lists.json").write_text(content)
    with pytest.raises(ConfigError, match=r"lists.json: is (no )?JSON.*trust update") as error:
        call("show")
    assert "Error" not in str(error.value)
    assert "TrustList" not in str(error.value)


def test_a_run_with_a_list_that_is_gone_says_so_without_a_class_name(root: str, user: Path, tmp_path: Path) -> None:
    call("import", root, "--name", "mine")
    (user / "mine.pem").unlink()
    (tmp_path / "a.txt").write_text("Dear Ada.")
    with pytest.raises(
        ConfigError, match=r"^detector content_credentials: /.*/mine.pem: cannot be read .*import the list"
    ):
        run(Config(inputs=(str(tmp_path / "a.txt"),), out=str(tmp_path / "out")))
