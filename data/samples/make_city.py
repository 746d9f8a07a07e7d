"""Make the sample city again: ``python data/samples/make_city.py [--folder DIR] [--only LAYER ...]``.

Needs numpy, scipy, shapely, pyogrio and rasterio. The same seed and library versions give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from make import output  # noqa: E402
from make.tables import LAYERS  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=HERE, help="where the files go (default: beside this script)"
    )
    parser.add_argument("--only", nargs="*", choices=list(LAYERS), help="these layers only, no rasters")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    output.write_layers(asked.folder, asked.only or LAYERS)
    if asked.only:
        return
    output.write_rasters(asked.folder)
    output.write_manifest(asked.folder)
    output.write_checksums(asked.folder)
    for file in sorted(asked.folder.iterdir()):
        if file.suffix in output.KINDS:
            print(f"{file.stat().st_size / 1e3:9.1f} kB  {file.name}")


if __name__ == "__main__":
    main()
