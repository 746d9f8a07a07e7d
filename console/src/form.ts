// A form made from a process's JSON Schema: nested objects as groups, unions with a `const` tag as a choice.
import type { Schema } from './api';
import { h } from './dom';
import { t } from './text';

export interface Form { element: HTMLElement; value(): unknown }

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
function isExtra(name: string, property: Schema, schema: Schema, given: Record<string, unknown>, top: boolean): boolean {
  if (given[name] !== undefined || schema.required?.includes(name) || property.const !== undefined) return false;
  return top || property.default === undefined || property.default === null;
}

function group(schema: Schema, name: string, value: unknown, root: Schema, titled: boolean): Form {
  const given = (value ?? {}) as Record<string, unknown>;
  const shown: HTMLElement[] = [];
  const extra: HTMLElement[] = [];
  const parts = Object.entries(schema.properties ?? {}).map(([key, raw]): [string, Form] => {
    const property = resolve(raw, root);
    const part = build(raw, key, given[key] !== undefined ? given[key] : property.default, root, true);
    (isExtra(key, property, schema, given, schema === root) ? extra : shown).push(part.element);
    return [key, part];
  });
  const more = extra.length ? h('details', {}, h('summary', {}, t('more')), ...extra) : null;
  const element = titled
    ? h('fieldset', {}, h('legend', { title: schema.description ?? '' }, schema.title ?? name), ...shown, more)
    : h('div', {}, ...shown, more);
  const read = (): unknown => {
    const entries = parts.map(([key, part]) => [key, part.value()] as const).filter(([, item]) => item !== undefined);
    return titled && !entries.length ? undefined : Object.fromEntries(entries);
  };
  return { element, value: read };
}

function build(raw: Schema, name: string, value: unknown, root: Schema, titled: boolean): Form {
  const schema = resolve(raw, root);
  if (schema.const !== undefined) return { element: h('span', { hidden: true }), value: () => schema.const };
  if (schema.enum) return choice(schema, name, value);
  if (schema.oneOf ?? schema.anyOf) return union(schema, name, value, root);
  if (schema.properties) return group(schema, name, value, root, titled);
  return scalar(schema, name, value);
}

export function form(schema: Schema, example: Record<string, unknown>): Form {
  return build(schema, 'inputs', example, schema, false);
}
