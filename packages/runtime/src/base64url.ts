const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** RFC 4648 §5, without padding: how keys are written. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 6; count -= 6) text += alphabet[(bits >> (count - 6)) & 63];
    bits &= 0xff;
  }
  if (count > 0) text += alphabet[(bits << (6 - count)) & 63];
  return text;
}

/** @returns the bytes, or null when `text` is not exactly what {@link toBase64Url} writes. */
export function fromBase64Url(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let bits = 0;
  let count = 0;
  let offset = 0;
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) return null;
    bits = ((bits << 6) | digit) & 0xffff;
    count += 6;
    if (count >= 8) bytes[offset++] = (bits >> (count -= 8)) & 0xff;
  }
  // A spelling with other left-over bits would make two texts for one key.
  return toBase64Url(bytes) === text ? bytes : null;
}
