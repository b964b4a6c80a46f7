"""A Hugging Face hub on loopback: the few routes that `huggingface_hub` and `datasets` ask, over files in memory."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

Repositories = Mapping[str, Mapping[str, bytes]]


def commit_of(files: Mapping[str, bytes]) -> str:
    """The commit of a repository: 40 hex digits that change with its files."""
    return sha1(repr(sorted(files.items())).encode()).hexdigest()


@contextmanager
def hub_endpoint(repositories: Repositories) -> Iterator[str]:
    """Serve data sets `ORG/NAME` -> path -> bytes; yields the URL for HF_ENDPOINT."""
    handler = type("Handler", (_Handler,), {"repositories": repositories})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    repositories: Repositories
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        for name, files in self.repositories.items():
            if path == f"/api/datasets/{name}" or path.startswith(f"/api/datasets/{name}/revision/"):
                return self._info(name, files)
            if path.startswith(f"/api/datasets/{name}/tree/"):
                return self._tree(path.removeprefix(f"/api/datasets/{name}/tree/").partition("/")[2], files)
            if path.startswith(f"/api/datasets/{name}/paths-info/"):
                return self._paths_info(body, files)
            if path.startswith(f"/datasets/{name}/resolve/"):
                return self._file(path.removeprefix(f"/datasets/{name}/resolve/").partition("/")[2], files)
        return self._reply(404, b"", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_POST = do_GET  # noqa: N815 (http.server calls methods by these names)

    def _info(self, name: str, files: Mapping[str, bytes]) -> None:
        siblings = [{"rfilename": path, "size": len(data), "blobId": _oid(data)} for path, data in files.items()]
        facts = {"id": name, "sha": commit_of(files), "private": False, "gated": False, "disabled": False, "tags": []}
        self._json({**facts, "siblings": siblings})

    def _tree(self, below: str, files: Mapping[str, bytes]) -> None:
        recursive = "recursive=true" in self.path.lower()
        entries = {}
        for path, data in files.items():
            if below and not path.startswith(f"{below}/"):
                continue
            names = path.split("/")
            depth = below.count("/") + 1 if below else 0
            for end in range(depth + 1, len(names)):
                if recursive or end == depth + 1:
                    folder = "/".join(names[:end])
                    entries[folder] = {"type": "directory", "oid": _oid(folder.encode()), "size": 0, "path": folder}
            if recursive or len(names) == depth + 1:
                entries[path] = _entry(path, data)
        if entries:
            self._json(list(entries.values()))
        else:
            self._reply(404, b"", {"X-Error-Code": "EntryNotFound"})

    def _paths_info(self, body: bytes, files: Mapping[str, bytes]) -> None:
        wanted = json.loads(body)["paths"] if body.startswith(b"{") else parse_qs(body.decode())["paths"]
        self._json([_entry(path, files[path]) for path in wanted if path in files])

    def _file(self, path: str, files: Mapping[str, bytes]) -> None:
        facts = {"X-Repo-Commit": commit_of(files), "Accept-Ranges": "bytes"}
        if path not in files:
            return self._reply(404, b"", {**facts, "X-Error-Code": "EntryNotFound"})
        data = files[path]
        facts["ETag"] = f'"{_oid(data)}"'
        if asked := self.headers.get("Range"):
            first, _, last = asked.removeprefix("bytes=").partition("-")
            end = min(int(last or len(data)), len(data) - 1)
            facts["Content-Range"] = f"bytes {first}-{end}/{len(data)}"
            return self._reply(206, data[int(first) : end + 1], facts)
        return self._reply(200, data, facts)

    def _json(self, value: object) -> None:
        self._reply(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entry(path: str, data: bytes) -> dict[str, object]:
    return {"type": "file", "oid": _oid(data), "size": len(data), "path": path}


def _oid(data: bytes) -> str:
    return sha1(data).hexdigest()
