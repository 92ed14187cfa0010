import type { CipherState } from "./noise.ts";
import type { Limits } from "@espalier/runtime";

const nothing = new Uint8Array(0);

/**
 * One direction of a session: a cipher that takes a new key after so many frames or bytes. Both sides count the same frames, so that
 * no signal is needed; a frame that was lost, doubled or made up is one that does not open.
 */
export class RekeyingCipher {
  readonly #cipher: CipherState;
  readonly #limits: Limits;
  #messages = 0;
  #bytes = 0;
  #rekeys = 0;

  constructor(cipher: CipherState, limits: Limits) {
    this.#cipher = cipher;
    this.#limits = limits;
  }

  /** How often it took a new key. */
  get rekeys(): number {
    return this.#rekeys;
  }

  seal(plain: Uint8Array): Uint8Array {
    this.#beforeNext();
    const sealed = this.#cipher.seal(nothing, plain);
    this.#bytes += sealed.length;
    return sealed;
  }

  /** @throws NoiseError when `sealed` is not the next frame of this direction. */
  open(sealed: Uint8Array): Uint8Array {
    this.#beforeNext();
    const plain = this.#cipher.open(nothing, sealed);
    this.#bytes += sealed.length;
    return plain;
  }

  #beforeNext(): void {
    if (this.#messages >= this.#limits.rekeyMessages || this.#bytes >= this.#limits.rekeyBytes) {
      this.#cipher.rekey();
      this.#rekeys += 1;
      this.#messages = 0;
      this.#bytes = 0;
    }
    this.#messages++;
  }
}
