/** Where the job is shown: lines that stay, and below them, on a terminal, a status that is drawn anew. */
export interface Screen {
  line(text: string): void;
  /** On a terminal: what is below the lines from now on. Elsewhere nothing: who reads a file wants no pictures in between. */
  status(lines: readonly string[]): void;
}

/** The part of a stream that a screen needs. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export function createScreen(output: Output): Screen {
  return output.isTTY === true
    ? new TerminalScreen(output)
    : { line: (text) => output.write(`${text}\n`), status: () => {} };
}

class TerminalScreen implements Screen {
  readonly #output: Output;
  #drawn = 0;
  #status: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  line(text: string): void {
    this.#redraw(`${text}\n`);
  }

  status(lines: readonly string[]): void {
    this.#status = lines;
    this.#redraw("");
  }

  #redraw(above: string): void {
    const { columns = 80, rows = 24 } = this.#output;
    const lines = this.#status.slice(0, rows - 2).map((line) => line.slice(0, columns - 1));
    // Up to the first line of the status, and clear from there to the end of the screen.
    const erase = this.#drawn === 0 ? "" : `\x1b[${this.#drawn}A\r\x1b[J`;
    this.#output.write(erase + above + lines.map((line) => `${line}\n`).join(""));
    this.#drawn = lines.length;
  }
}
