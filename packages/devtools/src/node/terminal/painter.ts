/** What {@link Painter} writes to. */
export interface Paper {
  write(text: string): unknown;
}

const escape = "\u001B[";

/**
 * Puts screens on a terminal: on its alternate screen, so that what was there comes back; only the lines that changed; each screen between the
 * marks of synchronized output (mode 2026), so that a terminal that knows them never shows half of one.
 */
export class Painter {
  readonly #paper: Paper;
  #shown: readonly string[] = [];
  #isOpen = false;

  constructor(paper: Paper) {
    this.#paper = paper;
  }

  /** Goes to the alternate screen, without a cursor and without wrapping. */
  open(): void {
    this.#isOpen = true;
    this.#paper.write(`${escape}?1049h${escape}?25l${escape}?7l${escape}2J`);
    this.#shown = [];
  }

  /**
   * Shows these lines, from the first of the screen; lines that were there and are not any more are cleared. Nothing while it is closed: an answer
   * may come when the terminal is its owner's again.
   */
  paint(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    let changes = "";
    for (let row = 0; row < Math.max(lines.length, this.#shown.length); row++) {
      const line = lines[row] ?? "";
      if (line !== (this.#shown[row] ?? "")) changes += `${escape}${row + 1};1H${line}${escape}K`;
    }
    this.#shown = [...lines];
    if (changes !== "") this.#paper.write(`${escape}?2026h${changes}${escape}?2026l`);
  }

  /** Forgets what is on the screen: it has another size now. */
  clear(): void {
    if (!this.#isOpen) return;
    this.#paper.write(`${escape}2J`);
    this.#shown = [];
  }

  /** Gives the terminal back as it was. It may be called twice. */
  close(): void {
    this.#isOpen = false;
    this.#paper.write(`${escape}?2026l${escape}?7h${escape}?25h${escape}?1049l`);
  }
}
