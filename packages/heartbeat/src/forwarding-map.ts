/** Where something went: the node in one of its lives, and the epoch that it has there. */
export interface ForwardingEntry {
  readonly epoch: number;
  readonly place: string;
}

/**
 * Where processes went that were here. Only a shortcut: the home always knows (H1).
 *
 * - Epochs of an entry only grow, and an arrival deletes what is older, so following entries never leads in a circle (P18, H5).
 * - An entry is retired by acknowledgement, never by age (P19, H1).
 */
export class ForwardingMap {
  readonly #entries = new Map<string, ForwardingEntry>();

  get size(): number {
    return this.#entries.size;
  }

  /** `key` left for `place`, where it has `epoch`. Older news than what is known changes nothing. */
  left(key: string, epoch: number, place: string): void {
    const known = this.#entries.get(key);
    if (known === undefined || known.epoch < epoch) this.#entries.set(key, { epoch, place });
  }

  /** `key` is here in `epoch`: where it went before is of no interest to anybody. */
  arrived(key: string, epoch: number): void {
    const known = this.#entries.get(key);
    if (known !== undefined && known.epoch < epoch) this.#entries.delete(key);
  }

  /** The home knows where `key` is in `epoch` or later. True when an entry was retired. */
  retire(key: string, epoch: number): boolean {
    const known = this.#entries.get(key);
    return known !== undefined && known.epoch <= epoch && this.#entries.delete(key);
  }

  /** Where to ask for `key`; undefined when nothing is known here that is as new as `epochMin`. */
  find(key: string, epochMin = 0): ForwardingEntry | undefined {
    const known = this.#entries.get(key);
    return known !== undefined && known.epoch >= epochMin ? known : undefined;
  }

  entries(): IterableIterator<[string, ForwardingEntry]> {
    return this.#entries.entries();
  }
}
