// A form made from a process's JSON Schema: nested objects as groups, unions with a `const` tag as a choice.
import type { Schema } from './api';
import { h } from './dom';
import type { Layout } from './groups';
import { places } from './places';
import { language, t } from './text';

export interface Form { element: HTMLElement; value(): unknown }
export type Choice = [value: string, title: string];

function resolve(schema: Schema, root: Schema): Schema {
  let found = schema;
  while (found.$ref) {
    const name = found.$ref.split('/').pop()!;
    const { $ref: _, ...own } = found;
    found = { ...root.$defs?.[name], ...own };
  }
  const options = (found.oneOf ?? found.anyOf)?.map((option) => resolve(option, root));
  const present = options?.filter((option) => option.type !== 'null');
  if (options && present?.length === 1 && present.length < options.length) {
    const { anyOf: _a, oneOf: _b, ...own } = found;
    return { ...present[0], ...own };
  }
  return found;
}

const label = (schema: Schema, name: string): string =>
  (schema.title ?? name) + (schema['x-unit'] ? ` (${schema['x-unit']})` : '');

function field(schema: Schema, name: string, control: HTMLElement): HTMLElement {
  return h('label', { title: schema.description ?? '', className: 'field' }, h('span', {}, label(schema, name)), control);
}

function choice(schema: Schema, name: string, value: unknown): Form {
  const titles = schema['x-enum-titles'];
  const options = (schema.enum ?? []).map((item, index) =>
    h('option', { value: String(item), selected: item === value },
      (Array.isArray(titles) ? titles[index] : titles?.[String(item)]) ?? String(item)));
  const select = h('select', { name }, ...options);
  return { element: field(schema, name, select), value: () => schema.enum?.[select.selectedIndex] };
}

function scalar(schema: Schema, name: string, value: unknown): Form {
  const type = Array.isArray(schema.type) ? schema.type.find((item) => item !== 'null') : schema.type;
  if (type === 'boolean') {
    const input = h('input', { type: 'checkbox', checked: value === true, name });
    return { element: field(schema, name, input), value: () => input.checked };
  }
  if (type === 'number' || type === 'integer') {
    const input = h('input', { type: 'number', step: type === 'integer' ? '1' : 'any', name, value: value == null ? '' : String(value) });
    const low = schema.minimum ?? schema.exclusiveMinimum;
    const high = schema.maximum ?? schema.exclusiveMaximum;
    if (low !== undefined) input.min = String(low);
    if (high !== undefined) input.max = String(high);
    return { element: field(schema, name, input), value: () => (input.value === '' ? undefined : Number(input.value)) };
  }
  if (type === 'string') {
    const input = h('input', { type: 'text', name, value: value == null ? '' : String(value) });
    return { element: field(schema, name, input), value: () => input.value || undefined };
  }
  const area = h('textarea', { name, rows: 3, spellcheck: false, value: value == null ? '' : JSON.stringify(value) });
  return { element: field(schema, name, area), value: () => (area.value.trim() ? JSON.parse(area.value) : undefined) };
}

function tagOf(option: Schema): [string, unknown] | null {
  for (const [name, property] of Object.entries(option.properties ?? {})) if (property.const !== undefined) return [name, property.const];
  return null;
}

function union(schema: Schema, name: string, value: unknown, root: Schema): Form {
  const options = (schema.oneOf ?? schema.anyOf ?? []).map((option) => resolve(option, root)).filter((option) => option.type !== 'null');
  const given = value as Record<string, unknown> | null | undefined;
  const chosen = Math.max(0, options.findIndex((option) => {
    const tag = tagOf(option);
    return tag && given?.[tag[0]] === tag[1];
  }));
  const select = h('select', { name: `${name}.kind` },
    ...options.map((option, index) => h('option', { value: String(index), selected: index === chosen }, option.title ?? String(index))));
  const body = h('div', { className: 'group' });
  let form: Form;
  const show = (index: number, start: unknown): void => {
    form = build(options[index]!, name, start, root, false);
    body.replaceChildren(form.element);
  };
  select.onchange = () => show(select.selectedIndex, undefined);
  show(chosen, value);
  return { element: h('div', {}, field(schema, name, select), body), value: () => form.value() };
}

/** What the example leaves out, and has no value to start from, waits behind "more". */
function isExtra(name: string, property: Schema, schema: Schema, given: Record<string, unknown>): boolean {
  if (given[name] !== undefined || schema.required?.includes(name) || property.const !== undefined) return false;
  return property.default === undefined || property.default === null;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What is left at its default need not be said, unless the example says it: the run's record stays short. */
function reader(schema: Schema, parts: [string, Form][], given: Record<string, unknown>, root: Schema, titled: boolean): () => unknown {
  return () => {
    const entries = parts.map(([key, part]) => [key, part.value()] as const).filter(([key, item]) => {
      if (item === undefined) return false;
      const fallback = resolve(schema.properties![key]!, root).default;
      return given[key] !== undefined || schema.required?.includes(key) || fallback === undefined || !same(item, fallback);
    });
    return titled && !entries.length ? undefined : Object.fromEntries(entries);
  };
}

function parts(schema: Schema, given: Record<string, unknown>, root: Schema): [string, Form][] {
  return Object.entries(schema.properties ?? {}).map(([key, raw]) => {
    const start = given[key] !== undefined ? given[key] : resolve(raw, root).default;
    return [key, build(raw, key, start, root, true)];
  });
}

const folded = (title: string, members: HTMLElement[], name: string): HTMLElement | null =>
  members.length ? h('details', { data: { group: name } }, h('summary', {}, title), ...members) : null;

function group(schema: Schema, name: string, value: unknown, root: Schema, titled: boolean): Form {
  const given = (value ?? {}) as Record<string, unknown>;
  const own = parts(schema, given, root);
  // of a group that nobody asked for, the choices stand in front and the numbers behind
  const hidden = (key: string): boolean => {
    const property = resolve(schema.properties![key]!, root);
    return isExtra(key, property, schema, given) || (titled && name === 'sewers' && !property.enum);
  };
  const shown = own.filter(([key]) => !hidden(key)).map(([, part]) => part.element);
  const more = folded(t('more'), own.filter(([key]) => hidden(key)).map(([, part]) => part.element), name);
  const element = titled
    ? h('fieldset', {}, h('legend', { title: schema.description ?? '' }, schema.title ?? name), ...shown, more)
    : h('div', {}, ...shown, more);
  return { element, value: reader(schema, own, given, root, titled) };
}

/** The whole form: what the layout (else the example) puts in front, the rest in folded groups. */
function whole(schema: Schema, given: Record<string, unknown>, layout: Layout | undefined): Form {
  const own = parts(schema, given, schema);
  const element = new Map(own.map(([key, part]) => [key, part.element]));
  const front = layout?.front ?? own.map(([key]) => key).filter((key) => given[key] !== undefined || schema.required?.includes(key));
  const taken = new Set([...front, ...(layout?.folded ?? []).flatMap((one) => one.members)]);
  const of = (keys: string[]): HTMLElement[] => keys.flatMap((key) => element.get(key) ?? []);
  const groups = (layout?.folded ?? []).map((one) => folded(one.title[language()], of(one.members), one.members[0]!));
  const rest = folded(t('more'), of(own.map(([key]) => key).filter((key) => !taken.has(key))), 'more');
  return { element: h('div', {}, ...of(front), ...groups, rest), value: reader(schema, own, given, schema, false) };
}

let known: Choice[] = []; // the runs that a field of the kind x-run may name

function build(raw: Schema, name: string, value: unknown, root: Schema, titled: boolean): Form {
  const schema = resolve(raw, root);
  if (schema.const !== undefined) return { element: h('span', { hidden: true }), value: () => schema.const };
  if (schema['x-run']) return runChoice(schema, name);
  if (schema.enum) return choice(schema, name, value);
  if (schema.oneOf ?? schema.anyOf) return union(schema, name, value, root);
  if (schema.properties) return group(schema, name, value, root, titled);
  const item = schema.items && resolve(schema.items, root);
  if (item?.required && ['name', 'lon', 'lat'].every((key) => item.required!.includes(key)) && item.required.length === 3)
    return places(label(schema, name), schema.description ?? '', name);
  return scalar(schema, name, value);
}

function runChoice(schema: Schema, name: string): Form {
  const start = name === 'base' ? 1 : 0; // the variant is the newer one
  const select = h('select', { name }, ...known.map(([id, title], index) => h('option', { value: id, selected: index === start }, title)));
  return { element: field(schema, name, select), value: () => select.value || undefined };
}

export function form(schema: Schema, example: Record<string, unknown>, layout?: Layout, runs: Choice[] = []): Form {
  known = runs;
  return whole(schema, example, layout);
}
