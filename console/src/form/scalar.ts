// Single values: text, numbers, yes or no, choices, moments, runs; and lists of plain values.
import type { Schema } from '../api';
import { h } from '../dom';
import { t } from '../text';
import { label, typeOf, type Form } from './schema';

export function field(schema: Schema, name: string, control: HTMLElement): HTMLElement {
  return h('label', { title: schema.description ?? '', className: 'field' }, h('span', {}, label(schema, name)), control);
}

const titleOf = (schema: Schema, item: unknown, index: number): string => {
  const titles = schema['x-enum-titles'];
  return (Array.isArray(titles) ? titles[index] : titles?.[String(item)]) ?? String(item);
};

export function choice(schema: Schema, name: string, value: unknown, optional: boolean): Form {
  const empty = optional && schema.default === undefined;
  const items = schema.enum ?? [];
  const select = h('select', { name }, ...(empty ? [h('option', { value: '', selected: value === undefined }, '—')] : []),
    ...items.map((item, index) => h('option', { value: String(item), selected: item === value }, titleOf(schema, item, index))));
  return { element: field(schema, name, select), value: () => items[select.selectedIndex - (empty ? 1 : 0)] };
}

/** Several of a few: a box for each. */
export function several(schema: Schema, name: string, value: unknown): Form {
  const items = schema.items!.enum!;
  const given = (value as unknown[] | null) ?? [];
  const boxes = items.map((item) => h('input', { type: 'checkbox', name, value: String(item), checked: given.includes(item) }));
  const rows = items.map((item, index) => h('label', { className: 'layer' }, boxes[index]!, h('span', {}, titleOf(schema.items!, item, index))));
  // a long list is folded away until it is wanted
  const element = items.length > 5
    ? h('details', { data: { group: name }, open: given.length > 0 }, h('summary', { title: schema.description ?? '' }, label(schema, name)), ...rows)
    : h('fieldset', {}, h('legend', { title: schema.description ?? '' }, label(schema, name)), ...rows);
  return {
    element,
    value: () => items.filter((_, index) => boxes[index]!.checked),
  };
}

export function scalar(schema: Schema, name: string, value: unknown): Form {
  const type = typeOf(schema);
  if (type === 'boolean') {
    const input = h('input', { type: 'checkbox', checked: value === true, name });
    return { element: field(schema, name, input), value: () => input.checked };
  }
  if (type === 'number' || type === 'integer') return number(schema, name, value, type);
  if (type === 'string' && schema.format === 'date-time') return moment(schema, name, value);
  if (type === 'string') {
    const input = h('input', { type: 'text', name, value: value == null ? '' : String(value) });
    if (schema.maxLength) input.maxLength = schema.maxLength;
    return { element: field(schema, name, input), value: () => input.value || undefined };
  }
  return json(schema, name, value);
}

function number(schema: Schema, name: string, value: unknown, type: string): Form {
  const input = h('input', { type: 'number', step: type === 'integer' ? '1' : 'any', name, value: value == null ? '' : String(value) });
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  if (low !== undefined) input.min = String(low);
  if (high !== undefined) input.max = String(high);
  return { element: field(schema, name, input), value: () => (input.value === '' ? undefined : Number(input.value)) };
}

/** Local time on the page, UTC in the question. */
function moment(schema: Schema, name: string, value: unknown): Form {
  const at = value == null ? null : new Date(String(value));
  const local = at && new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  const input = h('input', { type: 'datetime-local', step: '1', name, value: local ?? '' });
  return { element: field(schema, name, input), value: () => (input.value ? new Date(input.value).toISOString().replace('.000Z', 'Z') : undefined) };
}

/** Anything, as JSON; what does not read as JSON keeps the form from being sent. */
export function json(schema: Schema, name: string, value: unknown): Form {
  const area = h('textarea', { name, rows: 4, spellcheck: false, value: value === undefined ? '' : JSON.stringify(value, null, 1) });
  let read = value;
  area.oninput = () => {
    try {
      read = area.value.trim() ? JSON.parse(area.value) : undefined;
      area.setCustomValidity('');
    } catch {
      area.setCustomValidity(t('noJson'));
    }
  };
  return { element: h('label', { className: 'field tall', title: schema.description ?? '' }, h('span', {}, label(schema, name)), area), value: () => read };
}

/** Numbers or words in one line, parted by commas or spaces. */
export function plainList(schema: Schema, name: string, value: unknown): Form {
  const numeric = ['number', 'integer'].includes(typeOf(schema.items!) ?? '');
  const input = h('input', { type: 'text', name, value: ((value as unknown[] | null) ?? []).join(', '), placeholder: numeric ? '0, 10, 20' : '' });
  const read = (): unknown[] => input.value.split(numeric ? /[\s,，;；]+/ : /\s*[,，;；]\s*/).filter(Boolean).map((one) => (numeric ? Number(one) : one));
  input.oninput = () => input.setCustomValidity(numeric && read().some((one) => Number.isNaN(one)) ? t('noNumbers') : '');
  return { element: field(schema, name, input), value: () => (input.value.trim() ? read() : undefined) };
}
