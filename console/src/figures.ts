// What a run answers in numbers: single figures in a list, lists of records as tables.
import type { Run, Schema } from './api';
import { h } from './dom';
import { language, t } from './text';

const MOST_ROWS = 200;
const FRONT = 12;

function figure(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1);
  return value.toLocaleString(language(), { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}

function say(value: unknown, part: Schema | undefined): string {
  const titles = part?.['x-enum-titles'];
  if (titles && !Array.isArray(titles) && titles[String(value)]) return titles[String(value)]!;
  if (typeof value === 'number') return figure(value);
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  return value == null ? '—' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const unitOf = (part: Schema | undefined): string => (part?.['x-unit'] && part['x-unit'] !== '1' ? ` ${part['x-unit']}` : '');

export function figures(run: Run, known: Record<string, Schema>): HTMLElement {
  const rows = Object.entries(run.outputs ?? {})
    .filter(([, value]) => ['number', 'string', 'boolean'].includes(typeof value))
    .map(([name, value]) => h('tr', {}, h('th', {}, known[name]?.title ?? name), h('td', {}, say(value, known[name]) + unitOf(known[name]))));
  const more = rows.slice(FRONT);
  return h('div', {}, h('table', { className: 'outputs' }, ...rows.slice(0, FRONT)),
    more.length ? h('details', { data: { group: 'figures' } }, h('summary', {}, `${t('moreFigures')} (${more.length})`), h('table', { className: 'outputs' }, ...more)) : null);
}

/** A folded table for each output that is a list of records. */
export function tables(run: Run, known: Record<string, Schema>): HTMLElement[] {
  return Object.entries(run.outputs ?? {}).flatMap(([name, value]) => {
    if (!Array.isArray(value) || !value.length || typeof value[0] !== 'object' || Array.isArray(value[0])) return [];
    const part = known[name]?.items?.properties ?? {};
    const other = language() === 'zh' ? '_en' : '_zh'; // records that speak both languages are told in one
    const columns = Object.keys(value[0] as object).filter((key) => !key.endsWith(other));
    const head = columns.map((key) => h('th', {}, (part[key]?.title ?? key) + (unitOf(part[key]) ? ` (${part[key]!['x-unit']})` : '')));
    const rows = (value as Record<string, unknown>[]).slice(0, MOST_ROWS).map((row) => h('tr', {}, ...columns.map((key) => h('td', {}, say(row[key], part[key])))));
    return [h('details', { data: { table: name } }, h('summary', {}, `${known[name]?.title ?? name} (${value.length})`),
      h('div', { className: 'scroll' }, h('table', { className: 'records' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows))))];
  });
}
