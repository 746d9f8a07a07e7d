// Times of a run: minutes since its start; a date only where the run was given one.
import type { Run } from './api';

const UNDATED = '2000-01-01T00:00:00Z'; // what a flood counts from when nobody says when it is

export function startOf(run: Run, times: string[]): { at: number; dated: boolean } {
  const inputs = (run.inputs ?? {}) as { start?: string | null; storm?: { kind?: string } | null };
  if (inputs.start) return { at: Date.parse(inputs.start), dated: true };
  if (inputs.storm?.kind === 'raster' && times[0]) return { at: Date.parse(times[0]), dated: true };
  const undated = Date.parse(UNDATED);
  const first = times[0] ? Date.parse(times[0]) : undated;
  return first >= undated && first < undated + 31 * 86_400_000 ? { at: undated, dated: false } : { at: first, dated: true };
}

export const minuteOf = (run: Run, time: string, times: string[]): number => (Date.parse(time) - startOf(run, times).at) / 60_000;

/** Year-month-day and the hour of the reader's own clock, alike in both languages. */
export function dateOf(time: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const at = new Date(time);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
