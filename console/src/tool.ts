// One tool at a time works on the map: picking features, drawing, moving points. Its bar tells what a click does.
import { h, place } from './dom';
import { t, type Word } from './text';

export interface Tool {
  hint: Word;
  stop(): void;
  done?(): void;
  undo?(): void;
}

let current: Tool | null = null;
let resting = false;

/** Whether a click on the map belongs to a tool. */
export const busy = (): boolean => current !== null || resting;

export function take(tool: Tool): void {
  current?.stop();
  current = tool;
  document.body.classList.add('with-tool');
  document.body.classList.remove('panel-layers', 'panel-simulation');
  window.twinMap.getCanvas().style.cursor = 'crosshair';
  const button = (id: string, word: Word, onclick: () => void): HTMLElement => h('button', { type: 'button', id, onclick }, t(word));
  place('tool').replaceChildren(
    h('span', {}, t(tool.hint)),
    ...(tool.undo ? [button('tool-undo', 'undo', () => tool.undo!())] : []),
    ...(tool.done ? [button('tool-done', 'done', () => tool.done!())] : []),
    button('tool-stop', tool.done ? 'cancelTool' : 'done', () => tool.stop()));
  place('tool').hidden = false;
}

/** Ends the tool at work: what is on the map is to be read now. */
export const rest = (): void => current?.stop();

/** Called by the tool when it is through. The click that ended it is still on its way to others. */
export function release(tool: Tool): void {
  if (current !== tool) return;
  current = null;
  resting = true;
  setTimeout(() => (resting = false), 0);
  document.body.classList.remove('with-tool');
  window.twinMap.getCanvas().style.cursor = '';
  place('tool').hidden = true;
}

window.addEventListener('keydown', (event) => {
  if (!current) return;
  if (event.key === 'Escape') current.stop();
  else if (event.key === 'Enter' && current.done && !(event.target instanceof HTMLButtonElement)) current.done();
  else if (event.key === 'Backspace' && current.undo && !(event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement)) current.undo();
  else return;
  event.preventDefault();
});
