// Publishing a run: what everybody who may read its layers then gets where no run is named.
import { publish, type Run } from './api';
import { h, notify } from './dom';
import { t } from './text';

/** A button for those who may publish, nothing for the others. */
export function publication(run: Run): HTMLElement | null {
  if (!run.may_publish) return null;
  let published = !!run.published;
  const button = h('button', { type: 'button', id: 'publish' });
  const tell = (): void => {
    button.textContent = t(published ? 'withdraw' : 'publish');
    button.title = t(published ? 'withdrawHint' : 'publishHint');
    button.dataset.published = String(published);
  };
  button.onclick = () => {
    button.disabled = true;
    publish(run.id, !published)
      .then((now) => { published = !!now.published; tell(); })
      .catch((error: Error) => notify(error.message))
      .finally(() => { button.disabled = false; });
  };
  tell();
  return button;
}
