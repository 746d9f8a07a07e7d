"""``black-spots``: where crashes gather, which places the rules name or their peers put to shame, and what changes did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.city.black_spot_rules import Grade, RuleSet, condition, rule_sets
from twin.processes.black_spots import case, density, exposure, judging, study
from twin.processes.black_spots import sites as cutting
from twin.processes.black_spots.inputs import EXAMPLE, BlackSpotsInputs
from twin.processes.black_spots.outputs import BlackSpotsOutputs, Function
from twin.processes.context import Features
from twin.processes.registry import process
from twin.text import Text

if TYPE_CHECKING:
    from twin.processes.black_spots.case import Period
    from twin.processes.black_spots.judging import Peers, Spot
    from twin.processes.context import RunContext


@process(
    name="black-spots",
    version="1.0.0",
    title=Text(zh="事故黑点", en="Black spots"),
    description=Text(
        zh="沿路网的事故核密度；路口与路段按规则集和经验贝叶斯（以流量为暴露量）排序并说明理由；改造的前后对比研究。",
        en="Crash density along the roads; junctions and sections ranked by a rule set and by empirical Bayes with traffic as "
        "exposure, each with its reasons; before/after study of a change.",
    ),
    inputs=BlackSpotsInputs,
    outputs=BlackSpotsOutputs,
    example=EXAMPLE,
    reads=("traffic_crash", "road_link", "road_node", exposure.LAYER),
    writes=("black_spot", "black_spot_density", "black_spot_surface"),
)
def black_spots(inputs: BlackSpotsInputs, run: RunContext) -> BlackSpotsOutputs:
    """Read, cut, compare, judge, rank. Raises TWIN-730 to 734 (see the parts)."""
    rules = _rules(inputs)
    streets = case.streets(run)
    every, off_road, ahead = case.crashes(run, streets, inputs.snap_m)
    period = case.period(inputs, rules, every)
    found = period.of(every)
    flow, source = exposure.daily_flow(run, inputs, streets)
    run.progress(0.2, "划分路口与路段", "cutting junctions and sections")
    sites = cutting.build(streets, rules.unit_m, inputs.junction_m)
    peers = judging.compare(sites, streets, found, flow, period.years)
    start, end = judging.years_of(rules, period)
    said = judging.verdicts(sites, streets, every.only((every.day >= start) & (every.day < end)), rules)
    spots = judging.ranked(sites, streets, found, peers, said, inputs.top)
    run.check()
    run.progress(0.5, "计算密度", "computing densities")
    weight = found.weight(rules) if inputs.weighted else np.ones(len(found))
    pieces, dense = density.of(streets, found, weight, inputs.lixel_m, inputs.bandwidth_m)
    run.write_features("black_spot_density", density.rows(streets, pieces, dense, period.years))
    density.write_surface(run, streets, found, weight, period.years)
    run.check()
    run.progress(0.8, "检验与对比研究", "checks and the study")
    foretold = density.foretell(streets, every, period, inputs.lixel_m, inputs.bandwidth_m)
    run.write_features("black_spot", _rows(spots, run, rules, source != "length"))
    return BlackSpotsOutputs(
        **_period(period),
        crashes=len(found),
        off_road=off_road,
        dated_ahead=ahead,
        spots=len(spots),
        by_rules=len(said),
        rules_title_zh=rules.title.zh,
        rules_title_en=rules.title.en,
        rules_source_zh=rules.source.zh,
        rules_source_en=rules.source.en,
        rules_verified=rules.verified,
        exposure=source,
        functions=tuple(_function(one, flow is not None) for one in peers),
        bandwidth_m=dense.bandwidth,
        foretold_1=None if foretold is None else foretold.at_1,
        foretold_5=None if foretold is None else foretold.at_5,
        study=None if inputs.study is None else study.result(inputs.study, sites, streets, every, flow),
    )


def _period(period: Period) -> dict[str, str]:
    return {"start": case.day_of(period.start), "end": case.day_of(period.end)}


def _rules(inputs: BlackSpotsInputs) -> RuleSet:
    own = inputs.own_rules
    if own is None:
        return rule_sets()[inputs.rules]
    title = Text(zh=own.title, en=own.title)
    source = Text(zh="输入中给出", en="given in the inputs")
    conditions = tuple(
        condition({"title": {"zh": own.title, "en": own.title}, **one.model_dump()}) for one in own.conditions
    )
    grade = Grade("own", title, conditions)
    return RuleSet(
        "own", title, source, False, own.unit_m, own.years, own.death_weight, own.injury_weight, (grade,)
    )


def _function(peers: Peers, by_flow: bool) -> Function:
    fitted = peers.performance
    return Function(
        site="junction" if peers.kind == "junction" else "section",
        sites=int(peers.site.size),
        crashes=int(peers.count.sum()),
        dispersion=round(fitted.dispersion, 4),
        flow_exponent=round(float(fitted.coefficients[-1]), 4) if by_flow else None,
        flow_exponent_error=round(float(fitted.error[-1]), 4) if by_flow else None,
        better_than_poisson=round(fitted.likelihood - fitted.poisson, 3),
    )


def _rows(spots: list[Spot], run: RunContext, rules: RuleSet, by_flow: bool) -> Features:
    """The list as rows of ``black_spot``."""
    rows = []
    for rank, spot in enumerate(spots, start=1):
        group, at = spot.peers, spot.at
        why = judging.reasons(spot, run.catalog.vocabularies, by_flow)
        kind, cause = judging.commonest(spot.crashes.kind), judging.commonest(spot.crashes.cause)
        rows.append(
            {
                "rank": rank,
                "site": spot.kind,
                "site_code": spot.code,
                "name": spot.name,
                "crashes": len(spot.crashes),
                "deaths": sum(one.deaths for one in spot.crashes.facts),
                "injuries": sum(one.injuries for one in spot.crashes.facts),
                "equivalent": round(float(spot.crashes.weight(rules).sum()), 2),
                "grade_zh": spot.verdict.grade.title.zh if spot.verdict else None,
                "grade_en": spot.verdict.grade.title.en if spot.verdict else None,
                "length_m": round(spot.length, 1),
                "flow": round(float(group.flow[at]), 0) if np.isfinite(group.flow[at]) else None,
                "peers": round(float(group.mean[at]) / float(group.years), 4),
                "expected": round(float(group.estimate.expected[at]) / float(group.years), 4),
                "excess": round(float(group.excess[at]), 4),
                "chance": round(float(group.estimate.chance[at]), 4),
                "main_kind": kind[0] if kind else None,
                "main_cause": cause[0] if cause else None,
                "reason_zh": why.zh,
                "reason_en": why.en,
            }
        )
    shapes = np.empty(len(spots), object)
    shapes[:] = [spot.shape for spot in spots]
    names = rows[0] if rows else {"rank": 0}
    return Features({name: [row[name] for row in rows] for name in names}, shapes)
