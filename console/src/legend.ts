// The legend of what is shown: colours by stops or terms, widths by values, each with the catalogue's titles and units.
import type { Column, Layer } from './api';
import { h, place } from './dom';
import { language } from './text';

const MOST_TERMS = 14;
const NARROW = 860; // pixels of a page whose map needs all its room

const say = (value: number): string => value.toLocaleString(language(), { maximumFractionDigits: 3, useGrouping: false });

function swatch(layer: Layer, colour: string): HTMLElement {
  const shape = layer.geometry?.includes('Line') ? 'line' : layer.geometry?.includes('Point') ? 'point' : 'area';
  const mark = h('i', { className: `swatch ${shape}` });
  mark.style.background = colour;
  return mark;
}

const row = (mark: HTMLElement, text: string, data: Record<string, string>): HTMLElement => h('div', { className: 'stop', data }, mark, h('span', {}, text));

function colours(layer: Layer): HTMLElement[] {
  const { stops, terms } = layer.style;
  if (!stops.length && terms)
    return Object.values(terms).filter((term) => term.colour).slice(0, MOST_TERMS).map((term) => row(swatch(layer, term.colour!), term.title, { colour: term.colour! }));
  return stops.map((stop, index) => {
    const next = stops[index + 1];
    const open = index === 0 && stop.value < 0 && next; // the first class of a difference has no lower end
    const range = open ? `< ${say(next.value)}` : next ? `${say(stop.value)} – ${say(next.value)}` : `≥ ${say(stop.value)}`;
    return row(swatch(layer, stop.colour), stop.title ?? range, { colour: stop.colour });
  });
}

const named = (column: Column | undefined, name: string): string =>
  (column?.title ?? name) + (column?.unit && column.unit !== '1' ? ` (${column.unit})` : '');

function widths(layer: Layer): HTMLElement[] {
  const { width_by: by, widths: steps = [] } = layer.style;
  if (!by) return [];
  const rows = steps.map((step) => {
    const mark = h('i', { className: 'band' });
    mark.style.height = `${Math.max(1, step.width)}px`;
    return row(mark, say(step.value), { width: String(step.width) });
  });
  return [h('h5', {}, named(layer.columns.find((one) => one.name === by), by)), ...rows];
}

function section(layer: Layer, open: boolean): HTMLElement {
  const by = layer.style.colour_by;
  const column = by ? layer.columns.find((one) => one.name === by) : undefined;
  const unit = layer.kind === 'coverage' && layer.unit && layer.unit !== '1' ? ` (${layer.unit})` : '';
  const told = colours(layer);
  const head = told.length || layer.style.width_by ? [h('summary', {}, layer.title + unit)] : [h('summary', { className: 'single' }, swatch(layer, layer.style.colour), layer.title)];
  return h('details', { open, data: { layer: layer.name } }, ...head, column && told.length ? h('h5', {}, named(column, by!)) : null, ...told, ...widths(layer));
}

/** The chief layer first and open, the others folded. */
export function showLegend(...layers: Layer[]): void {
  const shown = layers.filter((layer, index) => layers.indexOf(layer) === index);
  const legend = place('legend');
  legend.replaceChildren(...shown.map((layer, index) => section(layer, index === 0 && innerWidth > NARROW)));
  legend.hidden = !shown.length;
}

export function hideLegend(): void {
  place('legend').hidden = true;
}
