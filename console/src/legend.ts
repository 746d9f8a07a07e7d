// The legend of the shown result: its stops with the catalogue's titles, or the values and the unit.
import type { Layer } from './api';
import { h, place } from './dom';

export function showLegend(layer: Layer): void {
  const { stops } = layer.style;
  const rows = stops.map((stop, index) => {
    const mark = h('i', { className: 'swatch area' });
    mark.style.background = stop.colour;
    const next = stops[index + 1];
    const open = index === 0 && stop.value < 0 && next; // the first class of a difference has no lower end
    const range = open ? `< ${next.value}` : next ? `${stop.value} – ${next.value}` : `≥ ${stop.value}`;
    return h('div', { className: 'stop', data: { colour: stop.colour } }, mark, h('span', {}, stop.title ?? range));
  });
  const legend = place('legend');
  legend.replaceChildren(h('h4', {}, layer.title + (layer.unit && layer.unit !== '1' ? ` (${layer.unit})` : '')), ...rows);
  legend.hidden = false;
}

export function hideLegend(): void {
  place('legend').hidden = true;
}
