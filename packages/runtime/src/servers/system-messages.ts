import { causeOf, describe, describeCause, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { Answer, invalidMessage, Refusal, Request } from "./call.ts";
import type { Pid } from "../addresses/pid.ts";
import { Receive } from "../mailbox/receive.ts";
import type { Exit } from "../exits/signal.ts";
import { askOwnWork, SystemDebug, taken, type DebugFunction, type OwnWork, type SystemEvent } from "./system-debug.ts";

/** What the loop of a behaviour lets be asked of it: OTP's `system_…` callbacks. */
export interface SystemHooks {
  getState(): unknown;
  setState(state: unknown): void;
  /** What `Sys.getStatus` shows as the state; the state itself unless given. */
  formatStatus?(): unknown;
  /** What `Sys.getStatus` tells besides; nothing unless given. */
  status?(): Readonly<Record<string, unknown>>;
}

/** What `Sys.getStatus` gives. */
export interface SystemStatus {
  readonly pid: Pid;
  readonly name: string | null;
  readonly label: string;
  readonly parent: Pid;
  readonly status: "running" | "suspended";
  /** How many messages wait. */
  readonly mailbox: number;
  readonly state: unknown;
  /** Who wants to know what: `trace`, `statistics`, and the events of the log. */
  readonly debug: { readonly trace: boolean; readonly statistics: boolean; readonly log: readonly SystemEvent[] };
  /** What the behaviour says besides. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Whether a message is one for {@link SystemMessages.handle}. */
export function isSystem(message: unknown): message is Request {
  return message instanceof Request && message.system;
}

/** Whether a message says that the parent has ended, of whom a process that traps exits hears so. */
export function isExitOf(message: unknown, parent: Pid | null): message is Exit {
  if (typeof message !== "object" || message === null || parent === null) return false;
  const { type, from } = message as Partial<Exit>;
  return type === "EXIT" && from !== undefined && from.equals(parent);
}

/**
 * The system messages of one process: any loop that takes messages follows the protocol with this. It makes one when the first system
 * message comes, so whoever is never asked pays nothing.
 *
 * ```text
 * const message = yield* (system?.suspended ? system.receive : self.receive());
 * if (isSystem(message)) {
 *   system ??= new SystemMessages(self.pid, parent, hooks);
 *   const stop = yield* system.handle(message);     // a cause: terminate, and end with it
 * } else {
 *   if (system !== null && system.debug !== null) yield* system.sawMessage(message);
 *   …
 * }
 * ```
 */
export class SystemMessages {
  /** Only system messages are taken, and the parent's end: {@link SystemMessages.receive}. */
  suspended = false;
  /** Null while nobody wants to know anything: ask before {@link SystemMessages.saw} and the like. */
  debug: SystemDebug | null = null;
  readonly #pid: Pid;
  readonly #hooks: SystemHooks;
  /** For a loop that is suspended: waits for what is handled all the same. */
  readonly receive: Receive<unknown>;

  constructor(pid: Pid, parent: Pid | null, hooks: SystemHooks) {
    this.#pid = pid;
    this.#hooks = hooks;
    const match = (message: unknown): boolean => isSystem(message) || isExitOf(message, parent);
    this.receive = new ReceiveSuspended(match, Infinity, null);
  }

  /** Handles one, and answers whoever asked. A cause: the process is to terminate now, and end with it. */
  *handle({ from, name, parameters }: Request): LocalGenerator<Cause | null> {
    if (name === "shutdown") {
      // Whoever asked waits for the end.
      return parameters[0] as Cause;
    }
    yield* new Answer(from, this.#answer(name, parameters, yield* askOwnWork));
    return name === "terminate" ? (parameters[0] as Cause) : null;
  }

  /** A message is taken that is no system message. Only while there is {@link SystemMessages.debug}. */
  sawMessage(message: unknown): LocalGenerator<void> {
    return this.saw(taken(message));
  }

  /** The behaviour itself replies. Only while there is {@link SystemMessages.debug}. */
  *replying(answer: Answer): LocalGenerator<void> {
    yield* answer;
    yield* this.saw({ type: "out", to: answer.ref.owner, message: answer.value });
  }

  *saw(event: SystemEvent): LocalGenerator<void> {
    const trace = this.debug?.see(event) ?? null;
    if (trace !== null) yield* trace;
  }

  #answer(name: string, parameters: readonly unknown[], work: OwnWork): unknown {
    const [first, second] = parameters;
    switch (name) {
      case "getState":
        return this.#hooks.getState();
      case "replaceState":
        try {
          this.#hooks.setState((first as (state: unknown) => unknown)(this.#hooks.getState()));
        } catch (error) {
          // The asker's mistake: the state stays as it is.
          return new Refusal(causeOf(error));
        }
        return this.#hooks.getState();
      case "suspend":
      case "resume":
        this.suspended = name === "suspend";
        return undefined;
      case "terminate":
        return undefined;
      case "getStatus":
        return this.#status(work);
      case "statistics":
        return this.#statistics(first, work);
      case "log":
        if (first === "get") return this.debug?.log ?? [];
        if (first !== null && !(Number.isSafeInteger(first) && (first as number) >= 1)) {
          return new Refusal(invalidMessage(`log: expected how many events to keep, or null, got ${describe(first)}`));
        }
        return this.#change((debug) => debug.keepLog(first as number | null));
      case "trace":
        return this.#change((debug) => (debug.tracing = first === true));
      case "install":
        return this.#change((debug) => debug.install(String(first), second as DebugFunction, parameters[2]));
      case "remove": {
        const removed = this.debug?.remove(String(first)) ?? false;
        this.#change(() => undefined);
        return removed;
      }
      default:
        return new Refusal(invalidMessage(`no system message ${JSON.stringify(name)}`));
    }
  }

  #change(how: (debug: SystemDebug) => void): void {
    const debug = this.debug ?? new SystemDebug();
    how(debug);
    this.debug = debug.idle ? null : debug;
  }

  #statistics(what: unknown, work: OwnWork): unknown {
    if (what === "get") return this.debug?.statistics(work) ?? null;
    if (what === "reset" && this.debug?.counting !== true) return undefined;
    return this.#change((debug) => debug.count(what === "off" ? null : work));
  }

  /** Whoever says how the state is to be shown may have something to hide: when that fails nothing of it is shown. */
  #shownState(): unknown {
    const hooks = this.#hooks;
    if (hooks.formatStatus === undefined) return hooks.getState();
    try {
      return hooks.formatStatus();
    } catch (error) {
      return `formatStatus failed: ${describeCause(causeOf(error))}`;
    }
  }

  #status({ name, label, parent, mailbox }: OwnWork): SystemStatus {
    return {
      pid: this.#pid,
      name,
      label,
      parent,
      status: this.suspended ? "suspended" : "running",
      mailbox,
      state: this.#shownState(),
      debug: {
        trace: this.debug?.tracing ?? false,
        statistics: this.debug?.counting ?? false,
        log: this.debug?.log ?? [],
      },
      details: this.#hooks.status?.() ?? {},
    };
  }
}

/** What a loop that is suspended waits for. */
class ReceiveSuspended extends Receive<unknown> {
  override get what(): "resume" {
    return "resume";
  }
}
