// An input that names features of a layer: clicked on the map, listed as chips, or typed.
import type { FilterSpecification } from 'maplibre-gl';
import type { Schema } from '../api';
import { h, notify } from '../dom';
import { startPicking, type Picking } from '../pick';
import { t } from '../text';
import { label, type Form } from './schema';

export function codes(schema: Schema, name: string, value: unknown, many: boolean): Form {
  const layer = schema['x-layer']!;
  const column = schema['x-code']!;
  let chosen: string[] = (Array.isArray(value) ? value : value == null ? [] : [value]).map(String);
  let picking: Picking | null = null;
  const chips = h('span', { className: 'chips' });
  const input = h('input', { type: 'text', name, placeholder: t('typeCode'), ariaLabel: label(schema, name) });
  const button = h('button', { type: 'button', data: { pick: name } }, t('pickOnMap'));
  const mark = marks(layer, column);
  const set = (codes: string[]): void => {
    chosen = many ? codes : codes.slice(-1);
    chips.replaceChildren(...chosen.map((code) => h('span', { className: 'chip', data: { code } }, code,
      h('button', { type: 'button', title: t('remove'), ariaLabel: `${t('remove')} ${code}`, onclick: () => set(chosen.filter((one) => one !== code)) }, '×'))));
    mark(chosen);
  };
  const toggle = (code: string): void => {
    set(chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code]);
    if (!many) picking?.stop();
  };
  const typed = (): void => {
    const added = input.value.split(/[\s,，;；]+/).filter((code) => code && !chosen.includes(code));
    input.value = '';
    if (added.length) set([...chosen, ...added]);
  };
  input.onchange = typed;
  input.onkeydown = (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    typed();
  };
  button.onclick = () => {
    if (picking) return picking.stop();
    button.classList.add('on');
    void startPicking(layer, column, toggle, () => { picking = null; button.classList.remove('on'); })
      .then((started) => (picking = started)).catch((error: Error) => { button.classList.remove('on'); notify(error.message); });
  };
  set(chosen);
  return {
    element: h('div', { className: 'codes', title: schema.description ?? '', data: { codes: name } },
      h('span', {}, label(schema, name)), chips, h('span', { className: 'entry' }, input, button)),
    value: () => { typed(); return many ? (chosen.length ? [...chosen] : undefined) : chosen[0]; },
    drop: () => { picking?.stop(); mark([]); },
    begin: () => button.click(),
  };
}

let numbers = 0;

/** Draws the chosen features of a layer in a colour of their own; the layer's tiles have to carry the codes. */
function marks(layer: string, column: string): (codes: string[]) => void {
  const id = `chosen:${++numbers}`;
  return (codes) => {
    const map = window.twinMap;
    for (const part of ['line', 'circle']) {
      const filter: FilterSpecification = ['all', ['in', ['to-string', ['get', column]], ['literal', codes]], ...(part === 'circle' ? [['==', ['geometry-type'], 'Point']] : [])] as unknown as FilterSpecification;
      const own = `${id}:${part}`;
      if (!codes.length) { if (map.getLayer(own)) map.removeLayer(own); continue; }
      if (map.getLayer(own)) { map.setFilter(own, filter); continue; }
      if (!map.getSource(layer)) return;
      const common = { id: own, source: layer, 'source-layer': layer, filter, metadata: { chosen: layer } };
      if (part === 'line') map.addLayer({ ...common, type: 'line', layout: { 'line-cap': 'round' }, paint: { 'line-color': '#e03131', 'line-width': 6, 'line-opacity': 0.85 } });
      else map.addLayer({ ...common, type: 'circle', paint: { 'circle-color': '#e03131', 'circle-radius': 8, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 } });
    }
  };
}
