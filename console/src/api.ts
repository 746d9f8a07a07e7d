// The service as the page sees it: JSON over HTTP with the key in a header, problems as readable errors.
import { language } from './text';

export interface Term { title: string; colour?: string }
export interface Column { name: string; title: string; type: string; unit?: string | null; terms?: Record<string, Term> }
export interface Stop { value: number; colour: string; title?: string | null }
export interface LayerStyle {
  colour: string; colour_by?: string | null; width: number; width_by?: string | null; widths?: { value: number; width: number }[];
  directed?: boolean; opacity: number; extrude?: string | null;
  label?: string | null; visible: boolean; order: number; stops: Stop[]; terms?: Record<string, Term>;
}
export interface Layer {
  name: string; title: string; description: string; kind: string; time?: boolean; data_class: string; access: string; access_title: string;
  geometry?: string | null; process?: string | null; unit?: string | null; quantity?: string | null;
  tilejson?: string; items?: string; style: LayerStyle; columns: Column[]; bounds?: [number, number, number, number] | null;
}
export interface Schema {
  type?: string | string[]; title?: string; description?: string; default?: unknown; minimum?: number; maximum?: number;
  exclusiveMinimum?: number; exclusiveMaximum?: number; enum?: unknown[]; const?: unknown; properties?: Record<string, Schema>;
  required?: string[]; oneOf?: Schema[]; anyOf?: Schema[]; items?: Schema; $ref?: string; $defs?: Record<string, Schema>;
  format?: string; maxLength?: number; prefixItems?: Schema[]; additionalProperties?: Schema | boolean; propertyNames?: Schema;
  'x-layer'?: string; 'x-code'?: string; 'x-front'?: string[]; 'x-groups'?: { title: string; members: string[] }[];
  'x-run'?: string | string[]; 'x-unit'?: string; 'x-enum-titles'?: Record<string, string> | string[];
}
export interface Offered { name: string; title: string; description?: string }
export interface Process {
  name: string; title: string; description: string; version: string; example: Record<string, unknown>; inputs: Schema; outputs?: Schema;
}
export interface Run {
  id: string; process: string; state: 'accepted' | 'running' | 'successful' | 'failed' | 'dismissed'; progress: number;
  inputs?: Record<string, unknown>; parent?: string | null; message?: string | { zh: string; en: string } | null; outputs?: Record<string, unknown> | null;
  error?: { zh?: string; en?: string; code?: string; detail?: string } | null; created: string; wall_s?: number | null; layers?: string[];
  published?: boolean; may_publish?: boolean;
}

const fragment = new URLSearchParams(location.hash.slice(1));
const given = fragment.get('key');
if (given) {
  sessionStorage.setItem('twin-key', given);
  fragment.delete('key'); // out of the address bar, out of the history
  history.replaceState(null, '', location.pathname + location.search + (fragment.size ? `#${fragment}` : ''));
}

export const key = (): string | null => sessionStorage.getItem('twin-key');

export function headers(): Record<string, string> {
  const own = key();
  return own ? { Authorization: `Bearer ${own}` } : {};
}

export class Problem extends Error {}

export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const url = new URL(path, location.origin);
  if (!init.method || init.method === 'GET') url.searchParams.set('lang', language());
  const answer = await fetch(url, {
    ...init,
    headers: { Accept: 'application/json', 'Accept-Language': language(), ...headers(), ...(init.headers as Record<string, string>) },
  });
  const body: unknown = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) {
    const problem = body as { title?: string; detail?: string; code?: string } | null;
    throw new Problem([problem?.title, problem?.detail].filter(Boolean).join('：') || `HTTP ${answer.status}`);
  }
  return body as T;
}

export const layers = async (): Promise<Layer[]> => (await ask<{ layers: Layer[] }>('/layers')).layers;
export async function processes(): Promise<Offered[]> {
  const answer = await ask<{ simulations?: Offered[] } | Offered[]>('/simulations');
  return Array.isArray(answer) ? answer : (answer.simulations ?? []);
}
export const process = (name: string): Promise<Process> => ask(`/simulations/${name}`);
export async function runs(query = ''): Promise<Run[]> {
  const answer = await ask<{ runs?: Run[] } | Run[]>(`/runs${query}`);
  return Array.isArray(answer) ? answer : (answer.runs ?? []);
}
export const run = (id: string): Promise<Run> => ask(`/runs/${id}`);
export const publish = (id: string, published: boolean): Promise<Run> => ask(`/runs/${id}/publication`, { method: published ? 'PUT' : 'DELETE' });
export const cancel = (id: string): Promise<unknown> => ask(`/runs/${id}`, { method: 'DELETE' });
export const start = (name: string, inputs: unknown): Promise<Run> =>
  ask(`/simulations/${name}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
    body: JSON.stringify(inputs),
  });
