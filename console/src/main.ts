// The page: layers on the left, the map, the simulation on the right.
import { key, layers as fetchLayers } from './api';
import { notify, place } from './dom';
import { identify } from './identify';
import { showLayers } from './layers';
import { createMap } from './map';
import { Simulation } from './simulation';
import { language, setLanguage, t } from './text';

function head(): void {
  document.documentElement.lang = language();
  place('title').textContent = t('title');
  place('who').textContent = t(key() ? 'withKey' : 'anonymous');
  const button = place('language');
  button.textContent = t('other');
  button.onclick = () => {
    setLanguage(language() === 'zh' ? 'en' : 'zh');
    location.reload();
  };
}

async function open(): Promise<void> {
  head();
  const layers = (await fetchLayers()).sort((a, b) => a.style.order - b.style.order);
  const map = await createMap(layers);
  showLayers(map, layers);
  const simulation = new Simulation(map, layers);
  identify(map, layers, () => simulation.shown());
  await simulation.open();
}

open().catch((error: unknown) => notify(error instanceof Error ? error.message : t('failed')));
