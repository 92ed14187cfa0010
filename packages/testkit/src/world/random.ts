import type { Random } from "@espalier/runtime";

/**
 * Random numbers by label: the n-th number of a label depends on the seed, the label and n, and on nothing else. So a run from which one
 * fault is left out still draws the same numbers everywhere else, which is what makes a failing run small.
 */
export class KeyedRandom {
  readonly #seed: number;
  readonly #streams = new Map<string, RandomStream>();

  /** @throws RangeError when the seed is not a whole number of at least 0 that a number holds exactly. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`seed: expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${seed}`);
    }
    this.#seed = seed;
  }

  /** The numbers of `label`, one after another: whoever asks for the same label goes on where the last one stopped. */
  stream(label: string): RandomStream {
    let stream = this.#streams.get(label);
    if (stream === undefined) {
      stream = new RandomStream(this.#seed, label);
      this.#streams.set(label, stream);
    }
    return stream;
  }
}

/** The random numbers of one label. Fit for the keys of simulated nodes, and for no others. */
export class RandomStream implements Random {
  readonly #low: number;
  readonly #high: number;
  #drawn = 0;

  constructor(seed: number, label: string) {
    this.#low = hashText(label, mix(seed >>> 0));
    this.#high = hashText(label, mix(Math.floor(seed / 2 ** 32) ^ 0x5bd1e995));
  }

  unit(): number {
    const high = this.#draw();
    return (high * 2 ** 21 + (this.#draw() >>> 11)) / 2 ** 53;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let index = 0; index < count; index += 4) {
      const word = this.#draw();
      for (let byte = 0; byte < 4 && index + byte < count; byte += 1) bytes[index + byte] = word >>> (byte * 8);
    }
    return bytes;
  }

  /** A number in [min, max). */
  between(min: number, max: number): number {
    return min + this.unit() * (max - min);
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.unit() * below);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** @throws RangeError when there is nothing to choose from. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError("choices: expected at least one, got none");
    return choices[this.below(choices.length)] as T;
  }

  /** 32 bits. Two lanes of 32, because with one a few ten thousand labels would have two that draw the same. */
  #draw(): number {
    this.#drawn += 1;
    return mix(mix(this.#low ^ Math.imul(this.#drawn, 0x9e3779b9)) ^ (this.#high + this.#drawn));
  }
}

/** MurmurHash3's last step: every bit of the input changes every bit of the output in half of the cases. */
export function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** FNV-1a, spread at the end. */
export function hashText(text: string, start: number): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}
