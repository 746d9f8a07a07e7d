// Two floods side by side: one map over the other, cut at a divider that is dragged or moved by keys.
import type { Map as MapView } from 'maplibre-gl';
import { run as fetchRun, runs, type Layer, type Run } from './api';
import { h, notify, place } from './dom';
import { identify } from './identify';
import { label } from './label';
import { showLegend } from './legend';
import { hideResult, showResult, twinOf } from './map';
import type { Results } from './results';
import { t } from './text';

const SHOWN = 'flood_depth';

export class Compare {
  readonly element = h('details', { id: 'compare' });
  private other: MapView | null = null;
  private share = 0.5;
  private titles = new Map<string, string>();
  private names: [string, string] = ['', ''];

  constructor(
    private readonly map: MapView, private readonly layers: Layer[], private readonly results: Results,
    private readonly difference: (base: string, variant: string) => Promise<void>,
  ) {
    const divider = place('divider');
    divider.onpointerdown = (event) => {
      divider.setPointerCapture(event.pointerId);
      divider.onpointermove = (moved) => this.cut(this.shareAt(moved.clientX));
    };
    divider.onpointerup = () => (divider.onpointermove = null);
    divider.onkeydown = (event) => {
      const by = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      this.cut(this.share + by);
    };
    window.addEventListener('resize', () => this.other && this.cut(this.share));
  }

  async refresh(titles: Map<string, string>): Promise<void> {
    this.titles = titles;
    const floods = await runs('?process=flood&state=successful&limit=30');
    this.element.hidden = floods.length < 2;
    if (this.element.hidden) return;
    const options = (chosen: number): HTMLElement[] => floods.map((run, index) => h('option', { value: run.id, selected: index === chosen }, label(run, titles)));
    const base = h('select', { id: 'run-a' }, ...options(1));
    const variant = h('select', { id: 'run-b' }, ...options(0));
    const swipe = h('button', { type: 'button', id: 'swipe', onclick: () => void this.toggle(base.value, variant.value).catch((error: Error) => notify(error.message)) }, t(this.other ? 'endSwipe' : 'swipe'));
    const compute = h('button', { type: 'button', id: 'difference' }, t('difference'));
    compute.onclick = () => {
      compute.disabled = true;
      this.close();
      void this.difference(base.value, variant.value).finally(() => (compute.disabled = false));
    };
    base.onchange = variant.onchange = () => { if (this.other) void this.open(base.value, variant.value); };
    const row = (title: string, select: HTMLElement): HTMLElement => h('label', { className: 'field wide' }, h('span', {}, title), select);
    this.element.replaceChildren(h('summary', {}, t('compare')), row(t('runA'), base), row(t('runB'), variant), h('div', { className: 'actions' }, swipe, compute));
  }

  private async toggle(base: string, variant: string): Promise<void> {
    if (this.other) this.close();
    else await this.open(base, variant);
  }

  private async open(base: string, variant: string): Promise<void> {
    this.close();
    const layer = this.layers.find((one) => one.name === SHOWN);
    if (!layer) return;
    const [left, right]: Run[] = await Promise.all([fetchRun(base), fetchRun(variant)]) as [Run, Run];
    this.results.only(left!, layer);
    this.names = [label(left!, this.titles), label(right!, this.titles)];
    place('map-b').hidden = place('divider').hidden = false;
    const other = await twinOf(this.map, 'map-b');
    this.other = other;
    hideResult(other, SHOWN);
    showResult(other, layer, right!.id);
    showLegend(layer);
    identify(other, this.layers, () => ({ run: right!, rasters: [layer], moment: null }));
    this.follow(this.map, other);
    this.follow(other, this.map);
    this.cut(0.5);
    this.sign();
    place('divider').focus({ preventScroll: true });
  }

  private follow(from: MapView, to: MapView): void {
    from.on('move', (event) => {
      if ('copied' in event || !this.other) return;
      to.jumpTo({ center: from.getCenter(), zoom: from.getZoom(), bearing: from.getBearing(), pitch: from.getPitch() }, { copied: true });
    });
  }

  private shareAt(x: number): number {
    const box = place('map').getBoundingClientRect();
    return (x - box.left) / box.width;
  }

  private cut(share: number): void {
    this.share = Math.min(1, Math.max(0, share));
    const at = this.share * place('map').clientWidth;
    place('map-b').style.clipPath = `inset(0 0 0 ${at}px)`;
    const divider = place('divider');
    divider.style.left = `${place('map').offsetLeft + at}px`;
    divider.ariaValueNow = String(Math.round(this.share * 100));
    divider.ariaLabel = t('divider');
    divider.replaceChildren(h('span', { className: 'left' }, this.names[0]), h('i', {}, '⇔'), h('span', { className: 'right' }, this.names[1]));
  }

  private sign(): void {
    const button = document.getElementById('swipe');
    if (button) button.textContent = t(this.other ? 'endSwipe' : 'swipe');
  }

  close(): void {
    if (!this.other) return;
    this.other.remove();
    this.other = null;
    place('map-b').hidden = place('divider').hidden = true;
    this.sign();
  }
}
