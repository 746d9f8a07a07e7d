// The report of a run in a window of its own. It is fetched with the key, which an address could not carry; its inline
// styles, which this page's policy refuses, go in through the style objects.
import { ask, headers, type Run } from './api';
import { h, notify } from './dom';
import { language, t } from './text';

/** A button to the report, or nothing where the process makes none. */
export async function reportButton(run: Run): Promise<HTMLElement | null> {
  const { report } = await ask<{ report?: string }>(`/runs/${run.id}/results`);
  if (!report) return null;
  const open = (): void => {
    const page = window.open('', '_blank');
    if (page) fill(page as Window & typeof globalThis, new URL(report).pathname).catch((error: Error) => { page.close(); notify(error.message); });
  };
  return h('button', { type: 'button', id: 'report', onclick: open }, t('report'));
}

async function fill(page: Window & typeof globalThis, path: string): Promise<void> {
  const answer = await fetch(`${path}?lang=${language()}`, { headers: { ...headers() } });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  // renamed before the parser sees them, or each would be a breach of the policy
  const text = (await answer.text()).replace(/<(\/?)style/g, '<$1x-style').replace(/ style="/g, ' data-css="');
  const parsed = new DOMParser().parseFromString(text, 'text/html');
  const sheets = [...parsed.querySelectorAll('x-style')].map((style) => {
    const sheet = new page.CSSStyleSheet();
    sheet.replaceSync(style.textContent ?? '');
    style.remove();
    return sheet;
  });
  for (const element of parsed.querySelectorAll('script, meta[http-equiv]')) element.remove();
  const own = page.document;
  own.replaceChild(own.adoptNode(parsed.documentElement), own.documentElement);
  own.adoptedStyleSheets = sheets;
  for (const element of own.querySelectorAll<HTMLElement | SVGElement>('[data-css]')) element.style.cssText = element.dataset.css!;
}
