import type { Cause, Heartbeat, HomeCounts, LeaseParameters, TransferCounts } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import type { LinkView, NetworkView } from "./network-view.ts";
import type { Payload } from "./message.ts";
import type { NodeId, NodeRef } from "./cluster/node-ref.ts";
import type { Pid } from "./addresses/pid.ts";
import type { Signal } from "./exits/signal.ts";
import type { Watch } from "./exits/watch.ts";
import type { suspended } from "./waiting.ts";

/**
 * The port between the processes of one node and the other nodes. A node without it is alone: whatever it does to a pid of
 * another node ends in `noconnection`.
 *
 * The seam, from both sides:
 *
 * **Leaving.** Every effect of a process on another one goes through `Kernel.effect(cell, to, signal)`, after the
 * operation has changed the process's own links and watches. It routes: to `Guest.out` when the sender is a guest here, whoever the receiver is; to a cell when the receiver's home
 * is this node; to {@link Distribution.send} otherwise. The home of a guest calls `Kernel.perform` with the cell that it kept,
 * in the order of the guest's numbers: so an effect means the same wherever the process ran.
 *
 * **Arriving.** `Kernel.arrive(to, signal)` for a pid whose home is this node (a pid that is dead or of a former life is answered as
 * say), and `Kernel.receive(guest, signal)` for what the home forwarded to a guest.
 *
 * **Moving.** `moving.ts`: `capture` reads a process without changing it, and `park` keeps it from stepping; it goes on with
 * `Kernel.resume` or `Kernel.throwInto`. A process whose home is here `depart`s (its signals go through {@link Away} from then on, its frames
 * are kept), and then either `stay`s or is `letGo`. `come` makes a guest, parked; `comeHome` is the way back; `dropGuest` removes a guest
 * without running anything of it. `Kernel.exits.end(cell, cause)` ends a process whose home is here, wherever it runs.
 *
 * **Operations.** `Kernel.handlers` is a table by the operation's type, and the port adds its own to it: `remote.transfer`,
 * `process.spawnAt` and so on. A handler returns the result, or `suspended` after `Kernel.wait(cell, …)`, or throws.
 */
export interface Distribution {
  /** The node takes part in the world from now on. Rejects with what is wrong. */
  start(): Promise<void>;
  /** Sends a signal from a process whose home is this node to a process whose home is not. Never throws, never waits. */
  send(from: Pid, to: Pid, signal: Signal): void;
  /**
   * Moves a process that is parked and has not begun to `node`, where it begins. When that cannot be done, the process ends with the reason
   * (R-141).
   */
  place(cell: Cell, node: NodeRef): void;
  /**
   * Moves a process that is not executing to `node`, as it stands, with what it waits for. Until that node has taken it, it may come to
   * nothing: then `Migrations.failed` is told, and the process goes on. When there is no link to `node`, nothing is done until `connected` is
   * called, with null, or with the reason why there will be none.
   *
   * @throws NotMovableError naming what cannot travel, before anything is sent.
   */
  migrate(cell: Cell, node: NodeRef, connected: (error: unknown) => void): "connecting" | "leaving";
  /**
   * Proof of death (settled 1): whoever says so has seen the OS process of `node` end. What it ran for this node is lost at once, with the
   * cause `unresponsive`. `incarnation` null: the life that it was in.
   */
  declareDown(node: NodeRef, incarnation: string | null): void;
  /**
   * Like {@link Distribution.migrate}, with the home: afterwards the process is a process of `node`, under its pid, and this node can be
   * switched off. Only for a process that is at home here.
   */
  handOver(cell: Cell, node: NodeRef, connected: (error: unknown) => void): "connecting" | "leaving";
  /** A signal for a process that was born here and is not here: true when its home is elsewhere, and the signal goes there. */
  forward(to: Pid, signal: Signal): boolean;
  /** What is kept about homes that were handed over. */
  readonly homes: HomeCounts;
  /** Remembers where `node` listens. */
  learn(node: NodeRef): void;
  /** In which epoch a process acts that is here now: see `Remote.fence`. */
  epochOf(cell: Cell): number;
  /** The nodes that there is a link to. */
  readonly peers: readonly NodeId[];
  /** The same, with where they listen as far as that is known. */
  readonly connected: readonly NodeRef[];
  /** Makes a link to `node`; `reached` is told whether there is one, at once if there is one now. What it returns forgets about it. */
  reach(node: NodeRef, reached: (isUp: boolean) => void): () => void;
  /** Stays connected with `node`: opens a link now, and again after each loss and each failure. */
  keep(node: NodeRef): void;
  /** Does not stay connected with `node` any more. A link that there is stays. */
  release(node: NodeRef): void;
  /** The links, and what they carried. */
  links(): readonly LinkView[];
  /** What this node has done on its network. */
  network(): NetworkView;
  /** Closes the link to `node`, as if it had broken (R-1311). `reason` is for people. */
  disconnect(node: NodeRef, reason: string): void;
  /**
   * A value as it would travel, for packages that take it apart or keep it.
   *
   * @throws NotMovableError naming what cannot travel.
   */
  encode(value: unknown): Payload;
  /**
   * What {@link Distribution.encode} wrote, by the word of the node `from`.
   *
   * @throws CodecError when it makes no sense.
   */
  decode(payload: Payload, from: NodeId): unknown;
  /** What is kept about processes that move. */
  readonly moving: TransferCounts;
  /** How leases are timed. */
  readonly lease: LeaseParameters;
  /** What is kept about exchanges with peers. */
  readonly exchanges: ExchangeCounts;
  /** The address at which others reach this node, when it listens. */
  readonly url: string | null;
  /** Nothing is sent or accepted any more, once this resolves. */
  stop(): Promise<void>;
}

/** The links on which so much waits that whoever sends over them waits, too. */
export interface CrowdedLinks {
  /** The process has sent something to `to`: if that goes over such a link, it waits, and a handler returns what this returns. */
  hold(cell: Cell, to: Pid): typeof suspended | undefined;
  /** Whether what the process would send to `to` goes over such a link. */
  leadTo(cell: Cell, to: Pid): boolean;
}

/** How many records of exchanges with other nodes are kept: all zero when nothing is under way and nothing is away (P19). */
export interface ExchangeCounts {
  /** Unlinks that the other side has not acknowledged. */
  readonly unlinks: number;
  /** What was said about heartbeats and is said again until it is heard (H17). */
  readonly unheard: number;
  /** Processes that are away with a scope open, whose heartbeats fail if their host is lost. */
  readonly openScopes: number;
  /** What waits for definitions, and peers that were asked for some. */
  readonly awaitingCode: number;
  /** Peers of which it is remembered what definitions they have, or were told to be here: only while there is a link. */
  readonly codeOfPeers: number;
}

/**
 * The place of a process that has its home here and is computed elsewhere. Its name, links, watches and watchers are here; signals that
 * only the computation can judge are forwarded.
 */
export interface Away {
  readonly kind: "away";
  /** The node that it was granted to last, as far as its home knows. */
  readonly host: NodeId;
  /** Watches that fired on the way out, to be opened again if the process stays; null once it is gone. */
  fired: Watch[] | null;
  /**
   * A signal for the computation. The home's part is done: the link that carried an exit is removed, and so is the watch that fired. Whether
   * an exit came through a link that is active the computation judges, which may have made one that its home has not heard of.
   */
  forward(signal: Signal): void;
  /** The process has ended at home: by the computation's own word, or by verdict. */
  ended(cause: Cause): void;
}

/** The place of a process that is computed here and has its home elsewhere. */
export interface Guest {
  readonly kind: "guest";
  /** An effect, in the order of the computation: the home performs it in the process's name. */
  out(to: Pid, signal: Signal): void;
  /** May it go on now? Asked once before each slice. If not, it is not stepped: call `Kernel.reschedule` when it may, or `dropGuest`. */
  mayStep(): boolean;
  /** The scopes that are open in the computation now, outermost first: their heartbeats fail if this node is lost. */
  scopes(heartbeats: readonly Heartbeat[]): void;
  /** The computation has ended, with what its body returned or threw. Its links, watchers and name are the home's business. */
  ended(cause: Cause, outcome: unknown): void;
}
