// The map: the service's own style, the key on every request, result overlays of a run above it.
import { Map as MapView, NavigationControl, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { ask, headers, type Layer } from './api';
import { topmost } from './shapes';

declare global {
  interface Window { twinMap: MapView; twinOther: MapView | null; twinReady: boolean; twinErrors: string[] }
}

const withKey = (url: string) => (url.startsWith(location.origin) ? { url, headers: headers() } : { url });
/** The style layers of the results, as the service draws them: their sources come with a run. */
const templates = new Map<string, LayerSpecification[]>();
const zooms = new Map<string, { minzoom?: number; maxzoom?: number }>();
const orders = new Map<string, number>();

const testing = new URLSearchParams(location.search).has('test');

export async function createMap(layers: Layer[]): Promise<MapView> {
  setWorkerUrl(new URL('maplibre-gl-worker.mjs', document.baseURI).href);
  const style = await ask<StyleSpecification>('/tiles/style.json');
  const results = new Set(layers.filter((layer) => layer.process).map((layer) => layer.name));
  // results are shown by choosing a run, not by the base style
  for (const name of results) {
    templates.set(name, style.layers.filter((layer) => sourceLayer(layer) === name));
    const { minzoom, maxzoom } = (style.sources[name] ?? {}) as { minzoom?: number; maxzoom?: number };
    zooms.set(name, { ...(minzoom === undefined ? {} : { minzoom }), ...(maxzoom === undefined ? {} : { maxzoom }) });
    delete style.sources[name];
  }
  for (const layer of layers) orders.set(layer.name, layer.style.order);
  // names of streets stay readable over whatever is laid on the streets
  const base = style.layers.filter((layer) => !results.has(sourceLayer(layer)));
  style.layers = [...base.filter((layer) => layer.type !== 'symbol'), ...base.filter((layer) => layer.type === 'symbol')];
  const map = new MapView({
    container: 'map',
    style,
    bounds: extent(layers),
    fitBoundsOptions: { padding: 20 },
    fadeDuration: 0,
    hash: 'map',
    maxPitch: 65,
    attributionControl: false,
    canvasContextAttributes: { antialias: true, preserveDrawingBuffer: testing },
    transformRequest: withKey,
  });
  window.twinMap = map;
  window.twinReady = false;
  window.twinErrors = [];
  map.on('error', (event) => window.twinErrors.push(event.error.message));
  map.once('idle', () => (window.twinReady = true));
  map.addControl(new NavigationControl({ visualizePitch: true }), 'top-right');
  map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-left');
  await new Promise<void>((resolve) => map.once('load', () => resolve()));
  return map;
}

/** A second map of the same city and view in another container, without the results. */
export async function twinOf(map: MapView, container: string): Promise<MapView> {
  const style = map.getStyle();
  style.layers = style.layers.filter((layer) => !('source' in layer && String(layer.source).startsWith('result:')));
  style.sources = Object.fromEntries(Object.entries(style.sources).filter(([name]) => !name.startsWith('result:')));
  const twin = new MapView({
    container,
    style,
    center: map.getCenter(),
    zoom: map.getZoom(),
    bearing: map.getBearing(),
    pitch: map.getPitch(),
    fadeDuration: 0,
    maxPitch: 65,
    attributionControl: false,
    canvasContextAttributes: { antialias: true, preserveDrawingBuffer: testing },
    transformRequest: withKey,
  });
  twin.on('error', (event) => window.twinErrors.push(event.error.message));
  twin.addControl(new NavigationControl({ visualizePitch: true }), 'top-right');
  await new Promise<void>((resolve) => twin.once('load', () => resolve()));
  window.twinOther = twin;
  return twin;
}

function extent(layers: Layer[]): [number, number, number, number] | undefined {
  const known = layers.filter((layer) => layer.bounds && !layer.process).map((layer) => layer.bounds!);
  if (!known.length) return undefined;
  return [0, 1, 2, 3].map((i) => (i < 2 ? Math.min : Math.max)(...known.map((box) => box[i as 0 | 1 | 2 | 3]))) as [number, number, number, number];
}

/** The catalogue's layer that a style layer draws: its source layer, or its source for rasters. */
export function sourceLayer(layer: LayerSpecification): string {
  if ('source-layer' in layer && layer['source-layer']) return layer['source-layer'];
  return 'source' in layer && typeof layer.source === 'string' ? layer.source : layer.id;
}

export function setVisible(map: MapView, name: string, visible: boolean): void {
  for (const layer of map.getStyle().layers)
    if (sourceLayer(layer) === name && layer.id.startsWith(name))
      map.setLayoutProperty(layer.id, 'visibility', visible ? 'visible' : 'none');
}

export function isVisible(map: MapView, name: string): boolean {
  return map.getStyle().layers.some((layer) => sourceLayer(layer) === name && layer.id.startsWith(name) && layer.layout?.visibility !== 'none');
}

export const drawn = (map: MapView, name: string): boolean => map.getStyle().layers.some((layer) => sourceLayer(layer) === name);

export interface Overlay { id?: string; at?: string; unseen?: boolean }

/** A result of a run on the map, as the service's style draws it; `at` is a moment, `unseen` loads it without showing. */
export function showResult(map: MapView, layer: Layer, run: string, { id = `result:${layer.name}`, at, unseen = false }: Overlay = {}): void {
  hideResult(map, layer.name, id);
  const query = `run=${run}${at ? `&datetime=${at}` : ''}`;
  const suffix = layer.kind === 'coverage' ? 'png' : 'mvt';
  const tiles = [`${location.origin}/tiles/${layer.name}/{z}/{x}/{y}.${suffix}?${query}`];
  const common = { tiles, ...zooms.get(layer.name), ...(layer.bounds ? { bounds: layer.bounds } : {}) };
  map.addSource(id, layer.kind === 'coverage' ? { type: 'raster', tileSize: 256, ...common } : { type: 'vector', ...common });
  for (const template of templates.get(layer.name) ?? []) {
    const own = { ...template, id: `${id}/${template.id}`, source: id, layout: { ...template.layout, visibility: 'visible' } } as LayerSpecification;
    map.addLayer(adapted(own, unseen), below(map, layer, own.type));
  }
  quieten(map);
}

const VEIL = 'veil';

/** A veil over the city's own layers where they lie under results, so that these are read first. */
function quieten(map: MapView): void {
  const first = map.getStyle().layers.find((layer) => 'source' in layer && String(layer.source).startsWith('result:'));
  if (!first) { if (map.getLayer(VEIL)) map.removeLayer(VEIL); }
  else if (map.getLayer(VEIL)) map.moveLayer(VEIL, first.id);
  else map.addLayer({ id: VEIL, type: 'background', paint: { 'background-color': '#f7f6f3', 'background-opacity': 0.55 } }, first.id);
}

/** What a picture needs that comes and goes: no fading, crisp cells, solids a little larger than those they stand on. */
function adapted(layer: LayerSpecification, unseen: boolean): LayerSpecification {
  const paint: Record<string, unknown> = { ...layer.paint };
  if (layer.type === 'raster') Object.assign(paint, { 'raster-fade-duration': 0, 'raster-resampling': 'nearest' });
  if (layer.type === 'fill-extrusion') Object.assign(paint, { 'fill-extrusion-height': ['+', paint['fill-extrusion-height'], 0.4], 'fill-extrusion-opacity': 1 });
  for (const property of opacities(layer.type)) {
    paint[`${property}-transition`] = { duration: 0 };
    if (unseen) paint[property] = 0;
  }
  return { ...layer, paint } as LayerSpecification;
}

const OPACITIES: Record<string, string[]> = { circle: ['circle-opacity', 'circle-stroke-opacity'], symbol: ['text-opacity'] };
const opacities = (type: string): string[] => OPACITIES[type] ?? [`${type}-opacity`];

/** Shows or hides what is loaded, without a new request. */
export function setSeen(map: MapView, layer: Layer, id: string, seen: boolean): void {
  for (const template of templates.get(layer.name) ?? []) {
    const own = `${id}/${template.id}`;
    if (!map.getLayer(own)) continue;
    const paint = adapted(template, !seen).paint as Record<string, unknown>;
    for (const property of opacities(template.type)) map.setPaintProperty(own, property as never, (paint[property] ?? 1) as never);
  }
}

/** Results lie where their order says: water under the buildings, flooded buildings over them, all under the labels. */
function below(map: MapView, layer: Layer, type: string): string | undefined {
  const drawing = topmost(map);
  if (type === 'symbol') return drawing;
  const order = (item: LayerSpecification): number => orders.get(String((item.metadata as Record<string, unknown> | undefined)?.['twin:layer'])) ?? -1;
  const higher = map.getStyle().layers.find((item) => item.type === 'symbol' || order(item) > layer.style.order);
  return higher?.id ?? drawing;
}

export function hideResult(map: MapView, name: string, id = `result:${name}`): void {
  for (const layer of map.getStyle().layers) if ('source' in layer && layer.source === id) map.removeLayer(layer.id);
  if (map.getSource(id)) map.removeSource(id);
  quieten(map);
}
