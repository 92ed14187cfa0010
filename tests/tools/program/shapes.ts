import { fn } from "@espalier/code";

export const area = fn((width: number, height: number): number => width * height);

export function describe(shape: { readonly name?: string; readonly sides?: readonly number[] } | null): string {
  return `${shape?.name ?? "nothing"} of ${shape?.sides?.length ?? 0} sides`;
}

// The same names as elsewhere, for other things: a bundler has to rename some of them.
export const sum = fn((...xs: readonly string[]): string => xs.join("+"));
export const limit = 7;
