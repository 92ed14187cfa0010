/** How many keys a node uses at a time: its own, and the static keys that its sessions use. */
const entriesMax = 32;

/** Parsed private keys: parsing one costs as much as using it. The oldest go first. */
export class KeyCache<K> {
  readonly #keys = new Map<string, K>();

  get(der: Buffer, parse: () => K): K {
    const id = der.toString("latin1");
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const key = parse();
    if (this.#keys.size >= entriesMax) this.#keys.delete(this.#keys.keys().next().value as string);
    this.#keys.set(id, key);
    return key;
  }
}
