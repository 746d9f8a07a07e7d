// One click on the map for whoever asks for a place; clicks for attributes rest meanwhile.
import { notify } from './dom';
import { t } from './text';

let waiting = false;

export const picking = (): boolean => waiting;

export function pick(): Promise<{ lon: number; lat: number }> {
  waiting = true;
  notify(t('clickMap'), 'hint');
  window.twinMap.getCanvas().style.cursor = 'crosshair';
  return new Promise((resolve) => window.twinMap.once('click', (event) => {
    // the click for attributes hears the same event: it must find us still waiting
    setTimeout(() => (waiting = false), 0);
    window.twinMap.getCanvas().style.cursor = '';
    resolve({ lon: Number(event.lngLat.lng.toFixed(6)), lat: Number(event.lngLat.lat.toFixed(6)) });
  }));
}
