import { mix } from "../world/random.ts";

/** What a message is, whoever holds it: equal for equal content, whatever the order of its fields. */
export interface Fingerprint {
  readonly text: string;
  /** About how long the content is. */
  readonly bytes: number;
}

/** Of a message as it was sent, and as it came out at the other end: absent fields and undefined ones are the same. */
export function fingerprint(value: unknown): Fingerprint {
  let bytes = 0;
  const write = (value: unknown): string => {
    if (value instanceof Uint8Array) {
      bytes += value.length;
      let hash = value.length;
      for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193);
      return `<${value.length} ${mix(hash)}>`;
    }
    if (Array.isArray(value)) return `[${value.map(write).join()}]`;
    if (typeof value === "object" && value !== null) {
      const fields = Object.entries(value).filter(([, field]) => field !== undefined);
      return `{${fields
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, field]) => `${key}:${write(field)}`)
        .join()}}`;
    }
    const text = JSON.stringify(value) ?? String(value);
    bytes += text.length;
    return text;
  };
  const text = write(value);
  return { text, bytes };
}
