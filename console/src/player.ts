// The time slider: play and pause, step, drag; keys as a slider has them, and the space bar plays.
import type { Map as MapView } from 'maplibre-gl';
import { ask, type Layer, type Run } from './api';
import { h, place } from './dom';
import { Frames } from './frames';
import { dateOf, minuteOf, startOf } from './moments';
import { t } from './text';

const PAUSE_MS = 450;

export class Player {
  private readonly bar = place('player');
  private frames: Frames | null = null;
  private playing = false;

  constructor(private readonly map: MapView) {}

  /** The moment that the map shows, and of which layer. */
  now: string | null = null;
  layer: Layer | null = null;
  private ended: (() => void) | null = null;

  /** Plays the moments of a layer; `ended` is called when the film is taken away. */
  async open(layer: Layer, run: Run, ended: () => void): Promise<void> {
    this.close();
    const { times = [] } = await ask<{ times?: string[] }>(`/tiles/${layer.name}.json?run=${run.id}`);
    if (!times.length) return;
    this.layer = layer;
    this.ended = ended;
    this.bar.dataset.layer = layer.name;
    const frames = new Frames(this.map, layer, run.id, times);
    this.frames = frames;
    const slider = h('input', { type: 'range', min: '0', max: String(times.length - 1), step: '1', value: '0', id: 'moment', ariaLabel: t('moment') });
    const label = h('output', { id: 'moment-label' });
    const dated = startOf(run, times).dated;
    const told = (index: number): string => `${Math.round(minuteOf(run, times[index]!, times) * 10) / 10} ${t('min')}`;
    const go = async (index: number): Promise<boolean> => {
      slider.value = String(index);
      slider.ariaValueText = told(index) + (dated ? `, ${dateOf(times[index]!)}` : '');
      label.replaceChildren(h('b', {}, told(index)), h('small', {}, dated ? dateOf(times[index]!) : t('sinceStart')));
      this.now = times[index]!;
      const shown = await frames.show(index);
      if (shown) this.bar.dataset.shown = String(index);
      return shown;
    };
    const step = (by: number): void => {
      this.pause();
      void go((Number(slider.value) + by + times.length) % times.length);
    };
    slider.oninput = () => { this.pause(); void go(Number(slider.value)); };
    const button = (id: string, sign: string, title: string, onclick: () => void): HTMLButtonElement =>
      h('button', { type: 'button', id, title, ariaLabel: title, onclick }, sign);
    const play = button('play', '▶', t('play'), () => (this.playing ? this.pause() : void this.play(go, slider, times.length)));
    this.bar.onkeydown = (event) => {
      if (event.key !== ' ' || event.target !== slider) return;
      event.preventDefault();
      play.click();
    };
    const off = button('end-film', '×', t('endFilm'), () => this.close());
    this.bar.replaceChildren(button('back', '‹', t('stepBack'), () => step(-1)), play, button('forward', '›', t('stepForward'), () => step(1)), slider, label, off);
    this.bar.hidden = false;
    await go(0);
  }

  private async play(go: (index: number) => Promise<boolean>, slider: HTMLInputElement, count: number): Promise<void> {
    const frames = this.frames;
    this.sign(true);
    while (this.playing && this.frames === frames) {
      const begun = performance.now();
      if (!(await go((Number(slider.value) + 1) % count))) break;
      // the last moment stands a little longer before the film begins again
      const rest = PAUSE_MS * (Number(slider.value) === count - 1 ? 3 : 1) - (performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, Math.max(50, rest)));
    }
  }

  private sign(playing: boolean): void {
    this.playing = playing;
    const button = document.getElementById('play');
    if (!button) return;
    button.textContent = playing ? '❚❚' : '▶';
    button.title = button.ariaLabel = t(playing ? 'pause' : 'play');
  }

  pause(): void {
    this.sign(false);
  }

  close(): void {
    this.pause();
    this.frames?.close();
    this.frames = null;
    this.now = null;
    this.layer = null;
    this.bar.hidden = true;
    this.bar.replaceChildren();
    delete this.bar.dataset.shown;
    const ended = this.ended;
    this.ended = null;
    ended?.();
  }
}
