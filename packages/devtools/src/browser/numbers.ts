// How numbers are written: always with their unit, short, and of the same width where they stand in columns.

/** `1,204`; from ten thousand on `12.3k`, `4.56M`. */
export function count(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return grouped(Math.round(value));
  if (size < 999_500) return `${digits(value / 1000)}k`;
  if (size < 999_500_000) return `${digits(value / 1_000_000)}M`;
  return `${digits(value / 1_000_000_000)}G`;
}

/** Every digit: `41,203`. */
export function grouped(value: number): string {
  const [whole = "", fraction] = String(Math.abs(value)).split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : `.${fraction}`);
  return value < 0 ? `−${text}` : text;
}

/** `310/s`; null, that is not known yet, is a dash. */
export function perSecond(value: number | null): string {
  return value === null ? "–" : `${small(value)}/s`;
}

/** `+310/s`, `−4/s`; nothing when it does not change. */
export function changePerSecond(value: number | null): string {
  if (value === null || Math.abs(value) < 0.05) return "";
  return `${value > 0 ? "+" : "−"}${small(Math.abs(value))}/s`;
}

/** Of milliseconds: `0.4 ms`, `740 ms`, `1.8 s`, `42 s`, `3 min 4 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 9.95) return `${trimmed(ms, 1)}\u00a0ms`;
  if (ms < 999.5) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 9_950) return `${trimmed(ms / 1000, 1)}\u00a0s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}\u00a0s`;
  if (seconds < 3_600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  return pair(Math.floor(minutes / 1_440), "d", Math.floor((minutes % 1_440) / 60), "h");
}

/** `412 MB`, of 1000 kB each. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(Math.round(size)) : digits(size)}\u00a0${units[unit]}`;
}

/** `62 %`, of a part of one. */
export function percent(part: number): string {
  return `${Math.round(part * 100)}\u00a0%`;
}

/** `1 process`, `2 processes`. */
export function plural(value: number, one: string, many: string): string {
  return `${grouped(value)}\u00a0${value === 1 ? one : many}`;
}

function small(value: number): string {
  return value < 9.95 ? trimmed(value, 1) : count(value);
}

/** Three digits that count. */
function digits(value: number): string {
  const size = Math.abs(value);
  const text = trimmed(size, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
  return value < 0 ? `−${text}` : text;
}

function trimmed(value: number, places: number): string {
  const text = value.toFixed(places);
  return places === 0 ? text : text.replace(/\.?0+$/, "");
}

function pair(large: number, largeUnit: string, little: number, littleUnit: string): string {
  const text = `${large}\u00a0${largeUnit}`;
  return little === 0 ? text : `${text} ${little}\u00a0${littleUnit}`;
}
