/** A key, by name; a letter is itself. */
export type Key = string;

/**
 * The keys in what a terminal in raw mode sent. What is not known, such as a mouse's reports and what was pasted between marks, comes to
 * nothing. An escape sequence comes in one piece from every terminal of today, so there is nothing to wait for.
 */
export function keysOf(input: string): Key[] {
  const keys: Key[] = [];
  let rest = input;
  while (rest !== "") {
    // eslint-disable-next-line no-control-regex
    const sequence = /^\u001B(?:\[[\u0030-\u003F]*[\u0020-\u002F]*[\u0040-\u007E]|O[\u0040-\u007E])/.exec(rest)?.[0];
    if (sequence !== undefined) {
      const key = sequences[sequence.slice(1).replace(/^O/, "[")];
      if (key !== undefined) keys.push(key);
      rest = rest.slice(sequence.length);
      continue;
    }
    const letter = String.fromCodePoint(rest.codePointAt(0)!);
    rest = rest.slice(letter.length);
    const key = controls[letter] ?? (/^\p{C}$/u.test(letter) ? undefined : letter);
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

const controls: Readonly<Record<string, Key>> = {
  "\u001B": "escape",
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\u007F": "backspace",
  "\b": "backspace",
  "\u0003": "interrupt",
  "\u0004": "end-of-input",
  "\u001A": "suspend",
  "\u000C": "redraw",
};

const sequences: Readonly<Record<string, Key>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  "[1~": "home",
  "[4~": "end",
  "[5~": "page-up",
  "[6~": "page-down",
};
