/**
 * What is kept only until somebody has acknowledged it: forwarding entries, causes that registrations must still hear.
 *
 * Nothing is collected by age (H1). A record goes once everybody who was to know of it has said so, or is gone for good: a node that never
 * returns takes its claims with the verdict on it (P19).
 */
export class Reaper {
  /** Who must still acknowledge what: key → place → the epoch or version that it must have heard of. */
  readonly #owed = new Map<string, Map<string, number>>();

  /** How many records are kept. */
  get size(): number {
    return this.#owed.size;
  }

  /** `key` is kept until `place` has acknowledged `version` or a later one. */
  keep(key: string, version: number, place: string): void {
    const places = this.#owed.get(key);
    if (places === undefined) this.#owed.set(key, new Map([[place, version]]));
    else places.set(place, Math.max(version, places.get(place) ?? version));
  }

  /** `place` knows `version` of `key`. True when nobody else must: the record can go. */
  acknowledge(key: string, version: number, place: string): boolean {
    const places = this.#owed.get(key);
    const expected = places?.get(place);
    if (places === undefined || expected === undefined || expected > version) return false;
    return this.#settle(key, places, place);
  }

  /** `place` is gone for good. The keys of the records that can go. */
  verdict(place: string): readonly string[] {
    const collected: string[] = [];
    for (const [key, places] of this.#owed)
      if (places.has(place) && this.#settle(key, places, place)) collected.push(key);
    return collected;
  }

  /** The record went another way; nobody has to acknowledge anything. */
  forget(key: string): void {
    this.#owed.delete(key);
  }

  #settle(key: string, places: Map<string, number>, place: string): boolean {
    places.delete(place);
    return places.size === 0 && this.#owed.delete(key);
  }
}
