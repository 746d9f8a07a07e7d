// An input that is a shape: drawn on the map, moved there, taken away again.
import type { Schema } from '../api';
import { h } from '../dom';
import { draw, edit } from '../draw';
import { dropShape, newShape, ring, setShape } from '../shapes';
import { t, type Word } from '../text';
import { label, type Form, type Kind, type Position, type Way } from './schema';

const DRAW: Record<Kind, Word> = { Point: 'drawPoint', LineString: 'drawLine', Polygon: 'drawArea', Box: 'drawBox' };
const METRES = 111_320; // of a degree of latitude

/** Length (m) or area (m2) as told beside the shape; flat earth is exact enough for that. */
function size(kind: Kind, positions: Position[]): string {
  if (kind === 'Point') return positions[0]!.map((one) => one.toFixed(5)).join(', ');
  const corners = ring(kind, positions);
  const shrink = Math.cos((corners[0]![1] * Math.PI) / 180);
  const flat = corners.map(([x, y]): Position => [x * METRES * shrink, y * METRES]);
  const pairs = flat.map((a, index): [Position, Position] => [a, flat[(index + 1) % flat.length]!]);
  if (kind === 'LineString') return metres(pairs.slice(0, -1).reduce((sum, [a, b]) => sum + Math.hypot(b[0] - a[0], b[1] - a[1]), 0));
  const area = Math.abs(pairs.reduce((sum, [a, b]) => sum + (a[0] * b[1] - b[0] * a[1]), 0)) / 2;
  return area < 100_000 ? `${area.toFixed(0)} m²` : `${(area / 1e6).toFixed(2)} km²`;
}

const metres = (length: number): string => (length < 10_000 ? `${length.toFixed(0)} m` : `${(length / 1000).toFixed(1)} km`);

export function shape(schema: Schema, name: string, value: unknown, found: Way[], titled = true): Form {
  const id = newShape();
  const told = schema.title ?? '';
  let way = found.find((one) => (value as { type?: string } | null)?.type === one.kind) ?? found[0]!;
  let positions: Position[] | null = value == null ? null : way.from(value);
  const text = h('small', {});
  const buttons = h('span', { className: 'actions' });
  const sketch = async (chosen: Way): Promise<void> => {
    const made = await draw(id, chosen.kind, told);
    if (made) { way = chosen; positions = made; }
    show();
  };
  const button = (sign: string, word: Word, onclick: () => void, key: string): HTMLElement =>
    h('button', { type: 'button', title: t(word), ariaLabel: t(word), onclick, data: { [key]: name } }, sign);
  const show = (): void => {
    text.textContent = positions ? size(way.kind, positions) : t('notDrawn');
    if (positions) setShape(id, way.kind, positions, told);
    else dropShape(id);
    buttons.replaceChildren(
      ...found.map((one) => button(t(DRAW[one.kind]), DRAW[one.kind], () => void sketch(one), 'draw')),
      ...(positions ? [
        button('✎', 'movePoints', () => edit(id, way.kind, positions!, told, (moved) => { positions = moved; text.textContent = size(way.kind, moved); }), 'edit'),
        button('×', 'remove', () => { positions = null; show(); }, 'clear')] : []));
  };
  show();
  return {
    element: h('div', { className: 'shape', title: schema.description ?? '', data: { shape: name } }, titled ? h('span', {}, label(schema, name)) : null, text, buttons),
    value: () => (positions ? way.to(positions) : undefined),
    drop: () => dropShape(id),
    begin: () => { if (!positions && found.length === 1) void sketch(found[0]!); },
  };
}

const PLACE: Way = {
  kind: 'Point', to: ([at]) => at,
  from: (value) => { const { lon, lat } = (value ?? {}) as { lon?: number; lat?: number }; return lon == null || lat == null ? null : [[lon, lat]]; },
};

/** The two numbers of a place as one field; `told` names it on the map. */
export function placeField(given: unknown, told: string): Form {
  return shape({ title: told }, 'place', PLACE.from(given) ? given : null, [PLACE], false);
}
