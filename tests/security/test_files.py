"""Hostile files: nothing else is read, nobody is called, the parent stays small, the answer is a clear refusal.

A canary file lies where the hostile files point; a listening socket counts who calls.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from twin.catalog.spec import Column, Layer
from twin.errors import TwinError
from twin.files import sandbox
from twin.files.confine import Limits, driver_environment
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

SRID = 4547
CELLS = {"dtype": "float32", "nodata": -9999.0, "unit": "m", "srid": SRID}
WORD = Text(zh="图层", en="layer")
LAYER = Layer(
    name="thing",
    data_class="base",
    kind="features",
    title=WORD,
    description=WORD,
    steward=WORD,
    access="open",
    geometry="Point",
    columns={"code": Column(title=WORD, type="text")},
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A raster and a vector file that must not be read, in a folder beside."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with rasterio.open(
        folder / "secret.tif",
        "w",
        driver="GTiff",
        width=4,
        height=4,
        count=1,
        dtype="float32",
        crs="EPSG:4547",
        transform=from_origin(5e5, 2.5e6, 5, 5),
    ) as dataset:
        dataset.write(np.full((4, 4), 424242, np.float32), 1)
    pyogrio.raw.write(
        folder / "secret.gpkg",
        geometry=np.array([shapely.to_wkb(shapely.Point(5e5, 2.5e6))], dtype=object),
        field_data=[np.array(["424242"], dtype=object)],
        fields=["code"],
        geometry_type="Point",
        crs="EPSG:4547",
    )
    return folder


@pytest.fixture
def listener() -> Iterator[Any]:
    """A socket that counts connections: ``listener.port``, ``listener.calls``."""

    class Listener:
        calls = 0

    with socket.create_server(("127.0.0.1", 0)) as server:
        Listener.port = server.getsockname()[1]  # type: ignore[attr-defined]
        server.settimeout(0.1)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    peer, _ = server.accept()
                except TimeoutError:
                    continue
                Listener.calls += 1
                peer.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield Listener
        done.set()
        thread.join()


def hostile(canary: Path, port: int) -> dict[str, str]:
    tif, gpkg, web = canary / "secret.tif", canary / "secret.gpkg", f"http://127.0.0.1:{port}"
    band = "<VRTRasterBand dataType='Float32' band='1'><SimpleSource><SourceFilename>{}</SourceFilename></SimpleSource></VRTRasterBand>"
    vrt = "<VRTDataset rasterXSize='4' rasterYSize='4'>" + band + "</VRTDataset>"
    ogr = "<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    gdalg = {
        "type": "gdal_streamed_alg",
        "command_line": f"gdal vector pipeline ! read {gpkg} ! write x",
        "relative_paths_relative_to_this_file": False,
    }
    wms = (
        f"<GDAL_WMS><Service name='TMS'><ServerUrl>{web}/${{z}}/${{x}}/${{y}}</ServerUrl></Service>"
        "<DataWindow><SizeX>64</SizeX><SizeY>64</SizeY></DataWindow></GDAL_WMS>"
    )
    return {
        "vrt.tif": vrt.format(tif),
        "vrt-web.tif": vrt.format(f"/vsicurl/{web}/a.tif"),
        "wms.tif": wms,
        "vrt.asc": vrt.format(tif),
        "ogr.geojson": ogr.format(gpkg),
        "ogr-web.geojson": ogr.format(f"/vsicurl/{web}/a.geojson"),
        "ogr.gpkg": ogr.format(gpkg),
        "ogr.csv": ogr.format(gpkg),
        "gdalg.geojson": json.dumps(gdalg),
        "gdalg-hidden.geojson": json.dumps(gdalg | {"note": '"type":"FeatureCollection"'}).replace(
            '\\"', '"'
        ),
        "esri.json": json.dumps({"type": "Topology", "arcs": [], "url": web}),
    }


def open_as_import_does(path: Path, **rest: Any) -> list[Any]:
    if rest.pop("raster", path.suffix in (".tif", ".asc")):
        return [
            sandbox.convert_raster(
                path, path.with_suffix(".out"), layer=LAYER, cells=CELLS, crs="EPSG:4547", **rest
            )
        ]
    with sandbox.open_table(path, layer=LAYER, srid=SRID, crs="EPSG:4547", **rest) as table:
        return list(table.batches())


REFUSALS = ("TWIN-230", "TWIN-231", "TWIN-232", "TWIN-237", "TWIN-273", "TWIN-276")


def outcome(path: Path) -> str:
    try:
        open_as_import_does(path)
    except TwinError as error:
        return error.code if error.status < 500 else f"{error.code} {error.status}"
    return "read"


def refused(path: Path, *codes: str, **rest: Any) -> TwinError:
    with pytest.raises(TwinError) as caught:
        open_as_import_does(path, **rest)
    assert caught.value.code in codes, caught.value
    assert caught.value.status < 500
    assert "424242" not in str(caught.value)
    return caught.value


def test_files_that_point_elsewhere_are_not_followed(tmp_path: Path, canary: Path, listener: Any) -> None:
    for name, text in hostile(canary, listener.port).items():
        path = tmp_path / name
        path.write_text(text)
        refused(path, "TWIN-230", "TWIN-231", "TWIN-232")
    assert listener.calls == 0


def test_nor_are_they_inside_a_zip(tmp_path: Path, canary: Path, listener: Any) -> None:
    for name, text in hostile(canary, listener.port).items():
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, text)
        refused(path, "TWIN-230", "TWIN-231", raster=name.endswith((".tif", ".asc")))
    assert listener.calls == 0


@pytest.mark.parametrize("library", ["pyogrio", "rasterio"])
def test_the_drivers_stand_without_the_other_walls(
    tmp_path: Path, canary: Path, listener: Any, library: str
) -> None:
    """Where a kernel offers no namespaces and no Landlock, GDAL itself still has nothing to follow a reference with."""
    names = []
    for name, text in hostile(canary, listener.port).items():
        (tmp_path / name).write_text(text)
        names.append(str(tmp_path / name))
    program = """
import json, sys
names = json.loads(sys.argv[1])
if sys.argv[2] == "pyogrio":
    import pyogrio.raw
    read = lambda name: pyogrio.raw.read(name)[3]
else:
    import rasterio
    read = lambda name: rasterio.open(name).read()
for name in names:
    try:
        print("READ", name, read(name))
    except (RuntimeError, ValueError, OSError, rasterio.errors.RasterioError if sys.argv[2] == "rasterio" else OSError):
        print("refused")
"""
    environment = os.environ | driver_environment("GeoJSON")
    said = subprocess.run(
        [sys.executable, "-c", program, json.dumps(names), library],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    assert "424242" not in said
    assert listener.calls == 0


@pytest.mark.parametrize(
    "path",
    [
        "http://127.0.0.1/a.gpkg",
        "/vsicurl/http://127.0.0.1/a.gpkg",
        "/vsizip/a.zip/b.gpkg",
        '{"type":"FeatureCollection","features":[]}',
        "PG:host=127.0.0.1",
        "a\0.gpkg",
        "/proc/self/environ",
        "..",
        "",
    ],
)
def test_a_path_is_a_file_and_nothing_else(path: str) -> None:
    with pytest.raises(TwinError) as caught:
        open_as_import_does(Path(path))
    assert caught.value.code in ("TWIN-243", "TWIN-230")


def zipped(path: Path, members: dict[str, bytes], change: Any = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change is not None:
                change(info)
            archive.writestr(info, content)
    return path


POINT = b"code,lon,lat\na,114,22\n"


@pytest.mark.parametrize(
    "name",
    ["../a.csv", "/etc/a.csv", "x/../../a.csv", "..\\a.csv", "C:\\a.csv", "C:a.csv", "x\\..\\..\\a.csv"],
)
def test_names_that_leave_the_archive(tmp_path: Path, name: str) -> None:
    refused(zipped(tmp_path / "a.zip", {name: POINT}), "TWIN-231")
    refused(zipped(tmp_path / "b.zip", {"a.csv": POINT, name: POINT}), "TWIN-231")


def test_links_in_an_archive(tmp_path: Path, canary: Path) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    target = str(canary / "secret.gpkg").encode()
    refused(zipped(tmp_path / "a.zip", {"a.gpkg": target}, link), "TWIN-231")


def test_bombs(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (
        zipfile.ZipFile(tmp_path / "ratio.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w") as member,
    ):
        for _ in range(90):
            member.write(b"x" * 1_000_000)
    refused(tmp_path / "ratio.zip", "TWIN-231")
    inner = zipped(tmp_path / "inner.zip", {"a.csv": POINT})
    refused(zipped(tmp_path / "nested.zip", {"b.zip": inner.read_bytes(), "a.csv": POINT}), "TWIN-231")
    refused(zipped(tmp_path / "many.zip", {f"{i}.txt": b"x" for i in range(1001)}), "TWIN-231")
    lying = zipped(tmp_path / "lying.zip", {"a.csv": POINT + b"0123456789" * 1000})
    raw = bytearray(lying.read_bytes())
    entry = raw.rindex(b"PK\x01\x02")
    raw[entry + 24 : entry + 28] = (20).to_bytes(4, "little")  # the directory declares 20 bytes
    lying.write_bytes(bytes(raw))
    refused(lying, "TWIN-231", "TWIN-232")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024  # kB


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"readme.md": b"x"},
        {"a.gpkg": b"x", "b.gpkg": b"x"},
        {"numpy.py": b"raise SystemExit(7)", "a.tif": b"x", "b.shp": b"x"},
    ],
)
def test_an_archive_holds_one_data_set(tmp_path: Path, members: dict[str, bytes]) -> None:
    refused(zipped(tmp_path / "a.zip", members), "TWIN-231", "TWIN-230")


def test_an_encrypted_archive(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": POINT})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(raw))
    refused(path, "TWIN-231")


def test_python_in_an_archive_is_not_imported(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip", {"pyarrow.py": b"raise SystemExit(7)", "sitecustomize.py": b"1/0", "a.csv": POINT}
    )
    assert sum(batch.num_rows for batch in open_as_import_does(path)) == 1


@pytest.mark.parametrize(("shape", "block"), [((100_000, 100_000), None), ((9_000, 30_000), 9_000)])
def test_a_raster_that_declares_more_than_it_may(
    tmp_path: Path, shape: tuple[int, int], block: int | None
) -> None:
    path = tmp_path / "huge.tif"
    options = (
        {"tiled": True, "sparse_ok": True} if block is None else {"blockysize": block, "sparse_ok": True}
    )
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=shape[0],
        width=shape[1],
        count=1,
        dtype="float32",
        crs="EPSG:4547",
        transform=from_origin(5e5, 2.5e6, 0.1, 0.1),
        compress="DEFLATE",
        **options,
    ):
        pass
    assert path.stat().st_size < 5_000_000
    refused(path, "TWIN-236")


def test_cut_and_garbled_files_are_refused_in_words(tmp_path: Path, canary: Path) -> None:
    whole = (canary / "secret.gpkg").read_bytes()
    shape = tmp_path / "s.shp"
    pyogrio.raw.write(
        shape,
        geometry=np.array([shapely.to_wkb(shapely.Point(5e5, 2.5e6))] * 500, dtype=object),
        field_data=[np.array(["a"] * 500, dtype=object)],
        fields=["code"],
        geometry_type="Point",
        crs="EPSG:4547",
    )
    flat = tmp_path / "f.fgb"
    pyogrio.raw.write(
        flat,
        geometry=np.array([shapely.to_wkb(shapely.Point(5e5, 2.5e6))] * 500, dtype=object),
        field_data=[np.array(["a"] * 500, dtype=object)],
        fields=["code"],
        geometry_type="Point",
        crs="EPSG:4547",
    )
    cases = {
        "a.gpkg": whole[: len(whole) // 2],
        "b.gpkg": whole[:100] + os.urandom(len(whole) - 100),
        "a.tif": (canary / "secret.tif").read_bytes()[:60],
        "c.fgb": flat.read_bytes()[:3000],
        "d.fgb": flat.read_bytes()[:12] + os.urandom(2000),
        "e.parquet": b"PAR1" + os.urandom(400) + b"PAR1",
        "f.geojson": b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordi',
        "g.geojson": b'{"type":"FeatureCollection","features":' + b"[" * 200_000,
        "h.asc": b"ncols 5\nnrows 5\nxllcorner 0\nyllcorner 0\ncellsize 5\n1 2 3\n",
        "i.zip": b"PK\x03\x04" + os.urandom(200),
        "j.csv": b'code,lon,lat\n"a,114,22\n',
    }
    for name, content in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        ended = outcome(path)
        whole_again = name in ("a.gpkg", "c.fgb", "j.csv", "h.asc")  # what is left of these may read
        assert ended in REFUSALS or (ended == "read" and whole_again), (name, ended)
    lonely = tmp_path / "lonely.shp"
    lonely.write_bytes(shape.read_bytes()[:1000])
    refused(lonely, "TWIN-232")


def test_the_child_knows_no_secret_and_lives_behind_walls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWIN_DATABASE_URL", "postgresql://secret-of-the-service")
    path = tmp_path / "a.csv"
    path.write_bytes(POINT * 1)
    with sandbox.open_table(path, layer=LAYER, srid=SRID) as table:
        child = table._child
        environment = Path(f"/proc/{child.process.pid}/environ").read_bytes()
        assert b"secret" not in environment
        assert b"TWIN_" not in environment
        if os.geteuid() == 0 and not Path("/.dockerenv").exists():
            assert table.walls["no_network"]
        if Path("/sys/kernel/security/landlock").exists() or table.walls["no_files"]:
            assert table.walls["no_files"]
        process, work = child.process, child.work
        assert work.exists()
    assert process.poll() is not None
    assert not work.exists()


def test_limits_end_a_child(tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.write(b"code,lon,lat\n")
        for _ in range(400):
            file.write(b"a,114.000001,22.000001\n" * 2000)
    refused(big, "TWIN-237", limits=Limits(cpu_s=1))
    refused(big, "TWIN-237", "TWIN-232", limits=Limits(memory=300 * 1024**2))
    refused(big, "TWIN-237", limits=Limits(wait_s=0.01))


def test_the_parent_stays_small_while_a_large_file_passes(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    with path.open("wb") as file:
        file.write(b"code,lon,lat,text\n")
        for _ in range(60):
            file.write((b"a,114.000001,22.000001," + b"x" * 2000 + b"\n") * 1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = 0
    with sandbox.open_table(path, layer=LAYER, srid=SRID) as table:
        for batch in table.batches():
            rows += batch.num_rows
    assert rows == 60_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
