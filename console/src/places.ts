// Named places picked on the map: the gauges of a run.
import { Marker } from 'maplibre-gl';
import type { Form } from './form';
import { h } from './dom';
import { pick } from './pick';
import { t } from './text';

interface Place { name: string; lon: number; lat: number }

export function places(title: string, description: string, name: string): Form {
  const chosen: Place[] = [];
  const list = h('div', { className: 'places' });
  const add = async (): Promise<void> => {
    const at = await pick();
    const one: Place = { name: `P${chosen.length + 1}`, ...at };
    const marker = new Marker({ color: '#0c8599', scale: 0.7 }).setLngLat([at.lon, at.lat]).addTo(window.twinMap);
    const input = h('input', { type: 'text', value: one.name, maxLength: 80, required: true, oninput: () => (one.name = input.value) });
    const remove = h('button', { type: 'button', title: t('remove'), ariaLabel: t('remove') }, '×');
    const row = h('div', { className: 'place' }, input, h('small', {}, `${at.lon.toFixed(4)}, ${at.lat.toFixed(4)}`), remove);
    remove.onclick = () => { chosen.splice(chosen.indexOf(one), 1); marker.remove(); row.remove(); };
    chosen.push(one);
    list.append(row);
  };
  const button = h('button', { type: 'button', data: { add: name }, onclick: () => void add() }, `+ ${t('addOnMap')}`);
  const element = h('fieldset', {}, h('legend', { title: description }, title), list, button);
  return { element, value: () => (chosen.length ? chosen.map((one) => ({ ...one })) : undefined) };
}
