const utf8 = new TextEncoder();

/**
 * CBOR of data that a well-behaved encoder would refuse: too deep, with keys and numbers that are not allowed. It shares nothing with the
 * encoder of the wire.
 */
export function hostileCbor(data: unknown): Uint8Array {
  const chunks: Uint8Array[] = [];
  write(data, chunks);
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function write(value: unknown, chunks: Uint8Array[]): void {
  if (value === null) chunks.push(Uint8Array.of(0xf6));
  else if (typeof value === "boolean") chunks.push(Uint8Array.of(value ? 0xf5 : 0xf4));
  else if (typeof value === "number") chunks.push(number(value));
  else if (typeof value === "bigint") chunks.push(bigint(value));
  else if (typeof value === "string") {
    const text = utf8.encode(value);
    chunks.push(head(3, text.length), text);
  } else if (value instanceof Uint8Array) chunks.push(head(2, value.length), value);
  else if (Array.isArray(value)) {
    chunks.push(head(4, value.length));
    for (const item of value) write(item, chunks);
  } else if (typeof value === "object") {
    const entries = Object.entries(value);
    chunks.push(head(5, entries.length));
    for (const [name, inner] of entries) {
      write(name, chunks);
      write(inner, chunks);
    }
  } else chunks.push(Uint8Array.of(0xf7));
}

function head(major: number, length: number): Uint8Array {
  if (length < 24) return Uint8Array.of((major << 5) | length);
  const bytes = new Uint8Array(5);
  bytes[0] = (major << 5) | 26;
  new DataView(bytes.buffer).setUint32(1, length);
  return bytes;
}

function number(value: number): Uint8Array {
  if (Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 31) {
    return value >= 0 ? head(0, value) : head(1, -1 - value);
  }
  const bytes = new Uint8Array(9);
  bytes[0] = 0xfb;
  new DataView(bytes.buffer).setFloat64(1, value);
  return bytes;
}

function bigint(value: bigint): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = value >= 0n ? 0x1b : 0x3b;
  new DataView(bytes.buffer).setBigUint64(1, BigInt.asUintN(64, value >= 0n ? value : -1n - value));
  return bytes;
}
