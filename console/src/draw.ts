// Drawing on the map: click for click to a point, a line, a polygon or a box; afterwards its points can be moved.
import { Marker, type MapMouseEvent } from 'maplibre-gl';
import { h } from './dom';
import type { Kind, Position } from './form/schema';
import { setShape } from './shapes';
import { t, type Word } from './text';
import { release, take, type Tool } from './tool';

const LEAST: Record<Kind, number> = { Point: 1, LineString: 2, Polygon: 3, Box: 2 };
const HINT: Record<Kind, Word> = { Point: 'clickMap', LineString: 'clickLine', Polygon: 'clickArea', Box: 'clickBox' };
const REACH = 10; // pixels within which a click on the first or last point closes the drawing

const at = (event: MapMouseEvent): Position => [Number(event.lngLat.lng.toFixed(6)), Number(event.lngLat.lat.toFixed(6))];

/** Positions of a new shape, or nothing when the drawing was given up. The shape under way is drawn as `id`. */
export function draw(id: string, kind: Kind, label = ''): Promise<Position[] | null> {
  const map = window.twinMap;
  const placed: Position[] = [];
  return new Promise((resolve) => {
    const show = (next?: Position): void => setShape(id, kind, next ? [...placed, next] : [...placed], label);
    const end = (result: Position[] | null): void => {
      map.off('click', click).off('mousemove', move).off('dblclick', finish);
      setTimeout(() => map.doubleClickZoom.enable(), 0);
      release(tool);
      resolve(result);
    };
    const enough = (): boolean => placed.length >= LEAST[kind];
    const finish = (event?: MapMouseEvent): void => {
      event?.preventDefault();
      if (enough()) end(placed);
    };
    const near = (position: Position | undefined, event: MapMouseEvent): boolean => !!position && map.project(position).dist(event.point) < REACH;
    const click = (event: MapMouseEvent): void => {
      if (enough() && (near(placed[placed.length - 1], event) || (kind === 'Polygon' && near(placed[0], event)))) return finish();
      if (near(placed[placed.length - 1], event)) return; // the second click of a double one
      placed.push(at(event));
      show();
      if (placed.length === (kind === 'Point' ? 1 : kind === 'Box' ? 2 : Infinity)) finish();
    };
    const move = (event: MapMouseEvent): void => { if (placed.length) show(at(event)); };
    const tool: Tool = { hint: HINT[kind], stop: () => end(null) };
    if (kind === 'LineString' || kind === 'Polygon') Object.assign(tool, { done: () => finish(), undo: () => { placed.pop(); show(); } });
    take(tool);
    map.doubleClickZoom.disable();
    map.on('click', click);
    map.on('mousemove', move);
    map.on('dblclick', finish);
  });
}

/** Handles to move a shape's points; those between them add points, a double click takes one away. */
export function edit(id: string, kind: Kind, positions: Position[], label: string, changed: (positions: Position[]) => void): void {
  const points = positions.map((one): Position => [...one]);
  let handles: Marker[] = [];
  const tell = (): void => { setShape(id, kind, points, label); changed(points.map((one): Position => [...one])); };
  const handle = (place: Position, className: string, moved: (to: Position) => void): Marker => {
    const marker = new Marker({ element: h('button', { type: 'button', className: `handle ${className}`, title: t(className === 'mid' ? 'addPoint' : 'movePoint') }), draggable: true });
    const read = (): Position => { const { lng, lat } = marker.getLngLat(); return [Number(lng.toFixed(6)), Number(lat.toFixed(6))]; };
    marker.setLngLat(place).addTo(window.twinMap);
    marker.on('drag', () => moved(read()));
    marker.on('dragend', lay);
    handles.push(marker);
    return marker;
  };
  const lay = (): void => {
    clear();
    points.forEach((point, index) => {
      const marker = handle(point, 'end', (to) => { points[index] = to; tell(); });
      marker.getElement().ondblclick = (event) => {
        event.stopPropagation();
        if (kind !== 'Box' && points.length > LEAST[kind]) { points.splice(index, 1); tell(); lay(); }
      };
    });
    const pairs = kind === 'Polygon' ? points.length : kind === 'LineString' ? points.length - 1 : 0;
    for (let index = 0; index < pairs; index++) {
      const [a, b] = [points[index]!, points[(index + 1) % points.length]!];
      let added = false;
      handle([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], 'mid', (to) => {
        if (added) points[index + 1] = to;
        else points.splice(index + 1, 0, to);
        added = true;
        tell();
      });
    }
  };
  const clear = (): void => { for (const marker of handles) marker.remove(); handles = []; };
  const tool: Tool = { hint: 'movePoints', stop: () => { clear(); release(tool); } };
  take(tool);
  lay();
}
