import { stage } from "./stage.ts";

/** What was there before; undefined when nothing was. */
let before: PropertyDescriptor | undefined;
let ours: PropertyDescriptor | null = null;

/**
 * Until it is released, code of a simulated node that reads the stack of an error finds its first line and no frames. What they say differs
 * between versions of the engine and between folders, and a crash carries it to other machines: as bytes that take their time, and that are
 * part of the trace hash. Everybody else reads stacks as ever.
 */
export function holdStacks(): void {
  before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const original: unknown = before?.value;
  const prepare = (error: Error, sites: NodeJS.CallSite[]): unknown => {
    if (stage.occupant?.isGuarded === true) return headOf(error);
    if (typeof original === "function") return Reflect.apply(original, Error, [error, sites]) as unknown;
    return [headOf(error), ...sites.map((site) => `    at ${(site as { toString(): string }).toString()}`)].join("\n");
  };
  ours = { value: prepare, writable: true, enumerable: false, configurable: true };
  Object.defineProperty(Error, "prepareStackTrace", ours);
}

export function releaseStacks(): void {
  // Somebody may have put something else there meanwhile.
  if (Object.getOwnPropertyDescriptor(Error, "prepareStackTrace")?.value === ours?.value) {
    if (before === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Object.defineProperty(Error, "prepareStackTrace", before);
  }
  [before, ours] = [undefined, null];
}

function headOf(error: Error): string {
  try {
    return String(error);
  } catch {
    // Its own code failed, and must not become the error that everybody sees.
    return "Error";
  }
}
