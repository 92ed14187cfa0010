import type { TransferAction, TransferMessage } from "@espalier/heartbeat";
import { leaseParameters, Transfers } from "@espalier/heartbeat";
import { beforeEach, describe, expect, test } from "vitest";

/** A message on its way. */
interface Letter {
  readonly from: string;
  readonly to: string;
  readonly message: TransferMessage;
}

const parameters = leaseParameters();

/** Nodes whose messages wait until the test delivers them: one by one, twice, late, or never. */
class Mesh {
  nowMs = 0;
  readonly nodes: ReadonlyMap<string, Transfers>;
  readonly letters: Letter[] = [];
  readonly actions: { readonly node: string; readonly action: TransferAction }[] = [];

  constructor(...names: string[]) {
    let batons = 0;
    this.nodes = new Map(names.map((name) => [name, new Transfers(name, parameters, () => `baton ${(batons += 1)}`)]));
  }

  get at(): { now: number; wall: number } {
    return { now: this.nowMs, wall: this.nowMs };
  }

  node(name: string): Transfers {
    return this.nodes.get(name) as Transfers;
  }

  /** Takes the actions of all nodes: messages wait, arrivals are admitted. */
  settle(): void {
    for (const [name, node] of this.nodes) {
      for (let actions = node.take(); actions.length > 0; actions = node.take()) {
        for (const action of actions) {
          if (action.type === "send") {
            this.letters.push({ from: name, to: action.to, message: action.message });
            continue;
          }
          this.actions.push({ node: name, action });
          if (action.type === "arrive") node.admit(action.process, action.epoch, this.at);
        }
      }
    }
  }

  depart(process: string, from: string, to: string): void {
    expect(this.node(from).depart(process, to, "cargo", [], this.at)).toBe(true);
    this.settle();
  }

  deliver({ from, to, message }: Letter): void {
    this.node(to).receive(from, message, this.at);
    this.settle();
  }

  /** Delivers what is on its way, and what that brings, in order. */
  deliverAll(except: (letter: Letter) => boolean = () => false): void {
    for (let letter = this.letters.shift(); letter !== undefined; letter = this.letters.shift()) {
      if (!except(letter)) this.deliver(letter);
    }
  }

  /** Time passes, with ticks; nothing is delivered. */
  pass(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(untilMs, this.nowMs + parameters.beatMs);
      for (const node of this.nodes.values()) node.tick(this.at);
      this.settle();
    }
  }

  /** What the nodes were told to do with processes, in short. */
  get story(): string[] {
    return this.actions.map(({ node, action }) => {
      const epoch = "epoch" in action ? ` ${action.epoch}` : "";
      return `${node}: ${action.type}${epoch}`;
    });
  }

  mayAct(name: string): boolean {
    return this.node(name).mayAct("p", this.at);
  }
}

const isOf = (type: TransferMessage["type"]) => (letter: Letter) => letter.message.type === type;

let mesh: Mesh;

beforeEach(() => {
  mesh = new Mesh("home", "a", "b");
});

describe("a process that leaves its home", () => {
  test("starts elsewhere as soon as there is a lease; the home's grant rides on the transfer", () => {
    mesh.depart("p", "home", "a");
    const offer = mesh.letters.find(isOf("transfer.offer")) as Letter;
    expect(offer.message).toMatchObject({ epoch: 1, grant: { term: 1, serial: 1 }, baton: null });
    mesh.deliver(offer);
    expect(mesh.mayAct("a")).toBe(false);
    mesh.deliverAll();
    expect(mesh.story).toEqual(["a: arrive 1", "home: departed 0", "a: start 1"]);
    expect(mesh.mayAct("a")).toBe(true);
  });

  test("is told what was said to it meanwhile, once and in order", () => {
    mesh.depart("p", "home", "a");
    for (const signal of ["one", "two"]) expect(mesh.node("home").signal("p", signal, mesh.at)).toBe(true);
    mesh.settle();
    // The first is lost, and everything comes twice.
    mesh.deliverAll((letter) => letter.message.type === "transfer.in" && letter.message.signal === "one");
    mesh.pass(2 * parameters.beatMs);
    for (const letter of mesh.letters.splice(0)) {
      mesh.deliver(letter);
      mesh.deliver(letter);
    }
    mesh.deliverAll();
    const delivered = mesh.actions.flatMap(({ action }) => (action.type === "deliver" ? [action.signal] : []));
    expect(delivered).toEqual(["one", "two"]);
  });

  test("does what it does through its home, once and in order", () => {
    mesh.depart("p", "home", "a");
    mesh.deliverAll();
    for (const effect of ["one", "two"]) expect(mesh.node("a").emit("p", effect, mesh.at)).toBe(true);
    mesh.settle();
    const outs = mesh.letters.splice(0);
    for (const letter of outs.toReversed()) mesh.deliver(letter);
    for (const letter of outs) mesh.deliver(letter);
    const performed = mesh.actions.flatMap(({ action }) => (action.type === "perform" ? [action.effect] : []));
    expect(performed).toEqual(["one", "two"]);
  });

  test("goes on at home when it is refused, in a fresh epoch", () => {
    mesh.depart("p", "home", "a");
    const { from, to, message } = mesh.letters.find(isOf("transfer.offer")) as Letter;
    mesh.letters.length = 0;
    mesh.node(to).receive(from, message, mesh.at);
    mesh.node(to).take();
    mesh.node(to).refuse("p", 1, "no room", mesh.at);
    mesh.settle();
    mesh.deliverAll();
    expect(mesh.actions.at(-1)?.action).toEqual({ type: "resume", process: "p", epoch: 0, to: "a", reason: "no room" });
    expect(mesh.node("home").whereabouts("p")).toEqual({ at: "here", epoch: 2, host: "home" });
    // A late copy of the offer is answered as before, and nothing begins.
    mesh.node(to).receive(from, message, mesh.at);
    mesh.settle();
    expect(mesh.letters.map((letter) => letter.message.type)).toContain("transfer.refused");
    expect(mesh.mayAct("a")).toBe(false);
  });
});

describe("a process that goes on from its host", () => {
  beforeEach(() => {
    mesh.depart("p", "home", "a");
    mesh.deliverAll();
    mesh.actions.length = 0;
  });

  test("is claimed by the next host, and the former one forgets it when the home knows", () => {
    mesh.depart("p", "a", "b");
    mesh.deliverAll();
    expect(mesh.node("home").whereabouts("p")).toEqual({ at: "away", epoch: 2, host: "b" });
    expect([mesh.mayAct("a"), mesh.mayAct("b")]).toEqual([false, true]);
    expect(mesh.node("a").counts()).toMatchObject({ leavers: 0, forwarding: 0 });
  });

  test("takes along what the home has not acknowledged: nothing depends on the former host", () => {
    mesh.node("a").emit("p", "effect", mesh.at);
    mesh.settle();
    mesh.letters.length = 0;
    mesh.depart("p", "a", "b");
    mesh.deliverAll();
    mesh.node("home").dead("a", mesh.at);
    mesh.settle();
    expect(mesh.story).toContain("home: perform 2");
    expect(mesh.story).not.toContain("home: lost 1");
  });

  test("nobody without the baton is granted anything (a node cannot steal a process)", () => {
    mesh.deliver({
      from: "b",
      to: "home",
      message: { type: "transfer.claim", process: "p", epoch: 2, arrival: 1, baton: "stolen", term: null, received: 0 },
    });
    expect(mesh.letters.at(-1)?.message.type).toBe("transfer.denied");
    expect(mesh.node("home").whereabouts("p")?.host).toBe("a");
  });

  test("nothing of an earlier epoch is performed, and its host told so (P13)", () => {
    mesh.depart("p", "a", "b");
    mesh.deliverAll();
    mesh.deliver({
      from: "a",
      to: "home",
      message: { type: "transfer.out", process: "p", epoch: 1, number: 1, effect: "late" },
    });
    expect(mesh.story).not.toContain("home: perform 2");
    expect(mesh.letters.at(-1)).toMatchObject({ to: "a", message: { type: "transfer.denied", epoch: 1 } });
  });

  test("a copy of the offer that comes while it leaves again begins nothing (P16)", () => {
    mesh.depart("p", "a", "b");
    const offer = mesh.letters.find(isOf("transfer.offer")) as Letter;
    mesh.deliverAll();
    mesh.depart("p", "b", "a");
    mesh.actions.length = 0;
    mesh.deliver(offer);
    expect(mesh.story).toEqual([]);
    mesh.deliverAll();
    expect(mesh.actions.filter(({ node, action }) => node === "b" && action.type === "start")).toEqual([]);
  });

  test("a grant that is late is not taken for that of a later arrival (P16)", () => {
    mesh.depart("p", "a", "b");
    const offer = mesh.letters.find(isOf("transfer.offer")) as Letter;
    mesh.deliver(offer);
    mesh.letters.splice(mesh.letters.indexOf(offer), 1);
    const claim = mesh.letters.find(isOf("transfer.claim")) as Letter;
    mesh.deliver(claim);
    const grant = mesh.letters.find(isOf("transfer.grant")) as Letter;
    mesh.deliverAll();
    // It ends there, and everybody knows; then copies of all that come again.
    mesh.node("b").finish("p", "end", mesh.at);
    mesh.settle();
    mesh.deliverAll();
    mesh.node("home").closed("p", mesh.at);
    mesh.pass(parameters.beatMs);
    mesh.deliverAll();
    mesh.actions.length = 0;
    mesh.deliver(offer);
    mesh.deliver(grant);
    expect(mesh.story).toEqual(["b: arrive 2"]);
    mesh.deliverAll();
    expect(mesh.story).toEqual(["b: arrive 2", "b: drop 2"]);
  });

  test("a host that bars is not denied for what it said before (P11)", () => {
    mesh.node("a").emit("p", "effect", mesh.at);
    mesh.settle();
    const out = mesh.letters.splice(0)[0] as Letter;
    mesh.depart("p", "a", "b");
    mesh.letters.length = 0;
    mesh.node("a").unreachable("b", "nobody there", mesh.at);
    mesh.settle();
    mesh.deliver(mesh.letters.splice(0).find(isOf("transfer.bar")) as Letter);
    mesh.letters.unshift({ ...out, to: "home" });
    mesh.deliverAll();
    expect(mesh.story).toEqual(["a: resume 1", "home: perform 3"]);
    expect(mesh.mayAct("a")).toBe(true);
  });

  test("a bar that is late bars nothing that came after it (P15)", () => {
    mesh.depart("p", "a", "home");
    mesh.deliverAll();
    mesh.depart("p", "home", "a");
    mesh.deliver({ from: "a", to: "home", message: { type: "transfer.bar", process: "p", epoch: 2 } });
    expect(mesh.letters.map((letter) => letter.message.type)).not.toContain("transfer.barred");
  });

  test("is lost when the next host dies before it has claimed (P17)", () => {
    mesh.depart("p", "a", "b");
    mesh.deliverAll(({ message }) => message.type === "transfer.claim" || message.type === "lease.beat");
    expect(mesh.node("home").whereabouts("p")?.at).toBe("expected");
    mesh.node("home").dead("b", mesh.at);
    mesh.settle();
    expect(mesh.actions.at(-1)?.action).toEqual({ type: "lost", process: "p", epoch: 1, place: "b" });
  });

  test("is lost when the next host never claims although it lives (P17)", () => {
    mesh.depart("p", "a", "b");
    mesh.deliverAll(isOf("transfer.claim"));
    for (let ms = 0; ms < 2 * parameters.verdictMs; ms += parameters.beatMs) {
      mesh.pass(parameters.beatMs);
      mesh.deliverAll(isOf("transfer.claim"));
    }
    expect(mesh.story).toContain("home: lost 1");
    expect(mesh.mayAct("b")).toBe(false);
  });
});

describe("a lease", () => {
  beforeEach(() => {
    mesh.depart("p", "home", "a");
    mesh.deliverAll();
    mesh.actions.length = 0;
  });

  /** Time passes and everything arrives. */
  function live(durationMs: number): void {
    for (let ms = 0; ms < durationMs; ms += parameters.beatMs) {
      mesh.pass(parameters.beatMs);
      mesh.deliverAll();
    }
  }

  test("is renewed by beats, for as long as they are answered", () => {
    live(60_000);
    expect([mesh.story, mesh.mayAct("a")]).toEqual([[], true]);
  });

  test("ends by itself, before the home gives its verdict (P13)", () => {
    live(3_000);
    mesh.pass(parameters.leaseMs);
    expect(mesh.mayAct("a")).toBe(false);
    expect(mesh.story).toEqual(["home: suspected", "a: drop 1"]);
    mesh.pass(parameters.beatMs);
    expect(mesh.story.slice(2)).toEqual(["home: verdict", "home: lost 1"]);
  });

  test("a host that dropped what it had says so, or its beats would say that all is well (P17)", () => {
    live(2_000);
    // Its beats arrive, the answers do not.
    for (let ms = 0; ms <= parameters.leaseMs; ms += parameters.beatMs) {
      mesh.pass(parameters.beatMs);
      mesh.deliverAll(isOf("lease.acknowledged"));
    }
    expect(mesh.story).toEqual(["a: drop 1", "home: verdict", "home: lost 1"]);
    const verdict = mesh.actions.find(({ action }) => action.type === "verdict")?.action;
    expect(verdict).toMatchObject({ reason: "lapsed" });
  });

  test("a node that stops says at once that nothing of others runs on it any more", () => {
    mesh.node("a").abandon(mesh.at);
    mesh.settle();
    mesh.deliverAll();
    expect(mesh.story).toEqual(["a: drop 1", "home: verdict", "home: lost 1"]);
  });

  test("whoever is declared dead and is not, is fenced all the same", () => {
    mesh.node("home").declaredDead("a", mesh.at);
    mesh.settle();
    expect(mesh.story).toEqual(["home: verdict", "home: lost 1"]);
    live(2_000);
    expect(mesh.mayAct("a")).toBe(false);
  });

  test("a node that has nothing to say says nothing", () => {
    mesh.node("a").finish("p", "end", mesh.at);
    mesh.settle();
    mesh.deliverAll();
    mesh.node("home").closed("p", mesh.at);
    live(3_000);
    expect([...mesh.nodes.values()].map((node) => node.isIdle)).toEqual([true, true, true]);
    mesh.pass(5_000);
    expect(mesh.letters).toEqual([]);
  });
});
