import type { ChaosAction } from "../../protocol/requests.ts";

export type Parameter = ChaosAction["parameters"][number];

/** What is wrong with what was typed for a parameter; null: nothing that can be seen here. The program looks again. */
export function wrongWith({ kind }: Parameter, text: string): string | null {
  const value = text.trim();
  if (value === "") return "expected a value";
  switch (kind) {
    case "duration":
      return /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(value) ? null : "expected a duration, such as 500ms, 10s or 2m";
    case "number":
      return Number.isFinite(Number(value)) ? null : "expected a number";
    case "pid":
    case "node":
      return null;
  }
}
