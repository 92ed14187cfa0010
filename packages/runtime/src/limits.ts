import { describe } from "@espalier/heartbeat";

/**
 * Every limit that protects a node from its peers and from hostile data: for `Node.start({ limits })`. A peer that goes beyond one gets a precise
 * error or loses its session, as the page says, and nobody else notices. docs/limits.md is the page, and a test holds it equal to this.
 */
export interface Limits {
  // What a session carries

  /** One Noise message: the Noise specification's own maximum (§3). The same on both sides. */
  readonly frameBytes: number;
  /** One message between nodes once encoded, however many fragments it takes: what one peer can make us hold unread. */
  readonly messageBytes: number;
  /** Nesting of decoded data: far beyond data that people write, far below what a JavaScript stack holds. */
  readonly depth: number;
  /** One text or byte string. */
  readonly stringBytes: number;
  /** Elements of one array, set or map. */
  readonly collectionLength: number;
  /** Data items of one message in total: a one-byte item can take a hundred bytes of memory. */
  readonly itemsTotal: number;
  /** Bytes that a pipe is given at a time: what must be in time waits for so much at most. */
  readonly windowBytes: number;
  /** Bytes waiting in one link beyond which whoever sends there waits, too. OTP's `+zdbbl` is the same. */
  readonly busyBytes: number;
  /** Bytes waiting in one link for a peer that does not read. */
  readonly queuedBytes: number;
  /** Characters of a reason that a peer gives: it ends up in logs. */
  readonly reasonLength: number;
  /** Frames in one direction under one key. The same on both sides. */
  readonly rekeyMessages: number;
  /** Bytes in one direction under one key. The same on both sides. */
  readonly rekeyBytes: number;

  // How a session begins

  /** From the opening of a pipe to the end of its handshake. A handshake takes milliseconds; a slow one is an attack or a dead peer. */
  readonly handshakeMs: number;
  /** Pipes of one address whose handshake is not over: a whole cluster on one machine may start at once. */
  readonly halfOpenPerAddress: number;
  /** Pipes of all addresses whose handshake is not over: each costs a timer, a socket and three curve operations. */
  readonly halfOpen: number;
  /** Handshakes that one address may begin in a second: each costs about a millisecond of a core. */
  readonly handshakesPerSecond: number;
  /** Addresses whose handshakes are counted; those that came longest ago are forgotten first. */
  readonly addressesCounted: number;
  /** Connection attempts under way at once, from this node. */
  readonly dialsConcurrent: number;
  /** The longest wait before the first new attempt of a node that stays connected: an accident is made good at once. */
  readonly reconnectMs: number;
  /** The longest wait ever: a peer that was away for hours is found within a minute. */
  readonly reconnectMaxMs: number;
  /** How long a static key serves: a stolen one is worth little tomorrow. */
  readonly staticKeyMs: number;
  /** By how much the wall clocks of two nodes may differ. */
  readonly wallSkewMs: number;
  /** Static keys of peers that are remembered, to connect with one message less: those that were used longest ago are forgotten first. */
  readonly staticKeysKnown: number;
  /** How old a session's keys become before they are replaced; a 24th more, and the session ends. The same on all nodes, or the least counts. */
  readonly renewMs: number;

  // How much of something a peer may do in a second. A peer that was quiet may do as much at once as it could have in `rateBurstMs`.

  /** How long a peer that was quiet saves up what it did not use. */
  readonly rateBurstMs: number;
  /** Control frames of one session, renewals of keys among them: a session in order has a handful in its life. */
  readonly controlsPerSecond: number;
  /** Messages of one session. What keeps an honest sender from being too quick is back-pressure. */
  readonly messagesPerSecond: number;
  /** Questions for definitions and answers to them, of one peer: a question of a few bytes can have an answer of megabytes. */
  readonly codeMessagesPerSecond: number;
  /** Processes that one peer offers to this node: to take one costs about a tenth of a millisecond. */
  readonly offersPerSecond: number;
  /** Connections to where one peer, which is not trusted, and nobody else has said that somebody listens: it could make this node knock anywhere. */
  readonly namedDialsPerSecond: number;
  /** Requests of one peer that are refused: whoever is refused all the time is up to something. */
  readonly refusalsPerSecond: number;

  // What one peer may make this node keep

  /** Requests of one peer that this node has not answered: asks of the node, sends to bounded mailboxes. Each is a process here. */
  readonly requestsPerPeer: number;
  /** Monitors and links that one peer has made here. */
  readonly referencesPerPeer: number;
  /** Heartbeats that one peer is registered for here. */
  readonly heartbeatsPerPeer: number;
  /** Processes of one peer that compute here, those that are arriving included. */
  readonly guestsPerPeer: number;
  /** Processes that one peer is sending, whosever they are, and that do not compute yet. */
  readonly arrivalsPerPeer: number;
  /** Signals for one process that has come and does not begin yet; the rest waits at its home, which sends it again. */
  readonly signalsPerArrival: number;
  /** Signals for one process of this node that is away, which its host has not acknowledged: beyond it the host's beats count no more. */
  readonly signalsPerAway: number;
  /** What one peer has said that waits for definitions, or behind something that does. */
  readonly awaitingCodePerPeer: number;
  /** The same in bytes. */
  readonly awaitingCodeBytesPerPeer: number;
  /** Definitions of which it is remembered that one peer has them; beyond it they are listed again. */
  readonly knownCodePerPeer: number;
  /** Names of processes of one node, in `Global`. */
  readonly globalNamesPerNode: number;
  /** Locks that one node has set on this one, in `Global`, each as often as processes hold it. */
  readonly globalLocksPerNode: number;
  /** What one peer was asked by this node's `Global` and has not answered. */
  readonly globalAsksPerPeer: number;
  /** Conflicts about names with one peer that are being resolved. */
  readonly globalConflictsPerPeer: number;
  /** Members of all groups of a scope on one node, each as often as it has joined. */
  readonly groupMembersPerNode: number;

  // What this node keeps in all

  /** Messages that wait for room in one bounded mailbox, each with its sender or without one; the next is refused. */
  readonly waitingPerMailbox: number;
  /** Signals that wait for one link that is not up. Dropping some would leave a gap, so the attempt is given up with all of them. */
  readonly queuedSignals: number;
  /** Nodes of which it is remembered where they listen; those that were mentioned longest ago are forgotten first. */
  readonly addresses: number;
  /** Channels that hold something or are listened to. */
  readonly channels: number;
  /** Listeners of all channels. */
  readonly listeners: number;
  /** Heartbeats that live, whose end somebody has yet to learn, or that are watched elsewhere. */
  readonly heartbeats: number;
  /** Ended heartbeats whose cause is kept although everybody knows it; the oldest are forgotten first. */
  readonly heartbeatsRemembered: number;
  /** Sandboxes that run at once: each is a process of the operating system, or a thread. */
  readonly sandboxes: number;
  /** Strangers of whom it is remembered what their sandboxes have used up, those among them that run included. */
  readonly sandboxOwners: number;

  /** What is taken of code. */
  readonly code: CodeLimits;
}

/** What a node takes of code that others send. */
export interface CodeLimits {
  /** Characters of one definition's text. What parsing, hashing and compiling it may cost grows with it. */
  readonly text: number;
  /** Nodes on the longest way into the tree of one definition: whoever walks it does so by recursion, on a stack that must not end. */
  readonly depth: number;
  /** Dependencies of one definition: each is a parameter of what is evaluated. */
  readonly dependencies: number;
  /** Definitions that need one another: to tell them apart takes time that grows with the square of their number. */
  readonly group: number;
  /** Definitions on the longest way from a definition to one that needs nothing: they are evaluated one inside another. */
  readonly chain: number;
  /** Characters of a name: names are for people. */
  readonly name: number;
  /** Definitions that are sent together. */
  readonly delivery: number;
  /** Characters of all texts that are sent together. */
  readonly deliveryText: number;
  /** Definitions that a node keeps in memory, and characters of their texts: for as long as it lives, as any function may still be called. */
  readonly kept: number;
  readonly keptText: number;
  /** The same for those of one peer that is not trusted. */
  readonly keptOfPeer: number;
  readonly keptTextOfPeer: number;
}

/** {@link Limits} that differ from the defaults. What both ends of a session must have alike is not among them. */
export type LimitOptions = Partial<Omit<Limits, "code" | (typeof shared)[number]>> & {
  readonly code?: Partial<CodeLimits>;
};

/** The limits of a node that was given no others. */
export const limits: Limits = Object.freeze({
  frameBytes: 65_535,
  messageBytes: 16 * 2 ** 20,
  depth: 512,
  stringBytes: 16 * 2 ** 20,
  collectionLength: 1_000_000,
  itemsTotal: 1_000_000,
  windowBytes: 2 ** 18,
  busyBytes: 2 ** 20,
  queuedBytes: 64 * 2 ** 20,
  reasonLength: 256,
  rekeyMessages: 2 ** 20,
  rekeyBytes: 2 ** 30,

  handshakeMs: 5_000,
  halfOpenPerAddress: 64,
  halfOpen: 256,
  handshakesPerSecond: 200,
  addressesCounted: 10_000,
  dialsConcurrent: 16,
  reconnectMs: 250,
  reconnectMaxMs: 30_000,
  staticKeyMs: 24 * 3_600_000,
  wallSkewMs: 5 * 60_000,
  staticKeysKnown: 1_024,
  renewMs: 23 * 3_600_000,

  rateBurstMs: 10_000,
  controlsPerSecond: 10,
  messagesPerSecond: Infinity,
  codeMessagesPerSecond: 100,
  offersPerSecond: 5_000,
  namedDialsPerSecond: 10,
  refusalsPerSecond: 1_000,

  requestsPerPeer: 10_000,
  referencesPerPeer: 100_000,
  heartbeatsPerPeer: 100_000,
  guestsPerPeer: 100_000,
  arrivalsPerPeer: 10_000,
  signalsPerArrival: 10_000,
  signalsPerAway: 100_000,
  awaitingCodePerPeer: 100_000,
  awaitingCodeBytesPerPeer: 64 * 2 ** 20,
  knownCodePerPeer: 20_000,
  globalNamesPerNode: 100_000,
  globalLocksPerNode: 100_000,
  globalAsksPerPeer: 100_000,
  globalConflictsPerPeer: 100_000,
  groupMembersPerNode: 1_000_000,

  waitingPerMailbox: 10_000,
  queuedSignals: 10_000,
  addresses: 100_000,
  channels: 1_000_000,
  listeners: 1_000_000,
  heartbeats: 1_000_000,
  heartbeatsRemembered: 10_000,
  sandboxes: 64,
  sandboxOwners: 10_000,

  code: Object.freeze({
    text: 262_144,
    depth: 400,
    dependencies: 256,
    group: 64,
    chain: 500,
    name: 200,
    delivery: 10_000,
    deliveryText: 8_388_608,
    kept: 100_000,
    keptText: 134_217_728,
    keptOfPeer: 2_000,
    keptTextOfPeer: 4_194_304,
  }),
});

/** What both ends of a session must have alike: part of the protocol. */
const shared = ["frameBytes", "rekeyMessages", "rekeyBytes"] as const;

/** HTML Standard §8.6: a longer delay would fire at once. About 24 days. */
const timerMsMax = 2 ** 31 - 1;

/** The first may not be more than the second. */
const ordered: readonly (readonly [string, string])[] = [
  ["halfOpenPerAddress", "halfOpen"],
  ["arrivalsPerPeer", "guestsPerPeer"],
  ["reconnectMs", "reconnectMaxMs"],
  ["renewMs", "staticKeyMs"],
  ["windowBytes", "queuedBytes"],
  ["busyBytes", "queuedBytes"],
  ["stringBytes", "messageBytes"],
  ["collectionLength", "itemsTotal"],
  ["sandboxes", "sandboxOwners"],
  ["code.text", "code.deliveryText"],
  ["code.keptOfPeer", "code.kept"],
  ["code.keptTextOfPeer", "code.keptText"],
];

/**
 * The limits of a node: the defaults, but for what `options` says. `Infinity` is allowed for what may happen in a second.
 *
 * @throws TypeError naming what is no limit, RangeError naming a limit that is not a whole number above 0, or two that contradict each other.
 */
export function readLimits(options: LimitOptions = {}): Limits {
  const { code, ...rest } = checkObject(options, "limits") as LimitOptions;
  for (const name of shared) {
    if (name in rest) {
      throw new TypeError(`limits.${name}: both ends of a session must have the same, ${limits[name]}; leave it out`);
    }
  }
  const read: Limits = {
    ...merge<Limits>(limits, rest, "limits"),
    code: merge<CodeLimits>(limits.code, code === undefined ? {} : checkObject(code, "limits.code"), "limits.code"),
  };
  for (const [less, more] of ordered) {
    const [first, second] = [valueOf(read, less), valueOf(read, more)];
    if (first > second) {
      throw new RangeError(`limits.${less}: expected at most limits.${more} (${second}), got ${first}`);
    }
  }
  return read;
}

/** What is said of whoever went beyond a limit: how many of `what` there may be, and what to set. */
export function beyond(limits: Limits, name: Exclude<keyof Limits, "code">, what: string): string {
  return `more than ${limits[name]} ${what} (limits.${name})`;
}

function checkObject(value: unknown, where: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new TypeError(`${where}: expected an object of limits, got ${describe(value)}`);
}

function merge<T extends object>(defaults: T, options: object, where: string): T {
  const merged: Partial<Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new TypeError(
        `${where}.${name}: there is no such limit; expected one of ${Object.keys(defaults).join(", ")}`,
      );
    }
    if (value === undefined) continue;
    const isEndless = value === Infinity && name.endsWith("PerSecond");
    if (!isEndless && !(Number.isSafeInteger(value) && (value as number) > 0)) {
      throw new RangeError(`${where}.${name}: expected a whole number above 0, got ${describe(value)}`);
    }
    // Keys are replaced by then, and a 24th later the session ends: that is a timer, too.
    const mostMs = name === "renewMs" ? Math.floor((timerMsMax * 24) / 25) : timerMsMax;
    if (name.endsWith("Ms") && (value as number) > mostMs) {
      throw new RangeError(`${where}.${name}: expected at most ${mostMs} ms, which a timer can wait, got ${value}`);
    }
    merged[name] = value;
  }
  return { ...defaults, ...merged };
}

function valueOf(read: Limits, path: string): number {
  const [, inCode] = path.split("code.");
  return inCode === undefined ? (read[path as keyof Limits] as number) : read.code[inCode as keyof CodeLimits];
}
