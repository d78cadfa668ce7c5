"""The files of a dbt project that decide what it builds."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path


def project_digest(folder: Path) -> str:
    """64 hexadecimal digits: another one as soon as a file of the project is another, or is called otherwise."""
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".sql", ".yml")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
