// The result of a run: its layers on the map, its figures and tables, the film, the report and the files.
import type { Map as MapView } from 'maplibre-gl';
import { ask, headers, type Layer, type Run, type Schema } from './api';
import { h, notify } from './dom';
import type { Shown } from './identify';
import { showLegend } from './legend';
import { hideResult, showResult } from './map';
import type { Player } from './player';
import { publication } from './publication';
import { reportButton } from './report';
import { figures, remarks, tables } from './figures';
import { t } from './text';

/** The layers of a run that have something to draw, in the order in which its process names them. */
export function drawnOf(run: Run, layers: Layer[]): Layer[] {
  const order = run.layers ?? layers.filter((layer) => layer.process === run.process).map((layer) => layer.name);
  return order.flatMap((name) => layers.find((layer) => layer.name === name && layer.process === run.process) ?? [])
    .filter((layer) => layer.kind === 'coverage' || (layer.kind === 'features' && layer.geometry));
}

export class Results {
  readonly element = h('div', { id: 'result' });
  private current: Shown | null = null;
  private raster: Layer | null = null;
  private readonly on = new Set<Layer>();
  private readonly boxes = new Map<Layer, HTMLInputElement>();

  constructor(private readonly map: MapView, private readonly layers: Layer[], private readonly player: Player) {}

  shown(): Shown | null {
    return this.current && { ...this.current, moment: this.player.now };
  }

  clear(): void {
    this.player.close();
    for (const layer of this.layers) if (layer.process) hideResult(this.map, layer.name);
    this.on.clear();
    this.boxes.clear();
    this.raster = null;
    this.legend();
    this.current = null;
    this.element.replaceChildren();
  }

  /** One layer of a run and nothing else, as a comparison shows it. */
  only(run: Run, layer: Layer): void {
    this.clear();
    this.current = { run, rasters: layer.kind === 'coverage' ? [layer] : [], moment: null };
    showResult(this.map, layer, run.id);
  }

  private legend(): void {
    const playing = this.player.layer;
    const vectors = [...this.on].sort((a, b) => Number(!!b.style.width_by) - Number(!!a.style.width_by));
    showLegend(...[playing, this.raster].filter((layer): layer is Layer => !!layer), ...vectors);
  }

  async show(run: Run, titles: Record<string, Schema>): Promise<void> {
    this.clear();
    const written = drawnOf(run, this.layers);
    const rasters = written.filter((layer) => layer.kind === 'coverage');
    this.current = { run, rasters, moment: null };
    const [report, films] = await Promise.all([reportButton(run).catch(() => null), this.films(written, run)]);
    if (this.current?.run !== run) return;
    const still = rasters.filter((layer) => !layer.time || films.includes(layer));
    const select = h('select', { id: 'result-layer' }, ...still.map((layer) => h('option', { value: layer.name }, layer.title)), h('option', { value: '' }, t('none')));
    const pick = (): void => {
      this.player.close();
      for (const layer of rasters) hideResult(this.map, layer.name);
      this.raster = still.find((layer) => layer.name === select.value) ?? null;
      if (this.raster?.time) void this.play(this.raster, run);
      else if (this.raster) showResult(this.map, this.raster, run.id);
      this.legend();
    };
    select.onchange = pick;
    const start = (layer: Layer): void => {
      if (layer.kind === 'coverage') { select.value = layer.name; pick(); }
      else void this.play(layer, run);
    };
    this.element.replaceChildren(
      h('h3', {}, t('results')),
      h('div', { className: 'actions' }, ...films.map((layer, index) => h('button', { type: 'button', ...(index ? {} : { id: 'film' }), data: { film: layer.name }, onclick: () => start(layer) }, `▶ ${layer.title}`)), report, publication(run)),
      h('label', { className: 'field wide', hidden: !still.length }, h('span', {}, t('showing')), select),
      ...written.filter((layer) => layer.kind === 'features' && !films.includes(layer)).map((layer) => this.toggle(layer, run.id)),
      remarks(run),
      figures(run, titles),
      ...tables(run, titles),
      h('details', { hidden: !written.length }, h('summary', {}, t('files')), ...written.map((layer) => file(layer, run.id))),
    );
    pick();
    if (!still.length && !this.on.size && films[0]) start(films[0]);
  }

  /** While a film runs, what is coloured by the worst of the whole run is off: it would belie the moment. */
  private async play(layer: Layer, run: Run): Promise<void> {
    this.player.close();
    const worst = [...this.on].filter((other) => other.style.colour_by && !other.time);
    const turn = (on: boolean): void => {
      for (const other of worst) {
        const box = this.boxes.get(other);
        if (!box || box.checked === on) continue;
        box.checked = on;
        box.dispatchEvent(new Event('change'));
      }
    };
    turn(false);
    try {
      await this.player.open(layer, run, () => { turn(true); this.legend(); });
    } catch (error) {
      turn(true);
      notify(error instanceof Error ? error.message : t('failed'));
    }
    this.legend();
  }

  /** The layers with time of which this run has two moments at least. */
  private async films(written: Layer[], run: Run): Promise<Layer[]> {
    const timed = written.filter((layer) => layer.time);
    const moments = await Promise.all(timed.map(async (layer) => (await ask<{ times?: string[] }>(`/tiles/${layer.name}.json?run=${run.id}`)).times ?? []));
    return timed.filter((_, index) => moments[index]!.length > 1);
  }

  private toggle(layer: Layer, run: string): HTMLElement {
    const box = h('input', { type: 'checkbox', name: layer.name, checked: layer.style.visible });
    const apply = (): void => {
      if (box.checked) { this.on.add(layer); showResult(this.map, layer, run); }
      else { this.on.delete(layer); hideResult(this.map, layer.name); }
      this.legend();
    };
    box.onchange = apply;
    this.boxes.set(layer, box);
    apply();
    return h('label', { className: 'layer', title: layer.description, data: { layer: layer.name } }, box, h('span', {}, layer.title));
  }
}

const file = (layer: Layer, run: string): HTMLElement =>
  h('a', { href: '#', className: 'download', onclick: (event) => { event.preventDefault(); void download(layer, run); } },
    `${layer.title} (${layer.kind === 'coverage' ? 'GeoTIFF' : 'GeoJSON'})`);

async function download(layer: Layer, run: string): Promise<void> {
  const path = layer.kind === 'coverage' ? `/coverages/${layer.name}?run=${run}` : `${layer.items}?run=${run}&limit=10000&f=json`;
  const answer = await fetch(path, { headers: headers() });
  if (!answer.ok) return notify(`HTTP ${answer.status}`);
  const link = h('a', { href: URL.createObjectURL(await answer.blob()), download: `${layer.name}.${layer.kind === 'coverage' ? 'tif' : 'geojson'}` });
  link.click();
  URL.revokeObjectURL(link.href);
}
