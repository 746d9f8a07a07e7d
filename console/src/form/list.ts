// Lists of objects and tables of names: rows of small forms that are added and taken away.
import type { Schema } from '../api';
import { h, notify } from '../dom';
import { dropShape, newShape, setShape } from '../shapes';
import { draw } from '../draw';
import { t } from '../text';
import { startPicking, type Picking } from '../pick';
import { label, options, resolve, tagOf, typeOf, type Form } from './schema';

export type Build = (schema: Schema, name: string, value: unknown) => Form;

interface Row { element: HTMLElement; form: Form }

/** Rows of one form each, of one kind or of several to choose from. */
export function list(schema: Schema, name: string, value: unknown, root: Schema, build: Build): Form {
  const item = resolve(schema.items!, root);
  const kinds = item.properties ? [item] : options(item, root);
  const rows: Row[] = [];
  const place = h('div', { className: 'rows' });
  const number = (): void => rows.forEach((row, index) => {
    row.element.querySelector('.number')!.textContent = `${index + 1}.`;
    row.element.querySelector<HTMLButtonElement>('.up')!.disabled = index === 0;
  });
  const add = (kind: Schema, start: unknown, told?: string): Row => {
    const form = build(kind, name, start);
    const button = (sign: string, word: 'remove' | 'moveUp', className: string, onclick: () => void): HTMLElement =>
      h('button', { type: 'button', className, title: t(word), ariaLabel: t(word), onclick: (event) => { event.preventDefault(); onclick(); } }, sign);
    const row: Row = { form, element: h('details', { className: 'row', open: told === undefined, data: { row: name } }) };
    row.element.append(h('summary', {}, h('b', { className: 'number' }), h('span', {}, told ?? kind.title ?? label(schema, name)),
      button('↑', 'moveUp', 'up', () => swap(row)), button('×', 'remove', 'remove', () => take(row))), form.element);
    rows.push(row);
    place.append(row.element);
    number();
    return row;
  };
  const take = (row: Row): void => { row.form.drop?.(); rows.splice(rows.indexOf(row), 1); row.element.remove(); number(); };
  const swap = (row: Row): void => {
    const at = rows.indexOf(row);
    if (at < 1) return;
    rows.splice(at - 1, 0, ...rows.splice(at, 1));
    rows[at]!.element.before(row.element);
    number();
  };
  for (const start of (value as unknown[] | null) ?? []) add(kindOf(kinds, start), start);
  const select = kinds.length > 1 ? h('select', { ariaLabel: t('kind'), data: { kinds: name } }, ...kinds.map((kind, index) => h('option', { value: String(tagOf(kind)?.[1] ?? index) }, kind.title ?? String(index)))) : null;
  const button = h('button', { type: 'button', data: { add: name }, onclick: () => {
    const kind = kinds[select?.selectedIndex ?? 0]!;
    const tag = tagOf(kind);
    add(kind, tag ? { [tag[0]]: tag[1] } : undefined).form.begin?.();
  } }, `+ ${t('add')}`);
  const clicked = kinds.length === 1 ? namedBy(kinds[0]!, root) : null;
  const many = clicked && picker(name, clicked[1], (code) => {
    const held = rows.find((row) => (row.form.value() as Record<string, unknown> | undefined)?.[clicked[0]] === code);
    if (held) take(held);
    else add(kinds[0]!, { [clicked[0]]: code }, code);
  });
  return {
    element: h('fieldset', { data: { list: name } }, h('legend', { title: schema.description ?? '' }, label(schema, name)), place,
      h('div', { className: 'entry' }, select, button, many?.button)),
    value: () => (rows.length ? rows.map((row) => row.form.value() ?? {}) : undefined),
    drop: () => { many?.stop(); for (const row of rows) row.form.drop?.(); },
  };
}

/** The one property by which an object names a feature of the map. */
function namedBy(kind: Schema, root: Schema): [string, Schema] | null {
  const found = Object.entries(kind.properties ?? {}).map(([key, raw]): [string, Schema] => [key, resolve(raw, root)])
    .filter(([, part]) => part['x-layer'] && part['x-code'] && typeOf(part) === 'string');
  return found.length === 1 ? found[0]! : null;
}

/** A button by which feature after feature is clicked, each a row of its own. */
function picker(name: string, { 'x-layer': layer, 'x-code': column }: Schema, picked: (code: string) => void): { button: HTMLElement; stop(): void } {
  let picking: Picking | null = null;
  const button = h('button', { type: 'button', data: { rows: name } }, t('pickOnMap'));
  const end = (): void => { picking = null; button.classList.remove('on'); };
  button.onclick = () => {
    if (picking) return picking.stop();
    button.classList.add('on');
    void startPicking(layer!, column!, picked, end).then((started) => (picking = started)).catch((error: Error) => { end(); notify(error.message); });
  };
  return { button, stop: () => picking?.stop() };
}

function kindOf(kinds: Schema[], value: unknown): Schema {
  return kinds.find((kind) => { const tag = tagOf(kind); return tag && (value as Record<string, unknown>)[tag[0]] === tag[1]; }) ?? kinds[0]!;
}

/** A table from names to values: roughness by land-use code, speed by class of vehicle. */
export function table(schema: Schema, name: string, value: unknown, build: Build): Form {
  const of = schema.additionalProperties as Schema;
  const known = (schema.propertyNames?.enum ?? []).map(String);
  const rows: { key: HTMLInputElement; form: Form }[] = [];
  const place = h('div', { className: 'rows' });
  const add = (key: string, start: unknown): void => {
    const row = { key: h('input', { type: 'text', value: key, required: true, ariaLabel: t('key') }), form: build(of, name, start) };
    row.key.setAttribute('list', `keys-${name}`);
    const remove = h('button', { type: 'button', title: t('remove'), ariaLabel: t('remove') }, '×');
    const element = h('div', { className: 'pair' }, row.key, row.form.element, remove);
    remove.onclick = () => { row.form.drop?.(); rows.splice(rows.indexOf(row), 1); element.remove(); };
    rows.push(row);
    place.append(element);
  };
  for (const [key, start] of Object.entries((value as Record<string, unknown> | null) ?? {})) add(key, start);
  return {
    element: h('fieldset', { data: { table: name } }, h('legend', { title: schema.description ?? '' }, label(schema, name)),
      h('datalist', { id: `keys-${name}` }, ...known.map((key) => h('option', { value: key }))), place,
      h('button', { type: 'button', data: { add: name }, onclick: () => add('', undefined) }, `+ ${t('add')}`)),
    value: () => (rows.length ? Object.fromEntries(rows.filter((row) => row.key.value).map((row) => [row.key.value, row.form.value()])) : undefined),
    drop: () => { for (const row of rows) row.form.drop?.(); },
  };
}

interface Named { name: string; lon: number; lat: number; shape: string }

/** Named places, nothing more: a line each, placed by one click. */
export function places(schema: Schema, name: string, value: unknown): Form {
  const chosen: Named[] = [];
  const rows = h('div', { className: 'places' });
  const add = (one: Named): void => {
    const show = (): void => setShape(one.shape, 'Point', [[one.lon, one.lat]], one.name);
    const input = h('input', { type: 'text', value: one.name, maxLength: 80, required: true, oninput: () => { one.name = input.value; show(); } });
    const remove = h('button', { type: 'button', title: t('remove'), ariaLabel: t('remove') }, '×');
    const row = h('div', { className: 'place' }, input, h('small', {}, `${one.lon.toFixed(4)}, ${one.lat.toFixed(4)}`), remove);
    remove.onclick = () => { chosen.splice(chosen.indexOf(one), 1); dropShape(one.shape); row.remove(); };
    chosen.push(one);
    rows.append(row);
    show();
  };
  for (const one of (value as Omit<Named, 'shape'>[] | null) ?? []) add({ ...one, shape: newShape() });
  const button = h('button', { type: 'button', data: { add: name }, onclick: () => void ask() }, `+ ${t('addOnMap')}`);
  const ask = async (): Promise<void> => {
    const shape = newShape();
    const made = await draw(shape, 'Point');
    dropShape(shape);
    const taken = new Set(chosen.map((one) => one.name));
    const free = Array.from({ length: chosen.length + 1 }, (_, index) => `P${index + 1}`).find((one) => !taken.has(one))!;
    if (made) add({ name: free, lon: made[0]![0], lat: made[0]![1], shape });
  };
  return {
    element: h('fieldset', { data: { list: name } }, h('legend', { title: schema.description ?? '' }, label(schema, name)), rows, button),
    value: () => (chosen.length ? chosen.map(({ name, lon, lat }) => ({ name, lon, lat })) : undefined),
    drop: () => { for (const one of chosen) dropShape(one.shape); },
  };
}
