// An input that names a finished run of a process: those there are, the newest first; the list follows new runs.
import type { Run, Schema } from '../api';
import { h } from '../dom';
import { t } from '../text';
import { field } from './scalar';
import type { Form } from './schema';

export interface Known { id: string; process: string; title: string }

let known: Known[] = [];
const choices = new Set<() => void>();

export const processesOf = (hint: Schema['x-run']): string[] => (Array.isArray(hint) ? hint : hint ? [hint] : []);

/** The runs that may be named; open forms take them up. */
export function setRuns(runs: Run[], told: (run: Run) => string): void {
  known = runs.filter((run) => run.state === 'successful' && !run.parent).map((run) => ({ id: run.id, process: run.process, title: told(run) }));
  for (const refresh of choices) refresh();
}

/** `back` tells how many runs back the choice starts: of two, the first is the older one. */
export function runChoice(schema: Schema, name: string, value: unknown, optional: boolean, back: number): Form {
  const wanted = new Set(processesOf(schema['x-run']));
  const select = h('select', { name, data: { runs: [...wanted].join(' ') }, required: !optional });
  let chosen = typeof value === 'string' ? value : '';
  const refresh = (): void => {
    const own = known.filter((run) => wanted.has(run.process));
    if (select.options.length) chosen = select.value;
    if (!own.some((run) => run.id === chosen)) chosen = optional ? '' : (own[Math.min(back, own.length - 1)]?.id ?? '');
    select.replaceChildren(
      ...(optional || !own.length ? [h('option', { value: '' }, own.length ? '—' : t('noRuns'))] : []),
      ...own.map((run) => h('option', { value: run.id, selected: run.id === chosen }, run.title)));
    select.value = chosen;
  };
  choices.add(refresh);
  refresh();
  return { element: field(schema, name, select), value: () => select.value || undefined, drop: () => choices.delete(refresh) };
}
