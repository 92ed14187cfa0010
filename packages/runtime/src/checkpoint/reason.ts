import { causeOf } from "@espalier/heartbeat";

/** What an error says. */
export function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  return cause.type === "error" ? cause.error.message : cause.type;
}
