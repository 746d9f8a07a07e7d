// A run in a few words: when, what, and where its question differs from the process's example.
import type { Process, Run, Schema } from './api';
import { options, resolve, same, tagOf } from './form/schema';
import { language, t, type Word } from './text';

const MOST = 3;

/** What was asked other than the example asks, as short texts. */
function differences(schema: Schema, root: Schema, asked: unknown, example: unknown, told: string[]): void {
  const part = resolve(schema, root);
  if (told.length >= MOST || same(asked, example ?? part.default)) return;
  const kinds = options(part, root);
  const kind = kinds.find((one) => { const tag = tagOf(one); return tag && (asked as Record<string, unknown> | null)?.[tag[0]] === tag[1]; });
  const shape = kind ?? part;
  if (kind && tagOf(kind) && (example as Record<string, unknown> | null)?.[tagOf(kind)![0]] !== tagOf(kind)![1]) told.push(kind.title ?? '');
  else if (shape.properties && asked && typeof asked === 'object' && !Array.isArray(asked)) {
    for (const [name, inner] of Object.entries(shape.properties)) {
      const value = (asked as Record<string, unknown>)[name];
      if (value !== undefined) differences(inner, root, value, (example as Record<string, unknown> | null)?.[name], told);
    }
  } else if (part['x-run'] || asked === null) return;
  else if (Array.isArray(asked)) { if (asked.length) told.push(asked.length === 1 && typeof asked[0] === 'string' ? `${part.title ?? ''} ${asked[0]}` : `${part.title ?? ''} ×${asked.length}`); }
  else if (typeof asked !== 'object') told.push(said(part, asked));
}

function said(part: Schema, value: unknown): string {
  const titles = part['x-enum-titles'];
  if (typeof value === 'boolean') return `${part.title ?? ''}${value ? '' : ` ${t('no')}`}`;
  const text = (titles && !Array.isArray(titles) && titles[String(value)]) || String(value);
  const unit = part['x-unit'] && part['x-unit'] !== '1' ? ` ${part['x-unit']}` : '';
  return `${part.title ?? ''} ${text.length > 24 ? `${text.slice(0, 23)}…` : text}${unit}`;
}

export function label(run: Run, process: Process | undefined, title: string): string {
  const created = new Date(run.created);
  const time = created.toLocaleTimeString(language(), { hour: '2-digit', minute: '2-digit', hour12: false });
  const today = created.toDateString() === new Date().toDateString();
  const day = today ? '' : `${created.toLocaleDateString(language(), { month: '2-digit', day: '2-digit' })} `;
  const told: string[] = [];
  if (process) differences(process.inputs, process.inputs, run.inputs ?? {}, process.example, told);
  return `${day}${time} ${[title, ...told].filter(Boolean).join(' · ')}`;
}

export function message(run: Run): string {
  if (!run.message) return '';
  return typeof run.message === 'string' ? run.message : run.message[language()];
}

export function state(run: Run): string {
  const word = t((run.state === 'failed' ? 'failedRun' : run.state) as Word);
  const reason = run.error ? ` ${run.error.detail ?? run.error[language()] ?? run.error.code ?? ''}` : '';
  return `${word}${run.wall_s ? ` ${run.wall_s.toFixed(1)} ${t('seconds')}` : ''}${reason}`;
}
