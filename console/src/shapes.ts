// What people drew, on top of the map: one source of GeoJSON for all shapes and for the one under way.
import type { Feature, FeatureCollection, Geometry } from 'geojson';
import type { GeoJSONSource, Map as MapView } from 'maplibre-gl';
import type { Kind, Position } from './form/schema';

interface Shape { kind: Kind; positions: Position[]; label: string }

const SOURCE = 'drawn';
const COLOUR = '#d6336c';
const shapes = new Map<string, Shape>();
let numbers = 0;

export const newShape = (): string => `s${++numbers}`;

export function setShape(id: string, kind: Kind, positions: Position[], label = ''): void {
  shapes.set(id, { kind, positions, label });
  redraw();
}

export function dropShape(id: string): void {
  if (shapes.delete(id)) redraw();
}

/** The layer below which everything else goes. */
export const topmost = (map: MapView): string | undefined => (map.getLayer('drawn-area') ? 'drawn-area' : undefined);

export function ring(kind: Kind, positions: Position[]): Position[] {
  if (kind !== 'Box' || positions.length < 2) return positions;
  const [[w, s], [e, n]] = positions as [Position, Position];
  return [[w, s], [e, s], [e, n], [w, n]];
}

function geometry({ kind, positions }: Shape): Geometry {
  const line = ring(kind, positions);
  if (kind === 'Point' || line.length < 2) return { type: 'MultiPoint', coordinates: line };
  if (kind === 'LineString' || line.length < 3) return { type: 'LineString', coordinates: line };
  return { type: 'Polygon', coordinates: [[...line, line[0]!]] };
}

function redraw(): void {
  const map = window.twinMap;
  const features = [...shapes].map(([id, shape]): Feature => ({ type: 'Feature', geometry: geometry(shape), properties: { shape: id, label: shape.label } }));
  const data: FeatureCollection = { type: 'FeatureCollection', features };
  const source = map.getSource<GeoJSONSource>(SOURCE);
  if (source) return void source.setData(data);
  map.addSource(SOURCE, { type: 'geojson', data });
  const only = (shape: string) => ({ filter: ['==', ['geometry-type'], shape] as never, source: SOURCE });
  map.addLayer({ id: 'drawn-area', type: 'fill', ...only('Polygon'), paint: { 'fill-color': COLOUR, 'fill-opacity': 0.18 } });
  map.addLayer({ id: 'drawn-line', type: 'line', source: SOURCE, filter: ['!=', ['geometry-type'], 'Point'], layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': COLOUR, 'line-width': 2.5 } });
  map.addLayer({ id: 'drawn-point', type: 'circle', ...only('Point'), paint: { 'circle-color': COLOUR, 'circle-radius': 6, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 } });
  map.addLayer({
    id: 'drawn-label', type: 'symbol', source: SOURCE, layout: { 'text-field': ['get', 'label'], 'text-size': 12, 'text-offset': [0, 1.1], 'text-anchor': 'top', 'text-allow-overlap': true },
    paint: { 'text-color': COLOUR, 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
  });
}
