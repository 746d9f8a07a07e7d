// A form made from a process's JSON Schema and its hints: groups, choices, lists, shapes and features of the map.
import type { Schema } from '../api';
import { h } from '../dom';
import { t } from '../text';
import { codes } from './codes';
import { list, places, table } from './list';
import { processesOf, runChoice } from './runs';
import { choice, field, json, plainList, scalar, several } from './scalar';
import { isPlace, label, options, resolve, same, tagOf, typeOf, ways, type Form } from './schema';
import { placeField, shape } from './shape';

export type { Form } from './schema';

function union(schema: Schema, name: string, value: unknown, root: Schema, optional: boolean): Form {
  const kinds = options(schema, root);
  const given = value as Record<string, unknown> | null | undefined;
  const empty = optional && schema.default === undefined;
  const found = kinds.findIndex((option) => {
    const tag = tagOf(option);
    return tag && given?.[tag[0]] === tag[1];
  });
  const chosen = empty && given == null ? -1 : Math.max(0, found);
  const select = h('select', { name: `${name}.kind` }, ...(empty ? [h('option', { value: '' }, '—')] : []),
    ...kinds.map((option, index) => h('option', { value: String(index), selected: index === chosen }, option.title ?? String(index))));
  const body = h('div', { className: 'group' });
  let form: Form | null = null;
  const show = (index: number, start: unknown): void => {
    form?.drop?.();
    form = index < 0 ? null : build(kinds[index]!, name, start, root, { titled: false });
    body.replaceChildren(...(form ? [form.element] : []));
  };
  select.onchange = () => show(select.selectedIndex - (empty ? 1 : 0), undefined);
  show(chosen, value);
  return { element: h('div', {}, field(schema, name, select), body), value: () => form?.value(), drop: () => form?.drop?.() };
}

/** What the example leaves out, and has no value to start from, waits behind "more". */
function isExtra(name: string, property: Schema, schema: Schema, given: Record<string, unknown>): boolean {
  if (given[name] !== undefined || schema.required?.includes(name) || property.const !== undefined) return false;
  return property.default === undefined || property.default === null;
}

const MOST_IN_ROW = 10;

type Parts = [keys: string[], form: Form][];

/** What is left at its default need not be said, unless it was given: the run's record stays short. */
function reader(schema: Schema, parts: Parts, given: Record<string, unknown>, root: Schema, titled: boolean): () => unknown {
  return () => {
    const told = parts.flatMap(([keys, part]): [string, unknown][] => {
      const value = part.value();
      return keys.length === 1 ? [[keys[0]!, value]] : keys.map((key, index) => [key, (value as unknown[] | undefined)?.[index]]);
    });
    const entries = told.filter(([key, item]) => {
      if (item === undefined) return false;
      const fallback = resolve(schema.properties![key]!, root).default;
      return given[key] !== undefined || schema.required?.includes(key) || fallback === undefined || !same(item, fallback);
    });
    return titled && !entries.length ? undefined : Object.fromEntries(entries);
  };
}

function parts(schema: Schema, given: Record<string, unknown>, root: Schema): Parts {
  const entries = Object.entries(schema.properties ?? {});
  const runs = entries.filter(([, raw]) => resolve(raw, root)['x-run']).map(([key]) => key);
  const made: Parts = [];
  for (const [key, raw] of entries) {
    const property = resolve(raw, root);
    const start = given[key] !== undefined ? given[key] : property.default;
    if (key === 'lat' && isPlace(schema)) continue;
    if (key === 'lon' && isPlace(schema)) { made.push([['lon', 'lat'], placeField(given, t('position'))]); continue; }
    const optional = !schema.required?.includes(key);
    const back = runs.length - 1 - runs.indexOf(key);
    made.push([[key], build(raw, key, start ?? (key === 'name' && !optional ? t('unnamed') : undefined), root, { titled: true, optional, back })]);
  }
  return made;
}

const folded = (title: string, members: HTMLElement[], name: string): HTMLElement | null =>
  members.length ? h('details', { data: { group: name } }, h('summary', {}, title), ...members) : null;

const drop = (own: Parts): void => { for (const [, part] of own) part.drop?.(); };

function group(schema: Schema, name: string, value: unknown, root: Schema, { titled = true, row = false }: Place): Form {
  const given = Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => one !== null)) as Record<string, unknown>;
  const own = parts(schema, given, root);
  const asked = Object.keys(given).some((key) => !same(given[key], resolve(schema.properties![key] ?? {}, root).default));
  const chosen = Object.values(schema.properties ?? {}).some((property) => resolve(property, root).enum);
  // of a group that nobody asked for, the choices stand in front and the numbers behind
  const hidden = ([key]: string[], part: Form): boolean => {
    const property = resolve(schema.properties![key!]!, root);
    // what is given on the map is seen at once, and the little that a row of a list asks
    return !part.begin && !(row && own.length <= MOST_IN_ROW) && (isExtra(key!, property, schema, given) || (titled && !asked && chosen && !property.enum));
  };
  const split = (wanted: boolean): HTMLElement[] => own.filter(([keys, part]) => hidden(keys, part) === wanted).map(([, part]) => part.element);
  const shown = split(false);
  // nothing in front: then nothing is worth hiding
  const all = shown.some((element) => !element.hidden) ? [...shown, folded(t('more'), split(true), name)] : [...shown, ...split(true)];
  const element = titled ? h('fieldset', {}, h('legend', { title: schema.description ?? '' }, schema.title ?? name), ...all) : h('div', {}, ...all);
  return { element, value: reader(schema, own, given, root, titled), drop: () => drop(own), ...beginning(own) };
}

/** A group that may be left out as a whole: asked for by a tick. */
function wanted(schema: Schema, name: string, value: unknown, root: Schema): Form {
  const tick = h('input', { type: 'checkbox', name, checked: value != null });
  const body = h('div', { className: 'group' });
  let form: Form | null = null;
  const show = (start: unknown): void => {
    form?.drop?.();
    form = tick.checked ? group(schema, name, start, root, { titled: false }) : null;
    body.replaceChildren(...(form ? [form.element] : []));
  };
  tick.onchange = () => show(undefined);
  show(value);
  return { element: h('div', {}, field(schema, name, tick), body), value: () => (form ? (form.value() ?? {}) : undefined), drop: () => form?.drop?.() };
}

/** A new entry asks for its place at once, where there is but one way to give it. */
function beginning(own: Parts): Pick<Form, 'begin'> {
  const [first, second] = own.filter(([, part]) => part.begin);
  return first && !second ? { begin: () => first[1].begin!() } : {};
}

interface Place { titled?: boolean; optional?: boolean; back?: number; row?: boolean }

function build(raw: Schema, name: string, value: unknown, root: Schema, place: Place): Form {
  const { optional = true, back = 0 } = place;
  const schema = resolve(raw, root);
  if (schema.const !== undefined) return { element: h('span', { hidden: true }), value: () => schema.const };
  if (processesOf(schema['x-run']).length) return runChoice(schema, name, value, optional, back);
  const item = schema.items && resolve(schema.items, root);
  if (schema['x-layer'] && schema['x-code']) return codes(schema, name, value, typeOf(schema) === 'array');
  if (schema.enum) return choice(schema, name, value, optional);
  const drawn = ways(schema, root);
  if (drawn.length) return either(schema, name, value, (start) => shape(schema, name, start, drawn));
  if (schema.oneOf ?? schema.anyOf) return union(schema, name, value, root, optional);
  if (schema.properties && optional && place.titled !== false && schema.default === undefined && schema.required?.length) return wanted(schema, name, value, root);
  if (schema.properties) return group(schema, name, value, root, place);
  const inner = (one: Schema, key: string, start: unknown): Form => build(one, key, start, root, { titled: false, optional: false, row: true });
  if (schema.additionalProperties && typeof schema.additionalProperties === 'object')
    return either(schema, name, value, (start) => table(schema, name, start, inner));
  if (item) {
    const make = (start: unknown): Form => listOf({ ...schema, items: item }, name, start, root, inner);
    return item.properties || item.oneOf || item.anyOf ? either(schema, name, value, make) : make(value);
  }
  return scalar(schema, name, value);
}

function listOf(schema: Schema, name: string, value: unknown, root: Schema, inner: typeof plainList): Form {
  const item = schema.items!;
  const plain = item.required?.length === 3 && ['name', 'lon', 'lat'].every((key) => item.required!.includes(key)) && Object.keys(item.properties!).length === 3;
  if (plain) return places(schema, name, value);
  if (item.enum) return several(schema, name, value);
  if (item['x-layer'] && item['x-code']) return codes({ ...schema, 'x-layer': item['x-layer'], 'x-code': item['x-code'] }, name, value, true);
  if (item.properties || item.oneOf || item.anyOf || item.items || item.prefixItems)
    return item.prefixItems && !ways(item, root).length ? json(schema, name, value) : list(withKinds(schema), name, value, root, inner);
  return plainList(schema, name, value);
}

/** An item that is neither an object nor a choice stands as a choice of one. */
const withKinds = (schema: Schema): Schema =>
  schema.items!.properties || schema.items!.oneOf || schema.items!.anyOf ? schema : { ...schema, items: { oneOf: [schema.items!] } };

/** A form with its JSON behind a button: to read, to paste, for what no form can say. */
function either(schema: Schema, name: string, value: unknown, make: (value: unknown) => Form): Form {
  let form = make(value);
  let text = false;
  const button = h('button', { type: 'button', className: 'json', title: 'JSON', ariaLabel: `JSON ${label(schema, name)}`, data: { json: name } }, '{ }');
  const element = h('div', { className: 'either' }, form.element, button);
  button.onclick = () => {
    if (!element.querySelector<HTMLTextAreaElement>('textarea:invalid')) {
      const now = form.value();
      form.drop?.();
      text = !text;
      const next = text ? json(schema, name, now) : make(now);
      form.element.replaceWith(next.element);
      form = next;
      button.classList.toggle('on', text);
    }
  };
  return { element, value: () => form.value(), drop: () => form.drop?.(), ...(form.begin ? { begin: () => form.begin?.() } : {}) };
}

/** The whole form: what the schema's layout (else the example) puts in front, the rest in folded groups. */
export function form(schema: Schema, example: Record<string, unknown>, start: Record<string, unknown> = example): Form {
  const own = parts(schema, start, schema);
  const element = new Map(own.flatMap(([keys, part]) => keys.map((key) => [key, part.element] as const)));
  const groups = schema['x-groups'] ?? [];
  const grouped = new Set(groups.flatMap((one) => one.members));
  const front = [...element.keys()].filter((key) => !grouped.has(key)
    && (schema['x-front']?.includes(key) ?? (example[key] !== undefined || schema.required?.includes(key))));
  if (schema['x-front']) front.sort((a, b) => schema['x-front']!.indexOf(a) - schema['x-front']!.indexOf(b));
  const taken = new Set([...front, ...grouped]);
  const of = (keys: string[]): HTMLElement[] => [...new Set(keys.flatMap((key) => element.get(key) ?? []))];
  const more = groups.map((one) => folded(one.title, of(one.members), one.members[0]!));
  const rest = folded(t('more'), of([...element.keys()].filter((key) => !taken.has(key))), 'more');
  const given = { ...example, ...start };
  return { element: h('div', {}, ...of(front), ...more, rest), value: reader(schema, own, given, schema, false), drop: () => drop(own) };
}
