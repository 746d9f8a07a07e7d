// Click for attributes: the feature's record with the catalogue's titles, and the values of the shown result.
import { Popup, type Map as MapView, type MapMouseEvent } from 'maplibre-gl';
import { ask, type Column, type Layer, type Run } from './api';
import { h } from './dom';
import { gauge, hydrograph } from './hydrograph';
import { sourceLayer } from './map';
import { busy } from './tool';
import { language, t } from './text';

interface Item { properties: Record<string, unknown> }

function say(column: Column | undefined, value: unknown): string {
  if (value === null || value === undefined) return '—';
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  const term = column?.terms?.[String(value)];
  if (term) return `${term.title}（${String(value)}）`;
  const text = typeof value === 'number' ? value.toLocaleString(language(), { maximumFractionDigits: 3, useGrouping: false }) : String(value);
  return column?.unit ? `${text} ${column.unit}` : text;
}

export function attributes(layer: Layer, properties: Record<string, unknown>): HTMLElement {
  const rows = layer.columns
    .filter((column) => properties[column.name] !== null && properties[column.name] !== undefined)
    .map((column) => h('tr', {}, h('th', {}, column.title), h('td', {}, say(column, properties[column.name]))));
  return h('section', { className: 'attributes', data: { layer: layer.name } }, h('h4', {}, layer.title), h('table', {}, ...rows));
}

async function record(layer: Layer, id: unknown, fallback: Record<string, unknown>): Promise<HTMLElement> {
  if (id === undefined || !layer.items) return attributes(layer, fallback);
  try {
    return attributes(layer, (await ask<Item>(`${layer.items}/${String(id)}`)).properties);
  } catch {
    return attributes(layer, fallback); // an overview cell has no record of its own
  }
}

async function value(layer: Layer, run: string, event: MapMouseEvent): Promise<HTMLElement> {
  const { lng, lat } = event.lngLat;
  const answer = await ask<{ value: number | null; unit?: string }>(`/coverages/${layer.name}/value?lon=${lng}&lat=${lat}&run=${run}`);
  const unit = layer.unit && layer.unit !== '1' ? ` ${layer.unit}` : '';
  const text = answer.value === null ? t('dry') : `${answer.value.toFixed(2)}${unit}`;
  return h('tr', {}, h('th', {}, layer.title), h('td', {}, text));
}

export interface Shown { run: Run; rasters: Layer[]; moment: string | null }

const REACH = 4; // pixels around a click, so that small points are met

/** What the shown run says of the place: its values, the hydrograph, the gauge that was met. */
async function results(result: Shown, layers: Map<string, Layer>, event: MapMouseEvent, gauges: string[]): Promise<HTMLElement[]> {
  const single = result.rasters.filter((layer) => !layer.time);
  const series = result.rasters.find((layer) => layer.time);
  const table = layers.get('flood_series');
  const { lng, lat } = event.lngLat;
  const quiet = <T>(asked: Promise<T>): Promise<T | null> => asked.catch(() => null);
  const [rows, film, ...measured] = await Promise.all([
    Promise.all(single.map((layer) => quiet(value(layer, result.run.id, event)))),
    series && !gauges.length ? quiet(hydrograph(series, result.run, lng, lat, result.moment ?? undefined)) : null,
    ...gauges.map((name) => (table ? quiet(gauge(table, result.run, name)) : null)),
  ]);
  const told = rows.filter((item): item is HTMLElement => item !== null);
  const values = told.length ? h('section', { className: 'attributes result' }, h('h4', {}, t('results')), h('table', {}, ...told)) : null;
  return [...measured, film, values].filter((item): item is HTMLElement => item !== null);
}

export function identify(map: MapView, layers: Layer[], shown: () => Shown | null): void {
  const known = new Map(layers.map((layer) => [layer.name, layer]));
  map.on('click', async (event) => {
    if (busy()) return;
    const { x, y } = event.point;
    const near = map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]]);
    const gauges = near.filter((hit) => sourceLayer(hit.layer) === 'flood_gauge').map((hit) => String(hit.properties.name));
    const hits = map.queryRenderedFeatures(event.point).filter((hit) => known.has(sourceLayer(hit.layer)));
    const seen = new Set<string>();
    const top = hits.filter((hit) => !seen.has(sourceLayer(hit.layer)) && seen.add(sourceLayer(hit.layer))).slice(0, 3);
    const result = shown();
    const parts = result ? await results(result, known, event, [...new Set(gauges)].slice(0, 2)) : [];
    for (const hit of top) parts.push(await record(known.get(sourceLayer(hit.layer))!, hit.id, hit.properties));
    if (parts.length) new Popup({ maxWidth: '400px' }).setLngLat(event.lngLat).setDOMContent(h('div', {}, ...parts)).addTo(map);
  });
  map.on('mousemove', (event) => {
    if (busy()) return;
    const over = map.queryRenderedFeatures(event.point).some((hit) => known.has(sourceLayer(hit.layer)));
    map.getCanvas().style.cursor = over ? 'pointer' : '';
  });
}
