// The simulation panel: a form from the process's schema, progress, cancel, and the result on the map.
import type { Map as MapView } from 'maplibre-gl';
import { cancel, headers, key, process, processes, run as fetchRun, runs, start, type Layer, type Run, type Schema } from './api';
import { h, notify, place } from './dom';
import { form as makeForm, type Form } from './form';
import type { Shown } from './identify';
import { hideLegend, showLegend } from './legend';
import { hideResult, showResult } from './map';
import { language, t, type Word } from './text';

const titles = new Map<string, Record<string, Schema>>(); // of the outputs, by process
const ENDED = new Set(['successful', 'failed', 'dismissed']);
const POLL_MS = 500;

export class Simulation {
  private readonly panel = place('simulation');
  private readonly body = h('div', {});
  private readonly progress = h('div', { id: 'progress' });
  private readonly result = h('div', { id: 'result' });
  private readonly history = h('div', { id: 'history' });
  private shownResult: Shown | null = null;

  constructor(private readonly map: MapView, private readonly layers: Layer[]) {}

  shown(): Shown | null {
    return this.shownResult;
  }

  async open(): Promise<void> {
    const known = await processes();
    const select = h('select', { id: 'process' }, ...known.map((item) => h('option', { value: item.name, selected: item.name === 'flood' }, item.title)));
    select.onchange = () => void this.choose(select.value);
    this.panel.replaceChildren(h('h2', {}, t('simulation')), select, this.body, this.progress, this.result, this.history);
    if (select.value) await this.choose(select.value);
    if (key()) await this.listRuns();
  }

  private async choose(name: string): Promise<void> {
    const described = await process(name);
    titles.set(name, described.outputs?.properties ?? {});
    const form = makeForm(described.inputs, described.example);
    const button = h('button', { id: 'run', type: 'submit', className: 'primary', disabled: !key() }, t('run'));
    const element = h('form', { onsubmit: (event) => { event.preventDefault(); void this.submit(name, form, button); } },
      h('p', { className: 'description' }, described.description), form.element, button);
    if (!key()) element.append(h('p', { className: 'description' }, t('needKey')));
    this.body.replaceChildren(element);
  }

  private async submit(name: string, form: Form, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      await this.follow(await start(name, form.value()));
    } catch (error) {
      notify(error instanceof Error ? error.message : t('failed'));
    } finally {
      button.disabled = false;
    }
  }

  private async follow(started: Run): Promise<void> {
    let run = started;
    const meter = h('progress', { max: 100, value: 0 });
    const text = h('span', {});
    const stop = h('button', { type: 'button', onclick: () => void cancel(run.id).catch((error: Error) => notify(error.message)) }, t('cancel'));
    this.progress.replaceChildren(meter, text, stop);
    while (!ENDED.has(run.state)) {
      meter.value = run.progress;
      text.textContent = `${run.progress} % ${message(run) || t(run.state as Word)}`;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      run = await fetchRun(run.id);
    }
    this.progress.replaceChildren(h('span', { className: run.state, data: { state: run.state } }, state(run)));
    if (run.state === 'successful') this.show(run);
    await this.listRuns();
  }

  private async listRuns(): Promise<void> {
    const recent = (await runs()).slice(0, 8);
    this.history.replaceChildren(
      h('h3', {}, t('history')),
      ...recent.map((item) => h('button', {
        type: 'button', className: `run ${item.state}`, disabled: item.state !== 'successful', data: { run: item.id },
        onclick: () => void fetchRun(item.id).then((run) => this.show(run)),
      }, `${new Date(item.created).toLocaleTimeString(language())} ${item.process} · ${state(item)}`)));
  }

  private show(run: Run): void {
    for (const layer of this.layers) if (layer.process) hideResult(this.map, layer.name);
    const written = this.layers.filter((layer) => layer.process === run.process && (run.layers ?? [layer.name]).includes(layer.name));
    const rasters = written.filter((layer) => layer.kind === 'coverage');
    const vectors = written.filter((layer) => layer.kind === 'features');
    this.shownResult = rasters.length ? { run: run.id, rasters } : null;
    const select = h('select', { id: 'result-layer' }, ...rasters.map((layer) => h('option', { value: layer.name }, layer.title)), h('option', { value: '' }, t('none')));
    const pick = (): void => {
      for (const layer of rasters) hideResult(this.map, layer.name);
      const chosen = rasters.find((layer) => layer.name === select.value);
      if (chosen) { showResult(this.map, chosen, run.id); showLegend(chosen); } else hideLegend();
    };
    select.onchange = pick;
    pick();
    this.result.replaceChildren(
      h('h3', {}, t('results')),
      rasters.length ? h('label', { className: 'field' }, h('span', {}, t('showing')), select) : null as unknown as HTMLElement,
      ...vectors.map((layer) => this.toggle(layer, run.id)),
      outputs(run),
      ...rasters.map((layer) => h('a', { href: '#', className: 'download', onclick: (event) => { event.preventDefault(); void download(layer, run.id); } }, `${t('download')} ${layer.title} (GeoTIFF)`)),
    );
  }

  private toggle(layer: Layer, run: string): HTMLElement {
    const box = h('input', { type: 'checkbox', name: layer.name, checked: layer.style.visible });
    const apply = (): void => (box.checked ? showResult(this.map, layer, run) : hideResult(this.map, layer.name));
    box.onchange = apply;
    apply();
    return h('label', { className: 'layer', data: { layer: layer.name } }, box, h('span', {}, layer.title));
  }
}

function message(run: Run): string {
  if (!run.message) return '';
  return typeof run.message === 'string' ? run.message : run.message[language()];
}

function state(run: Run): string {
  const word = t((run.state === 'failed' ? 'failedRun' : run.state) as Word);
  const reason = run.error ? ` ${run.error.detail ?? run.error[language()] ?? run.error.code ?? ''}` : '';
  return `${word}${run.wall_s ? ` ${run.wall_s.toFixed(1)} ${t('seconds')}` : ''}${reason}`;
}

function outputs(run: Run): HTMLElement {
  const known = titles.get(run.process) ?? {};
  const rows = Object.entries(run.outputs ?? {})
    .filter((entry): entry is [string, number | string] => typeof entry[1] === 'number' || typeof entry[1] === 'string')
    .map(([name, value]) => {
      const unit = known[name]?.['x-unit'];
      const text = typeof value === 'number' ? figure(value) : value;
      return h('tr', {}, h('th', {}, known[name]?.title ?? name), h('td', {}, unit && unit !== '1' ? `${text} ${unit}` : text));
    });
  return h('table', { className: 'outputs' }, ...rows);
}

function figure(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1);
  return value.toLocaleString(language(), { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}

async function download(layer: Layer, run: string): Promise<void> {
  const answer = await fetch(`/coverages/${layer.name}?run=${run}`, { headers: headers() });
  if (!answer.ok) return notify(`HTTP ${answer.status}`);
  const link = h('a', { href: URL.createObjectURL(await answer.blob()), download: `${layer.name}.tif` });
  link.click();
  URL.revokeObjectURL(link.href);
}
