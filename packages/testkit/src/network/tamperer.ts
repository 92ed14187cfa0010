import type { Tally, Tampering } from "../fault/controls.ts";
import type { RandomStream } from "../world/random.ts";

/** The last frame of each pipe and direction, kept while somebody wants to put one where it does not belong. */
export class Recorder {
  #users = 0;
  readonly #frames = new Map<object, Uint8Array>();

  begin(): void {
    this.#users += 1;
  }

  end(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#frames.clear();
  }

  record(lane: object, bytes: Uint8Array): void {
    if (this.#users > 0) this.#frames.set(lane, bytes);
  }

  /** A frame of some other pipe or direction; null while none was recorded. */
  ofAnother(lane: object): Uint8Array | null {
    for (const [other, bytes] of this.#frames) if (other !== lane) return bytes;
    return null;
  }
}

/** Changes one frame of a link, once. */
export class Tamperer {
  readonly #tampering: Tampering;
  readonly #tally: Tally;
  readonly #random: RandomStream;
  readonly #recorder: Recorder;
  #frames = 0;

  constructor(tampering: Tampering, tally: Tally, random: RandomStream, recorder: Recorder) {
    this.#tampering = tampering;
    this.#tally = tally;
    this.#random = random;
    this.#recorder = recorder;
  }

  /** What goes over the pipe where `bytes` would have. */
  frames(lane: object, bytes: Uint8Array): readonly Uint8Array[] {
    this.#frames += 1;
    if (this.#tally.effective > 0 || this.#frames < this.#tampering.nth) return [bytes];
    const changed = this.#change(lane, bytes);
    if (changed === null) return [bytes];
    this.#tally.effective = 1;
    return changed;
  }

  /** Null while there is nothing to do it with. */
  #change(lane: object, bytes: Uint8Array): readonly Uint8Array[] | null {
    switch (this.#tampering.type) {
      case "flip": {
        if (bytes.length === 0) return null;
        const changed = bytes.slice();
        const bit = this.#random.below(bytes.length * 8);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        return [changed];
      }
      case "truncate":
        return bytes.length === 0 ? null : [bytes.subarray(0, this.#random.below(bytes.length))];
      case "replay":
        return [bytes, bytes];
      case "cross": {
        const foreign = this.#recorder.ofAnother(lane);
        return foreign === null ? null : [bytes, foreign];
      }
      case "forge":
        return [bytes, this.#random.bytes(this.#tampering.bytes)];
    }
  }
}
