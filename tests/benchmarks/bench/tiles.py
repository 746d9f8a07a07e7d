"""Vector tiles of 300,000 buildings: cold ones against the same SQL, their size and time by zoom, warm ones."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench import sqltiles
from bench.http import Answer, race
from bench.service import Service, cpu_s, database_cpu_s
from bench.table import Table
from twin.catalog.load import load, shipped_layers
from twin.store import names

Address = tuple[int, int, int]

_CLIENTS = 2
_ROUNDS = 3
_SETTLE_S = 0.4  # the notice of a new data version has reached the web process by then


class Tiles:
    """One service with its buildings; lists are drawn by place of buildings, so empty fields do not flatter."""

    def __init__(self, service: Service, table: Table) -> None:
        self.service = service
        self.table = table
        layer = load(shipped_layers()).layer("building")
        assert layer is not None
        self.layer = layer
        self.columns = tuple(n for n in names.tile_columns(layer) if layer.columns[n].access is None)
        with service.admin() as conn:
            self.places: NDArray[np.float64] = np.array(
                conn.execute(
                    "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_Centroid(geom), 4326) AS p"
                    " FROM city.building TABLESAMPLE BERNOULLI (10) REPEATABLE (7)) AS s"
                ).fetchall()
            )

    def draw(self, zooms: range, count: int, seed: int) -> list[Address]:
        """Unique tiles, as many of each zoom as there are, in random order."""
        draw = np.random.default_rng(seed)
        found: list[Address] = []
        for z in zooms:
            mine = list(dict.fromkeys(_tile(z, *p) for p in draw.permutation(self.places)))
            found += mine[: math.ceil(count / len(zooms))]
        return [found[k] for k in draw.permutation(len(found))]

    def cool(self) -> None:
        """Make every cached tile stale, as a change of the layer would."""
        with self.service.admin() as conn:
            conn.execute("UPDATE run.layer_version SET version = version + 1 WHERE layer = 'building'")
            conn.execute("SELECT pg_notify('twin_layer', 'building')")
        time.sleep(_SETTLE_S)

    def race(self, addresses: Sequence[Address], clients: int, **headers: str) -> tuple[float, list[Answer]]:
        paths = [f"/tiles/building/{z}/{x}/{y}.mvt" for z, x, y in addresses]
        wall, answers = race(self.service.port, paths, clients, **headers)
        wrong = {answer.status for answer in answers} - {200, 204, 304}
        if wrong:
            raise RuntimeError(f"tiles answered {sorted(wrong)}")
        return wall, answers

    def against_sql(self, name: str, zooms: range, count: int) -> None:
        """Rounds of both by turns; the median of the ratios counts. p50 with one client."""
        addresses = self.draw(zooms, count, 11)
        count = len(addresses)
        with self.service.admin() as conn:
            wanted = [
                (address, sqltiles.asked(conn, self.layer, self.columns, address)) for address in addresses
            ]
            script = sqltiles.prepare(conn, name, wanted)
        again = sum(one.tries > 1 for _, one in wanted)
        pid = self.service.pid("web")
        rates, spent = [], np.zeros(3)
        for _ in range(_ROUNDS):
            marks = [(database_cpu_s(self.service), cpu_s(pid))]
            by_sql, _ = sqltiles.pgbench(self.service, script, count, _CLIENTS)
            self.cool()
            marks.append((database_cpu_s(self.service), cpu_s(pid)))
            wall, _ = self.race(addresses, _CLIENTS)
            marks.append((database_cpu_s(self.service), cpu_s(pid)))
            rates.append((count / wall, by_sql))
            spent += (marks[1][0] - marks[0][0], marks[2][0] - marks[1][0], marks[2][1] - marks[1][1])
        spent *= 1000 / count / _ROUNDS
        _, plain = sqltiles.pgbench(self.service, script, count, 1)
        self.cool()
        _, answers = self.race(addresses, 1)
        p50, plain_p50 = (statistics.median(s) * 1000 for s in ([a.seconds for a in answers], plain))
        ratio = statistics.median(ours / theirs for ours, theirs in rates)
        ours, theirs = (statistics.median(rate) for rate in zip(*rates, strict=True))
        value = f"{ratio:.2f} ({ours:.0f} to {theirs:.0f}/s; p50 {p50:.1f} to {plain_p50:.1f} ms)"
        self.table.add(name, value, ">= 0.9", ratio >= 0.9)
        by_cpu = spent[0] / (spent[1] + spent[2])
        value = f"{by_cpu:.2f} (SQL {spent[0]:.1f}; service {spent[1]:.1f} database + {spent[2]:.1f} web)"
        self.table.add("  the same by CPU, ms a tile", value)
        self.table.figures[name] = {
            "ratio": ratio,
            "rates": rates,
            "p50_ms": p50,
            "sql_p50_ms": plain_p50,
            "tiles": count,
            "asked_again": again,
            "cpu_ratio": by_cpu,
            "cpu_ms_sql_database_web": list(spent),
        }

    def by_zoom(self, count: int) -> None:
        """Largest tile, p95 and slowest, one client, cold; few tiles of a zoom are asked several times."""
        for z in range(8, 17):
            addresses = self.draw(range(z, z + 1), count, 13)
            answers: list[Answer] = []
            for _ in range(max(1, min(10, 40 // len(addresses)))):
                self.cool()
                answers += self.race(addresses, 1)[1]
            p95 = float(np.percentile([answer.seconds for answer in answers], 95)) * 1000
            worst = max(answer.seconds for answer in answers) * 1000
            size = max(answer.size for answer in answers) / 1000
            kilobytes, milliseconds = (150, 50) if z <= 12 else (500, 100)
            value = f"at most {size:.0f} kB, p95 {p95:.0f} ms, slowest {worst:.0f} ms ({len(answers)} tiles)"
            met = size <= kilobytes and p95 <= milliseconds
            self.table.add(f"tiles, zoom {z}", value, f"{kilobytes} kB, {milliseconds} ms", met)
            self.table.figures[f"zoom_{z}"] = {"kB": size, "p95_ms": p95, "max_ms": worst}

    def warm(self, count: int) -> None:
        addresses = self.draw(range(13, 17), count, 17)
        for name, headers in (("plain", {}), ("gzip", {"Accept_Encoding": "gzip"})):
            self.race(addresses, _CLIENTS, **headers)
            wall, _ = self.race(addresses, _CLIENTS, **headers)
            self.table.add(f"warm tiles, {name}", f"{count / wall:,.0f} requests/s")
        _, found = self.race(addresses[:1], 1)
        wall, answers = self.race(addresses[:1] * count, _CLIENTS, If_None_Match=found[0].etag)
        if {answer.status for answer in answers} != {304}:
            raise RuntimeError("the validator was not honoured")
        self.table.add("tiles not modified (304)", f"{count / wall:,.0f} requests/s")


def measure(service: Service, table: Table, *, quick: bool) -> None:
    count = 120 if quick else 500
    tiles = Tiles(service, table)
    tiles.race(tiles.draw(range(8, 17), count, 3), _CLIENTS)  # the database has its pages in memory
    tiles.against_sql("cold tiles / pgbench, zoom 13-16", range(13, 17), count)
    tiles.against_sql("cold tiles / pgbench, zoom 10-16", range(10, 17), count)
    tiles.by_zoom(count // 5)
    tiles.warm(count)


def _tile(z: int, longitude: float, latitude: float) -> Address:
    size = 2**z
    y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return z, int((longitude + 180) / 360 * size), int(y * size)
