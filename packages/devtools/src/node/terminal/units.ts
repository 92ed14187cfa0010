/** `999`, `41,203`, `1.2M`: never more than seven characters. */
export function count(value: number): string {
  if (value < 1_000_000) return Math.round(value).toLocaleString("en");
  if (value < 999_950_000) return `${(value / 1e6).toFixed(1)}M`;
  return value < 1e12 ? `${(value / 1e9).toFixed(1)}G` : value.toExponential(1);
}

/** How much a second, for people; a null is not known yet. */
export function rate(value: number | null): string {
  if (value === null) return "-";
  if (value !== 0 && Math.abs(value) < 10) return value.toFixed(1);
  const text = count(Math.abs(value));
  return value < 0 ? `-${text}` : text;
}

/** With its sign, for what grows and shrinks. */
export function change(value: number | null): string {
  return value !== null && value > 0 ? `+${rate(value)}` : rate(value);
}

/** `850ms`, `12s`, `3m 5s`, `2h 14m`, `3d 4h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** In binary units: `310 MiB`. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1_024 && unit < units.length - 1; unit++) value /= 1_024;
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]!}`;
}

/** A point in time, to the second, in UTC. */
export function time(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}
