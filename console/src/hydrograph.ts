// Water over time: depth at a place from the rasters of a run, modelled and observed series at its gauges.
import { ask, type Layer, type Run } from './api';
import { chart, type Line } from './chart';
import { h } from './dom';
import { t } from './text';
import { minuteOf } from './moments';

export const MODEL = '#1264c8';
export const MEASURED = '#d1495b';

interface Series { times: string[]; values: (number | null)[]; unit: string; quantity: string }
interface Row { place: string; place_kind: string; minute: number; depth?: number | null; level?: number | null }

/** Depth over time at a place, or nothing where it stays dry. */
export async function hydrograph(layer: Layer, run: Run, lon: number, lat: number, now?: string): Promise<HTMLElement | null> {
  const found = await ask<Series>(`/coverages/${layer.name}/series?lon=${lon}&lat=${lat}&run=${run.id}`);
  const points = found.times.flatMap((time, index): [number, number][] => {
    const value = found.values[index];
    return value === null || value === undefined ? [] : [[minuteOf(run, time, found.times), value]];
  });
  if (points.length < 2 || !points.some(([, value]) => value > 0)) return null;
  const axes = { x: t('minutes'), y: `${found.quantity} (${found.unit})`, ...(now ? { mark: minuteOf(run, now, found.times) } : {}) };
  return section(layer.title, chart([{ title: found.quantity, colour: MODEL, points }], axes));
}

/** The series of a gauge: modelled as a line, observed as dots where the run was given observations. */
export async function gauge(layer: Layer, run: Run, name: string): Promise<HTMLElement | null> {
  const place = name.replaceAll("'", "''");
  const query = new URLSearchParams({ run: run.id, limit: '10000', filter: `place = '${place}' AND place_kind IN ('gauge','observed')` });
  const answer = await ask<{ features: { properties: Row }[] }>(`${layer.items}?${query}`);
  const rows = answer.features.map((feature) => feature.properties).sort((a, b) => a.minute - b.minute);
  const observed = rows.filter((row) => row.place_kind === 'observed');
  // observations decide: whoever measured levels wants levels
  const column = observed.some((row) => row.level != null && row.depth == null) ? 'level' : 'depth';
  const points = (kind: string): [number, number][] =>
    rows.flatMap((row): [number, number][] => (row.place_kind === kind && row[column] != null ? [[row.minute, row[column]]] : []));
  const lines: Line[] = [{ title: t('modelled'), colour: MODEL, points: points('gauge') }, { title: t('observed'), colour: MEASURED, points: points('observed'), dots: true }];
  const told = lines.filter((line) => line.points.length);
  if (!told.length) return null;
  const described = layer.columns.find((one) => one.name === column);
  return section(`${layer.title} · ${name}`, chart(told, { x: t('minutes'), y: `${described?.title ?? column} (${described?.unit ?? 'm'})` }));
}

function section(title: string, picture: SVGElement): HTMLElement {
  return h('section', { className: 'attributes hydrograph' }, h('h4', {}, title), picture as unknown as Node);
}
