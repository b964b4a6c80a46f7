"""Data sets of the Hugging Face hub, and folders that `datasets` saved: what they hold, and where each part lies.

- A name is pinned to a commit when a run is planned; workers open that commit.
- No code of a data set is run: `datasets` 4 and later reads data alone.
- What is read is a file of the data set where its format keeps rows file by file, else a whole split. Both are written
  into the uri: `hf://datasets/ORG/NAME@COMMIT/path`, and `hf://datasets/ORG/NAME@COMMIT#split`.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import orjson
import pyarrow as pa

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.locations import openable, redacted
from lowbackground.pipeline.units import InputFile

ROOT = "hf://datasets/"
_FILE_BY_FILE = frozenset(("arrow", "csv", "json", "parquet", "text", "webdataset"))  # builders of `datasets` by name


@dataclass(frozen=True, slots=True)
class Part:
    """What a uri stands for: a file of a data set at a commit, or one of its splits."""

    repo: str
    commit: str
    path: str | None
    split: str | None


def part_of(uri: str) -> Part:
    """The parts of a uri that `data_set_files` made."""
    repo, _, rest = uri.removeprefix(ROOT).partition("@")
    before, _, split = rest.partition("#")
    commit, _, path = before.partition("/")
    return Part(repo, commit, path or None, unquote(split) or None)


def pinned(url: str) -> str:
    """The URL of a file or folder of the hub, at the commit that it names or the newest.

    Raises:
        ConfigError: the hub does not know it, or does not show it.
    """
    from huggingface_hub import HfApi, HfFileSystem

    try:
        found: Any = HfFileSystem().resolve_path(url.removeprefix("hf://"))
        if not hasattr(found, "repo_id"):
            return url  # a bucket, which has no commits
        info = HfApi().repo_info(found.repo_id, repo_type=found.repo_type, revision=found.revision)
    except Exception as error:  # the library raises what its transport raises
        raise _refused(url, error) from error
    kind = {"dataset": "datasets/", "space": "spaces/"}.get(found.repo_type, "")
    return f"hf://{kind}{found.repo_id}@{info.sha}/{found.path_in_repo}".rstrip("/")


def data_set_files(typed: str, settings: Read) -> list[InputFile]:
    """What there is to read of `hf://datasets/ORG/NAME[@rev]`, in the order of the data set.

    Raises:
        ConfigError: the hub does not know or show it, it has no such subset or split, or `datasets` cannot read it.
    """
    from huggingface_hub import HfApi

    repo, _, named = typed.removeprefix(ROOT).strip("/").partition("@")
    revision = unquote(named) or settings.revision
    if named and settings.revision not in {None, revision}:
        raise ConfigError(f"{typed}: names a revision and read.revision names another, {settings.revision!r}; keep one")
    try:
        info = HfApi().dataset_info(repo, revision=revision, files_metadata=True)
        stored = {entry.rfilename: entry for entry in info.siblings or ()}
        data_set = opened(repo, str(info.sha), settings.subset, streaming=settings.streaming)
    except Exception as error:
        raise _refused(typed, error) from error
    splits = list(data_set.splits)
    if settings.split is not None and settings.split not in splits:
        raise ConfigError(f"{typed}: has no split {settings.split!r}; it has {', '.join(splits)}")
    shown = redacted(typed).rstrip("/")
    files = []
    for split in splits if settings.split is None else [settings.split]:
        files += data_set.inputs(split, shown, stored)
    return files


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set of the hub at a commit, opened; `splits` by name are those of `datasets`, Image and Audio undecoded."""

    repo: str
    commit: str
    builder: Any
    splits: Mapping[str, Any]
    streaming: bool

    @property
    def own_media(self) -> tuple[str, ...]:
        """Where files of the data set itself lie; a path in its rows may name one of those and nothing else."""
        from huggingface_hub.constants import HF_HUB_CACHE

        cache = f"{HF_HUB_CACHE}/datasets--{self.repo.replace('/', '--')}/snapshots/{self.commit}/"
        return (f"{ROOT}{self.repo}@{self.commit}/", *(() if self.streaming else (cache,)))

    def paths(self, split: str) -> list[str]:
        """The files of a split, in the order of its rows; empty where its rows cannot be told by file."""
        names = [str(name) for name in (self.builder.config.data_files or {}).get(split, ())]
        root = f"{ROOT}{self.repo}@{self.commit}/"
        by_file = (
            self.streaming
            and self.builder.name in _FILE_BY_FILE
            and self.splits[split].num_shards == len(names)
            and all(name.startswith(root) for name in names)
        )
        return [name.removeprefix(root) for name in names] if by_file else []

    def rows(self, part: Part) -> tuple[str, Any]:
        """The split that a part lies in, and the rows of the part."""
        if part.split is not None:
            return part.split, self.splits[part.split]
        for split, rows in self.splits.items():
            paths = self.paths(split)
            if part.path in paths:
                return split, rows.shard(num_shards=len(paths), index=paths.index(part.path))
        raise FileNotFoundError(f"{part.path} is no file of {', '.join(self.splits)}")

    def inputs(self, split: str, shown: str, stored: Mapping[str, Any]) -> list[InputFile]:
        """The inputs of a split; `stored` are the hub's facts by path."""
        root = f"{ROOT}{self.repo}@{self.commit}"
        files = []
        for path in self.paths(split):
            size = int(getattr(stored.get(path), "size", None) or 0)
            mark = getattr(stored.get(path), "blob_id", None) or self.commit
            files.append(InputFile(f"{root}/{path}", f"{shown}/{path}", size, f"{size}-{mark}"))
        if files:
            return files
        size = sum(int(getattr(entry, "size", None) or 0) for entry in stored.values()) // len(self.splits)
        return [InputFile(f"{root}#{quote(split)}", f"{shown}/{split}", size, self.commit)]


@lru_cache(maxsize=4)
def opened(repo: str, commit: str, subset: str | None, *, streaming: bool) -> DataSet:
    """Open a data set of the hub; one that is not streamed is downloaded first. A process opens each but once."""
    import datasets

    builder = datasets.load_dataset_builder(repo, subset, revision=commit)
    if streaming:
        found = {str(name): _undecoded(split) for name, split in builder.as_streaming_dataset().items()}
    else:
        builder.download_and_prepare()
        found = {str(name): split for name, split in builder.as_dataset().items()}
    return DataSet(
        repo, commit, builder, {name: split.with_format("arrow") for name, split in found.items()}, streaming
    )


@lru_cache(maxsize=64)
def columns_of(repo: str, commit: str, subset: str | None, split: str, *, streaming: bool) -> pa.Schema:
    """The columns of a split: its features, else those of its first rows, as `datasets` itself finds them."""
    rows = opened(repo, commit, subset, streaming=streaming).splits[split]
    if rows.features is not None:
        return rows.features.arrow_schema
    first = next(iter(rows.iter(1)), None)
    return pa.schema([]) if first is None else first.schema


def _undecoded(split: Any) -> Any:
    """A stream whose pictures and sounds are the bytes that the data set holds, not ones encoded anew."""
    return split if split.features is None else split.decode(False)


def saved_files(folder: str, source: str) -> list[InputFile]:
    """The Arrow files of a folder that `datasets.save_to_disk` made, of one split or of several.

    Raises:
        ConfigError: the folder is damaged.
    """
    try:
        splits = (
            _json(folder, "dataset_dict.json").get("splits") if Path(folder, "dataset_dict.json").is_file() else [""]
        )
        return [
            _saved_file(folder, source, [name for name in (split, entry["filename"]) if name])
            for split in splits
            for entry in _json(os.path.join(folder, split), "state.json")["_data_files"]  # noqa: PTH118 (a str of any bytes)
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{source}: looks like a folder of datasets.save_to_disk and is damaged ({error})") from error


def _json(folder: str, name: str) -> Any:
    return orjson.loads(Path(folder, name).read_bytes())


def _saved_file(folder: str, source: str, names: Sequence[str]) -> InputFile:
    if any(name != os.path.basename(name) or name == ".." for name in names):  # noqa: PTH119 (as above)
        raise ValueError(f"{'/'.join(names)!r} is no file of the folder")
    path = os.path.join(folder, *names)  # noqa: PTH118 (as above)
    status = os.stat(path)  # noqa: PTH116 (as above)
    return InputFile(
        openable(path),
        f"{source.rstrip('/')}/{'/'.join(names)}",
        status.st_size,
        f"{status.st_size}-{status.st_mtime_ns}",
    )


def _refused(what: str, error: Exception) -> ConfigError:
    if isinstance(error, ConfigError):
        return error
    words = " ".join(str(error).split())[:400] or type(error).__name__
    return ConfigError(
        f"{redacted(what)}: the hub or `datasets` refuses it: {words}. Check name, subset, access and HF_TOKEN"
    )
