"""Tables of what happens on the roads."""

from __future__ import annotations

from .crashes import crashes
from .table import Table, rows_of


def traffic_crash() -> Table:
    rows = [
        {
            "code": f"SG{one.when:%Y%m}{n:05d}",
            "occurred_at": one.when,
            "severity": "fatal" if one.deaths else "injury" if one.injuries else "property",
            "deaths": one.deaths,
            "injuries": one.injuries,
            "kind": one.kind,
            "cause": one.cause,
            "procedure": "general" if one.general else "simple",
            "road_defect": bool(one.defect),
            "road_code": f"LD{one.link + 1:05d}",
        }
        for n, one in enumerate(crashes(), start=1)
    ]
    return rows_of([one.at for one in crashes()], rows)
