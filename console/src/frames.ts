// The pictures of a layer with time, one map source for each moment: those to come load unseen, so that nothing flickers.
import type { Map as MapView } from 'maplibre-gl';
import type { Layer } from './api';
import { hideResult, setSeen, showResult } from './map';

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
    if (!this.map.getSource(id)) showResult(this.map, this.layer, this.run, { id, at: this.times[index]!, unseen: true });
  }

  private drop(index: number): void {
    const id = this.id(index);
    if (this.map.getSource(id)) hideResult(this.map, this.layer.name, id);
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
    if (turn !== this.turn || !this.map.getSource(this.id(index))) return false;
    const before = this.current;
    setSeen(this.map, this.layer, this.id(index), true);
    if (before >= 0 && before !== index) setSeen(this.map, this.layer, this.id(before), false);
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
