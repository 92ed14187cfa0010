/** As much of CBOR (RFC 8949) as messages between nodes need: no tags, definite lengths. */

export type Cbor =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Cbor[]
  | { readonly [key: string]: Cbor };

function head(major: number, value: number | bigint): Buffer {
  const type = major << 5;
  if (value < 24) return Buffer.of(type | Number(value));
  if (value < 0x100) return Buffer.of(type | 24, Number(value));
  const wide = value < 0x1_0000 ? 2 : value < 0x1_0000_0000 ? 4 : 8;
  const bytes = Buffer.alloc(1 + wide, type | (wide === 2 ? 25 : wide === 4 ? 26 : 27));
  if (wide === 8) bytes.writeBigUInt64BE(BigInt(value), 1);
  else bytes.writeUIntBE(Number(value), 1, wide);
  return bytes;
}

export function encode(value: Cbor): Buffer {
  if (value === null) return Buffer.of(0xf6);
  if (value === undefined) return Buffer.of(0xf7);
  if (typeof value === "boolean") return Buffer.of(value ? 0xf5 : 0xf4);
  if (typeof value === "bigint") return value < 0n ? head(1, -1n - value) : head(0, value);
  if (typeof value === "number") {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 32) return value < 0 ? head(1, -1 - value) : head(0, value);
    const bytes = Buffer.alloc(9, 0xfb);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as { readonly [key: string]: Cbor });
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, of]) => [encode(key), encode(of)])]);
}

export function decode(bytes: Uint8Array): Cbor {
  const buffer = Buffer.from(bytes);
  let at = 0;
  const length = (low: number): number => {
    if (low < 24) return low;
    const wide = 2 ** (low - 24);
    at += wide;
    return wide === 8 ? Number(buffer.readBigUInt64BE(at - 8)) : buffer.readUIntBE(at - wide, wide);
  };
  const read = (): Cbor => {
    const first = buffer[at++] as number;
    const [major, low] = [first >> 5, first & 31];
    if (major === 7) {
      if (low === 26) return buffer.readFloatBE((at += 4) - 4);
      if (low === 27) return buffer.readDoubleBE((at += 8) - 8);
      const plain = { 20: false, 21: true, 22: null, 23: undefined }[low];
      if (plain === undefined && low !== 23) throw new Error(`simple value ${low} at ${at}`);
      return plain;
    }
    const of = length(low);
    if (major === 0) return of;
    if (major === 1) return -1 - of;
    if (major === 2) return buffer.subarray(at, (at += of));
    if (major === 3) return buffer.toString("utf8", at, (at += of));
    if (major === 4) return Array.from({ length: of }, read);
    if (major === 5) return Object.fromEntries(Array.from({ length: of }, () => [read() as string, read()]));
    throw new Error(`tag ${of} at ${at}`);
  };
  return read();
}
