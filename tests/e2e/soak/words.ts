import type { Pid } from "espalier";
import { Process, Server } from "espalier";

/** What a client sends when it does not read what comes: more than the system's buffers hold. */
export const floodBytes = 4 * 2 ** 20;

/** Counts what each client said in its present life, and says how much that was: what was lost on the way is missing. */
export const Ledger = Server.define({
  label: "ledger",
  init: () => ({ said: new Map<string, number>() }),
  cast: {
    say: ({ said }, client: string) => void said.set(client, (said.get(client) ?? 0) + 1),
    *flood(_, to: Pid<Uint8Array>) {
      // In a process of its own: it waits for whoever does not read.
      yield* Process.spawn(function* flood() {
        yield* Process.send(to, new Uint8Array(floodBytes));
      });
    },
  },
  call: {
    count({ said }, client: string): number {
      const count = said.get(client) ?? 0;
      said.delete(client);
      return count;
    },
  },
});

/** How a client's life ends. */
export const fates = ["stop", "disconnect", "cut", "deaf", "cut early", "silent", "babble", "revoked"] as const;
export type Fate = (typeof fates)[number];

/** What the clients of one OS process have seen. */
export interface Tally {
  /** Lives, by their ends. */
  readonly lives: Record<Fate, number>;
  /** Messages that were answered for. */
  readonly said: number;
  /** Those that were not among what the server had got, though the session was in order. */
  readonly lost: number;
  /** What a session in order should not meet. */
  readonly failures: readonly string[];
}

export interface Target {
  readonly id: string;
  readonly address: string;
}

/** From the server's OS process to that of clients. */
export type Order =
  | {
      readonly type: "begin";
      readonly keys: readonly string[];
      readonly targets: readonly Target[];
      readonly seed: number;
      /** How long a session lasts, on the average. */
      readonly lifeMs: number;
    }
  /** That the client with this key was revoked, and let in again. */
  | { readonly type: "revoked"; readonly client: string }
  | { readonly type: "finish" };

/** And back. */
export type Report =
  | { readonly type: "ready" }
  | { readonly type: "revoke"; readonly client: string; readonly target: string }
  | { readonly type: "tally"; readonly tally: Tally };
