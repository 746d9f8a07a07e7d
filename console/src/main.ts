// The page: layers on the left, the map, the simulation on the right.
import { key, layers as fetchLayers } from './api';
import { notify, place } from './dom';
import { identify } from './identify';
import { showLayers } from './layers';
import { createMap } from './map';
import { Simulation, type Left } from './simulation';
import { language, setLanguage, t } from './text';

const LEFT = 'twin-left';

function head(): void {
  document.documentElement.lang = language();
  document.title = t('title');
  place('title').textContent = t('title');
  place('who').textContent = t(key() ? 'withKey' : 'anonymous');
  place('language').textContent = t('other');
  for (const name of ['layers', 'simulation'] as const) {
    const button = place(`show-${name}`);
    button.textContent = t(name);
    button.onclick = () => {
      document.body.classList.toggle(`panel-${name}`);
      document.body.classList.remove(`panel-${name === 'layers' ? 'simulation' : 'layers'}`);
    };
  }
}

/** The page in the other language, with what stood in the form and the run that was shown. */
function turn(simulation: Simulation): void {
  sessionStorage.setItem(LEFT, JSON.stringify(simulation.left()));
  setLanguage(language() === 'zh' ? 'en' : 'zh');
  location.reload();
}

function left(): Left | null {
  const kept = sessionStorage.getItem(LEFT);
  sessionStorage.removeItem(LEFT);
  return kept ? (JSON.parse(kept) as Left) : null;
}

async function open(): Promise<void> {
  head();
  const before = left();
  const layers = (await fetchLayers()).sort((a, b) => a.style.order - b.style.order);
  const map = await createMap(layers);
  showLayers(map, layers);
  const simulation = new Simulation(map, layers);
  place('language').onclick = () => turn(simulation);
  identify(map, layers, () => simulation.shown());
  await simulation.open(before);
}

open().catch((error: unknown) => notify(error instanceof Error ? error.message : t('failed')));
