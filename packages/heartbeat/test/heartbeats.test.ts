import type { Heartbeat as AnyHeartbeat, HeartbeatAction, HeartbeatStatus } from "@espalier/heartbeat";
import { Heartbeat, HeartbeatLimitError, Heartbeats, keyOf, LeafHeartbeat, lostWith } from "@espalier/heartbeat";
import { describe, expect, test } from "vitest";

const home = { node: "a", incarnation: "1" };
const reason = { type: "exit", reason: "no paper" } as const;
const stoppedAt = (version: number): HeartbeatStatus => ({
  state: "stopped",
  cause: { type: "stopped" },
  epoch: 0,
  version,
});

function tells(actions: readonly HeartbeatAction[]): readonly string[] {
  return actions.map((action) =>
    action.type === "tell" ? `${action.node} ${action.id} ${action.status.state}` : action.type,
  );
}

describe("a heartbeat", () => {
  test("lives for its duration and expires by judgement, not by time alone (S53, H19)", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(100, 1_000);
    expect(heartbeats.status(heartbeat, 1_040)).toEqual({ state: "live", remainingMs: 60, epoch: 0, version: 1 });
    expect(heartbeats.nextDeadline()).toBe(1_100);
    expect(heartbeats.due(1_099)).toBe(false);
    expect(heartbeats.due(1_100)).toBe(true);
    expect(heartbeats.status(heartbeat, 1_100)).toMatchObject({ state: "live", remainingMs: 0 });
    expect(heartbeats.nextDeadline()).toBe(Infinity);
    expect(heartbeats.judge(1_101)).toBe(false);
    expect(heartbeats.status(heartbeat, 1_101)).toEqual({
      state: "expired",
      cause: { type: "expired" },
      epoch: 0,
      version: 2,
    });
  });

  test("is saved by a reset that lay unread when the timer fired (H19)", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(100, 0);
    heartbeats.due(100);
    expect(heartbeats.reset(heartbeat, 50, 101)).toBe("accepted");
    expect(heartbeats.judge(102)).toBe(false);
    expect(heartbeats.status(heartbeat, 102)).toMatchObject({ state: "live", remainingMs: 49 });
    expect(heartbeats.nextDeadline()).toBe(151);
  });

  test("is not saved by a reset that leaves nothing", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(100, 0);
    heartbeats.due(101);
    expect(heartbeats.reset(heartbeat, 0, 102)).toBe("accepted");
    heartbeats.judge(102);
    expect(heartbeats.status(heartbeat, 102)).toMatchObject({ state: "expired" });
  });

  test("counts the changes of its record: answers can be ordered by it (H4)", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(100, 0);
    const version = () => {
      const status = heartbeats.status(heartbeat, 0);
      return "version" in status && status.version;
    };
    expect(version()).toBe(1);
    heartbeats.reset(heartbeat, 200, 0);
    expect(version()).toBe(2);
    heartbeats.reset(heartbeat, 200, 0);
    heartbeats.reset(heartbeat, 10, 0);
    expect(version()).toBe(2);
    heartbeats.stop(heartbeat);
    expect(version()).toBe(3);
  });

  test("gets a second round of input after the event loop stood still, and no third (S53, H19, P5)", () => {
    for (const [firedAt, judgedAt] of [
      [100, 260],
      [260, 261],
    ] as const) {
      const heartbeats = new Heartbeats(home, { stallMs: 50 });
      const heartbeat = heartbeats.create(100, 0);
      heartbeats.due(firedAt);
      expect(heartbeats.judge(judgedAt)).toBe(true);
      expect(heartbeats.status(heartbeat, judgedAt)).toMatchObject({ state: "live" });
      expect(heartbeats.judge(judgedAt + 1_000)).toBe(false);
      expect(heartbeats.status(heartbeat, judgedAt + 1_000)).toMatchObject({ state: "expired" });
    }
  });

  test("is saved in the second round as in the first", () => {
    const heartbeats = new Heartbeats(home, { stallMs: 50 });
    const heartbeat = heartbeats.create(100, 0);
    heartbeats.due(300);
    heartbeats.judge(301);
    heartbeats.reset(heartbeat, 100, 302);
    expect(heartbeats.judge(303)).toBe(false);
    expect(heartbeats.status(heartbeat, 303)).toMatchObject({ state: "live", remainingMs: 99 });
  });

  test("without a limit never runs out, and can be given that later", () => {
    const heartbeats = new Heartbeats(home);
    const forever = heartbeats.create(Infinity, 0);
    const extended = heartbeats.create(10, 0);
    const rescued = heartbeats.create(5, 0);
    heartbeats.due(5);
    heartbeats.reset(rescued, Infinity, 5);
    heartbeats.reset(extended, Infinity, 5);
    expect(heartbeats.nextDeadline()).toBe(Infinity);
    heartbeats.due(1e12);
    heartbeats.judge(1e12);
    for (const each of [forever, extended, rescued]) {
      expect(heartbeats.status(each, 1e12)).toMatchObject({ state: "live", remainingMs: Infinity });
    }
    expect(heartbeats.reset(forever, 5, 0)).toBe("accepted");
    expect(heartbeats.stop(forever)).toBe("accepted");
  });

  test("ends once: the first of stop, fail, verdict and expiry wins (S51, P1, P9)", () => {
    const enders: Record<string, (heartbeats: Heartbeats, heartbeat: LeafHeartbeat) => unknown> = {
      stopped: (heartbeats, heartbeat) => heartbeats.stop(heartbeat),
      failed: (heartbeats, heartbeat) => heartbeats.fail(heartbeat, reason),
      unresponsive: (heartbeats, heartbeat) => heartbeats.verdict(heartbeat, "b"),
      expired: (heartbeats) => [heartbeats.due(10), heartbeats.judge(11)],
    };
    for (const [state, end] of Object.entries(enders)) {
      const heartbeats = new Heartbeats(home);
      const heartbeat = heartbeats.create(10, 0);
      end(heartbeats, heartbeat);
      const recorded = heartbeats.status(heartbeat, 11);
      expect(recorded).toMatchObject({ state });
      expect(heartbeats.stop(heartbeat)).toBe("refused");
      expect(heartbeats.fail(heartbeat, { type: "exit", reason: "another" })).toBe("refused");
      expect(heartbeats.verdict(heartbeat, "c")).toBe("refused");
      expect(heartbeats.reset(heartbeat, 1_000, 11)).toBe("refused");
      heartbeats.due(1e6);
      heartbeats.judge(1e6);
      expect(heartbeats.status(heartbeat, 1e6)).toEqual(recorded);
    }
  });

  test("can be stopped while it is due", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(10, 0);
    heartbeats.due(10);
    expect(heartbeats.stop(heartbeat)).toBe("accepted");
    expect(heartbeats.judge(11)).toBe(false);
    expect(heartbeats.status(heartbeat, 11)).toEqual(stoppedAt(2));
  });

  test("of an earlier life of the node is over (H18); one never given out is forgotten, never guessed (S56, P14)", () => {
    const heartbeats = new Heartbeats(home);
    const past = new LeafHeartbeat("a", "0", 1);
    expect(heartbeats.status(past, 0)).toEqual(lostWith("a"));
    expect(heartbeats.stop(past)).toBe("refused");
    expect(heartbeats.reset(past, 10, 0)).toBe("refused");
    const never = new LeafHeartbeat("a", "1", 77);
    expect(heartbeats.status(never, 0)).toEqual({ state: "forgotten" });
    expect(heartbeats.stop(never)).toBe("refused");
    heartbeats.register(past, "b", "1");
    heartbeats.register(never, "b", "2");
    expect(tells(heartbeats.takeActions())).toEqual(["b 1 unresponsive", "b 2 forgotten"]);
    expect(heartbeats.acknowledge("b", "1") && heartbeats.acknowledge("b", "2")).toBe(true);
    expect(heartbeats.size).toBe(0);
  });

  test("of another node is not ended here", () => {
    const heartbeats = new Heartbeats(home);
    const elsewhere = new LeafHeartbeat("b", "1", 1);
    expect(heartbeats.decides(elsewhere)).toBe(false);
    expect(() => heartbeats.stop(elsewhere)).toThrow(
      "Heartbeat(b.1): expected a heartbeat that this node decides about",
    );
    expect(heartbeats.takeActions()).toEqual([]);
    expect(heartbeats.size).toBe(0);
  });
});

describe("a registration", () => {
  test("stands when register returns, and is told once (S55, P10)", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(Infinity, 0);
    heartbeats.register(heartbeat, "b", "1");
    heartbeats.register(heartbeat, "b", "1");
    heartbeats.register(heartbeat, "a", "1");
    heartbeats.fail(heartbeat, reason);
    heartbeats.stop(heartbeat);
    expect(heartbeats.takeActions()).toEqual([
      { type: "tell", node: "b", id: "1", heartbeat, status: { state: "failed", cause: reason, epoch: 0, version: 2 } },
      { type: "tell", node: "a", id: "1", heartbeat, status: { state: "failed", cause: reason, epoch: 0, version: 2 } },
    ]);
    expect(heartbeats.takeActions()).toEqual([]);
  });

  test("made after the end is told the recorded cause (S56, P14)", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(Infinity, 0);
    heartbeats.stop(heartbeat);
    heartbeats.register(heartbeat, "b", "late");
    expect(tells(heartbeats.takeActions())).toEqual(["b late stopped"]);
  });

  test("is not told after it was withdrawn, and cannot be withdrawn for another node", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(Infinity, 0);
    heartbeats.register(heartbeat, "b", "1");
    expect(heartbeats.unregister("c", "1")).toBe(false);
    expect(heartbeats.unregister("b", "1")).toBe(true);
    expect(heartbeats.unregister("b", "1")).toBe(false);
    heartbeats.stop(heartbeat);
    expect(heartbeats.takeActions()).toEqual([]);
  });

  test("is repeated until it is acknowledged, and cannot be acknowledged before there is anything to know (H17)", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(Infinity, 0);
    heartbeats.register(heartbeat, "b", "1");
    expect(heartbeats.unacknowledged("b")).toEqual([]);
    expect(heartbeats.acknowledge("b", "1")).toBe(false);
    heartbeats.stop(heartbeat);
    expect(heartbeats.unacknowledged("b")).toEqual(heartbeats.takeActions());
    expect(heartbeats.acknowledge("b", "1")).toBe(true);
    expect(heartbeats.unacknowledged("b")).toEqual([]);
    expect(heartbeats.acknowledge("b", "1")).toBe(false);
  });

  test("keeps the cause until it is acknowledged, however many ended since; then the oldest go first (S56, P14, P19)", () => {
    const heartbeats = new Heartbeats(home, { rememberedMax: 2 });
    const awaited = heartbeats.create(Infinity, 0);
    heartbeats.register(awaited, "b", "1");
    const others = Array.from({ length: 5 }, () => heartbeats.create(Infinity, 0));
    for (const each of [awaited, ...others]) heartbeats.stop(each);
    const state = (heartbeat: LeafHeartbeat) => heartbeats.status(heartbeat, 0).state;
    expect(others.map(state)).toEqual(["forgotten", "forgotten", "forgotten", "stopped", "stopped"]);
    expect(state(awaited)).toBe("stopped");
    expect(heartbeats.size).toBe(1);
    heartbeats.acknowledge("b", "1");
    expect(others.map(state)).toEqual(["forgotten", "forgotten", "forgotten", "forgotten", "stopped"]);
    expect(state(awaited)).toBe("stopped");
    expect(heartbeats.size).toBe(0);
  });

  test("on a remembered heartbeat keeps it from being forgotten", () => {
    const heartbeats = new Heartbeats(home, { rememberedMax: 1 });
    const awaited = heartbeats.create(Infinity, 0);
    heartbeats.stop(awaited);
    heartbeats.register(awaited, "b", "1");
    for (let count = 0; count < 3; count += 1) heartbeats.stop(heartbeats.create(Infinity, 0));
    expect(heartbeats.unacknowledged("b")).toMatchObject([{ status: { state: "stopped" } }]);
  });

  test("goes with the verdict on its node", () => {
    const heartbeats = new Heartbeats(home);
    const heartbeat = heartbeats.create(Infinity, 0);
    heartbeats.register(heartbeat, "b", "1");
    heartbeats.register(heartbeat, "c", "1");
    heartbeats.lose("b", null);
    heartbeats.stop(heartbeat);
    expect(tells(heartbeats.takeActions())).toEqual(["c 1 stopped"]);
  });

  test("takes a composite along that nobody else wanted to know of", () => {
    const heartbeats = new Heartbeats(home);
    const both = Heartbeat.both(heartbeats.create(Infinity, 0), heartbeats.create(Infinity, 0));
    heartbeats.register(both, "b", "1");
    expect(heartbeats.size).toBe(3);
    heartbeats.lose("b", "2");
    expect(heartbeats.size).toBe(2);
  });

  test("by another node is only for what this one decides", () => {
    const heartbeats = new Heartbeats(home);
    expect(() => heartbeats.register(new LeafHeartbeat("c", "1", 1), "b", "1")).toThrow(
      new TypeError("Heartbeat(c.1): expected a heartbeat that this node decides about"),
    );
    expect(heartbeats.size).toBe(0);
  });
});

describe("limits", () => {
  test("there are so many heartbeats and no more; ended ones make room (S61)", () => {
    const heartbeats = new Heartbeats(home, { heartbeatsMax: 2 });
    const first = heartbeats.create(Infinity, 0);
    heartbeats.create(Infinity, 0);
    expect(() => heartbeats.create(Infinity, 0)).toThrow(new HeartbeatLimitError("heartbeats", 2));
    expect(() => heartbeats.register(new LeafHeartbeat("b", "1", 1), "a", "1")).toThrow(HeartbeatLimitError);
    heartbeats.stop(first);
    heartbeats.create(Infinity, 0);
    expect(heartbeats.size).toBe(2);
  });

  test("an expression that does not fit leaves nothing behind", () => {
    const heartbeats = new Heartbeats(home, { heartbeatsMax: 3 });
    const here = heartbeats.create(Infinity, 0);
    const large = [1, 2]
      .map((serial) => new LeafHeartbeat("b", "1", serial))
      .reduce<AnyHeartbeat>(Heartbeat.both, here);
    expect(() => heartbeats.register(large, "a", "1")).toThrow(HeartbeatLimitError);
    expect(heartbeats.size).toBe(1);
    expect(heartbeats.takeActions()).toEqual([]);
  });

  test("one node has so many registrations and no more, which is no other's concern (S61)", () => {
    const heartbeats = new Heartbeats(home, { registrationsPerNodeMax: 1 });
    const heartbeat = heartbeats.create(Infinity, 0);
    heartbeats.register(heartbeat, "b", "1");
    expect(() => heartbeats.register(heartbeat, "b", "2")).toThrow(
      new HeartbeatLimitError("registrations of one node", 1),
    );
    heartbeats.register(heartbeat, "c", "1");
    heartbeats.unregister("b", "1");
    heartbeats.register(heartbeat, "b", "2");
  });
});

describe("a heartbeat elsewhere", () => {
  const elsewhere = new LeafHeartbeat("b", "1", 5);
  const end: HeartbeatStatus = { state: "failed", cause: reason, epoch: 0, version: 3 };

  test("is watched once while anybody here wants to know", () => {
    const heartbeats = new Heartbeats(home);
    expect(heartbeats.status(elsewhere, 0)).toEqual({ state: "unknown" });
    heartbeats.register(elsewhere, "a", "1");
    heartbeats.register(elsewhere, "a", "2");
    expect(heartbeats.takeActions()).toEqual([{ type: "watch", heartbeat: elsewhere }]);
    expect(heartbeats.watchedAt("b")).toEqual([elsewhere]);
    expect(heartbeats.watchedAt("c")).toEqual([]);
    heartbeats.unregister("a", "1");
    expect(heartbeats.takeActions()).toEqual([]);
    heartbeats.unregister("a", "2");
    expect(heartbeats.takeActions()).toEqual([{ type: "unwatch", heartbeat: elsewhere }]);
    heartbeats.learn(elsewhere, end, 0, 0);
    expect(heartbeats.status(elsewhere, 0)).toEqual({ state: "unknown" });
    expect(heartbeats.size).toBe(0);
  });

  test("ends here when its home says so, once (P10)", () => {
    const heartbeats = new Heartbeats(home);
    heartbeats.register(elsewhere, "a", "1");
    heartbeats.takeActions();
    heartbeats.learn(elsewhere, { state: "live", remainingMs: 100, epoch: 0, version: 2 }, 0, 50);
    expect(heartbeats.status(elsewhere, 60)).toMatchObject({ state: "live", remainingMs: 90 });
    heartbeats.learn(elsewhere, end, 0, 60);
    heartbeats.learn(elsewhere, end, 0, 61);
    heartbeats.lose("b", null);
    expect(tells(heartbeats.takeActions())).toEqual(["a 1 failed"]);
    expect(heartbeats.watchedAt("b")).toEqual([]);
    heartbeats.acknowledge("a", "1");
    expect(heartbeats.size).toBe(0);
    expect(heartbeats.takeActions()).toEqual([]);
  });

  test("makes no entry when nobody asked", () => {
    const heartbeats = new Heartbeats(home);
    heartbeats.learn(elsewhere, end, 0, 0);
    expect(heartbeats.size).toBe(0);
    expect(heartbeats.status(elsewhere, 0)).toEqual({ state: "unknown" });
  });

  test("is unresponsive once its home is lost or lives a new life (S59, H18, H31)", () => {
    for (const incarnation of [null, "2"]) {
      const heartbeats = new Heartbeats(home);
      heartbeats.register(elsewhere, "a", "1");
      heartbeats.takeActions();
      heartbeats.lose("b", "1");
      expect(heartbeats.takeActions()).toEqual([]);
      heartbeats.lose("b", incarnation);
      expect(tells(heartbeats.takeActions())).toEqual(["a 1 unresponsive"]);
    }
  });
});

describe("a composite", () => {
  const setUp = () => {
    const heartbeats = new Heartbeats(home);
    const [x, y] = [heartbeats.create(10, 0), heartbeats.create(Infinity, 0)];
    return { heartbeats, x, y, both: Heartbeat.both(x, y), either: Heartbeat.either(x, y) };
  };

  test("appears on first use and leaves when nobody is interested", () => {
    const { heartbeats, both } = setUp();
    expect(heartbeats.size).toBe(2);
    expect(heartbeats.status(both, 4)).toMatchObject({ state: "live", remainingMs: 6 });
    expect(heartbeats.size).toBe(2);
    heartbeats.register(both, "b", "1");
    expect(heartbeats.size).toBe(3);
    expect(heartbeats.status(both, 4)).toMatchObject({ state: "live", remainingMs: 6 });
    heartbeats.unregister("b", "1");
    expect(heartbeats.size).toBe(2);
  });

  test("stays while it is part of another, whoever loses interest in itself", () => {
    const { heartbeats, x, both } = setUp();
    const outer = Heartbeat.either(both, heartbeats.create(10, 0));
    heartbeats.register(both, "b", "inner");
    heartbeats.register(outer, "b", "outer");
    heartbeats.unregister("b", "inner");
    expect(heartbeats.status(outer, 0)).toMatchObject({ state: "live" });
    heartbeats.due(10);
    heartbeats.judge(10);
    heartbeats.fail(x, reason);
    expect(tells(heartbeats.takeActions())).toEqual(["b outer expired"]);
    heartbeats.acknowledge("b", "outer");
    expect(heartbeats.size).toBe(1);
  });

  test("takes over the end and the cause of the leaf that decided (S58, P7)", () => {
    const { heartbeats, x, y, both, either } = setUp();
    heartbeats.register(both, "b", "both");
    heartbeats.register(either, "b", "either");
    heartbeats.due(10);
    heartbeats.judge(10);
    expect(tells(heartbeats.takeActions())).toEqual(["b both expired"]);
    heartbeats.fail(y, reason);
    expect(tells(heartbeats.takeActions())).toEqual(["b either failed"]);
    expect(heartbeats.status(both, 20)).toMatchObject({ state: "expired", cause: { type: "expired" } });
    expect(heartbeats.status(either, 20)).toMatchObject({ state: "failed", cause: reason });
    expect(heartbeats.status(x, 20)).toMatchObject({ state: "expired" });
  });

  test("either ends with the last of its leaves, in whichever order they are written (P7)", () => {
    for (const [first, last] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { heartbeats, x, y, either } = setUp();
      heartbeats.register(either, "b", "1");
      heartbeats.fail([x, y][first] as LeafHeartbeat, { type: "exit", reason: "first" });
      heartbeats.fail([x, y][last] as LeafHeartbeat, { type: "exit", reason: "last" });
      expect(heartbeats.status(either, 0)).toMatchObject({ cause: { type: "exit", reason: "last" } });
    }
  });

  test("is stopped and failed without its leaves (S58, H16)", () => {
    const { heartbeats, x, y, both, either } = setUp();
    heartbeats.register(both, "b", "1");
    expect(heartbeats.stop(both)).toBe("accepted");
    expect(heartbeats.stop(both)).toBe("refused");
    expect(heartbeats.fail(either, reason)).toBe("accepted");
    expect(tells(heartbeats.takeActions())).toEqual(["b 1 stopped"]);
    for (const leaf of [x, y]) expect(heartbeats.status(leaf, 0)).toMatchObject({ state: "live" });
  });

  test("that was stopped stays so although it could be forgotten, until its leaves would end it too (P1)", () => {
    const heartbeats = new Heartbeats(home, { rememberedMax: 1 });
    const [x, y] = [heartbeats.create(Infinity, 0), heartbeats.create(Infinity, 0)];
    const both = Heartbeat.both(x, y);
    heartbeats.stop(both);
    for (let count = 0; count < 3; count += 1) heartbeats.stop(heartbeats.create(Infinity, 0));
    expect(heartbeats.status(both, 0)).toMatchObject({ state: "stopped" });
    expect(heartbeats.size).toBe(3);
    heartbeats.fail(x, reason);
    expect(heartbeats.size).toBe(1);
    heartbeats.stop(heartbeats.create(Infinity, 0));
    expect(heartbeats.status(both, 0)).toEqual({ state: "forgotten" });
    expect([...heartbeats.list(0)]).toHaveLength(2);
  });

  test("of composites ends with an inner one that is stopped", () => {
    const { heartbeats, x, both } = setUp();
    const outer = Heartbeat.both(both, heartbeats.create(Infinity, 0));
    heartbeats.register(outer, "b", "1");
    heartbeats.stop(both);
    expect(tells(heartbeats.takeActions())).toEqual(["b 1 stopped"]);
    expect(heartbeats.status(x, 0)).toMatchObject({ state: "live" });
  });

  test("of one leaf twice is still another heartbeat (P6, H16)", () => {
    const { heartbeats, x } = setUp();
    const twice = Heartbeat.either(x, x);
    heartbeats.register(twice, "b", "1");
    heartbeats.fail(x, reason);
    expect(tells(heartbeats.takeActions())).toEqual(["b 1 failed"]);
    const { heartbeats: others, x: leaf } = setUp();
    others.stop(Heartbeat.both(leaf, leaf));
    expect(others.status(leaf, 0)).toMatchObject({ state: "live" });
  });

  test("whose leaves ended before anybody asked has ended too (P14)", () => {
    const { heartbeats, x, y, both, either } = setUp();
    heartbeats.stop(x);
    heartbeats.register(both, "b", "both");
    heartbeats.register(either, "b", "either");
    heartbeats.fail(y, reason);
    expect(tells(heartbeats.takeActions())).toEqual(["b both stopped", "b either failed"]);
  });

  test("that a forgotten leaf decides is forgotten, never guessed (P14)", () => {
    const { heartbeats, y } = setUp();
    const both = Heartbeat.both(new LeafHeartbeat("a", "1", 99), y);
    expect(heartbeats.status(both, 0)).toEqual({ state: "forgotten" });
    heartbeats.register(both, "b", "1");
    expect(tells(heartbeats.takeActions())).toEqual(["b 1 forgotten"]);
    heartbeats.acknowledge("b", "1");
    expect(heartbeats.size).toBe(2);
  });

  test("is unknown while a leaf elsewhere is, and not ended for lack of information (P6)", () => {
    const { heartbeats, y } = setUp();
    const leaf = new LeafHeartbeat("b", "1", 1);
    const both = Heartbeat.both(y, leaf);
    heartbeats.register(both, "a", "1");
    expect(heartbeats.takeActions()).toEqual([{ type: "watch", heartbeat: leaf }]);
    expect(heartbeats.status(both, 0)).toEqual({ state: "unknown" });
    heartbeats.learn(leaf, { state: "live", remainingMs: 50, epoch: 0, version: 4 }, 0, 0);
    expect(heartbeats.status(both, 0)).toEqual({ state: "live", remainingMs: 50, epoch: 0, version: 5 });
    heartbeats.learn(leaf, stoppedAt(5), 0, 0);
    expect(tells(heartbeats.takeActions())).toEqual(["a 1 stopped"]);
  });

  describe("whose home is lost is evaluated here, if its leaves can go on without (S59, P6, H31)", () => {
    const observedBy = () => new Heartbeats({ node: "c", incarnation: "1" });
    const [x, y] = [new LeafHeartbeat("a", "1", 1), new LeafHeartbeat("b", "1", 1)];
    const inner = Heartbeat.either(x, y);
    const outer = Heartbeat.either(inner, x);
    const live: HeartbeatStatus = { state: "live", remainingMs: Infinity, epoch: 0, version: 1 };

    test.each([[[inner, outer]], [[outer, inner]], [[outer]]])("registered for %s", (registered) => {
      const observer = observedBy();
      for (const heartbeat of registered) observer.register(heartbeat, "c", heartbeat === inner ? "inner" : "outer");
      expect(observer.decides(outer)).toBe(false);
      observer.takeActions();
      observer.lose("a", null);
      expect(observer.decides(outer)).toBe(true);
      // Only y is left to ask: x, and with it nothing else, died with its home.
      expect(observer.takeActions()).toEqual([{ type: "watch", heartbeat: y }]);
      expect(observer.status(outer, 0)).toEqual({ state: "unknown" });
      observer.learn(y, live, 0, 0);
      for (const heartbeat of registered) expect(observer.status(heartbeat, 0)).toMatchObject({ state: "live" });
      // What the lost home had still said about it comes too late.
      for (const heartbeat of registered) observer.learn(heartbeat, stoppedAt(9), 0, 0);
      expect(observer.takeActions()).toEqual([]);
      observer.learn(y, stoppedAt(2), 0, 0);
      expect(tells(observer.takeActions()).toSorted()).toEqual(
        registered.map((heartbeat) => `c ${heartbeat === inner ? "inner" : "outer"} stopped`).toSorted(),
      );
      observer.acknowledge("c", "inner");
      observer.acknowledge("c", "outer");
      expect(observer.size).toBe(0);
    });

    test("and leaves nothing behind when nobody is interested any more", () => {
      const observer = observedBy();
      observer.register(inner, "c", "1");
      observer.lose("a", null);
      observer.unregister("c", "1");
      expect(observer.size).toBe(0);
      observer.takeActions();
      observer.register(inner, "c", "2");
      expect(observer.takeActions()).toEqual([{ type: "watch", heartbeat: inner }]);
    });

    test.each(["c", "z"])("as a part of a composite of node %s, on either side", (node) => {
      const observer = new Heartbeats({ node, incarnation: "1" });
      const both = Heartbeat.both(inner, observer.create(Infinity, 0));
      observer.register(both, node, "1");
      observer.lose("a", null);
      observer.learn(y, live, 0, 0);
      expect(observer.status(both, 0)).toMatchObject({ state: "live" });
      observer.learn(y, stoppedAt(2), 0, 0);
      expect(tells(observer.takeActions()).slice(-1)).toEqual([`${node} 1 stopped`]);
    });

    test("also by the next life of its home", () => {
      const reborn = new Heartbeats({ node: "a", incarnation: "2" });
      expect(reborn.decides(inner)).toBe(true);
      reborn.register(inner, "c", "1");
      expect(reborn.takeActions()).toEqual([{ type: "watch", heartbeat: y }]);
      reborn.learn(y, stoppedAt(2), 0, 0);
      expect(tells(reborn.takeActions())).toEqual(["c 1 stopped"]);
    });
  });

  test("ends with its home if it cannot live without", () => {
    const observer = new Heartbeats({ node: "c", incarnation: "1" });
    const both = Heartbeat.both(new LeafHeartbeat("a", "1", 1), new LeafHeartbeat("b", "1", 1));
    observer.register(both, "c", "1");
    observer.lose("a", "2");
    expect(tells(observer.takeActions())).toEqual(["watch", "c 1 unresponsive"]);
  });
});

test("the loss of a node that ends one thing may leave nothing to know of another", () => {
  const heartbeats = new Heartbeats(home);
  const [x, y] = [1, 2].map((serial) => new LeafHeartbeat("b", "1", serial)) as [LeafHeartbeat, LeafHeartbeat];
  const inner = Heartbeat.both(y, heartbeats.create(Infinity, 0));
  const outer = Heartbeat.both(x, inner);
  heartbeats.stop(outer);
  expect(heartbeats.watchedAt("b").map(keyOf).toSorted()).toEqual([keyOf(x), keyOf(y)]);
  heartbeats.lose("b", null);
  expect(heartbeats.size).toBe(1);
  expect(heartbeats.status(outer, 0)).toMatchObject({ state: "stopped" });
});

test("what was forgotten is not confused with what took its place", () => {
  const heartbeats = new Heartbeats(home, { rememberedMax: 1 });
  const [x, y, z] = [1, 2, 3].map(() => heartbeats.create(Infinity, 0)) as [
    LeafHeartbeat,
    LeafHeartbeat,
    LeafHeartbeat,
  ];
  const inner = Heartbeat.both(x, y);
  const outer = Heartbeat.either(inner, z);
  heartbeats.register(outer, "b", "outer");
  heartbeats.stop(x);
  // The first record of inner is forgotten by now; outer still knows it. This makes a second.
  heartbeats.register(inner, "b", "inner");
  heartbeats.stop(z);
  heartbeats.acknowledge("b", "outer");
  expect(tells(heartbeats.takeActions())).toEqual(["b inner stopped", "b outer stopped"]);
  expect([...heartbeats.list(0)].map(({ heartbeat }) => keyOf(heartbeat)).toSorted()).toEqual(
    [y, inner, outer].map(keyOf).toSorted(),
  );
});

test("list shows everything that is held", () => {
  const heartbeats = new Heartbeats(home);
  const x = heartbeats.create(10, 0);
  const y = new LeafHeartbeat("b", "1", 1);
  const both = Heartbeat.both(x, y);
  heartbeats.register(both, "c", "7");
  expect([...heartbeats.list(4)].map(({ heartbeat, ...entry }) => ({ key: keyOf(heartbeat), ...entry }))).toEqual([
    {
      key: keyOf(x),
      decidedHere: true,
      status: { state: "live", remainingMs: 6, epoch: 0, version: 1 },
      registrations: [],
    },
    { key: keyOf(both), decidedHere: true, status: { state: "unknown" }, registrations: [{ node: "c", id: "7" }] },
    { key: keyOf(y), decidedHere: false, status: { state: "unknown" }, registrations: [] },
  ]);
});
