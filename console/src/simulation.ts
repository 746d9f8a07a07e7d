// The simulation panel: a form from the process's schema, progress, cancel, and the result on the map.
import type { Map as MapView } from 'maplibre-gl';
import { cancel, key, process, processes, run as fetchRun, runs, start, type Layer, type Run, type Schema } from './api';
import { Compare } from './compare';
import { h, notify, place } from './dom';
import { form as makeForm, type Form } from './form';
import { layouts } from './groups';
import type { Shown } from './identify';
import { label, message, state } from './label';
import { Player } from './player';
import { Results } from './results';
import { t, type Word } from './text';

const ENDED = new Set(['successful', 'failed', 'dismissed']);
const POLL_MS = 500;

export class Simulation {
  private readonly panel = place('simulation');
  private readonly body = h('div', {});
  private readonly progress = h('div', { id: 'progress' });
  private readonly history = h('div', { id: 'history' });
  private readonly results: Results;
  private readonly compare: Compare;
  private readonly outputs = new Map<string, Record<string, Schema>>();
  private names = new Map<string, string>();

  constructor(map: MapView, layers: Layer[]) {
    this.results = new Results(map, layers, new Player(map));
    this.compare = new Compare(map, layers, this.results, (base, variant) => this.submit('flood-comparison', { base, variant }));
  }

  shown(): Shown | null {
    return this.results.shown();
  }

  async open(): Promise<void> {
    const known = await processes();
    this.names = new Map(known.map((item) => [item.name, item.title]));
    const select = h('select', { id: 'process' }, ...known.map((item) => h('option', { value: item.name, selected: item.name === 'flood' }, item.title)));
    select.onchange = () => void this.choose(select.value);
    this.panel.replaceChildren(h('h2', {}, t('simulation')), select, this.body, this.progress, this.results.element, this.compare.element, this.history);
    this.compare.element.hidden = true;
    if (select.value) await this.choose(select.value);
    if (key()) await this.listRuns();
  }

  private async choose(name: string): Promise<void> {
    const described = await process(name);
    this.outputs.set(name, described.outputs?.properties ?? {});
    const floods = key() ? await runs('?process=flood&state=successful&limit=30') : [];
    const form = makeForm(described.inputs, described.example, layouts[name], floods.map((run) => [run.id, label(run, this.names)]));
    const button = h('button', { id: 'run', type: 'submit', className: 'primary', disabled: !key() }, t('run'));
    const element = h('form', { onsubmit: (event) => { event.preventDefault(); void this.press(name, form, button); } },
      h('p', { className: 'description' }, described.description), form.element, button);
    if (!key()) element.append(h('p', { className: 'description' }, t('needKey')));
    this.body.replaceChildren(element);
  }

  private async press(name: string, form: Form, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      await this.submit(name, form.value());
    } catch (error) {
      notify(error instanceof Error ? error.message : t('failed')); // text that is no JSON
    } finally {
      button.disabled = false;
    }
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
    if (!this.outputs.has(run.process)) this.outputs.set(run.process, (await process(run.process)).outputs?.properties ?? {});
    await this.results.show(run, this.outputs.get(run.process)!);
  }

  private async listRuns(): Promise<void> {
    const recent = (await runs('?limit=8')).filter((run) => !run.parent);
    this.history.replaceChildren(
      h('h3', {}, t('history')),
      ...recent.map((item) => h('button', {
        type: 'button', className: `run ${item.state}`, disabled: item.state !== 'successful', data: { run: item.id },
        onclick: () => void fetchRun(item.id).then((run) => this.show(run)).catch((error: Error) => notify(error.message)),
      }, h('span', {}, label(item, this.names)), h('small', {}, state(item)))));
    await this.compare.refresh(this.names);
  }
}
