// A line chart in SVG: axes with rounded numbers and units, a legend, points told on hovering.
import { language } from './text';

export interface Line { title: string; colour: string; points: [number, number][]; dots?: boolean }
export interface Axes { x: string; y: string; mark?: number }

const SVG = 'http://www.w3.org/2000/svg';
const SIZE = { width: 340, height: 190, left: 46, right: 12, top: 26, bottom: 36 };

type Attributes = Record<string, string | number>;

function s(tag: string, attributes: Attributes = {}, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Rounded numbers (1, 2 or 5 times a power of ten apart) that cover low..high in about `count` steps. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Minutes are read in quarters of an hour, not in fifties. */
function minutes(high: number): number[] {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480].find((one) => high / one <= 6) ?? 1440;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, index) => index * step);
}

const say = (value: number): string => value.toLocaleString(language(), { maximumFractionDigits: 3, useGrouping: false });

export function chart(lines: Line[], axes: Axes): SVGElement {
  const points = lines.flatMap((line) => line.points);
  const values = points.map(([, y]) => y);
  const low = Math.min(...values);
  const high = Math.max(...values);
  // depths stand on zero, levels far above it do not
  const floor = low >= 0 && low < 0.5 * high ? 0 : low;
  const across = Math.max(1, ...points.map(([x]) => x));
  const rows = ticks(floor, high > floor ? high : floor + 0.1, 4);
  const bottom = rows[0]!;
  const top = rows[rows.length - 1]!;
  const x = (value: number): number => SIZE.left + (value / across) * (SIZE.width - SIZE.left - SIZE.right);
  const y = (value: number): number => SIZE.height - SIZE.bottom - ((value - bottom) / (top - bottom)) * (SIZE.height - SIZE.top - SIZE.bottom);
  const picture = s('svg', { class: 'chart', viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: 'img', 'aria-label': lines.map((line) => line.title).join(', ') });
  for (const value of rows)
    picture.append(
      s('line', { class: 'grid', x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y(value), y2: y(value) }),
      s('text', { x: SIZE.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, say(value)));
  for (const value of minutes(across)) picture.append(
      s('line', { class: 'tick', x1: x(value), x2: x(value), y1: SIZE.height - SIZE.bottom, y2: SIZE.height - SIZE.bottom + 4 }),
      s('text', { x: x(value), y: SIZE.height - SIZE.bottom + 15, 'text-anchor': 'middle' }, say(value)));
  picture.append(
    s('line', { class: 'axis', x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y(bottom), y2: y(bottom) }),
    s('text', { class: 'name', x: 4, y: 12 }, axes.y),
    s('text', { class: 'name', x: SIZE.width - SIZE.right, y: SIZE.height - 4, 'text-anchor': 'end' }, axes.x));
  if (axes.mark !== undefined) picture.append(s('line', { class: 'mark', x1: x(axes.mark), x2: x(axes.mark), y1: SIZE.top, y2: y(bottom) }));
  for (const line of lines) picture.append(drawn(line, x, y));
  if (lines.length > 1) picture.append(legend(lines));
  return picture;
}

function drawn(line: Line, x: (value: number) => number, y: (value: number) => number): SVGElement {
  const group = s('g', { 'data-line': line.title });
  if (!line.dots) group.append(s('polyline', { points: line.points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' '), stroke: line.colour, fill: 'none', 'stroke-width': 2, 'stroke-linejoin': 'round' }));
  for (const [a, b] of line.points.length <= 200 ? line.points : [])
    group.append(s('circle', { cx: x(a), cy: y(b), r: line.dots ? 3 : 5, fill: line.dots ? line.colour : 'transparent', stroke: line.dots ? '#fff' : 'none' }, s('title', {}, `${line.title}: ${say(a)} min, ${say(b)}`)));
  return group;
}

function legend(lines: Line[]): SVGElement {
  const group = s('g', {});
  let right = SIZE.width - SIZE.right;
  for (const line of [...lines].reverse()) {
    right -= 12 * [...line.title].length * (/[\u4e00-\u9fff]/.test(line.title) ? 1 : 0.55) + 4;
    group.append(
      line.dots ? s('circle', { cx: right - 10, cy: 9, r: 3, fill: line.colour }) : s('line', { x1: right - 18, x2: right - 4, y1: 9, y2: 9, stroke: line.colour, 'stroke-width': 2 }),
      s('text', { class: 'name', x: right, y: 13 }, line.title));
    right -= 26;
  }
  return group;
}
