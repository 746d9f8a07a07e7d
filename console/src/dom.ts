// Elements without a framework: `h('button', { type: 'button', onclick }, 'text')`.
type Child = Node | string | null | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, properties: Partial<HTMLElementTagNameMap[K]> & { data?: Record<string, string> } = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const { data, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  if (data) Object.assign(element.dataset, data);
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

export const place = (id: string): HTMLElement => document.getElementById(id)!;

export function notify(message: string, kind: 'problem' | 'hint' = 'problem'): void {
  const notice = place('notice');
  notice.textContent = message;
  notice.className = kind;
  notice.hidden = false;
  window.setTimeout(() => (notice.hidden = true), 6000);
}
