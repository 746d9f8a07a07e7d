// Click for attributes: the feature's record with the catalogue's titles, and the values of the shown result.
import { Popup, type Map as MapView, type MapMouseEvent } from 'maplibre-gl';
import { ask, type Column, type Layer } from './api';
import { h } from './dom';
import { sourceLayer } from './map';
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
  const text = answer.value === null ? t('dry') : `${answer.value.toFixed(2)} ${layer.unit ?? ''}`;
  return h('tr', {}, h('th', {}, layer.title), h('td', {}, text));
}

export interface Shown { run: string; rasters: Layer[] }

export function identify(map: MapView, layers: Layer[], shown: () => Shown | null): void {
  const known = new Map(layers.map((layer) => [layer.name, layer]));
  map.on('click', async (event) => {
    const hits = map.queryRenderedFeatures(event.point).filter((hit) => known.has(sourceLayer(hit.layer)));
    const seen = new Set<string>();
    const top = hits.filter((hit) => !seen.has(sourceLayer(hit.layer)) && seen.add(sourceLayer(hit.layer))).slice(0, 3);
    const parts: HTMLElement[] = [];
    const result = shown();
    if (result) {
      const rows = await Promise.all(result.rasters.map((layer) => value(layer, result.run, event).catch(() => null)));
      const told = rows.filter((item): item is HTMLElement => item !== null);
      if (told.length) parts.push(h('section', { className: 'attributes result' }, h('h4', {}, t('results')), h('table', {}, ...told)));
    }
    for (const hit of top) parts.push(await record(known.get(sourceLayer(hit.layer))!, hit.id, hit.properties));
    if (parts.length) new Popup({ maxWidth: '340px' }).setLngLat(event.lngLat).setDOMContent(h('div', {}, ...parts)).addTo(map);
  });
  map.on('mousemove', (event) => {
    const over = map.queryRenderedFeatures(event.point).some((hit) => known.has(sourceLayer(hit.layer)));
    map.getCanvas().style.cursor = over ? 'pointer' : '';
  });
}
