import {
  Access,
  type Host,
  limits,
  type Message,
  type Node,
  type NodeEvent,
  NodeRef,
  parseMessage,
} from "@espalier/runtime";
import { Process, Server, startConnected } from "espalier";
import { nodeCrypto } from "@espalier/runtime/node";
import { ManualHost } from "@espalier/runtime/testing";
import { plainCrypto } from "@espalier/testkit";
import { createIdentity, type Identity, type Introductions, SessionTransport } from "@espalier/wire";
import { abi, hashVersion } from "@espalier/code";
import { decodeCbor, decodeControl, encodeControl, frameKind } from "../../packages/wire/test/fixtures/insides.ts";
import { examples } from "../../packages/runtime/test/distribution/example-messages.ts";
import { editBytes, editTree } from "./edits.ts";
import { hookedHost, type Hooks } from "./hooked-host.ts";
import { hostileCbor } from "./hostile-cbor.ts";
import type { Mutant } from "./mutant.ts";
import { converse, Counter, listening } from "./town.ts";

/** A rule that did not hold. */
export class SiegeError extends Error {}

export interface SiegeOptions {
  readonly seed: number;
  /** Whether the stranger's code may run: then some of the rules say less. */
  readonly trusted: boolean;
  readonly crypto: "plain" | "real";
  /** Whether the town and the stranger know each other's static keys from somebody whom both trust. */
  readonly introduced: boolean;
}

const lease = { beat: "200ms", lease: "1s", delay: "100ms" } as const;
/** Longer than a handshake may take, and than the verdict on a node that is gone. */
const quietMs = 8_000;
const townUrl = "ws://town:1";
const strangerUrl = "ws://stranger:1";
/** Serials below are those of processes that the stranger may speak with. */
const serialsBurnt = 3_000;

const same: Omit<Hooks, "pipes"> = {
  outgoing: (frame) => [frame],
  incoming: (frame) => [frame],
  sealing: (plain) => plain,
  away: false,
};

/**
 * A whole node, `town`, that a stranger with a key of its own besieges, while a neighbour goes on to call it. The stranger speaks with the code
 * that ships, reached into where it seals and sends.
 */
export class Siege {
  readonly options: SiegeOptions;
  /** What nobody handled, in the whole program. */
  readonly #rejections: unknown[] = [];
  readonly #reject = (reason: unknown): void => void this.#rejections.push(reason);
  readonly #manual: ManualHost;
  readonly #host: Host;
  readonly #hooks: Hooks = { ...same, pipes: 0 };
  readonly #townId: Identity;
  readonly #strangerId: Identity;
  #town!: Node;
  #neighbour!: Node;
  #stranger!: SessionTransport;
  #townTransport!: { connect(peer: NodeRef): void; disconnect(peer: string, reason: string): void };
  #corpus: Message[] = [];
  #words: unknown[] = [];
  /** Frames of earlier handshakes and sessions of the stranger, by how many of its pipe came before. */
  #recorded: Uint8Array[][] = [];
  readonly #introductions: { readonly introductions?: Introductions };
  #isUp = false;
  /** How many sessions of the stranger have ended. */
  #downs = 0;
  #incarnation = "";
  #lives = 0;
  #target = 0;
  #calls = 0;
  /** Processes that nobody but the neighbour knows of: how they stood. */
  #protected: ReadonlySet<number> = new Set();
  #digest = "";
  readonly #guarded = { received: 0 };
  #baseline = "";
  /** Messages that were acted on, since protection was looked at last. */
  #acted: Message[] = [];
  /** What came of mutants. */
  readonly tally: Record<string, number> = {};

  constructor(options: SiegeOptions) {
    this.options = options;
    this.#manual = new ManualHost({ seed: options.seed });
    const { clock, random, loop, network, disk } = this.#manual;
    const crypto = options.crypto === "plain" ? plainCrypto : nodeCrypto;
    this.#host = { clock, random, loop, network, disk, crypto };
    this.#introductions = options.introduced ? { introductions: register() } : {};
    this.#townId = createIdentity(this.#host);
    this.#strangerId = createIdentity(this.#host);
  }

  /** Builds the town, records what is said in it in peace, and lets the stranger come. */
  async begin(): Promise<void> {
    process.on("unhandledRejection", this.#reject);
    const host = this.#host;
    const manual = this.#manual;
    const neighbourId = createIdentity(host);
    const { id: town } = this.#townId;
    const { id: stranger } = this.#strangerId;
    const base = { host, lease } as const;
    const said: Message[] = [];
    this.#town = await manual.wait(
      startConnected({
        ...base,
        identity: this.#townId,
        listen: townUrl,
        allow: [neighbourId.id, stranger],
        trust: this.options.trusted ? [neighbourId.id, stranger] : [neighbourId.id],
        intercept: (sessions) => (this.#townTransport = sessions),
        ...this.#introductions,
      }),
    );
    this.#town.events.subscribe((event) => this.#heard(event));
    await manual.wait(
      this.#town.run(function* () {
        yield* Server.start(Counter, undefined, { name: "counter" });
      }),
    );
    await this.#standTarget();
    this.#neighbour = await manual.wait(
      startConnected({ ...base, identity: neighbourId, listen: "ws://neighbour:1", allow: [town] }),
    );
    this.#neighbour.events.subscribe((event) => {
      if (event.type === "node.down" && event.node === town) this.#reject(new Error("the neighbour lost the town"));
    });
    const guest = await manual.wait(
      startConnected({
        ...base,
        identity: this.#strangerId,
        listen: strangerUrl,
        allow: [town],
        intercept: listening(said),
      }),
    );
    const { incarnation } = guest.inspect();
    await converse(manual, guest, this.#town);
    await manual.wait(guest.stop());
    await this.#pass(quietMs);
    await this.#standTarget();
    await this.#protect();
    this.#corpus = [...said, ...this.#adopted(incarnation)];
    this.#words = this.#vocabulary(incarnation, neighbourId.id);
    this.#incarnation = incarnation;
    this.#stranger = await this.#come(incarnation);
    await this.#call();
    this.#digest = this.#look();
    this.#baseline = this.#kept();
    this.#recorded = await this.#record();
  }

  /** The stranger, in this life of its. */
  async #come(incarnation: string): Promise<SessionTransport> {
    const stranger = new SessionTransport({
      host: hookedHost(this.#host, this.#hooks),
      identity: this.#strangerId,
      incarnation,
      abi,
      hashVersion,
      listen: strangerUrl,
      access: new Access("anyone"),
      ...this.#introductions,
    });
    await this.#manual.wait(stranger.start({ up() {}, message() {}, down() {}, failed() {} }));
    return stranger;
  }

  // What the besieger does.

  /** Does it, and says which rule did not hold. */
  async attack(mutant: Mutant): Promise<void> {
    switch (mutant.layer) {
      case "handshake":
      case "sealed-handshake":
        await this.#attackHandshake(mutant);
        break;
      default:
        await this.#attackSession(mutant);
    }
    if (this.#rejections.length > 0) {
      const [first] = this.#rejections.splice(0);
      throw new SiegeError(`unhandled: ${first instanceof Error ? (first.stack ?? first.message) : String(first)}`);
    }
  }

  async #attackHandshake(mutant: Mutant): Promise<void> {
    await this.#leave();
    const { trick, bytes, by } = mutant;
    const hooks = this.#hooks;
    // Of each pipe: whoever falls back to another handshake over another pipe meets the same there.
    let pipe = -1;
    let count = 0;
    let changed = false;
    let mayCome = false;
    const next = (): void => {
      if (pipe === hooks.pipes) count += 1;
      else [pipe, count, changed, mayCome] = [hooks.pipes, 1, false, false];
    };
    if (mutant.layer === "handshake") {
      // Of both directions: as many frames as the longest handshake has before messages begin.
      const position = mutant.pick % 5;
      const hook = (frame: Uint8Array): readonly Uint8Array[] => {
        next();
        if (trick === "whole") {
          const frames = this.#recorded[mutant.pick % this.#recorded.length] ?? [];
          changed = true;
          return frames.slice(count - 1, count);
        }
        if (count - 1 !== position) return [frame];
        const sent = this.#tricked(frame, mutant, count);
        changed = sent.length !== 1 || !equal(sent[0] as Uint8Array, frame);
        // Whoever dials is up before its last frame arrives: that it did not arrive shows later.
        mayCome = by === "town" && trick === "drop";
        return sent;
      };
      hooks.outgoing = hook;
      if (trick !== "whole") hooks.incoming = hook;
    } else {
      const position = mutant.pick % 4;
      hooks.sealing = (plain) => {
        next();
        if (count - 1 !== position) return plain;
        const sealed = editBytes(plain, bytes);
        changed = !equal(plain, sealed);
        // What it says of itself may be anything that makes sense; and who is up by then asks for an answer, or says anything else.
        const isAsking = plain[0] === frameKind.ping && plain.length === 5;
        mayCome = isAsking ? meaningOf(sealed) !== null : plain[0] === frameKind.control && controlOf(sealed) !== null;
        return sealed;
      };
    }
    await this.#dial(by);
    const isUp = this.#isUp;
    Object.assign(hooks, same);
    this.#count(`${mutant.layer}: ${isUp ? "up" : "not up"}`);
    if (isUp && changed && !mayCome) throw new SiegeError("a session came to be of a handshake that was changed");
    // What its own end of a changed handshake is like is of no interest.
    await this.#leave();
  }

  async #attackSession(mutant: Mutant): Promise<void> {
    await this.#enter();
    const { layer } = mutant;
    if (layer === "frame") return this.#attackFrame(mutant);
    const plains = this.#plains(mutant);
    const downs = this.#downs;
    let mustEnd = false;
    for (const plain of plains) {
      if (!this.#isUp) break;
      const meaning = meaningOf(plain);
      mustEnd ||= meaning === null;
      this.#acted.push(...(meaning ?? []));
      this.#say(plain);
      await this.#manual.settle();
    }
    Object.assign(this.#hooks, same);
    this.#count(`${layer}: ${this.#isUp ? "taken" : "ended"}`);
    if (mustEnd && layer !== "fragments" && this.#downs === downs) {
      throw new SiegeError("a session that goes on after what makes no sense");
    }
  }

  async #attackFrame(mutant: Mutant): Promise<void> {
    let changed = false;
    this.#hooks.outgoing = (frame) => {
      const sent = this.#tricked(frame, mutant, 9);
      changed = sent.length !== 1 || !equal(sent[0] as Uint8Array, frame);
      this.#hooks.outgoing = same.outgoing;
      return sent;
    };
    const [plain = Uint8Array.of(frameKind.tick)] = this.#plains({ ...mutant, layer: "message", tree: [], bytes: [] });
    const downs = this.#downs;
    this.#say(plain);
    await this.#manual.settle();
    // A frame that is missing shows with the next.
    if (this.#isUp) {
      this.#say(Uint8Array.of(frameKind.tick));
      await this.#manual.settle();
    }
    Object.assign(this.#hooks, same);
    this.#count(`frame: ${this.#isUp ? "taken" : "ended"}`);
    if (changed && this.#downs === downs) throw new SiegeError("a session that goes on after a frame that was changed");
    if (!changed) this.#acted.push(...(meaningOf(plain) ?? []));
  }

  /** What arrives in the place of a frame. */
  #tricked(frame: Uint8Array, { trick, bytes, pick }: Mutant, count: number): readonly Uint8Array[] {
    const of = this.#recorded[pick % this.#recorded.length] ?? [];
    const foreign = of[(count - 1) % of.length] ?? new Uint8Array(0);
    switch (trick) {
      case null:
        return [editBytes(frame, bytes)];
      case "duplicate":
        return [frame, frame];
      case "drop":
        return [];
      case "foreign":
        return [foreign];
      case "foreign-first":
        return [foreign, frame];
      case "swap":
      case "reflect":
        // Its end before its beginning.
        return [frame.slice(frame.length >> 1), frame.slice(0, frame.length >> 1)];
      case "whole":
        return of;
    }
  }

  /** What is sealed, by the rules, for a mutant of a session. */
  #plains(mutant: Mutant): readonly Uint8Array[] {
    const { layer, pick, bytes, tree } = mutant;
    const message = this.#addressed(this.#corpus[pick % this.#corpus.length] as Message, mutant);
    const kind = (of: number, content: Uint8Array): Uint8Array => joined(Uint8Array.of(of), content);
    switch (layer) {
      case "control": {
        const controls = [
          { type: "hello", wire: 1, abi, hash: hashVersion, incarnation: "i", address: null, tickMs: 60_000 },
          { type: "refusal", reason: "no" },
          { type: "goodbye", stops: false, reason: "bye" },
          { type: "renewal", noise: new Uint8Array(64) },
          { type: "renewed" },
        ] as const;
        const control = controls[pick % controls.length] as (typeof controls)[number];
        if (tree.length === 0) return [kind(frameKind.control, encodeControl(control))];
        return [kind(frameKind.control, hostileCbor(editTree(control, tree, this.#words)))];
      }
      case "message": {
        // Now and then several in one, the one that was changed somewhere among them.
        const others = Array.from({ length: pick % 7 === 0 ? (pick >> 4) % 4 : 0 }, (_, index) =>
          this.#addressed(this.#corpus[((pick >> 3) + index) % this.#corpus.length] as Message, mutant),
        );
        const batch = [...others, message];
        return [kind(frameKind.batch, hostileCbor(editTree(batch, tree, this.#words)))];
      }
      case "fragments": {
        const whole = hostileCbor([message]);
        const kinds = Object.values(frameKind);
        const pieces = bytes.length + 1;
        return bytes.map((edit, index) => {
          const from = Math.floor((whole.length * index) / pieces);
          const content = editBytes(whole.slice(from, from + 40), [edit]);
          const full = (pick & 1) === 0 ? new Uint8Array(limits.frameBytes - 16 - 1) : content;
          return kind(kinds[(pick >> (index * 3 + 1)) % kinds.length] as number, full);
        });
      }
      default:
        return [editBytes(kind(frameKind.batch, hostileCbor([message])), bytes)];
    }
  }

  /** To a process that lives, if that is wanted. */
  #addressed(message: Message, { retarget }: Mutant): Message {
    if (!retarget || !("to" in message) || typeof message.to === "string" || message.to[1] === 0) return message;
    return { ...message, to: [this.#town.inspect().incarnation, this.#target] } as Message;
  }

  /** Seals this in the place of something else. */
  #say(plain: Uint8Array): void {
    this.#hooks.sealing = () => {
      this.#hooks.sealing = same.sealing;
      return plain;
    };
    this.#stranger.send(this.#townId.id, { type: "pulse.ask" });
  }

  async #dial(by: Mutant["by"]): Promise<void> {
    if (by === "stranger") this.#stranger.connect(new NodeRef(this.#townId.id, townUrl));
    else this.#townTransport.connect(new NodeRef(this.#strangerId.id, strangerUrl));
    await this.#manual.settle();
  }

  async #enter(): Promise<void> {
    if (this.#isUp) return;
    await this.#leave();
    await this.#dial("stranger");
    if (!this.#isUp) throw new SiegeError("a session by the rules does not come to be any more");
  }

  async #leave(): Promise<void> {
    this.#stranger.disconnect(this.#townId.id, "leaves");
    if (this.#isUp) this.#townTransport.disconnect(this.#strangerId.id, "enough");
    await this.#manual.settle();
    // An attempt of the town's own that went nowhere is over at once too.
    this.#townTransport.disconnect(this.#strangerId.id, "enough");
    await this.#manual.settle();
  }

  /** The frames of a few handshakes, with what follows. */
  async #record(): Promise<Uint8Array[][]> {
    const recorded: Uint8Array[][] = [];
    for (let index = 0; index < 3; index += 1) {
      await this.#leave();
      const frames: Uint8Array[] = [];
      const hook = (frame: Uint8Array): readonly Uint8Array[] => {
        frames.push(frame.slice());
        return [frame];
      };
      this.#hooks.outgoing = hook;
      await this.#dial("stranger");
      this.#say(Uint8Array.of(frameKind.tick));
      await this.#manual.settle();
      Object.assign(this.#hooks, same);
      recorded.push(frames);
    }
    await this.#leave();
    return recorded;
  }

  // What must hold.

  /** Nothing was done to those whom the stranger does not know, and the neighbour is answered. */
  async check(): Promise<void> {
    await this.#pass(20);
    const digest = this.#look();
    if (digest !== this.#digest) {
      const named = this.#acted.some((message) => this.#names(message));
      if (!named) throw new SiegeError(`somebody was touched: ${difference(this.#digest, digest)}`);
      throw new Named();
    }
    this.#acted = [];
    await this.#call();
    if (!this.options.trusted && Reflect.has(globalThis, "pwned")) throw new SiegeError("code of a stranger ran");
    if (this.#dead()) await this.#standTarget();
  }

  /** Once the stranger is gone, nothing is left of it: it comes in another life, which proves that, and leaves. */
  async quiet(): Promise<void> {
    await this.#leave();
    await this.#manual.wait(this.#stranger.stop());
    this.#lives += 1;
    const last = this.#incarnation;
    this.#incarnation = last.slice(0, -4) + String(this.#lives).padStart(4, "0");
    this.#corpus = replaced(this.#corpus, last, this.#incarnation) as Message[];
    this.#words = replaced(this.#words, last, this.#incarnation) as unknown[];
    this.#stranger = await this.#come(this.#incarnation);
    await this.#enter();
    await this.#leave();
    this.#hooks.away = true;
    await this.#pass(quietMs);
    await this.check();
    const kept = this.#kept();
    this.#hooks.away = false;
    if (kept !== this.#baseline) throw new SiegeError(`something is left: ${difference(this.#baseline, kept)}`);
  }

  async end(): Promise<void> {
    await this.#manual.wait(this.#stranger.stop());
    await this.#manual.wait(Promise.all([this.#town.stop(), this.#neighbour.stop()]));
    await this.#pass(quietMs);
    if (this.#manual.timers > 0)
      throw new SiegeError(`${this.#manual.timers} timers are left of nodes that have stopped`);
  }

  /** Nothing of it listens to the program any more. */
  release(): void {
    process.off("unhandledRejection", this.#reject);
  }

  #heard(event: NodeEvent): void {
    if (event.type === "node.up" && event.node === this.#strangerId.id) this.#isUp = true;
    if (event.type === "node.down" && event.node === this.#strangerId.id) {
      this.#isUp = false;
      this.#downs += 1;
    }
    if (event.type === "undecodable" || event.type === "node.misbehaved" || event.type === "node.refused") {
      this.#count(event.type);
    }
  }

  async #call(): Promise<void> {
    const { ref } = this.#town;
    this.#calls += 1;
    const count: unknown = await this.#manual.wait(
      this.#neighbour.run(function* () {
        return yield* Server.ref(Counter, { name: "ledger-3f1c9", node: ref }).call.add(1);
      }),
    );
    if (count !== this.#calls) throw new SiegeError(`the neighbour was answered ${String(count)}, not ${this.#calls}`);
  }

  async #standTarget(): Promise<void> {
    const pid = await this.#manual.wait(
      this.#town.run(function* () {
        const pid = yield* Process.spawn(function* target(self: any) {
          for (;;) yield* self.receive();
        });
        if ((yield* Process.whereis("target")) === undefined) yield* Process.register("target", pid);
        return pid;
      }),
    );
    this.#target = pid.serial;
    const named = await this.#manual.wait(this.#town.run(Process.whereis("counter")));
    if (named === undefined) {
      await this.#manual.wait(
        this.#town.run(function* () {
          yield* Server.start(Counter, undefined, { name: "counter" });
        }),
      );
    }
  }

  async #protect(): Promise<void> {
    const guarded = this.#guarded;
    const pids = await this.#manual.wait(
      this.#town.run(function* () {
        for (let index = 0; index < serialsBurnt; index += 1) yield* Process.spawn(function* nothing() {});
        const guard = yield* Process.spawn(function* guard(self: any) {
          for (;;) {
            yield* self.receive();
            guarded.received += 1;
          }
        });
        yield* Process.register("guard-92ab7", guard);
        const ledger = yield* Server.start(Counter, undefined, { name: "ledger-3f1c9" });
        void ledger;
        const server = yield* Process.whereis("ledger-3f1c9");
        return [guard, server];
      }),
    );
    this.#protected = new Set(pids.flatMap((pid: any) => (pid === undefined ? [] : [pid.serial as number])));
  }

  #dead(): boolean {
    const { cells } = this.#town.kernel;
    return cells.get(this.#target) === undefined || this.#town.kernel.whereis("counter") === undefined;
  }

  /** How those stand whom the stranger may not touch. */
  #look(): string {
    const { processes } = this.#town.inspect();
    const own = processes.filter(({ pid }) => this.#protected.has(pid.serial));
    return JSON.stringify([
      this.#guarded.received,
      own.map(({ pid, name, status, place, waitingFor, mailbox, links, monitors, monitoredBy, trapping }) => [
        pid.key,
        name,
        status,
        place,
        waitingFor,
        mailbox,
        links.map(({ key }) => key),
        monitors.map(({ key }) => key),
        monitoredBy,
        trapping,
      ]),
    ]);
  }

  /** What the town keeps. */
  #kept(): string {
    const { records, moving, homes, peers, channels, heartbeats, timerList, processes } = this.#town.inspect();
    // Who is trusted may hand homes over: such processes live here, and what it said of others is remembered for them.
    const residents = this.options.trusted ? 0 : homes.residents;
    return JSON.stringify({
      records,
      moving,
      homes: { ...homes, residents },
      peers,
      channels,
      heartbeats: heartbeats.length,
      timers: timerList.map(({ what }) => what),
      processes: processes.filter(({ pid }) => pid.address.id === this.#townId.id).length,
    });
  }

  /** Whether the message is to somebody whom the stranger should not know: it may say that, if it guesses. */
  #names(message: Message): boolean {
    return "to" in message && Array.isArray(message.to) && this.#protected.has(message.to[1] as number);
  }

  // Words

  /** The examples of every message, of this town and this stranger. */
  #adopted(incarnation: string): Message[] {
    const { incarnation: town } = this.#town.inspect();
    const stranger = `${this.#strangerId.id}/${incarnation}`;
    const change = (value: unknown): unknown => {
      if (typeof value === "string") {
        if (value === "life-1") return town;
        if (value === "life-2") return incarnation;
        return value.replace(/^A{43}\/life-1/, stranger).replace(/^A{43}$/, this.#strangerId.id);
      }
      if (Array.isArray(value)) return value.map(change);
      if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner)]));
    };
    return examples.map((example) => change(example) as Message);
  }

  /** What values are replaced by. */
  #vocabulary(incarnation: string, neighbour: string): unknown[] {
    const { incarnation: town } = this.#town.inspect();
    const { id } = this.#townId;
    const { id: stranger } = this.#strangerId;
    const nobody = "Y".repeat(43);
    const numbers = [
      0,
      1,
      -1,
      0.5,
      -0,
      2 ** 31,
      2 ** 32,
      2 ** 53 - 1,
      2 ** 53,
      1e300,
      Number.NaN,
      -Infinity,
      2n ** 63n,
    ];
    const texts = [
      "",
      "x",
      "__proto__",
      "constructor",
      "toString",
      "then",
      "type",
      "to",
      "payload",
      "hashes",
      "x".repeat(300),
    ];
    const places = [id, stranger, neighbour, nobody].flatMap((node) => [
      node,
      `${node}/${town}`,
      `${node}/${incarnation}`,
      `${node}/${town}/1`,
      `${node}/${incarnation}/7`,
    ]);
    const types = this.#corpus.map(({ type }) => type);
    return [
      null,
      undefined,
      true,
      false,
      ...numbers,
      ...texts,
      ...places,
      ...new Set(types),
      town,
      incarnation,
      "*",
      "ws://stranger:1",
      "ws://nowhere:1",
      "globalThis.pwned = true",
      [],
      {},
      [[]],
      { type: "pulse.ask" },
      [town, 0],
      [town, this.#target],
      [incarnation, 3],
      [incarnation, 3, stranger],
      [town, 1, neighbour],
      new Uint8Array(0),
      new Uint8Array(64),
      new Uint8Array(1_000),
      { bytes: new Uint8Array(3), hashes: [] },
      { bytes: Uint8Array.of(0xf6), hashes: [] },
      Array.from({ length: 3_000 }, () => 0),
      Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index])),
    ];
  }

  async #pass(ms: number): Promise<void> {
    await this.#manual.settle();
    this.#manual.advance(ms);
    await this.#manual.settle();
  }

  #count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }
}

/** The stranger guessed somebody's name, and was entitled to what it did then: nothing more can be said of this siege. */
export class Named extends Error {}

/** Where nodes publish their static keys for each other, as in one container. */
function register(): Introductions {
  const keys = new Map<string, Uint8Array>();
  return {
    publish: (node, staticKey) => void keys.set(node, staticKey),
    staticKeyOf: (node) => keys.get(node) ?? null,
    withdraw: (node) => void keys.delete(node),
  };
}

/** The messages of a frame, by what its reader says of it; null of one that must end the session. */
function meaningOf(plain: Uint8Array): readonly Message[] | null {
  try {
    if (plain[0] === frameKind.tick) return plain.length === 1 ? [] : null;
    if (plain[0] === frameKind.control) return null;
    if (plain[0] !== frameKind.batch) return Object.values(frameKind).includes(plain[0] as never) ? [] : null;
    const { data } = decodeCbor(plain.subarray(1), { limits });
    return Array.isArray(data) ? data.map(parseMessage) : null;
  } catch {
    return null;
  }
}

function controlOf(plain: Uint8Array): unknown {
  try {
    return plain[0] === frameKind.control ? decodeControl(plain.subarray(1), limits) : null;
  } catch {
    return null;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

/** The same data with another text wherever there was this one, of the same length, and so in bytes too. */
function replaced(data: unknown, text: string, by: string): unknown {
  if (typeof data === "string") return data.replaceAll(text, by);
  if (data instanceof Uint8Array) {
    const found = Buffer.from(data.buffer, data.byteOffset, data.length).toString("latin1");
    return found.includes(text) ? Uint8Array.from(Buffer.from(found.replaceAll(text, by), "latin1")) : data;
  }
  if (Array.isArray(data)) return data.map((item) => replaced(item, text, by));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, inner]) => [name, replaced(inner, text, by)]));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function difference(a: string, b: string): string {
  return `expected ${a}, got ${b}`;
}
