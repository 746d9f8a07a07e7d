// The layer list: by data class, on and off, with the colours that the map uses.
import type { Map as MapView } from 'maplibre-gl';
import type { Layer } from './api';
import { h, place } from './dom';
import { drawn, isVisible, setVisible } from './map';
import { dataClass, t } from './text';

function swatch(layer: Layer): HTMLElement {
  const shape = layer.kind === 'coverage' ? 'raster' : layer.geometry?.includes('Line') ? 'line' : layer.geometry?.includes('Point') ? 'point' : 'area';
  const mark = h('i', { className: `swatch ${shape}` });
  const colours = layer.style.stops.length ? layer.style.stops.map((stop) => stop.colour) : termColours(layer);
  mark.style.background = colours.length > 1 ? `linear-gradient(90deg, ${colours.slice(0, 6).join(', ')})` : layer.style.colour;
  return mark;
}

const termColours = (layer: Layer): string[] =>
  Object.values(layer.style.terms ?? {}).flatMap((term) => (term.colour ? [term.colour] : []));

function row(map: MapView, layer: Layer): HTMLElement {
  const box = h('input', { type: 'checkbox', checked: isVisible(map, layer.name), name: layer.name });
  box.onchange = () => setVisible(map, layer.name, box.checked);
  const element = h('label', { className: 'layer', title: layer.description, data: { layer: layer.name } }, box, swatch(layer), h('span', {}, layer.title));
  return layer.access === 'open' ? element : h('div', { className: 'guarded' }, element, h('small', {}, layer.access_title));
}

export function showLayers(map: MapView, layers: Layer[]): void {
  const panel = place('layers');
  panel.replaceChildren(h('h2', {}, t('layers')));
  const groups = new Map<string, Layer[]>();
  for (const layer of layers) {
    if (layer.process || !drawn(map, layer.name)) continue;
    groups.set(layer.data_class, [...(groups.get(layer.data_class) ?? []), layer]);
  }
  for (const [name, members] of groups)
    panel.append(h('section', {}, h('h3', {}, dataClass(name)), ...members.map((layer) => row(map, layer))));
}
