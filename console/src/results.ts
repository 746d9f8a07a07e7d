// The result of a run: its layers on the map, its figures, the film, the report and the files.
import type { Map as MapView } from 'maplibre-gl';
import { ask, headers, type Layer, type Run, type Schema } from './api';
import { h, notify } from './dom';
import type { Shown } from './identify';
import { hideLegend, showLegend } from './legend';
import { hideResult, showResult } from './map';
import type { Player } from './player';
import { reportButton } from './report';
import { language, t } from './text';

export class Results {
  readonly element = h('div', { id: 'result' });
  private current: Shown | null = null;

  constructor(private readonly map: MapView, private readonly layers: Layer[], private readonly player: Player) {}

  shown(): Shown | null {
    return this.current && { ...this.current, moment: this.player.now };
  }

  clear(): void {
    this.player.close();
    for (const layer of this.layers) if (layer.process) hideResult(this.map, layer.name);
    hideLegend();
    this.current = null;
    this.element.replaceChildren();
  }

  /** One raster of a run and nothing else, as a comparison shows it. */
  only(run: Run, layer: Layer): void {
    this.clear();
    this.current = { run, rasters: [layer], moment: null };
    showResult(this.map, layer, run.id);
  }

  async show(run: Run, titles: Record<string, Schema>): Promise<void> {
    this.clear();
    // in the order in which the process names them: the chief result first
    const order = run.layers ?? this.layers.map((layer) => layer.name);
    const written = order.flatMap((name) => this.layers.find((layer) => layer.process === run.process && layer.name === name) ?? []);
    const rasters = written.filter((layer) => layer.kind === 'coverage');
    const vectors = written.filter((layer) => layer.kind === 'features' && layer.geometry);
    this.current = { run, rasters, moment: null };
    const [report, series] = await Promise.all([reportButton(run).catch(() => null), this.series(rasters, run)]);
    if (this.current?.run !== run) return;
    const select = h('select', { id: 'result-layer' }, ...rasters.map((layer) => h('option', { value: layer.name }, layer.title)), h('option', { value: '' }, t('none')));
    const pick = (): void => {
      this.player.close();
      for (const layer of rasters) hideResult(this.map, layer.name);
      const chosen = rasters.find((layer) => layer.name === select.value);
      if (!chosen) return hideLegend();
      showLegend(chosen);
      if (chosen === series) void this.player.open(chosen, run).catch((error: Error) => notify(error.message));
      else showResult(this.map, chosen, run.id);
    };
    select.onchange = pick;
    const film = series && h('button', { type: 'button', id: 'film', onclick: () => { select.value = series.name; pick(); } }, `▶ ${t('playSeries')}`);
    this.element.replaceChildren(
      h('h3', {}, t('results')),
      h('div', { className: 'actions' }, film, report),
      h('label', { className: 'field wide', hidden: !rasters.length }, h('span', {}, t('showing')), select),
      ...vectors.map((layer) => this.toggle(layer, run.id)),
      figures(run, titles),
      h('details', { hidden: !rasters.length }, h('summary', {}, t('files')), ...rasters.map((layer) => file(layer, run.id))),
    );
    pick();
  }

  /** The raster with time, where this run has moments of it. */
  private async series(rasters: Layer[], run: Run): Promise<Layer | null> {
    const layer = rasters.find((one) => one.name.endsWith('_series'));
    if (!layer) return null;
    const { times } = await ask<{ times?: string[] }>(`/tiles/${layer.name}.json?run=${run.id}`);
    return times?.length ? layer : null;
  }

  private toggle(layer: Layer, run: string): HTMLElement {
    const box = h('input', { type: 'checkbox', name: layer.name, checked: layer.style.visible });
    const apply = (): void => (box.checked ? showResult(this.map, layer, run) : hideResult(this.map, layer.name));
    box.onchange = apply;
    apply();
    return h('label', { className: 'layer', data: { layer: layer.name } }, box, h('span', {}, layer.title));
  }
}

function figures(run: Run, known: Record<string, Schema>): HTMLElement {
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

const file = (layer: Layer, run: string): HTMLElement =>
  h('a', { href: '#', className: 'download', onclick: (event) => { event.preventDefault(); void download(layer, run); } }, `${layer.title} (GeoTIFF)`);

async function download(layer: Layer, run: string): Promise<void> {
  const answer = await fetch(`/coverages/${layer.name}?run=${run}`, { headers: headers() });
  if (!answer.ok) return notify(`HTTP ${answer.status}`);
  const link = h('a', { href: URL.createObjectURL(await answer.blob()), download: `${layer.name}.tif` });
  link.click();
  URL.revokeObjectURL(link.href);
}
