import type { ShownValue } from "../../protocol/value.ts";

/** A value as text, to copy: all of it that is here, and where there is more, that there is. */
export function textOf(value: ShownValue): string {
  return written(value, "");
}

function written(value: ShownValue, indent: string): string {
  switch (value.type) {
    case "plain":
      return value.text;
    case "string": {
      const missing = (value.length ?? value.text.length) - value.text.length;
      return JSON.stringify(value.text) + (missing > 0 ? ` … ${missing} characters more` : "");
    }
    case "function":
      return `[function ${value.name}]`;
    case "object":
      return block(
        value.class === null ? "" : `${value.class} `,
        value.entries.map(([name, part]) => `${nameOf(name)}: ${written(part, `${indent}  `)}`),
        value.more,
        "{}",
        indent,
      );
    case "array":
      return block(
        value.class === null ? "" : `${value.class} `,
        value.items.map((item) => written(item, `${indent}  `)),
        value.more,
        "[]",
        indent,
      );
    case "cut":
      return `[${value.what}]`;
    case "hidden":
      return "[hidden]";
  }
}

function block(head: string, parts: readonly string[], more: number, brackets: string, indent: string): string {
  const lines = more > 0 ? [...parts, `… ${more} more`] : parts;
  if (lines.length === 0) return head + brackets;
  return `${head}${brackets[0]}\n${lines.map((line) => `${indent}  ${line},\n`).join("")}${indent}${brackets[1]}`;
}

function nameOf(name: string): string {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name);
}
