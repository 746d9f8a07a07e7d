// Features of a layer are clicked on the map: the layer is shown meanwhile, what lies under the pointer is told.
import { Popup, type MapGeoJSONFeature, type MapMouseEvent } from 'maplibre-gl';
import { ask } from './api';
import { h, notify } from './dom';
import { drawn, isVisible, setVisible, sourceLayer } from './map';
import { t } from './text';
import { release, take, type Tool } from './tool';

export interface Picking { stop(): void }

const REACH = 6; // pixels around the pointer, so that thin lines are met

/** Calls `picked` with the value of `column` of each feature that is clicked, until stopped. */
export async function startPicking(layer: string, column: string, picked: (code: string) => void, ended: () => void): Promise<Picking> {
  const map = window.twinMap;
  if (!drawn(map, layer)) throw new Error(`${t('noLayer')} ${layer}`);
  const hidden = !isVisible(map, layer);
  if (hidden) setVisible(map, layer, true);
  const popup = new Popup({ closeButton: false, closeOnClick: false, className: 'tip' });
  const under = (event: MapMouseEvent): MapGeoJSONFeature | undefined => {
    const { x, y } = event.point;
    const found = map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]])
      .filter((hit) => sourceLayer(hit.layer) === layer && hit.source === layer && hit.properties.count === undefined);
    return map.queryRenderedFeatures(event.point).find((hit) => found.some((one) => one.id === hit.id && sourceLayer(hit.layer) === layer)) ?? found[0];
  };
  const codeOf = async (hit: MapGeoJSONFeature): Promise<string | undefined> => {
    const own = hit.properties[column] as unknown;
    if (own !== undefined) return String(own);
    const item = await ask<{ properties: Record<string, unknown> }>(`/ogc/collections/${layer}/items/${String(hit.id)}`);
    return item.properties[column] === undefined ? undefined : String(item.properties[column]);
  };
  const click = (event: MapMouseEvent): void => {
    const hit = under(event);
    if (!hit) return notify(t(map.getZoom() < 14 ? 'nothingFar' : 'nothingHere'), 'hint');
    void codeOf(hit).then((code) => code !== undefined && picked(code)).catch((error: Error) => notify(error.message));
  };
  const move = (event: MapMouseEvent): void => {
    const hit = under(event);
    map.getCanvas().style.cursor = hit ? 'pointer' : 'crosshair';
    if (!hit) return void popup.remove();
    const told = [hit.properties[column], hit.properties.name].filter((one) => one !== undefined).map(String).join(' · ');
    if (told) popup.setLngLat(event.lngLat).setDOMContent(h('span', {}, told)).addTo(map);
  };
  const tool: Tool = {
    hint: 'clickFeatures',
    stop: () => {
      map.off('click', click).off('mousemove', move);
      popup.remove();
      if (hidden) setVisible(map, layer, false);
      release(tool);
      ended();
    },
  };
  take(tool);
  map.on('click', click);
  map.on('mousemove', move);
  return tool;
}
