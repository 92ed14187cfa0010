const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** How 32 bytes are written, as the source of a pattern: the last of 43 characters stands for four bits alone, so that no two texts mean the same key. */
export const key32 = "[\\w-]{42}[AEIMQUYcgkosw048]";

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
  for (let index = 0; index < text.length; index += 1) {
    const digit = digits[text.charCodeAt(index)] ?? -1;
    if (digit < 0) return null;
    bits = ((bits << 6) | digit) & 0xffff;
    count += 6;
    if (count >= 8) bytes[offset++] = (bits >> (count -= 8)) & 0xff;
  }
  // One digit more than whole bytes is none, and left-over bits in another spelling would make two texts for one key.
  return count < 6 && (bits & ((1 << count) - 1)) === 0 ? bytes : null;
}

/** What a character stands for, by its code; -1 for those that stand for nothing. */
const digits: Int8Array = new Int8Array(128).fill(-1);
for (let digit = 0; digit < alphabet.length; digit += 1) digits[alphabet.charCodeAt(digit)] = digit;
