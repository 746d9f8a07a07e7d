"""``make bench``: ratios measured in one run, as one table, and as build/benchmarks.json.

python tests/benchmarks/run.py [--quick] [--only up,import,tiles,items,flood,accessibility,traffic] [--large] [--pages]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# a dependency installs a package called tests: this folder and the checkout come first
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

from bench import (  # noqa: E402
    accessibility,
    city,
    flood,
    flood_exchange,
    flood_peers,
    imports,
    items,
    start,
    tiles,
    traffic,
)
from bench.table import Table, machine  # noqa: E402

PARTS = ("up", "import", "tiles", "items", "flood", "accessibility", "traffic")
PAGES = {
    "en": (
        "| measure | value | target | | load |",
        "Measured by `make bench` on {machine}, {count:,} buildings, in {seconds:.0f} s. The last column is the load of"
        " the machine (one-minute average) as each line was measured: above the number of cores, times are too long and"
        " only ratios count.",
    ),
    "zh": (
        "| 指标 | 数值 | 目标 | | 负载 |",
        "由 `make bench` 测得：{machine}，建筑 {count:,} 栋，历时 {seconds:.0f} s。最后一列为测量时机器的负载（一分钟平均）："
        "超过核数时，时间偏长，只有比值有意义。表中用语与命令的输出一致（英文）。",
    ),
}


def main() -> None:
    options = _options()
    wanted = set(options.only.split(",")) if options.only else set(PARTS)
    count = 30_000 if options.quick else 300_000
    began = time.perf_counter()
    table = Table()
    table.head()
    folder = Path(tempfile.mkdtemp(prefix="twin-bench-"))
    folder.chmod(0o711)  # the cluster's user passes through
    try:
        _measure(folder, table, wanted, count, quick=options.quick, large=options.large)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = time.perf_counter() - began
    print(f"# {machine()}, {count:,} buildings, {seconds:.0f} s")
    table.write(ROOT / "build" / "benchmarks.json", machine=machine(), buildings=count, seconds=seconds)
    if options.pages:
        for language, (columns, note) in PAGES.items():
            page = ROOT / "docs" / language / "benchmarks.md"
            table.into_page(page, columns, note.format(machine=machine(), count=count, seconds=seconds))


def _measure(folder: Path, table: Table, wanted: set[str], count: int, *, quick: bool, large: bool) -> None:
    service = start.measure(folder / "home", table)
    try:
        if wanted & {"import", "tiles", "items"}:
            path = folder / "building.fgb"
            city.write_city(path, count)
            imports.measure(service, path, table)
        if "tiles" in wanted:
            tiles.measure(service, table, quick=quick)
        if "items" in wanted:
            items.measure(service, table)
        if "flood" in wanted:
            flood.sample(service, table)
    finally:
        service.stop()
    if "flood" in wanted:
        flood.kernel(table, large=large)
        flood_exchange.measure(table)
        flood_peers.measure(table, folder)
    if "accessibility" in wanted:
        accessibility.measure(table)
    if "traffic" in wanted:
        traffic.measure(table, folder, quick=quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="30,000 buildings, shorter lists: for trying")
    parser.add_argument("--only", default="", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--large", action="store_true", help="25 km2 at 2 m too: a quarter of an hour")
    parser.add_argument("--pages", action="store_true", help="write the figures into docs/")
    return parser.parse_args()


if __name__ == "__main__":
    main()
