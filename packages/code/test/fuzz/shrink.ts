import { type AnyNode, parse } from "acorn";

/**
 * A smaller program that still `fails`: statements are left out or put in place of those around them, and expressions become one of
 * their parts or a number, as long as that is possible.
 */
export function shrink(text: string, fails: (text: string) => boolean, attemptsMax = 2000): string {
  let smallest = text;
  let attempts = 0;
  for (let again = true; again;) {
    again = false;
    for (const candidate of candidates(smallest)) {
      if (attempts++ >= attemptsMax) return smallest;
      if (candidate.length >= smallest.length || !isProgram(candidate) || !fails(candidate)) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}

/** Programs one step smaller, those that leave out most first. */
function candidates(text: string): string[] {
  const cuts: { readonly start: number; readonly end: number; readonly by: string }[] = [];
  const visit = (node: AnyNode): void => {
    const { start, end } = node;
    const parts = partsOf(node);
    if (/Statement$|Declaration$/.test(node.type)) {
      cuts.push({ start, end, by: "" });
      for (const part of parts.filter(({ type }) => type.endsWith("Statement")))
        cuts.push({ start, end, by: text.slice(part.start, part.end) });
    } else if (/Expression$|^Identifier$|^TemplateLiteral$/.test(node.type)) {
      if (end - start > 1) cuts.push({ start, end, by: "1" });
      for (const part of parts)
        if (part.type.endsWith("Expression")) cuts.push({ start, end, by: `(${text.slice(part.start, part.end)})` });
    }
    parts.forEach(visit);
  };
  visit(parse(text, { ecmaVersion: "latest" }));
  return cuts
    .sort((one, other) => other.end - other.start - other.by.length - (one.end - one.start - one.by.length))
    .map(({ start, end, by }) => text.slice(0, start) + by + text.slice(end));
}

function partsOf(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((part: unknown): part is AnyNode => typeof part === "object" && part !== null && "type" in part);
}

function isProgram(text: string): boolean {
  try {
    const [only, ...more] = parse(text, { ecmaVersion: "latest", sourceType: "module" }).body;
    return only?.type === "FunctionDeclaration" && more.length === 0;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
