// Two runs side by side: one map over the other, cut at a divider that is dragged or moved by keys.
import type { Map as MapView } from 'maplibre-gl';
import { run as fetchRun, type Layer, type Process, type Run } from './api';
import { h, notify, place } from './dom';
import { processesOf } from './form/runs';
import { identify } from './identify';
import { showLegend } from './legend';
import { showResult, twinOf } from './map';
import { drawnOf, type Results } from './results';
import { t } from './text';

/** A process that compares two runs: it takes two of them, and of which process. */
interface Comparison { process: Process; of: string; base: string; variant: string }

export function comparisons(processes: Process[]): Comparison[] {
  return processes.flatMap((process) => {
    const runs = Object.entries(process.inputs.properties ?? {}).filter(([, part]) => processesOf(part['x-run']).length);
    const [first, second] = runs;
    if (!first || !second || runs.length !== 2 || String(first[1]['x-run']) !== String(second[1]['x-run'])) return [];
    return processesOf(first[1]['x-run']).map((of) => ({ process, of, base: first[0], variant: second[0] }));
  });
}

/** The layer to set beside one of another run: the same, else one that is drawn alike. */
function counterpart(layer: Layer | undefined, others: Layer[]): Layer | undefined {
  if (!layer) return others[0];
  const alike = (one: Layer): boolean => one.kind === layer.kind && one.geometry === layer.geometry && one.style.colour_by === layer.style.colour_by;
  return others.find((one) => one === layer) ?? others.find((one) => alike(one) && one.style.width_by === layer.style.width_by) ?? others.find(alike) ?? others[0];
}

class Side {
  readonly run = h('select', {});
  readonly layer = h('select', {});
  layers: Layer[] = [];

  constructor(id: string, private readonly title: string, changed: (whole: boolean) => void) {
    this.run.id = `run-${id}`;
    this.layer.id = `layer-${id}`;
    this.run.onchange = () => changed(true);
    this.layer.onchange = () => changed(false);
  }

  chosen(): Layer | undefined {
    return this.layers.find((layer) => layer.name === this.layer.value);
  }

  offer(layers: Layer[], wanted: Layer | undefined): void {
    this.layers = layers;
    const before = this.layer.value;
    const kept = wanted ?? layers.find((layer) => layer.name === before) ?? layers[0];
    this.layer.replaceChildren(...layers.map((layer) => h('option', { value: layer.name, selected: layer === kept }, layer.title)));
  }

  element(): HTMLElement {
    return h('div', { className: 'side' }, h('label', { className: 'field wide' }, h('span', {}, this.title), this.run), h('label', { className: 'field wide' }, h('span', {}, ''), this.layer));
  }
}

export class Compare {
  readonly element = h('details', { id: 'compare' });
  private other: MapView | null = null;
  private share = 0.5;
  private names: [string, string] = ['', ''];
  private known: Run[] = [];
  private told: (run: Run) => string = () => '';
  private readonly left = new Side('a', t('runA'), (whole) => this.changed(whole, true));
  private readonly right = new Side('b', t('runB'), (whole) => this.changed(whole, false));
  private readonly actions = h('div', { className: 'actions' });

  constructor(
    private readonly map: MapView, private readonly layers: Layer[], private readonly results: Results,
    private readonly found: () => Promise<Comparison[]>, private readonly compute: (process: string, inputs: unknown) => Promise<void>,
  ) {
    this.element.append(h('summary', {}, t('compare')), this.left.element(), this.right.element(), this.actions);
    this.element.ontoggle = () => void this.offer();
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

  private drawn(id: string): Layer[] {
    const run = this.known.find((one) => one.id === id);
    return run ? drawnOf(run, this.layers).filter((layer) => !layer.time) : [];
  }

  /** The runs to choose from, newest first. */
  refresh(runs: Run[], told: (run: Run) => string): void {
    this.told = told;
    this.known = runs.filter((run) => run.state === 'successful' && drawnOf(run, this.layers).some((layer) => !layer.time));
    this.element.hidden = this.known.length < 2;
    if (this.element.hidden) return;
    const newest = this.known[0]!;
    // by itself the newest run stands beside the one that it was made from, else the one before it of its process
    const asked = JSON.stringify(newest.inputs ?? {});
    const earlier = this.known.find((run) => run !== newest && asked.includes(run.id)) ??  this.known.find((run) => run !== newest && run.process === newest.process) ?? this.known[1]!;
    for (const [side, start] of [[this.left, earlier], [this.right, newest]] as const) {
      const chosen = this.known.some((run) => run.id === side.run.value) && this.other ? side.run.value : start.id;
      side.run.replaceChildren(...this.known.map((run) => h('option', { value: run.id, selected: run.id === chosen }, told(run))));
    }
    this.pair(true);
    void this.offer();
  }

  private pair(whole: boolean): void {
    if (whole) this.left.offer(this.drawn(this.left.run.value), undefined);
    const right = this.drawn(this.right.run.value);
    this.right.offer(right, counterpart(this.left.chosen(), right));
  }

  private changed(whole: boolean, left: boolean): void {
    if (whole && !left) this.right.offer(this.drawn(this.right.run.value), counterpart(this.left.chosen(), this.drawn(this.right.run.value)));
    else if (left) this.pair(whole);
    void this.offer();
    if (this.other) void this.open().catch((error: Error) => notify(error.message));
  }

  /** The buttons: the swipe, and each process that compares two runs of the chosen kind. */
  private async offer(): Promise<void> {
    const swipe = h('button', { type: 'button', id: 'swipe', onclick: () => void this.toggle().catch((error: Error) => notify(error.message)) }, t(this.other ? 'endSwipe' : 'swipe'));
    const runs = [this.left, this.right].map((side) => this.known.find((run) => run.id === side.run.value));
    const able = this.element.open ? await this.found().catch(() => []) : [];
    const fitting = able.filter((one) => runs.every((run) => run?.process === one.of) && runs[0] !== runs[1]);
    const buttons = fitting.map((one, index) => {
      const button = h('button', { type: 'button', ...(index ? {} : { id: 'difference' }), data: { process: one.process.name } }, one.process.title);
      button.onclick = () => {
        button.disabled = true;
        this.close();
        void this.compute(one.process.name, { [one.base]: runs[0]!.id, [one.variant]: runs[1]!.id }).finally(() => (button.disabled = false));
      };
      return button;
    });
    this.actions.replaceChildren(swipe, ...buttons);
  }

  private async toggle(): Promise<void> {
    if (this.other) this.close();
    else await this.open();
  }

  private async open(): Promise<void> {
    this.close();
    const layers = [this.left.chosen(), this.right.chosen()];
    if (!layers[0] || !layers[1]) return;
    const [left, right] = await Promise.all([fetchRun(this.left.run.value), fetchRun(this.right.run.value)]);
    this.results.only(left, layers[0]);
    const same = layers[0] === layers[1];
    this.names = [this.told(left) + (same ? '' : ` · ${layers[0].title}`), this.told(right) + (same ? '' : ` · ${layers[1].title}`)];
    place('map-b').hidden = place('divider').hidden = false;
    const other = await twinOf(this.map, 'map-b');
    this.other = other;
    showResult(other, layers[1], right.id);
    showLegend(layers[0], layers[1]);
    identify(other, this.layers, () => ({ run: right, rasters: layers[1]!.kind === 'coverage' ? [layers[1]!] : [], moment: null }));
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
    this.other = window.twinOther = null;
    place('map-b').hidden = place('divider').hidden = true;
    this.sign();
  }
}
