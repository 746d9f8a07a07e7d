// What a run answers in numbers: single figures in a list, lists of records as tables.
import type { Run, Schema } from './api';
import { h } from './dom';
import { language, t } from './text';

const MOST_ROWS = 200;
const FRONT = 12;

/** Outputs in the order in which the process declares them; the store keeps them in one of its own. */
function ordered(run: Run, known: Record<string, Schema>): [string, unknown][] {
  const place = new Map(Object.keys(known).map((name, index) => [name, index]));
  return Object.entries(run.outputs ?? {}).sort(([a], [b]) => (place.get(a) ?? place.size) - (place.get(b) ?? place.size));
}

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
  const rows = ordered(run, known)
    .filter(([, value]) => ['number', 'string', 'boolean'].includes(typeof value))
    .map(([name, value]) => h('tr', {}, h('th', {}, known[name]?.title ?? name), h('td', {}, say(value, known[name]) + unitOf(known[name]))));
  const more = rows.slice(FRONT);
  return h('div', {}, h('table', { className: 'outputs' }, ...rows.slice(0, FRONT)),
    more.length ? h('details', { data: { group: 'figures' } }, h('summary', {}, `${t('moreFigures')} (${more.length})`), h('table', { className: 'outputs' }, ...more)) : null);
}

type Remark = { zh: string; en: string };
const isRemark = (value: unknown): value is Remark => typeof value === 'object' && value !== null && 'zh' in value && 'en' in value && Object.keys(value).length === 2;

/** What a run says of itself in sentences, such as rain that it did not compute: seen, not folded away. */
export function remarks(run: Run): HTMLElement {
  const said = Object.values(run.outputs ?? {}).filter(Array.isArray).flat().filter(isRemark);
  return h('ul', { id: 'remarks', hidden: !said.length }, ...said.map((one) => h('li', {}, one[language()])));
}

/** A folded table for each output that is a list of records. */
export function tables(run: Run, known: Record<string, Schema>): HTMLElement[] {
  return ordered(run, known).flatMap(([name, value]) => {
    if (!Array.isArray(value) || !value.length || typeof value[0] !== 'object' || Array.isArray(value[0]) || isRemark(value[0])) return [];
    const part = known[name]?.items?.properties ?? {};
    const other = language() === 'zh' ? '_en' : '_zh'; // records that speak both languages are told in one
    const columns = Object.keys(value[0] as object).filter((key) => !key.endsWith(other));
    const head = columns.map((key) => h('th', {}, (part[key]?.title ?? key) + (unitOf(part[key]) ? ` (${part[key]!['x-unit']})` : '')));
    const rows = (value as Record<string, unknown>[]).slice(0, MOST_ROWS).map((row) => h('tr', {}, ...columns.map((key) => h('td', {}, say(row[key], part[key])))));
    return [h('details', { data: { table: name } }, h('summary', {}, `${known[name]?.title ?? name} (${value.length})`),
      h('div', { className: 'scroll' }, h('table', { className: 'records' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows))))];
  });
}
