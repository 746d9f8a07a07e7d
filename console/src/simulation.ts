// The simulation panel: a form from the process's schema, progress, cancel, and the result on the map.
import type { Map as MapView } from 'maplibre-gl';
import { cancel, key, process, processes, run as fetchRun, runs, start, type Layer, type Offered, type Process, type Run } from './api';
import { Compare, comparisons } from './compare';
import { h, notify, place } from './dom';
import { form as makeForm, type Form } from './form/form';
import { setRuns } from './form/runs';
import type { Shown } from './identify';
import { label, message, state } from './label';
import { Player } from './player';
import { Results } from './results';
import { t, type Word } from './text';
import { rest } from './tool';

const ENDED = new Set(['successful', 'failed', 'dismissed']);
const POLL_MS = 500;
const RECENT = 8;
const MOST_RUNS = 100;

/** What a person was at, kept over a change of language. */
export interface Left { process: string; inputs: Record<string, unknown>; run: string | null }

export class Simulation {
  private readonly panel = place('simulation');
  private readonly body = h('div', {});
  private readonly progress = h('div', { id: 'progress' });
  private readonly history = h('div', { id: 'history' });
  private readonly select = h('select', { id: 'process' });
  private readonly results: Results;
  private readonly compare: Compare;
  private readonly described = new Map<string, Promise<Process>>();
  private readonly read = new Map<string, Process>();
  private offered: Offered[] = [];
  private titles = new Map<string, string>();
  private form: Form | null = null;

  constructor(map: MapView, layers: Layer[]) {
    this.results = new Results(map, layers, new Player(map));
    this.compare = new Compare(map, layers, this.results, async () => comparisons(await this.all()), (name, inputs) => this.submit(name, inputs));
  }

  shown(): Shown | null {
    return this.results.shown();
  }

  left(): Left {
    return { process: this.select.value, inputs: (this.form?.value() ?? {}) as Record<string, unknown>, run: this.shown()?.run.id ?? null };
  }

  async open(left: Left | null): Promise<void> {
    const known = await processes();
    this.titles = new Map(known.map((item) => [item.name, item.title]));
    this.offered = known;
    // an address may name the analysis: ?process=flood
    const asked = left?.process || new URLSearchParams(location.search).get('process') || '';
    const first = this.titles.has(asked) ? asked : '';
    this.select.replaceChildren(
      h('option', { value: '', selected: !first }, t('choose')),
      ...known.map((item) => h('option', { value: item.name, selected: item.name === first }, item.title)));
    this.select.onchange = () => void this.choose(this.select.value).catch((error: Error) => notify(error.message));
    this.panel.replaceChildren(h('h2', {}, t('simulation')), this.select, this.body, this.progress, this.results.element, this.compare.element, this.history);
    this.compare.element.hidden = true;
    await this.choose(first, left?.inputs);
    if (key()) await this.listRuns();
    if (left?.run) await fetchRun(left.run).then((run) => this.show(run));
  }

  private describe(name: string): Promise<Process> {
    const known = this.described.get(name) ?? process(name).then((one) => { this.read.set(name, one); return one; });
    this.described.set(name, known);
    return known;
  }

  private all(): Promise<Process[]> {
    return Promise.all([...this.titles.keys()].map((name) => this.describe(name)));
  }

  private readonly told = (run: Run): string => label(run, this.read.get(run.process), this.titles.get(run.process) ?? run.process);

  private async choose(name: string, inputs?: Record<string, unknown>): Promise<void> {
    this.form?.drop?.();
    if (!name) return this.list();
    const described = await this.describe(name);
    const form = makeForm(described.inputs, described.example, inputs);
    this.form = form;
    const button = h('button', { id: 'run', type: 'submit', className: 'primary', disabled: !key() }, t('run'));
    const element = h('form', { onsubmit: (event) => { event.preventDefault(); void this.press(name, form, button); } },
      h('p', { className: 'description' }, described.description), form.element, button);
    // a field that is not right may be folded away: it must be seen to be mended
    element.addEventListener('invalid', (event) => {
      for (let at = (event.target as HTMLElement).closest('details'); at; at = at.parentElement?.closest('details') ?? null) at.open = true;
    }, true);
    if (!key()) element.append(h('p', { className: 'description' }, t('needKey')));
    this.body.replaceChildren(element);
  }

  /** Before anything is chosen: what can be asked. */
  private list(): void {
    this.form = null;
    this.body.replaceChildren(h('div', { id: 'processes' }, ...this.offered.map((item) => h('button', {
      type: 'button', className: 'offer', data: { process: item.name },
      onclick: () => { this.select.value = item.name; void this.choose(item.name).catch((error: Error) => notify(error.message)); },
    }, h('strong', {}, item.title), h('span', {}, item.description ?? '')))));
  }

  private async press(name: string, form: Form, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    rest();
    await this.submit(name, form.value());
    button.disabled = false;
  }

  private async submit(name: string, inputs: unknown): Promise<void> {
    try {
      await this.follow(await start(name, inputs));
    } catch (error) {
      notify(error instanceof Error ? error.message : t('failed'));
    }
  }

  private async follow(started: Run): Promise<void> {
    let run = started;
    const meter = h('progress', { max: 100, value: 0 });
    const text = h('span', {});
    const stop = h('button', { type: 'button', onclick: () => void cancel(run.id).catch((error: Error) => notify(error.message)) }, t('cancel'));
    this.progress.replaceChildren(meter, text, stop);
    this.progress.scrollIntoView({ block: 'nearest' });
    while (!ENDED.has(run.state)) {
      meter.value = run.progress;
      text.textContent = `${run.progress} % ${message(run) || t(run.state as Word)}`;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      run = await fetchRun(run.id);
    }
    this.progress.replaceChildren(h('span', { className: run.state, data: { state: run.state, run: run.id } }, state(run)));
    if (run.state === 'successful') await this.show(run);
    await this.listRuns();
  }

  private async show(run: Run): Promise<void> {
    this.compare.close();
    if (!this.form) this.body.replaceChildren(); // out of the way of what the run tells
    await this.results.show(run, (await this.describe(run.process)).outputs?.properties ?? {});
    this.results.element.scrollIntoView({ block: 'start' });
  }

  private button(item: Run): HTMLElement {
    return h('button', {
      type: 'button', className: `run ${item.state}`, disabled: item.state !== 'successful', data: { run: item.id },
      onclick: () => void fetchRun(item.id).then((run) => this.show(run)).catch((error: Error) => notify(error.message)),
    }, h('span', {}, this.told(item)), h('small', {}, state(item)));
  }

  private async listRuns(): Promise<void> {
    const recent = (await runs(`?limit=${MOST_RUNS}`)).filter((run) => !run.parent);
    const named = [...new Set(recent.map((run) => run.process))].filter((name) => this.titles.has(name));
    await Promise.all(named.map((name) => this.describe(name)));
    this.history.replaceChildren(h('h3', {}, t('history')), ...recent.slice(0, RECENT).map((run) => this.button(run)));
    if (recent.length > RECENT) {
      const more = h('button', { type: 'button', id: 'more-runs', onclick: () => {
        more.replaceWith(...recent.slice(RECENT).map((run) => this.button(run)));
      } }, t('moreRuns'));
      this.history.append(more);
    }
    setRuns(recent, this.told);
    this.compare.refresh(recent, this.told);
  }
}
