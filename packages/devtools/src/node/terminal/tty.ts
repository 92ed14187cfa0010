import { asciiTheme, colourTheme, plainTheme, type Theme } from "./line.ts";
import type { ScreenSize } from "./top-state.ts";

/** Where a command is called. Both are the operating system's; a test has others. */
export interface Tty {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
}

/** Whether there is somebody at it, and the terminal can move its cursor. */
export function isInteractive({ input, output, env }: Tty): boolean {
  return input.isTTY && output.isTTY && env["TERM"] !== "dumb";
}

export function sizeOf({ output }: Tty): ScreenSize {
  return { columns: output.columns || 80, rows: output.rows || 24 };
}

/**
 * What the terminal can show: colours unless `NO_COLOR` is set (no-color.org), `TERM` is `dumb` or the output is none; other letters than ASCII
 * when the locale has UTF-8, or names none, as on Windows.
 */
export function themeOf({ output, env }: Tty): Theme {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  const unicode = locale === undefined ? env["TERM"] !== "linux" : /utf-?8/i.test(locale);
  const plain = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb" || !output.isTTY;
  if (plain) return unicode ? plainTheme : asciiTheme;
  return colourTheme(unicode);
}
