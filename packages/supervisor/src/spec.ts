import { describe, durationMs, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import { NodeRef, ViaName, type Body, type Self, mailboxLimits, type MailboxOptions } from "@espalier/runtime";
import { parseBackoff, type Backoff, type BackoffOptions } from "./backoff.ts";
import { notOneOf } from "./flags.ts";
import type { Restart } from "./restart.ts";
import type { Shutdown } from "./shutdown.ts";

/** One child of a supervisor, as data, checked and with every default filled in. */
export interface ChildSpec {
  /** Names the child among its siblings. */
  readonly id: string;
  readonly type: ChildType;
  /** What runs. */
  readonly what: Startable;
  /** The arguments of every start, the first one and each restart. */
  readonly args: readonly unknown[];
  readonly restart: Restart;
  /** In milliseconds where it is a number. */
  readonly shutdown: Shutdown;
  /** Whether its end can end the supervisor, where that has an `autoShutdown`. */
  readonly significant: boolean;
  /** Its name on its supervisor's node, from before it runs; null: none. */
  readonly name: string | ViaName<any> | null;
  /** Whether a plain body says `self.ready()`; until then it has not started. */
  readonly ready: boolean;
  /** Where it runs; null: beside its supervisor. */
  readonly on: NodeRef | null;
  /** How long its restarts wait; null: not at all, as in OTP. */
  readonly backoff: Backoff | null;
  /** How many messages may wait for it; absent: any number. */
  readonly mailbox?: MailboxOptions;
}

/** What a child can be: a plain body, or a definition (of a server, of a supervisor). */
export type Startable = Body<any, readonly any[], unknown> | ProcessDefinition;

/** A definition of processes that say themselves when they are ready. */
export interface ProcessDefinition {
  readonly body: (self: Self<any>, ...args: any[]) => LocalGenerator<unknown>;
}

export type ChildType = "worker" | "supervisor";

/** How a child is treated; everything has a default. */
export interface ChildOptions {
  /** When it is started again after it ended by itself: `"permanent"`, always, by default. */
  readonly restart?: Restart;
  /**
   * How long it may take to end when it is told to, before it is killed: 5 seconds for a worker and `"infinity"` for a supervisor by
   * default; `"brutal-kill"` kills it at once.
   */
  readonly shutdown?: "brutal-kill" | Duration;
  /** Whether its end can end the supervisor (see `autoShutdown`). Not for permanent children: they do not end. */
  readonly significant?: boolean;
  /** A name for the process, registered before anything of it runs. One in a registry it takes itself, so it has to say when it is ready. */
  readonly name?: string | ViaName<any>;
  /**
   * For plain bodies: whether it says `self.ready()` when its preparations are done. If so the next child is not started before, and
   * ending before is failing to start. Without it a body has started as soon as it was spawned. Servers and supervisors always say so.
   */
  readonly ready?: boolean;
  /** The machine to run on. It is supervised from here. */
  readonly on?: NodeRef;
  /** How long its restarts wait. Unless given they do not. */
  readonly backoff?: BackoffOptions;
  /** How many messages may wait for it, in each of its lives; any number unless given. Not together with `on`: see `Process.spawnOpt`. */
  readonly mailbox?: MailboxOptions;
}

const restarts: readonly unknown[] = ["permanent", "transient", "temporary"] satisfies Restart[];

/** OTP's default for workers. */
const workerShutdownMs = 5_000;

/**
 * Checks a child's options and fills in the defaults.
 *
 * @throws TypeError or RangeError naming the option, what was expected, what came, and the child.
 */
export function parseSpec(
  type: ChildType,
  id: string,
  what: Startable,
  args: readonly unknown[],
  options: ChildOptions,
): ChildSpec {
  const { restart = "permanent", significant = false, name = null, ready = false, on = null } = options;
  if (typeof id !== "string" || id === "") throw new TypeError(`id: expected a non-empty string, got ${describe(id)}`);
  const of = (option: string): string => `${option} of child ${describe(id)}`;
  if (typeof what !== "function" && typeof (what as Partial<ProcessDefinition> | null)?.body !== "function") {
    throw new TypeError(`child ${describe(id)}: expected a process body or a definition, got ${describe(what)}`);
  }
  if (!Array.isArray(args)) throw new TypeError(`${of("args")}: expected an array, got ${describe(args)}`);
  if (!restarts.includes(restart)) throw notOneOf(of("restart"), restarts, restart);
  for (const [option, value] of Object.entries({ significant, ready })) {
    if (typeof value !== "boolean") throw new TypeError(`${of(option)}: expected a boolean, got ${describe(value)}`);
  }
  if (name !== null && !(name instanceof ViaName) && (typeof name !== "string" || name === "")) {
    throw new TypeError(`${of("name")}: expected a non-empty string or a via name, got ${describe(name)}`);
  }
  if (name instanceof ViaName && ((typeof what === "function" && !ready) || on !== null)) {
    throw new TypeError(
      `${of("name")}: expected a via name of a child that says when it is ready, beside its supervisor, got ${name.toString()}`,
    );
  }
  if (significant && restart === "permanent") {
    throw new TypeError(`${of("significant")}: expected false, because a permanent child does not end, got true`);
  }
  if (on !== null && !(on instanceof NodeRef))
    throw new TypeError(`${of("on")}: expected a NodeRef, got ${describe(on)}`);
  const { backoff, mailbox } = options;
  if (mailbox !== undefined) {
    mailboxLimits(mailbox);
    if (on !== null)
      throw new TypeError(`${of("mailbox")}: expected none beside on, because such a process stays here`);
  }
  return {
    id,
    type,
    what,
    args,
    restart,
    shutdown: parseShutdown(options.shutdown ?? defaultShutdown(type), of("shutdown")),
    significant,
    name,
    ready,
    on,
    backoff: backoff === undefined ? null : parseBackoff(backoff, of),
    ...(mailbox === undefined ? {} : { mailbox }),
  };
}

function defaultShutdown(type: ChildType): Duration {
  return type === "worker" ? workerShutdownMs : "infinity";
}

function parseShutdown(shutdown: "brutal-kill" | Duration, name: string): Shutdown {
  if (shutdown === "brutal-kill") return shutdown;
  const ms = durationMs(shutdown, name);
  return ms === Infinity ? "infinity" : ms;
}

/**
 * What is wrong with a specification that was made elsewhere; null when it is as {@link parseSpec} makes them.
 */
export function checkSpec(spec: ChildSpec): string | null {
  try {
    if (typeof spec !== "object" || spec === null) return `child: expected a specification, got ${describe(spec)}`;
    const { type, id, what, args, name, on, backoff, ...options } = spec;
    if (type !== "worker" && type !== "supervisor") return notOneOf("type", ["worker", "supervisor"], type).message;
    parseSpec(type, id, what, args, {
      ...options,
      ...(name === null ? {} : { name }),
      ...(on === null ? {} : { on }),
      ...(backoff === null ? {} : { backoff: optionsOf(backoff) }),
    });
    return null;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return error.message;
    throw error;
  }
}

function optionsOf({ minMs, maxMs, factor, jitter, resetAfterMs }: Backoff): BackoffOptions {
  return { min: minMs, max: maxMs, factor, jitter, resetAfter: resetAfterMs };
}
