import type { TransferAction, TransferBounds, TransferMessage } from "@espalier/heartbeat";
import { leaseParameters, Transfers } from "@espalier/heartbeat";
import { beforeEach, describe, expect, test } from "vitest";

const parameters = leaseParameters();
const bounds: TransferBounds = { signalsPerArrival: 2, signalsPerAway: 3 };

let nowMs = 0;
let home: Transfers;
let host: Transfers;
let said: { readonly to: string; readonly message: TransferMessage }[];
let done: TransferAction[];

const at = () => ({ now: nowMs, wall: nowMs });

/** Takes what both have decided; what they say waits in `said`. */
function settle(): void {
  for (const node of [home, host]) {
    for (let actions = node.take(); actions.length > 0; actions = node.take()) {
      for (const action of actions) {
        if (action.type === "send") said.push({ to: action.to, message: action.message });
        else done.push(action);
      }
    }
  }
}

/** Gives each what was said to it, but for what `isLost`. */
function deliver(isLost: (message: TransferMessage) => boolean = () => false): void {
  for (let letter = said.shift(); letter !== undefined; letter = said.shift()) {
    const { to, message } = letter;
    if (isLost(message)) continue;
    if (to === "home/1") home.receive("host/1", message, at());
    else if (to === "host/1") host.receive("home/1", message, at());
    settle();
  }
}

function pass(durationMs: number, isLost?: (message: TransferMessage) => boolean): void {
  for (const untilMs = nowMs + durationMs; nowMs < untilMs;) {
    nowMs += parameters.beatMs;
    for (const node of [home, host]) node.tick(at());
    settle();
    deliver(isLost);
  }
}

const delivered = (): unknown[] => done.flatMap((one) => (one.type === "deliver" ? [one.signal] : []));
const verdicts = (): unknown[] => done.flatMap((one) => (one.type === "verdict" ? [one.reason] : []));

function depart(): void {
  home.depart("p", "host/1", "cargo", ["hash"], at());
  settle();
}

function send(...signals: readonly string[]): void {
  for (const signal of signals) home.signal("p", signal, at());
  settle();
}

beforeEach(() => {
  [nowMs, said, done] = [0, [], []];
  [home, host] = [
    new Transfers("home/1", parameters, () => "baton", bounds),
    new Transfers("host/1", parameters, () => "baton", bounds),
  ];
});

describe("signals for a process that has come and does not begin yet", () => {
  test.each([
    [2, ["1", "2"]],
    [3, ["1", "2"]],
  ])("are taken up to the bound, and what is beyond comes again when it has begun: %i", (count, first) => {
    const signals = ["1", "2", "3"].slice(0, count);
    depart();
    deliver((message) => message.type.startsWith("lease."));
    host.admit("p", 1, at());
    settle();
    deliver((message) => message.type.startsWith("lease."));
    send(...signals);
    deliver((message) => message.type.startsWith("lease."));
    expect(delivered()).toEqual([]);
    host.tick(at());
    settle();
    deliver();
    expect(delivered()).toEqual(first);
    pass(4 * parameters.beatMs);
    expect(delivered()).toEqual(signals);
  });
});

describe("signals that a host does not acknowledge", () => {
  /** A host that says that it is there, and that nothing has come. */
  const deafen = (message: TransferMessage): boolean => {
    if (message.type === "lease.beat") (message as { receipts: readonly unknown[] }).receipts = [];
    return false;
  };

  /** And that its lease goes on. */
  const lie = (message: TransferMessage): boolean => {
    if (message.type === "lease.beat") (message as { lapsed: boolean }).lapsed = false;
    return deafen(message);
  };

  test.each([
    [3, deafen, []],
    [4, deafen, ["lapsed"]],
    [4, lie, ["behind"]],
  ])(
    "are kept up to the bound; beyond it its lease runs out though it beats: %i, %o (S300)",
    (count, change, reasons) => {
      depart();
      deliver();
      host.admit("p", 1, at());
      settle();
      deliver();
      send(...["1", "2", "3", "4"].slice(0, count));
      deliver(change);
      pass(parameters.verdictMs + 3 * parameters.beatMs, change);
      expect(verdicts()).toEqual(reasons);
      expect(home.counts().homes).toBe(reasons.length === 0 ? 1 : 0);
      // Nothing is left at either: the host knows that it may not act any more before the home says so (P13).
      expect(host.counts().guests).toBe(reasons.length === 0 ? 1 : 0);
    },
  );

  test("and are acknowledged in time after all, cost nothing", () => {
    depart();
    deliver();
    host.admit("p", 1, at());
    settle();
    deliver();
    send("1", "2", "3", "4");
    deliver(deafen);
    pass(2 * parameters.beatMs, deafen);
    pass(2 * parameters.verdictMs);
    expect([verdicts(), delivered()]).toEqual([[], ["1", "2", "3", "4"]]);
  });
});

test("definitions are supplied once in half a beat for each offer, however often they are asked for, and anew over a new link", () => {
  depart();
  const need = { type: "transfer.need", process: "p", epoch: 1, hashes: ["hash"] } as const;
  const supplied = (): number => done.filter((one) => one.type === "supply").length;
  const ask = (): void => {
    for (let n = 0; n < 100; n += 1) home.receive("host/1", need, at());
    settle();
  };
  ask();
  expect(supplied()).toBe(1);
  nowMs += parameters.beatMs / 2 - 1;
  ask();
  expect(supplied()).toBe(1);
  nowMs += 1;
  ask();
  expect(supplied()).toBe(2);
  home.linked("host/1", at());
  ask();
  expect(supplied()).toBe(3);
});

describe("a home that somebody made up", () => {
  const offer = (n: number): TransferMessage => ({
    type: "transfer.offer",
    process: `made-up-${n}/1/1`,
    epoch: 2,
    home: `made-up-${n}/1`,
    cargo: "cargo",
    hashes: [],
    received: 0,
    performed: 0,
    effects: [],
    baton: "baton",
    grant: null,
  });
  const places = (n: number): readonly string[] => host.placesOf(`made-up-${n}`);

  test("leaves nothing behind when its process is refused", () => {
    host.receive("home/1", offer(1), at());
    host.refuse("made-up-1/1/1", 2, "no", at());
    expect(places(1)).toEqual([]);
  });

  test("leaves nothing behind when it does not answer for as long as a lease and a verdict last", () => {
    host.receive("home/1", offer(1), at());
    host.admit("made-up-1/1/1", 2, at());
    settle();
    expect(places(1)).toEqual(["made-up-1/1"]);
    pass(parameters.leaseMs + parameters.verdictMs + 2 * parameters.beatMs, () => true);
    expect([places(1), host.isIdle, host.counts().guests]).toEqual([[], true, 0]);
  });

  test("and that there is after all, is sent no beat's number twice", () => {
    const numbers: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      host.receive("home/1", offer(1), at());
      host.refuse("made-up-1/1/1", 2, "no", at());
      settle();
      for (const { message } of said.splice(0)) if (message.type === "lease.beat") numbers.push(message.number);
    }
    expect(numbers).toEqual([1, 2, 3]);
  });
});
