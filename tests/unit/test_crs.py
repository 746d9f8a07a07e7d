"""Axis order and parsing of coordinate systems, against PROJ's own database."""

from __future__ import annotations

import pytest
from pyproj import CRS

from twin.crs import CRS84, crs_of, parse_crs, transformer
from twin.errors import TwinError


@pytest.mark.parametrize("srid", [4326, 4490, *range(4491, 4555, 9), 4547, 3857, 32649, 32756, 28356, 2326])
def test_axis_order_is_the_authoritys(srid: int) -> None:
    crs = crs_of(srid)
    axes = CRS.from_epsg(srid).axis_info
    assert crs is not None
    assert crs.flip == (axes[0].direction.lower() == "north")
    assert crs.degrees == (axes[0].unit_name == "degree")
    assert crs.digits == (7 if crs.degrees else 3)


@pytest.mark.parametrize(
    ("text", "srid", "flip"),
    [
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", 4326, False),
        ("https://www.opengis.net/def/crs/OGC/0/CRS84", 4326, False),
        ("OGC:CRS84", 4326, False),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", 4326, True),
        ("http://www.opengis.net/def/crs/EPSG/9.9.1/4490", 4490, True),
        ("urn:ogc:def:crs:EPSG::4547", 4547, True),
        ("EPSG:4547", 4547, True),
        ("epsg:3857", 3857, False),
        ("[EPSG:32650]", 32650, False),
    ],
)
def test_parse(text: str, srid: int, flip: bool) -> None:
    crs = parse_crs(text)
    assert (crs.srid, crs.flip) == (srid, flip)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "4547",
        "EPSG:99999",
        "EPSG:9999999",
        "EPSG:٤٣٢٦",
        "EPSG:4479",  # geocentric
        "EPSG:5737",  # a height
        "OGC:CRS83",
        "+proj=longlat +datum=WGS84",
        "http://www.opengis.net/def/crs/EPSG/0/../4326",
        "http://example.org/def/crs/EPSG/0/4326",
        "EPSG:4326\x00",
        "EPSG:4326\n",
    ],
)
def test_what_is_no_crs_is_refused_by_name(text: str) -> None:
    with pytest.raises(TwinError) as caught:
        parse_crs(text, "bbox-crs")
    assert (caught.value.code, caught.value.where, caught.value.status) == ("TWIN-395", "bbox-crs", 400)


def test_round_trip_of_the_uri() -> None:
    for srid in (4326, 4490, 4547, 3857):
        crs = crs_of(srid)
        assert crs is not None
        assert parse_crs(crs.uri) == crs
    assert parse_crs(CRS84.uri) == CRS84


def test_transformers_put_x_first_and_are_kept() -> None:
    x, y = transformer(4547, 4326).transform(500_000, 3_000_000)
    assert x == pytest.approx(114.0, abs=1e-6)
    assert 27.0 < y < 27.2
    assert transformer(4547, 4326) is transformer(4547, 4326)
    with pytest.raises(TwinError, match="TWIN-396"):
        transformer(4547, 99999)
