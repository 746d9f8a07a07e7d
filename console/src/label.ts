// A run in a few words: when, the storm, what is special about it.
import type { Run } from './api';
import { language, t, type Word } from './text';

interface Asked { storm?: { kind?: string; return_period_a?: number; duration_min?: number } | null; sewers?: { source?: string }; edits?: unknown[] }

export function label(run: Run, titles: Map<string, string>): string {
  const time = new Date(run.created).toLocaleTimeString(language(), { hour: '2-digit', minute: '2-digit', hour12: false });
  const asked = (run.inputs ?? {}) as Asked;
  const told = [titles.get(run.process) ?? run.process];
  if (asked.storm?.kind === 'design') told.push(`${asked.storm.return_period_a ?? ''}${language() === 'zh' ? ' ' : ''}${t('storm')}`.trim());
  if (asked.sewers?.source && asked.sewers.source !== 'none') told.push(t('withSewers'));
  if (asked.edits?.length) told.push(`${asked.edits.length} ${t('edited')}`);
  return `${time} ${told.join(' · ')}`;
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
