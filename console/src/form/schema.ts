// What a JSON Schema says of an input beyond its type: references, the tag of a choice, shapes for the map.
import type { Schema } from '../api';

export interface Form {
  element: HTMLElement;
  value(): unknown;
  /** Takes what the form shows on the map away, and its tool. */
  drop?(): void;
  /** Asks for the place or shape that a new entry begins with. */
  begin?(): void;
}

export function resolve(schema: Schema, root: Schema): Schema {
  let found = schema;
  while (found.$ref) {
    const name = found.$ref.split('/').pop()!;
    const { $ref: _, ...own } = found;
    found = { ...root.$defs?.[name], ...own };
  }
  const options = (found.oneOf ?? found.anyOf)?.map((option) => resolve(option, root));
  const present = options?.filter((option) => option.type !== 'null');
  if (options && present?.length === 1 && present.length < options.length) {
    const { anyOf: _a, oneOf: _b, ...own } = found;
    return { ...present[0], ...own };
  }
  return found;
}

/** Equal as JSON, whatever the order of the keys. */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}

export const options = (schema: Schema, root: Schema): Schema[] =>
  (schema.oneOf ?? schema.anyOf ?? []).map((option) => resolve(option, root)).filter((option) => option.type !== 'null');

export const typeOf = (schema: Schema): string | undefined =>
  Array.isArray(schema.type) ? schema.type.find((item) => item !== 'null') : schema.type;

export const label = (schema: Schema, name: string): string => {
  const unit = schema['x-unit'];
  return (schema.title ?? name) + (unit && unit !== '1' ? ` (${unit})` : '');
};

/** The property with a constant that tells one kind of a choice from the others. */
export function tagOf(option: Schema): [string, unknown] | null {
  for (const [name, property] of Object.entries(option.properties ?? {})) if (property.const !== undefined) return [name, property.const];
  return null;
}

export type Position = [number, number];
export type Kind = 'Point' | 'LineString' | 'Polygon' | 'Box';

/** A way to draw an input: positions on the map to and from its value. A polygon's ring is open here. */
export interface Way {
  kind: Kind;
  to(positions: Position[]): unknown;
  from(value: unknown): Position[] | null;
}

const bounded = (schema: Schema | undefined, most: number): boolean => schema?.minimum === -most && schema.maximum === most;

const isPosition = (schema: Schema | undefined): boolean =>
  schema?.prefixItems?.length === 2 && bounded(schema.prefixItems[0], 180) && bounded(schema.prefixItems[1], 90);

const isBox = ({ prefixItems: parts }: Schema): boolean => parts?.length === 4 && parts.every((part, index) => bounded(part, index % 2 ? 90 : 180));

const closed = (ring: Position[]): Position[] => [...ring, ring[0]!];
const corners = ([w, s, e, n]: number[]): Position[] => [[w!, s!], [e!, n!]];
const given = <T>(value: unknown, read: (value: T) => Position[]): Position[] | null => (value == null ? null : read(value as T));

/** GeoJSON geometries by their `type`. */
const geometries: Record<string, Way> = {
  Point: {
    kind: 'Point', to: ([at]) => ({ type: 'Point', coordinates: at }),
    from: (value) => given<{ coordinates: Position }>(value, (one) => [one.coordinates]),
  },
  LineString: {
    kind: 'LineString', to: (line) => ({ type: 'LineString', coordinates: line }),
    from: (value) => given<{ coordinates: Position[] }>(value, (one) => one.coordinates),
  },
  Polygon: {
    kind: 'Polygon', to: (ring) => ({ type: 'Polygon', coordinates: [closed(ring)] }),
    from: (value) => given<{ coordinates: Position[][] }>(value, (one) => one.coordinates[0]!.slice(0, -1)),
  },
};

/** How an input is drawn; none for what is no shape. */
export function ways(schema: Schema, root: Schema): Way[] {
  if (isPosition(schema)) return [{ kind: 'Point', to: ([at]) => at, from: (value) => given<Position>(value, (at) => [at]) }];
  if (isBox(schema)) return [{ kind: 'Box', to: boxOf, from: (value) => given<number[]>(value, corners) }];
  if (isPosition(schema.items && resolve(schema.items, root)))
    return [{ kind: 'LineString', to: (line) => line, from: (value) => given<Position[]>(value, (line) => (line.length ? line : null) as Position[]) }];
  const type = schema.properties?.coordinates && schema.properties.type?.const;
  if (type) return [geometries[String(type)]].filter((way): way is Way => !!way);
  const each = options(schema, root).map((option) => ways(option, root));
  return each.length && each.every((found) => found.length) ? each.flat() : [];
}

function boxOf(positions: Position[]): number[] {
  const [x, y] = [0, 1].map((axis) => positions.map((at) => at[axis]!)) as [number[], number[]];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

/** Whether an object names a place by two numbers. */
export const isPlace = ({ properties: has }: Schema): boolean => bounded(has?.lon, 180) && bounded(has?.lat, 90);
