import { Tally, type LocalGenerator } from "@espalier/heartbeat";
import {
  Attributed,
  InKernel,
  isDown,
  Process,
  type Belonging,
  type Down,
  type Limits,
  type NodeId,
  type Pid,
  type Ref,
} from "@espalier/runtime";
import { Asks, type Done } from "./global-asks.ts";
import { GlobalLocks } from "./global-held.ts";
import { isGlobalMessage, parseGlobalMessage, type GlobalAsk, type GlobalMessage } from "./global-messages.ts";
import { resolverName, resolverOf, type Resolve } from "./global-resolve.ts";
import { GlobalSync } from "./global-sync.ts";
import { limitsHere } from "./limits-here.ts";
import { openGlobalTable, type GlobalTable, type Names } from "./global-table.ts";
import { isDiscover, Overlay, takeName, type Peer } from "./overlay.ts";

/** The name of the process of `Global` on each node. */
export const globalProcess = "global";

/** A name of a process of this node. */
interface Own {
  readonly pid: Pid<any>;
  readonly ref: Ref;
  readonly resolve: Resolve;
  /** The end of the process does not take the name away any more. */
  readonly letGo: () => void;
}

/** What came of a conflict: nobody else can make one. */
class Resolved {
  readonly name: string;
  readonly one: Pid<any>;
  readonly other: Pid<any>;
  readonly kept: Pid<any> | null;

  constructor(name: string, one: Pid<any>, other: Pid<any>, kept: Pid<any> | null) {
    this.name = name;
    this.one = one;
    this.other = other;
    this.kept = kept;
  }
}

/**
 * The process of `Global` on one node. It answers for the names of its own node's processes, tells its peers of them, and keeps what they tell for as
 * long as they live and there is a link to them. That one name is given once is the business of locks, which whoever registers has set on all nodes;
 * two that were given apart are a conflict, which the smaller of the two nodes resolves (R-1321).
 */
export class GlobalNode {
  readonly self: Pid<any>;
  readonly locks: GlobalLocks;
  readonly sync: GlobalSync;
  readonly #table: GlobalTable;
  readonly #overlay: Overlay<Names>;
  readonly #asks: Asks;
  readonly #own = new Map<string, Own>();
  readonly #names: Names = new Map();
  /** The conflicts that are being resolved, with the peer that each is with, and how many that are. */
  readonly #resolving = new Map<string, string>();
  readonly #conflicts = new Tally();
  readonly #limits: Limits;

  private constructor(self: Pid<any>, table: GlobalTable, limits: Limits) {
    this.self = self;
    this.#limits = limits;
    this.#table = table;
    this.#overlay = new Overlay(globalProcess, self);
    const tell = (to: Pid<any>, message: GlobalMessage): LocalGenerator<void> => this.#overlay.tell(to, message);
    this.#asks = new Asks(tell, limits.globalAsksPerPeer, (of) => this.#forgetPid(of));
    this.locks = new GlobalLocks(self, this.#asks, () => this.peers, limits.globalLocksPerNode);
    this.sync = new GlobalSync(globalProcess, (node) => table.of(node) !== null);
    table.set(self.address.id, this.#names);
  }

  /** What the process that performs this is from now on. */
  static *open(): LocalGenerator<GlobalNode> {
    const self = yield* takeName(globalProcess);
    const node = new GlobalNode(self, yield* openGlobalTable(), yield* limitsHere);
    yield* node.#overlay.open();
    return node;
  }

  /** The processes of `Global` on other nodes. */
  get peers(): readonly Pid<any>[] {
    return this.#overlay.peers.map(({ pid }) => pid);
  }

  /** Gives a process a name. `done` gets false when another one has it; whoever asks has locked it. */
  *claim(name: string, pid: Pid<any>, resolve: Resolve, replace: boolean, done: Done<boolean>): LocalGenerator<void> {
    if (!replace && this.#table.whereis(name) !== undefined) return yield* done(false);
    if (yield* isHome(pid)) return yield* this.#give(name, pid, resolve, replace, done);
    const owner = this.peers.find(({ address }) => address.id === pid.address.id);
    const resolver = resolverName(resolve);
    if (owner === undefined || resolver === null) return yield* done(false);
    yield* this.#asks.all([owner], { type: "claim", name, pid, replace, resolver }, (answers) =>
      done(answers.get(owner.key) === true),
    );
  }

  /** Whoever has the name has it no more when `done` is performed. */
  *unregister(name: string, done: Done<void>): LocalGenerator<void> {
    const held = this.#table.holders(name);
    const own = this.#own.get(name);
    const releaseOthers = function* (this: GlobalNode): LocalGenerator<void> {
      const [other] = held.filter(([node]) => node !== this.self.address.id);
      const owner = other === undefined ? undefined : this.peers.find(({ address }) => address.id === other[0]);
      if (other === undefined || owner === undefined) return yield* done();
      yield* this.#asks.all([owner], { type: "release", name, pid: other[1] }, () => done());
    }.bind(this);
    if (own === undefined) yield* releaseOthers();
    else yield* this.#take(name, own, releaseOthers);
  }

  *receive(message: unknown): LocalGenerator<void> {
    if (isDown(message)) return yield* this.#ended(message);
    if (yield* this.#overlay.reached(message)) return;
    if (message instanceof Resolved) return yield* this.#resolved(message);
    if (!(message instanceof Attributed)) return;
    const { from, message: said } = message;
    const former = this.#overlay.tooMany(from);
    if (former !== null) yield* this.#forget(former);
    if (isDiscover(said)) {
      yield* this.#overlay.tell(from, { type: "global.sync", names: this.#names } satisfies GlobalMessage);
      yield* this.#overlay.discovered(from);
    } else if (isGlobalMessage(said)) {
      yield* this.#said(from, said);
    }
  }

  *#said(from: Pid<any>, said: { readonly type: GlobalMessage["type"] }): LocalGenerator<void> {
    const known = this.#overlay.find(from);
    let message: GlobalMessage;
    try {
      message = parseGlobalMessage(said, this.#limits.globalNamesPerNode);
    } catch {
      // Whoever talks nonsense is forgotten with all it said.
      if (known !== null) yield* this.#forget(known);
      return;
    }
    switch (message.type) {
      case "global.sync":
        return yield* this.#synced(yield* this.#overlay.synced(from), message.names);
      case "global.answer":
        return yield* this.#asks.answer(from, message.serial, message.value);
      case "global.ask": {
        const { serial, ask } = message;
        const answer: Done<unknown> = (value) => this.#overlay.tell(from, { type: "global.answer", serial, value });
        if (known === null) return yield* answer(null);
        return yield* this.#asked(known, ask, answer);
      }
    }
  }

  *#asked(peer: Peer<Names>, ask: GlobalAsk, answer: Done<unknown>): LocalGenerator<void> {
    switch (ask.type) {
      case "add":
        return yield* this.#added(peer, ask.name, ask.pid, ask.replace, answer);
      case "remove": {
        const names = this.#namesOf(peer);
        if (names.get(ask.name)?.equals(ask.pid) === true) names.delete(ask.name);
        return yield* answer(true);
      }
      case "claim": {
        const { name, pid, replace, resolver } = ask;
        const isTaken = !replace && this.#table.whereis(name) !== undefined;
        if (isTaken || !(yield* isHome(pid))) return yield* answer(false);
        return yield* this.#give(name, pid, resolverOf(resolver), replace, answer);
      }
      case "release": {
        const own = this.#own.get(ask.name);
        if (own === undefined || !own.pid.equals(ask.pid)) return yield* answer(true);
        return yield* this.#take(ask.name, own, () => answer(true));
      }
      case "lock":
        return yield* answer(this.locks.set(ask.id, ask.holder, peer.pid));
      case "unlock":
        this.locks.delete(ask.id, ask.holder, peer.pid);
        return yield* answer(true);
    }
  }

  /** A process of this node gets a name, and all peers know before `done` is performed (R-1320). */
  *#give(name: string, pid: Pid<any>, resolve: Resolve, replace: boolean, done: Done<boolean>): LocalGenerator<void> {
    const before = this.#own.get(name);
    if (before !== undefined) yield* this.#drop(name, before);
    if (this.#own.size >= this.#limits.globalNamesPerNode) return yield* done(false);
    if (replace) this.#replaced(name, this.self.address.id);
    this.#names.set(name, pid);
    const own: Own = {
      pid,
      ref: yield* Process.monitor(pid),
      resolve,
      letGo: yield* nameEndsWith(pid, () => this.#names.delete(name)),
    };
    this.#own.set(name, own);
    yield* this.#asks.all(this.peers, { type: "add", name, pid, replace }, (answers) => {
      if ([...answers.values()].every((answer) => answer !== false)) return done(true);
      // A node that this one is not connected with has given it away: all of them, or none.
      return this.#own.get(name) === own ? this.#take(name, own, () => done(false)) : done(false);
    });
  }

  /** A process of this node has a name no more, and all peers know before `done` is performed. */
  *#take(name: string, own: Own, done: Done<void>): LocalGenerator<void> {
    yield* this.#drop(name, own);
    yield* this.#asks.all(this.peers, { type: "remove", name, pid: own.pid }, () => done());
  }

  *#drop(name: string, { ref, letGo }: Own): LocalGenerator<void> {
    this.#own.delete(name);
    this.#names.delete(name);
    letGo();
    yield* Process.demonitor(ref, { flush: true });
  }

  /** A peer's process has a name now. */
  *#added(
    peer: Peer<Names>,
    name: string,
    pid: Pid<any>,
    replace: boolean,
    answer: Done<unknown>,
  ): LocalGenerator<void> {
    const names = this.#namesOf(peer);
    if (names.size >= this.#limits.globalNamesPerNode) {
      yield* this.#forget(peer);
      return;
    }
    const own = this.#own.get(name);
    if (!replace) {
      const isElsewhere = this.#table.holders(name).some(([node]) => {
        return node !== peer.pid.address.id && node !== this.self.address.id;
      });
      if (isElsewhere) return yield* answer(false);
      names.set(name, pid);
      yield* this.#meet(peer, name, pid);
      return yield* answer(true);
    }
    names.set(name, pid);
    this.#replaced(name, peer.pid.address.id);
    if (own === undefined) return yield* answer(true);
    // Those that the other node does not know have to hear it from here.
    yield* this.#take(name, own, () => answer(true));
  }

  /** Nobody but a process of `node` has the name any more. */
  #replaced(name: string, node: NodeId): void {
    for (const [other] of this.#table.holders(name)) {
      if (other !== node && other !== this.self.address.id) this.#table.of(other)?.delete(name);
    }
  }

  *#synced(peer: Peer<Names>, names: Names): LocalGenerator<void> {
    peer.state = names;
    this.#table.set(peer.pid.address.id, names);
    for (const [name, pid] of names) {
      yield* this.#meet(peer, name, pid);
      if (peer.state !== names) return;
    }
    yield* this.sync.synced(peer.pid.address.id);
  }

  /** A name of a peer may be one of this node's, too: the smaller of the two nodes has the conflict resolved. */
  *#meet(peer: Peer<Names>, name: string, other: Pid<any>): LocalGenerator<void> {
    const own = this.#own.get(name);
    if (own === undefined || own.pid.equals(other) || this.self.address.id > peer.pid.address.id) return;
    const key = conflictKey(name, own.pid, other);
    if (this.#resolving.has(key)) return;
    const { key: peerKey } = peer.pid;
    if (this.#conflicts.of(peerKey) >= this.#limits.globalConflictsPerPeer) return yield* this.#forget(peer);
    this.#resolving.set(key, peerKey);
    this.#conflicts.add(peerKey);
    yield* Process.spawn(resolveConflict, this.self, own.resolve, name, own.pid, other);
  }

  *#resolved({ name, one, other, kept }: Resolved): LocalGenerator<void> {
    const own = this.#own.get(name);
    const peer = this.#overlay.peers.find(({ state }) => state?.get(name)?.equals(other) === true);
    if (own !== undefined && own.pid.equals(one) && kept?.equals(one) !== true) {
      yield* this.#take(name, own, function* () {});
    }
    const losers = peer === undefined || kept?.equals(other) === true ? [] : [peer.pid];
    const key = conflictKey(name, one, other);
    // What the other node says until it has answered it said before it knew.
    const over = (): void => {
      this.#conflicts.remove(this.#resolving.get(key) as string);
      this.#resolving.delete(key);
    };
    yield* this.#asks.all(losers, { type: "release", name, pid: other }, function* () {
      over();
    });
  }

  *#ended(down: Down): LocalGenerator<void> {
    const peer = this.#overlay.lost(down);
    if (peer !== null) return yield* this.#lost(peer);
    if (yield* this.sync.ended(down)) return;
    yield* this.locks.ended(down);
    for (const [name, own] of [...this.#own]) {
      if (own.ref.equals(down.ref)) yield* this.#take(name, own, function* () {});
    }
  }

  *#forgetPid(pid: Pid<any>): LocalGenerator<void> {
    const peer = this.#overlay.find(pid);
    if (peer !== null) yield* this.#forget(peer);
  }

  *#forget(peer: Peer<Names>): LocalGenerator<void> {
    yield* this.#overlay.forget(peer);
    yield* this.#lost(peer);
  }

  /** A node is lost, or its process of `Global`: its names go, its locks too, and nothing is waited for from it. */
  *#lost(peer: Peer<Names>): LocalGenerator<void> {
    const { pid, state } = peer;
    const { id } = pid.address;
    if (state !== null && this.#table.of(id) === state) this.#table.delete(id);
    peer.state = null;
    this.locks.lost(pid);
    yield* this.#asks.lost(pid);
  }

  #namesOf(peer: Peer<Names>): Names {
    if (peer.state === null) {
      peer.state = new Map();
      this.#table.set(peer.pid.address.id, peer.state);
    }
    return peer.state;
  }
}

/** Runs apart, so that a resolver that waits or throws holds up nobody. */
function* resolveConflict(
  _self: unknown,
  server: Pid<any>,
  resolve: Resolve,
  name: string,
  one: Pid<any>,
  other: Pid<any>,
): LocalGenerator<void> {
  let kept: Pid<any> | null = null;
  try {
    kept = yield* resolve(name, one, other);
  } finally {
    yield* Process.send(server, new Resolved(name, one, other, kept));
  }
}

function conflictKey(name: string, one: Pid<any>, other: Pid<any>): string {
  return `${one.key} ${other.key} ${name}`;
}

/** Has `free` called when the process ends, before anybody hears of it. What this gives takes that back. */
function nameEndsWith(pid: Pid<any>, free: () => void): InKernel<() => void> {
  return new InKernel((kernel) => {
    const cell = kernel.find(pid);
    if (cell === undefined) return () => {};
    const belonging: Belonging = { atHome: true, release: free };
    (cell.belongings ??= new Set()).add(belonging);
    return () => void cell.belongings?.delete(belonging);
  });
}

function isHome(pid: Pid<any>): InKernel<boolean> {
  return new InKernel((kernel) => kernel.isHome(pid));
}
