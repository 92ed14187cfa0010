/** Cuts a stream of text into its lines, of which none may be longer than the limit. */
export class Lines {
  readonly #limit: number;
  #rest = "";

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that are whole with this piece, empty ones left out. Throws a RangeError when a line grows beyond the limit. */
  push(piece: string): readonly string[] {
    const parts = (this.#rest + piece).split("\n");
    this.#rest = parts.pop() ?? "";
    const longest = Math.max(this.#rest.length, ...parts.map((part) => part.length));
    if (longest > this.#limit) {
      this.#rest = "";
      throw new RangeError(`A line of the stream: expected at most ${this.#limit} characters, got ${longest}.`);
    }
    return parts.filter((part) => part !== "");
  }
}
