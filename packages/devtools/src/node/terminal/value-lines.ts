import type { ShownValue } from "../../protocol/value.ts";

/** A value as indented text, one line an entry: what is not here is counted, and what may not be shown is said to be hidden. */
export function valueLines(value: ShownValue, indent = ""): string[] {
  switch (value.type) {
    case "object":
      return [
        `${indent}${value.class ?? ""}${value.class === null ? "" : " "}{`,
        ...value.entries.flatMap(([key, entry]) => keyed(key, entry, `${indent}  `)),
        ...(value.more > 0 ? [`${indent}  … ${value.more} more`] : []),
        `${indent}}`,
      ];
    case "array":
      return [
        `${indent}${value.class ?? ""}${value.class === null ? "" : " "}[`,
        ...value.items.flatMap((item) => valueLines(item, `${indent}  `)),
        ...(value.more > 0 ? [`${indent}  … ${value.more} more`] : []),
        `${indent}]`,
      ];
    default:
      return [indent + briefValue(value)];
  }
}

function keyed(key: string, value: ShownValue, indent: string): string[] {
  const [first, ...rest] = valueLines(value, indent);
  return [`${indent}${key}: ${first!.slice(indent.length)}`, ...rest];
}

/** A value on one line. */
export function briefValue(value: ShownValue): string {
  switch (value.type) {
    case "plain":
      return value.text;
    case "string":
      return `${JSON.stringify(value.text)}${value.length === undefined ? "" : ` … ${value.length} characters`}`;
    case "function":
      return `function ${value.name}`;
    case "cut":
      return `(${value.what})`;
    case "hidden":
      return "(hidden)";
    case "object": {
      const entries = value.entries.map(([key, entry]) => `${key}: ${briefValue(entry)}`);
      const name = value.class === null ? "" : `${value.class} `;
      return `${name}{ ${[...entries, ...(value.more > 0 ? [`… ${value.more} more`] : [])].join(", ")} }`;
    }
    case "array": {
      const items = [...value.items.map(briefValue), ...(value.more > 0 ? [`… ${value.more} more`] : [])];
      return `${value.class === null ? "" : `${value.class} `}[${items.join(", ")}]`;
    }
  }
}
