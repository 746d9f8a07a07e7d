"""Before/after: what a change of some places did to their crashes, by empirical Bayes with the others as comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.errors import TwinError, did_you_mean
from twin.processes.black_spots import judging
from twin.processes.black_spots.case import DAYS_A_YEAR
from twin.processes.black_spots.outputs import StudyResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.processes.black_spots.case import Crashes, Streets
    from twin.processes.black_spots.inputs import Study
    from twin.processes.black_spots.judging import Peers
    from twin.processes.black_spots.sites import Sites

    type Numbers = NDArray[np.float64]
    type Marks = NDArray[np.bool_]


def result(study: Study, sites: Sites, streets: Streets, every: Crashes, flow: Numbers | None) -> StudyResult:
    """Effect of the change over all crashes known, before and after.

    The performance functions are fitted on the untreated sites of the time before; the ratio of their crashes after and
    before carries time, trend and traffic over. Raises TWIN-733 (no such place), TWIN-734 (nothing before or after).
    """
    from twin.engines.traffic.black_spots import safety

    junctions = _positions(streets.node[sites.junctions], study.junctions, "study.junctions")
    links = _positions(streets.code, study.roads, "study.roads")
    changed = float(study.changed.toordinal() - 719_163)
    first, last = float(np.floor(every.day.min())), float(np.floor(every.day.max()) + 1)
    before, after = every.only(every.day < changed), every.only(every.day >= changed)
    if not len(before) or not len(after):
        raise TwinError(
            "TWIN-734",
            f"改造日期 {study.changed} 之前或之后没有事故记录，无法对比。",
            f"There are no crashes on record before or after {study.changed}; nothing can be compared.",
            status=422,
            where="study.changed",
        )
    on_links = np.unique([part.section for part in sites.parts if part.edge in set(links.tolist())]).astype(
        int
    )
    then = judging.compare(sites, streets, before, flow, (changed - first) / DAYS_A_YEAR)
    later = {
        peers.kind: peers
        for peers in judging.compare(sites, streets, after, flow, (last - changed) / DAYS_A_YEAR)
    }
    chosen = {"junction": junctions, "section": on_links}
    told: list[tuple[Numbers, Numbers, Numbers, Numbers, float]] = []
    for peers in then:
        treated = np.isin(peers.site, chosen[peers.kind])
        if treated.any():
            told.append(_group(peers, later[peers.kind], treated))
    if not told:
        raise _nowhere("study", "")
    columns = [np.concatenate([one[k] for one in told]) for k in range(4)]
    dispersion = float(np.average([one[4] for one in told], weights=[one[0].size for one in told]))
    effect = safety.before_after(columns[0], columns[1], columns[2], columns[3], dispersion)
    return StudyResult(
        sites=int(columns[0].size),
        before_years=round((changed - first) / DAYS_A_YEAR, 3),
        after_years=round((last - changed) / DAYS_A_YEAR, 3),
        observed_before=int(columns[0].sum()),
        observed_after=int(effect.observed),
        expected_after=round(effect.expected, 2),
        naive_index=round(_naive(columns, changed - first, last - changed), 4),
        index=round(effect.index, 4),
        standard_error=round(effect.error, 4),
        low=round(effect.low, 4),
        high=round(effect.high, 4),
        certain=bool(effect.high < 1 or effect.low > 1),
    )


def _naive(columns: Sequence[Numbers], before: float, after: float) -> float:
    """After over before per day: what regression to the mean would be mistaken for."""
    return float(columns[1].sum() / after) / max(float(columns[0].sum() / before), 1e-12)


def _group(then: Peers, later: Peers, treated: Marks) -> tuple[Numbers, Numbers, Numbers, Numbers, float]:
    """Counts before and after, means before and after, and dispersion, of the treated sites of one kind."""
    from twin.engines.traffic.black_spots import safety

    others = ~treated
    fitted = safety.fit(then.count[others], then.columns[others], then.exposure[others])
    mean = fitted.mean(then.columns, then.exposure)
    ratio = float(later.count[others].sum()) / max(float(then.count[others].sum()), 1.0)
    return then.count[treated], later.count[treated], mean[treated], mean[treated] * ratio, fitted.dispersion


def _positions(known: NDArray[np.object_], asked: Sequence[str], where: str) -> NDArray[np.int32]:
    place = {code: i for i, code in enumerate(known.tolist())}
    for code in asked:
        if code not in place:
            hint = did_you_mean(code, place)
            raise _nowhere(where, code, hint.zh or "", hint.en or "")
    return np.array([place[code] for code in asked], np.int32)


def _nowhere(where: str, code: str, zh: str = "", en: str = "") -> TwinError:
    return TwinError(
        "TWIN-733",
        f"前后对比研究的地点“{code[:60]}”不是路口节点或路段。{zh}",
        f'The study\'s place "{code[:60]}" is no junction or road link.{" " if en else ""}{en}',
        status=422,
        where=where,
    )
