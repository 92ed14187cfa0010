// Pictures of few colours, in fewer bytes than a browser writes them.

import { crc32, deflateSync, inflateSync } from "node:zlib";

const colours = 256;

/** A PNG of 8 bits a channel without transparency, as one of the 256 colours that it has most of. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, pixels } = decoded(png);
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, colours)
    .map(([colour]) => colour);
  const places = new Map(palette.map((colour, place) => [colour, place]));
  const lines = Buffer.alloc((width + 1) * height);
  for (const [index, colour] of pixels.entries()) {
    let place = places.get(colour);
    if (place === undefined) places.set(colour, (place = nearest(palette, colour)));
    lines[Math.floor(index / width) * (width + 1) + 1 + (index % width)] = place;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    png.subarray(0, 8),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => channels(colour)))),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function decoded(png: Buffer): { readonly width: number; readonly height: number; readonly pixels: Uint32Array } {
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const [width, height, format] = [png.readUInt32BE(16), png.readUInt32BE(20), png.toString("hex", 24, 29)];
  if (format !== "0802000000")
    throw new Error(`expected a PNG of 8 bits a channel, without transparency, got ${format}`);
  const filtered = inflateSync(Buffer.concat(data));
  const line = width * 3;
  const bytes = new Uint8Array(line * height);
  for (let y = 0; y < height; y += 1) {
    const filter = filtered[y * (line + 1)] as number;
    for (let x = 0; x < line; x += 1) {
      const at = y * line + x;
      const left = x < 3 ? 0 : (bytes[at - 3] as number);
      const above = y === 0 ? 0 : (bytes[at - line] as number);
      const corner = x < 3 || y === 0 ? 0 : (bytes[at - line - 3] as number);
      bytes[at] = (filtered[y * (line + 1) + 1 + x] as number) + predicted(filter, left, above, corner);
    }
  }
  const pixels = Uint32Array.from({ length: width * height }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = bytes.subarray(pixel * 3, pixel * 3 + 3);
    return (red << 16) | (green << 8) | blue;
  });
  return { width, height, pixels };
}

/** What a filter of PNG expects a byte to be. */
function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter < 3) return [0, left, above][filter] as number;
  if (filter === 3) return (left + above) >> 1;
  const [toLeft, toAbove, toCorner] = [above - corner, left - corner, left + above - 2 * corner].map(Math.abs);
  if ((toLeft as number) <= (toAbove as number) && (toLeft as number) <= (toCorner as number)) return left;
  return (toAbove as number) <= (toCorner as number) ? above : corner;
}

function nearest(palette: readonly number[], colour: number): number {
  const wanted = channels(colour);
  const distances = palette.map((one) =>
    channels(one).reduce((sum, value, channel) => sum + (value - (wanted[channel] as number)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

function channels(colour: number): readonly number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
