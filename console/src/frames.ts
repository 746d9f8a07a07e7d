// The pictures of a raster with time, one map source for each moment: those to come load unseen, so that nothing flickers.
import type { Map as MapView } from 'maplibre-gl';
import type { Layer } from './api';
import { below, bounds } from './map';

const AHEAD = 3;
const LONGEST_WAIT_MS = 4000;

export class Frames {
  private current = -1;
  private turn = 0;

  constructor(private readonly map: MapView, private readonly layer: Layer, private readonly run: string, readonly times: string[]) {}

  private id(index: number): string {
    return `result:${this.layer.name}:${index}`;
  }

  private add(index: number): void {
    const id = this.id(index);
    if (this.map.getSource(id)) return;
    const address = `${location.origin}/tiles/${this.layer.name}/{z}/{x}/{y}.png?run=${this.run}&datetime=${this.times[index]}`;
    this.map.addSource(id, { type: 'raster', tiles: [address], tileSize: 256, maxzoom: 18, ...bounds(this.layer) });
    const paint = { 'raster-opacity': 0, 'raster-opacity-transition': { duration: 0 }, 'raster-fade-duration': 0, 'raster-resampling': 'nearest' as const };
    this.map.addLayer({ id, type: 'raster', source: id, paint }, below(this.map));
  }

  private drop(index: number): void {
    const id = this.id(index);
    if (this.map.getLayer(id)) this.map.removeLayer(id);
    if (this.map.getSource(id)) this.map.removeSource(id);
  }

  private async loaded(index: number): Promise<void> {
    const until = performance.now() + LONGEST_WAIT_MS;
    while (this.map.getSource(this.id(index)) && !this.map.isSourceLoaded(this.id(index)) && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 30));
  }

  /** Shows a moment once its pictures are there; false when another one was asked for meanwhile. */
  async show(index: number): Promise<boolean> {
    const turn = ++this.turn;
    this.add(index);
    await new Promise((resolve) => setTimeout(resolve, 0)); // the source asks for its tiles in the next drawing
    await this.loaded(index);
    if (turn !== this.turn || !this.map.getLayer(this.id(index))) return false;
    const before = this.current;
    this.map.setPaintProperty(this.id(index), 'raster-opacity', this.layer.style.opacity);
    if (before >= 0 && before !== index && this.map.getLayer(this.id(before))) this.map.setPaintProperty(this.id(before), 'raster-opacity', 0);
    this.current = index;
    const kept = new Set([before, index, ...Array.from({ length: AHEAD }, (_, step) => (index + step + 1) % this.times.length)]);
    for (const other of this.times.keys()) if (!kept.has(other)) this.drop(other);
    for (const other of kept) if (other >= 0) this.add(other);
    return true;
  }

  close(): void {
    this.turn++;
    for (const index of this.times.keys()) this.drop(index);
  }
}
