import type { Cause } from "@espalier/heartbeat";
import { describe, expect, it } from "vitest";
import type { Restart } from "../src/restart.ts";
import type { Strategy } from "../src/strategy.ts";
import { crash, Drive, flags, type Outcome, spec } from "./drive.ts";
import { type Scene, type Story, tell } from "./model.ts";

const strategies: readonly Strategy[] = ["one-for-one", "one-for-all", "rest-for-one"];
const restarts: readonly Restart[] = ["permanent", "transient", "temporary"];
const causes: readonly Cause[] = [
  { type: "normal" },
  { type: "shutdown" },
  { type: "shutdown", detail: "late" },
  { type: "killed" },
  crash,
];

describe("the decisions, compared with a model, for every order of up to four children of every restart type", () => {
  it("every child ends with every cause, under every strategy and intensity (S78, S80, R-920 to R-945)", () => {
    const count = compare(function* (types, ids) {
      for (const strategy of strategies) {
        for (const restartsMax of [0, 1]) {
          for (const id of ids) {
            for (const cause of causes) yield { strategy, restartsMax, types, script: {}, incidents: [{ id, cause }] };
          }
        }
      }
    });
    expect(count).toBe(2 * 3 * 5 * (1 * 3 + 2 * 9 + 3 * 27 + 4 * 81));
  });

  it("every child starts, fails or chooses not to, at the boot (R-910 to R-913)", () => {
    const count = compare(function* (types, ids) {
      for (const outcomes of combinations(["ok", "fail", "ignore"] as const, ids.length)) {
        const script = Object.fromEntries(ids.map((id, index) => [id, [outcomes[index]!]]));
        yield { strategy: "one-for-one", restartsMax: 1, types, script, incidents: [] };
      }
    });
    expect(count).toBe(9 + 81 + 729 + 6_561);
  });

  it("the restart of every child, or of a sibling with it, fails once, twice, for ever, or is declined (S82, R-945 to R-950)", () => {
    const later: readonly Outcome[][] = [
      ["fail"],
      ["fail", "fail"],
      ["fail", "fail", "fail", "fail"],
      ["ignore"],
      ["fail", "ignore"],
    ];
    const count = compare(function* (types, ids) {
      for (const strategy of strategies) {
        for (const id of ids) {
          for (const stubborn of ids) {
            for (const outcomes of later) {
              const script: Record<string, Outcome[]> = { [stubborn]: ["ok", ...outcomes] };
              yield { strategy, restartsMax: 3, types, script, incidents: [{ id, cause: crash }] };
            }
          }
        }
      }
    });
    expect(count).toBe(3 * 5 * (1 * 3 + 4 * 9 + 9 * 27 + 16 * 81));
  });

  it("any two children end at the same time, with or without a failing restart between them (S79, R-948)", () => {
    const count = compare(function* (types, ids) {
      for (const strategy of strategies) {
        for (const restartsMax of [1, 2]) {
          for (const first of ids) {
            for (const second of ids) {
              if (first === second) continue;
              for (const cause of [crash, { type: "normal" } as const]) {
                for (const stubborn of [undefined, first, second]) {
                  const script: Record<string, Outcome[]> =
                    stubborn === undefined ? {} : { [stubborn]: ["ok", "fail"] };
                  const incidents = [
                    { id: first, cause: crash },
                    { id: second, cause },
                  ];
                  yield { strategy, restartsMax, types, script, incidents };
                }
              }
            }
          }
        }
      }
    });
    expect(count).toBe(3 * 2 * 2 * 3 * (2 * 9 + 6 * 27 + 12 * 81));
  });
});

/** Plays every scene both ways, and says how many there were. */
function compare(scenes: (types: readonly Restart[], ids: readonly string[]) => Iterable<Scene>): number {
  let count = 0;
  for (let size = 1; size <= 4; size += 1) {
    for (const types of combinations(restarts, size)) {
      const ids = types.map((_, index) => "abcd".charAt(index));
      for (const scene of scenes(types, ids)) {
        count += 1;
        const expected = tell(scene);
        const actual = play(scene);
        // Comparing text first is what makes a hundred thousand of them quick.
        if (actual.trace !== expected.trace || actual.shape !== expected.shape) {
          expect({ scene, ...actual }).toEqual({ scene, ...expected });
        }
      }
    }
  }
  return count;
}

function play({ strategy, restartsMax, types, script, incidents }: Scene): Story {
  const specs = types.map((restart, index) => spec("abcd".charAt(index), { restart }));
  const drive = new Drive(flags({ strategy, intensity: { restarts: restartsMax, withinSeconds: 5 } }), specs);
  for (const [id, outcomes] of Object.entries(script)) drive.script[id] = [...outcomes];
  drive.boot();
  if (drive.ended === null) {
    for (const { id, cause } of incidents) {
      const pid = drive.state.children.find((child) => child.spec.id === id)?.pid;
      if (typeof pid === "string") drive.mailbox.push({ type: "exited", pid, cause });
    }
    drive.settle();
  }
  return { trace: drive.news(), shape: drive.ended === null ? drive.shape() : "ended" };
}

function* combinations<T>(values: readonly T[], length: number): Iterable<readonly T[]> {
  if (length === 0) return yield [];
  for (const value of values) {
    for (const rest of combinations(values, length - 1)) yield [value, ...rest];
  }
}
