import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type Plane, planes as allPlanes } from "../../protocol/capability.ts";
import { DevToolsError } from "../errors.ts";

/**
 * What lets its holder ask, and how much: a macaroon (Birgisson et al., NDSS 2014) of three parts, joined by dots.
 *
 * - The planes that it was made for, a letter each: `i`, `v`, `m`, `c`.
 * - Any number of narrowings, up to eight: the planes that are left, then `@` and the second since 1970 at which it ends, in base 36, if it does.
 * - 32 bytes in base64url: the HMAC-SHA256 of the first part under the server's secret; each narrowing is the HMAC of its text under the bytes before.
 *
 * So whoever has a token can make weaker ones of it, without asking anybody, and nobody can make a stronger one. The text of it is in
 * {@link Token.secret} alone: printing a token, or writing it as JSON, shows what it allows.
 */
export class Token {
  readonly #parts: readonly string[];
  readonly #signature: Buffer;
  readonly planes: readonly Plane[];
  /** Milliseconds since 1970; null: it does not end before the program does. */
  readonly untilMs: number | null;

  private constructor(parts: readonly string[], signature: Buffer) {
    this.#parts = parts;
    this.#signature = signature;
    const [made = "", ...narrowings] = parts;
    const read = narrowings.map((text) => text.split("@"));
    this.planes = allPlanes.filter((plane) => {
      const letter = letterOf(plane);
      return made.includes(letter) && read.every(([kept = ""]) => kept.includes(letter));
    });
    const ends = read.flatMap(([, end]) => (end === undefined ? [] : [Number.parseInt(end, 36) * 1_000]));
    this.untilMs = ends.length === 0 ? null : Math.min(...ends);
  }

  /** @param secret of the server: 32 random bytes. */
  static make(secret: Uint8Array, planes: readonly Plane[]): Token {
    const made = lettersOf(planes);
    return new Token([made], sign(secret, made));
  }

  /** The token that a text is; null: it is none. It may still be anybody's. */
  static parse(text: string): Token | null {
    if (text.length > lengthMax || !form.test(text)) return null;
    const parts = text.split(".");
    const signature = Buffer.from(parts.pop() as string, "base64url");
    return new Token(parts, signature);
  }

  /** Whether the server with this secret made it, or somebody narrowed one that it made. Takes the same time whatever differs. */
  isOf(secret: Uint8Array): boolean {
    let expected: Uint8Array = secret;
    for (const part of this.#parts) expected = sign(expected, part);
    return timingSafeEqual(expected, this.#signature);
  }

  isOver(nowMs: number): boolean {
    return this.untilMs !== null && nowMs >= this.untilMs;
  }

  /**
   * A weaker one: with no more planes than these, and until no later than that. It needs nothing but the token.
   *
   * @throws DevToolsError when it has been narrowed eight times; RangeError when `until` is no time.
   */
  narrow({ planes = this.planes, until }: { readonly planes?: readonly Plane[]; readonly until?: Date }): Token {
    if (this.#parts.length > narrowingsMax) {
      throw new DevToolsError(
        "TOKEN_UNUSABLE",
        `a token can be narrowed ${narrowingsMax} times, and this one has been`,
      );
    }
    const end = until === undefined ? "" : `@${secondOf(until).toString(36)}`;
    const narrowing = `${lettersOf(planes)}${end}`;
    return new Token([...this.#parts, narrowing], sign(this.#signature, narrowing));
  }

  /** What it was narrowed from, first of all. */
  get made(): string {
    return this.#parts[0] ?? "";
  }

  /** Tells tokens apart in what is logged, and lets nobody ask: the planes' letters, and 48 bits of a hash. */
  get fingerprint(): string {
    const hash = createHash("sha256").update(this.#signature).digest("base64url");
    return `${lettersOf(this.planes) || "none"}-${hash.slice(0, 8)}`;
  }

  /** The token itself. Who has it may do what it allows. */
  get secret(): string {
    return [...this.#parts, this.#signature.toString("base64url")].join(".");
  }

  toString(): string {
    const until = this.untilMs === null ? "" : ` until ${timeText(this.untilMs)}`;
    return `Token(${this.planes.join(", ")}${until})`;
  }

  toJSON(): string {
    return this.toString();
  }
}

const narrowingsMax = 8;
const form = /^[ivmc]{0,4}(\.[ivmc]{0,4}(@[0-9a-z]{1,9})?){0,8}\.[A-Za-z0-9_-]{43}$/;
const lengthMax = 256;

function sign(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function secondOf(until: Date): number {
  const second = Math.floor(until.getTime() / 1_000);
  if (second >= 0 && second < 36 ** 9) return second;
  throw new RangeError(`until: expected a time from 1970 on, got ${String(until)}`);
}

/** Its holder may have narrowed it to a year that no Date has. */
function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

function letterOf(plane: Plane): string {
  return plane.charAt(0);
}

/** In the order of the planes, so that the same planes make the same text. */
function lettersOf(planes: readonly Plane[]): string {
  return allPlanes
    .filter((plane) => planes.includes(plane))
    .map(letterOf)
    .join("");
}
