// The map: the service's own style, the key on every request, result overlays of a run above it.
import { Map as MapView, NavigationControl, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { ask, headers, type Layer } from './api';

declare global {
  interface Window { twinMap: MapView; twinReady: boolean; twinErrors: string[] }
}

const withKey = (url: string) => (url.startsWith(location.origin) ? { url, headers: headers() } : { url });
const testing = new URLSearchParams(location.search).has('test');

export async function createMap(layers: Layer[]): Promise<MapView> {
  setWorkerUrl(new URL('maplibre-gl-worker.mjs', document.baseURI).href);
  const style = await ask<StyleSpecification>('/tiles/style.json');
  const results = new Set(layers.filter((layer) => layer.process).map((layer) => layer.name));
  // results are shown by choosing a run, not by the base style
  style.layers = style.layers.filter((layer) => !results.has(sourceLayer(layer)));
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

/** A second map of the same city and view, in another container. */
export async function twinOf(map: MapView, container: string): Promise<MapView> {
  const twin = new MapView({
    container,
    style: map.getStyle(),
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
    if (sourceLayer(layer) === name && !layer.id.startsWith('result:'))
      map.setLayoutProperty(layer.id, 'visibility', visible ? 'visible' : 'none');
}

export function isVisible(map: MapView, name: string): boolean {
  return map.getStyle().layers.some((layer) => sourceLayer(layer) === name && layer.layout?.visibility !== 'none');
}

export const drawn = (map: MapView, name: string): boolean => map.getStyle().layers.some((layer) => sourceLayer(layer) === name);

/** Colour by the column's stops, the vocabulary's colours, or the layer's one colour. */
function colour(layer: Layer): unknown {
  const { colour_by: column, stops, terms, colour: plain } = layer.style;
  if (column && stops.length) {
    const [, ...rest] = stops;
    return ['step', ['to-number', ['get', column], 0], stops[0]!.colour, ...rest.flatMap((stop) => [stop.value, stop.colour])];
  }
  if (column && terms) {
    const pairs = Object.entries(terms).filter(([, term]) => term.colour).flatMap(([code, term]) => [code, term.colour!]);
    if (pairs.length) return ['match', ['to-string', ['get', column]], ...pairs, plain];
  }
  return plain;
}

export function showResult(map: MapView, layer: Layer, run: string): void {
  hideResult(map, layer.name);
  const id = `result:${layer.name}`;
  const base = `${location.origin}/tiles/${layer.name}/{z}/{x}/{y}`;
  if (layer.kind === 'coverage') {
    map.addSource(id, { type: 'raster', tiles: [`${base}.png?run=${run}`], tileSize: 256, maxzoom: 18, ...bounds(layer) });
    map.addLayer({ id, type: 'raster', source: id, paint: { 'raster-opacity': layer.style.opacity, 'raster-fade-duration': 0, 'raster-resampling': 'nearest' } }, below(map));
    return;
  }
  map.addSource(id, { type: 'vector', tiles: [`${base}.mvt?run=${run}`], maxzoom: 16, ...bounds(layer) });
  const common = { id, source: id, 'source-layer': layer.name };
  const paint = colour(layer) as string;
  const height = layer.style.extrude;
  if (height) {
    // a little larger than the building it stands for, so that the two do not flicker through each other
    const raised = ['+', ['to-number', ['get', height], 3], 0.4] as unknown as number;
    map.addLayer({ ...common, type: 'fill-extrusion', paint: { 'fill-extrusion-color': paint, 'fill-extrusion-height': raised, 'fill-extrusion-opacity': 1 } }, below(map, layer));
  } else if (layer.geometry?.includes('Polygon'))
    map.addLayer({ ...common, type: 'fill', paint: { 'fill-color': paint, 'fill-opacity': layer.style.opacity } }, below(map, layer));
  else if (layer.geometry?.includes('Line'))
    map.addLayer({ ...common, type: 'line', paint: { 'line-color': paint, 'line-width': Math.max(2, layer.style.width) } });
  else map.addLayer({ ...common, type: 'circle', paint: { 'circle-color': paint, 'circle-radius': 4 } });
}

export const bounds = (layer: Layer) => (layer.bounds ? { bounds: layer.bounds } : {});

/** Water lies under the buildings and the labels; flooded buildings lie over them. */
export function below(map: MapView, layer?: Layer): string | undefined {
  const order = map.getStyle().layers;
  if (layer && layer.name.includes('building')) return order.find((item) => item.type === 'symbol')?.id;
  return order.find((item) => sourceLayer(item) === 'building' || item.type === 'fill-extrusion' || item.type === 'symbol')?.id;
}

export function hideResult(map: MapView, name: string): void {
  const id = `result:${name}`;
  if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(id)) map.removeSource(id);
}
