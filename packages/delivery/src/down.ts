import type { Down } from "@espalier/runtime";

export function isDown(message: unknown): message is Down {
  return typeof message === "object" && message !== null && (message as Partial<Down>).type === "DOWN";
}
