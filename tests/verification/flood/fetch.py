"""Gets the official data of the Environment Agency's benchmarks: ``python tests/verification/flood/fetch.py FOLDER``.

Tests 1-7: Environment Agency (OGL v3.0). 8A, 8B: Zenodo 15256842. Each archive is checked before it is unpacked.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

ZENODO = "https://zenodo.org/api/records/15256842/files"
ARCHIVES = {  # name: address, kind of hash, hash
    "Benchmarking_Model_Data.zip": (
        "https://assets.publishing.service.gov.uk/media/6033a9bbd3bf7f72182e99ca/Benchmarking_Model_Data.zip",
        "sha256",
        "388c2789570e5975fe909033e34bedbe5d7bde5e6d7f9b7d7c1eaf04e58bc732",
    ),
    "Test8A_dataset_2010.zip": (
        f"{ZENODO}/Test8A_dataset_2010.zip/content",
        "md5",
        "46b589ee000ff87c9077fcc51fa71e8e",
    ),
    "Test8B_dataset_2010.zip": (
        f"{ZENODO}/Test8B_dataset_2010.zip/content",
        "md5",
        "84b865cedd28f8156cfe70b84004b62c",
    ),
}


def intact(path: Path, kind: str, expected: str) -> bool:
    """Whether a file has the hash that it must have."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest() == expected


def unpack(archive: Path, target: Path) -> None:
    """Unpack an archive and the archives in it; a member that would land outside is refused."""
    with zipfile.ZipFile(archive) as file:
        for name in file.namelist():
            if not (target / name).resolve().is_relative_to(target.resolve()):
                raise ValueError(f"{archive.name}: {name} would be written outside {target}")
        file.extractall(target)
        inner = [target / name for name in file.namelist() if name.lower().endswith(".zip")]
    for path in inner:
        unpack(path, path.parent)


def fetch(target: Path, archives: dict[str, tuple[str, str, str]]) -> list[str]:
    """Get, check and unpack each archive; returns the names of those whose hash is wrong (kept out)."""
    target.mkdir(parents=True, exist_ok=True)
    wrong = []
    for name, (address, kind, expected) in archives.items():
        path = target / name
        if not (path.exists() and intact(path, kind, expected)):
            with urlopen(address, timeout=60) as answer, path.open("wb") as file:  # noqa: S310 - addresses stand above
                shutil.copyfileobj(answer, file)
        if intact(path, kind, expected):
            unpack(path, target)
        else:
            path.unlink()
            wrong.append(name)
    return wrong


if __name__ == "__main__":
    failed = fetch(Path(sys.argv[1]), ARCHIVES)
    sys.exit(f"not what was expected, thrown away: {', '.join(failed)}" if failed else 0)
