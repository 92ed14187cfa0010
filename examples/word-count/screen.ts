/** Where the job is shown: lines that stay, and on a terminal, below them, a picture that is drawn anew with each. */
export interface Screen {
  /** Elsewhere than on a terminal `below` is not shown: who reads a file wants no pictures between the lines. */
  line(text: string, below?: readonly string[]): void;
}

/** The part of a stream that a screen needs. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export function createScreen(output: Output): Screen {
  return output.isTTY === true ? new TerminalScreen(output) : { line: (text) => output.write(`${text}\n`) };
}

class TerminalScreen implements Screen {
  readonly #output: Output;
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  line(text: string, below: readonly string[] = []): void {
    // A terminal that does not know its size says 0.
    const columns = this.#output.columns || 80;
    const rows = this.#output.rows || 24;
    const lines = below.slice(0, rows - 2).map((line) => line.slice(0, columns - 1));
    // Up to the first line of the picture, and clear from there to the end of the screen.
    const erase = this.#drawn === 0 ? "" : `\x1b[${this.#drawn}A\r\x1b[J`;
    this.#output.write(erase + [text, ...lines].map((line) => `${line}\n`).join(""));
    this.#drawn = lines.length;
  }
}
