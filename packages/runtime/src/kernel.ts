import { ChannelRegistry } from "@espalier/channels";
import { causeOf, normal, type Cause } from "@espalier/heartbeat";
import { Access } from "./access/access.ts";
import { Behalf } from "./access/behalf.ts";
import { Alarms } from "./timers/alarms.ts";
import { ExitByAlias, receiveByAlias } from "./addresses/alias.ts";
import { BoundedMailbox } from "./mailbox/bounded-mailbox.ts";
import { Cell } from "./cell.ts";
import { CellTable } from "./cell-table.ts";
import type { CheckpointPort } from "./checkpoint/checkpoint-port.ts";
import { CrashLog } from "./introspection/crash-log.ts";
import type { CrashReport } from "./introspection/crash-report.ts";
import { DeadLetters, type DeadLetterReason } from "./mailbox/dead-letter.ts";
import type { CrowdedLinks, Distribution } from "./distribution-port.ts";
import { NodeDiagnostics } from "./introspection/diagnostics.ts";
import { Events, type Logger, type NodeEvent } from "./introspection/events.ts";
import { Exits } from "./exits/exits.ts";
import { noprocOf } from "./failure.ts";
import type { Frame } from "./frame.ts";
import { handlers, type Handler } from "./handlers.ts";
import type { Host } from "./host.ts";
import { limits, type Limits } from "./limits.ts";
import type { ProcessDetails } from "./introspection/inspect.ts";
import { labelOf, Launch, type AnyBody } from "./spawning/launch.ts";
import { Lifetimes } from "./lifetimes/lifetimes.ts";
import { Links } from "./exits/links.ts";
import { Migrations } from "./moving/migrations.ts";
import { markerMakers, type MarkerMaker } from "./moving/moving.ts";
import type { NodeId, NodeRef } from "./cluster/node-ref.ts";
import { NodeMonitors } from "./cluster/node-monitors.ts";
import { Pid, type NodeAddress } from "./addresses/pid.ts";
import { deliverAhead } from "./mailbox/priority.ts";
import { ProcessColumns, tickMs } from "./introspection/process-columns.ts";
import { Recorder } from "./introspection/recorder.ts";
import type { Tracing } from "./introspection/tracing.ts";
import { receivingAny, Receiving } from "./mailbox/receive.ts";
import { Ref } from "./addresses/ref.ts";
import { Scheduler } from "./scheduler.ts";
import type { Signal } from "./exits/signal.ts";
import { toMove, type Marker } from "./stack.ts";
import { waitKinds, type WaitKind } from "./moving/travelling-wait.ts";
import { watchMakers, type WatchMaker } from "./moving/travelling-watch.ts";
import { suspended, type Waiting } from "./waiting.ts";
import { Relay, RemoteWatcher, type Watch } from "./exits/watch.ts";

export interface KernelOptions {
  readonly host: Host;
  readonly address: NodeAddress;
  readonly logger: Logger | null;
  /** Null: dead letters are not reported. */
  readonly reportDeadLettersMs?: number | null;
  readonly limits?: Limits;
}

/**
 * The processes of one node, and how signals get from one to another. The parts of the runtime share it; users see a `Node`.
 *
 * A signal between two processes of this node takes effect while it is sent. That alone keeps the order of signals for each pair
 * and nothing is ever lost here.
 */
export class Kernel {
  readonly host: Host;
  /** When the node began, as `host.clock.monotonic()` has it. */
  readonly startedMs: number;
  readonly address: NodeAddress;
  /** Stands for the node itself: the parent of the first processes, and the sender of what the node does. */
  readonly root: Pid;
  readonly logger: Logger | null;
  readonly limits: Limits;
  readonly events: Events;
  readonly #diagnostics: NodeDiagnostics | null;
  readonly alarms: Alarms;
  readonly scheduler: Scheduler;
  readonly exits: Exits;
  readonly lifetimes: Lifetimes;
  readonly migrations: Migrations;
  /** What performs an operation, by its type. Other layers add theirs. */
  readonly handlers: Map<string, Handler> = new Map(handlers);
  /** The processes whose home is here, by serial. */
  readonly cells: CellTable = new CellTable();
  /** How many processes began here or came here. */
  came = 0;
  /** What dev tools see of all processes that are here. */
  readonly columns: ProcessColumns = new ProcessColumns(this);
  /** What happened last. */
  readonly recorder: Recorder = new Recorder(this);
  /** Who crashed, and how it stood then. */
  readonly crashes: CrashLog = new CrashLog(this);
  /**
   * The session that notes messages; null: none. Standing in front of {@link Kernel.deliver} instead, and going away again, left the node's ping-pong
   * 30 % slower for good (Node 24).
   */
  tracing: Tracing | null = null;
  /** The processes that are here and have their home elsewhere, by the pid's key. */
  readonly guests: Map<string, Cell> = new Map();
  /** The processes whose home is here because it was handed over, by the pid's key; null while there is none, which costs nothing. */
  adopted: Map<string, Cell> | null = null;
  readonly names: Map<string, Cell> = new Map();
  /** Watchers of processes of this node from elsewhere, by their ref's key. */
  readonly remoteWatchers: Map<string, RemoteWatcher> = new Map();
  /** What makes the stack's markers and the watches again that come with a process from elsewhere, by kind. */
  readonly markerMakers: Map<string, MarkerMaker> = new Map(markerMakers);
  readonly watchMakers: Map<string, WatchMaker> = new Map(watchMakers);
  /** The kinds of waits that travel with a process. */
  readonly waitKinds: Map<string, WaitKind<any>> = new Map(waitKinds);
  /** What processes say about themselves: see `Process.expose`. Few do, so it is no field of each. */
  readonly details: WeakMap<Cell, (brief: boolean) => ProcessDetails> = new WeakMap();
  distribution: Distribution | null = null;
  /** Whom the node lets in. */
  access: Access = new Access();
  /** Whose the processes are that others have started here. */
  readonly behalf: Behalf = new Behalf(this);
  /** What other layers end of a node that is revoked: its sandbox. */
  readonly revokers: ((node: NodeId) => Promise<void>)[] = [];
  /** Null while there is none, which costs whoever sends to another node one look, and nobody else anything. */
  crowded: CrowdedLinks | null = null;
  /** What other layers have open until the node stops, and how it is closed then. */
  readonly closers: (() => Promise<void>)[] = [];
  /** What processes have on the disk, when the node keeps anything there. */
  checkpoints: CheckpointPort | null = null;
  /** While a process of a former life is read: whoever names it means this one. */
  reborn: { readonly key: string; readonly pid: Pid<any> } | null = null;
  /** All processes are being ended, because the node is to stop. */
  stopping = false;
  /** Stops the node, for those who are on it. */
  stopNode: () => void = () => {};
  /** What is here is moved elsewhere, because the node is to leave. */
  draining = false;
  /** What is asked of the node itself: signals to its process 0. */
  service: ((signal: Signal) => void) | null = null;
  /** Who wants to hear of connections with other nodes. */
  readonly nodeMonitors: NodeMonitors = new NodeMonitors(this);
  /** Messages that nobody will see. */
  readonly deadLetters: DeadLetters;
  #turned: (() => void) | null = null;
  #serial = 0;
  #channels: ChannelRegistry<Cell> | null = null;

  constructor(options: KernelOptions) {
    this.host = options.host;
    this.startedMs = options.host.clock.monotonic();
    this.address = options.address;
    this.logger = options.logger;
    this.limits = options.limits ?? limits;
    const { diagnostics } = options.host;
    this.#diagnostics = diagnostics === undefined ? null : new NodeDiagnostics(diagnostics, options.address.id);
    this.events = new Events(this.#diagnostics);
    this.deadLetters = new DeadLetters(this, options.reportDeadLettersMs ?? null);
    this.root = new Pid(options.address, 0);
    this.alarms = new Alarms(options.host.clock);
    this.scheduler = new Scheduler(this);
    this.exits = new Exits(this);
    this.lifetimes = new Lifetimes(this);
    this.migrations = new Migrations(this);
  }

  /** Nothing begins here any more that others want done. */
  get refusesWork(): boolean {
    return this.draining || this.stopping;
  }

  /** Whether it would be missed: processes have their home here or compute here, or another node is connected with this one. */
  get isBusy(): boolean {
    if (this.cells.size > 0 || this.guests.size > 0) return true;
    return (this.adopted !== null && this.adopted.size > 0) || (this.distribution?.peers.length ?? 0) > 0;
  }

  /** Calls `turned`, in the middle of things, whenever {@link isBusy} may have changed. */
  watchBusy(turned: () => void): void {
    this.#turned = turned;
    this.cells.turned = turned;
  }

  /** A guest came or went, a home, or a connection. */
  turn(): void {
    this.#turned?.();
  }

  /** The channels that live here. */
  get channels(): ChannelRegistry<Cell> {
    const { id: home, incarnation } = this.address;
    const { channels: channelsMax, listeners: listenersMax } = this.limits;
    return (this.#channels ??= new ChannelRegistry({ home, incarnation, channelsMax, listenersMax }));
  }

  // Processes

  /** A new process, in the run queue. Nothing of it has run when this returns. */
  spawn(
    parent: Pid,
    body: AnyBody,
    parameters: readonly unknown[],
    on: NodeRef | null = null,
    label: string | null = null,
  ): Cell {
    const pid = this.newPid();
    const cell = this.newCell(pid, parent, label ?? labelOf(body), new Launch(this, body, parameters));
    pid.cell = cell;
    if (parent.cell !== null) cell.group = parent.cell.group;
    // Of the node itself and its own processes, as nearly always, that is all.
    if (parent.address !== this.address || this.behalf.size > 0) this.behalf.inherit(cell, parent);
    this.cells.add(pid.serial, cell);
    if (this.columns.isKept) this.columns.add(cell);
    this.recorder.spawned(cell);
    if (this.events.hears("spawn")) this.events.emit({ type: "spawn", pid, parent, label: cell.label });
    if (on === null || on.id === this.address.id) this.scheduler.enqueue(cell);
    else this.#sendAway(cell, on);
    return cell;
  }

  /** A process that begins here or comes here, before it is in any table. */
  newCell(pid: Pid<any>, parent: Pid, label: string, frame: Frame | null): Cell {
    if (!this.recorder.inTurn) this.lookAtClock();
    this.came += 1;
    return new Cell(this, pid, parent, label, frame);
  }

  /** The pid of a process that there will be. */
  newPid(): Pid<any> {
    this.#serial += 1;
    return new Pid<any>(this.address, this.#serial);
  }

  /** A new process is to begin on another node. It goes when whoever started it has done what else there is to do. */
  #sendAway(cell: Cell, node: NodeRef): void {
    cell.status = "parked";
    this.columns.settle(cell);
    this.host.loop.soon(() => {
      if (cell.status !== "parked") return;
      if (this.distribution !== null) this.distribution.place(cell, node);
      else this.exits.end(cell, { type: "noconnection", node: node.id });
    });
  }

  /** The process with its home here that `pid` names, unless it has ended. */
  find(pid: Pid): Cell | undefined {
    if (pid.cell !== null && pid.cell.kernel === this) return pid.cell;
    if (pid.address.equals(this.address)) return this.cells.get(pid.serial);
    return this.adopted === null ? undefined : this.adopted.get(pid.key);
  }

  /** Whether this node decides about the process, dead or alive: its home is here, in this life or a former one. */
  isHome(pid: Pid): boolean {
    if (pid.address === this.address || pid.address.id === this.address.id) return true;
    return this.adopted !== null && this.adopted.has(pid.key);
  }

  /** Takes what others can see of a process that ends: R-130. */
  release(cell: Cell): void {
    if (cell.name !== null) this.unregister(cell);
    if (cell.alarms !== null) for (const alarm of cell.alarms) this.alarms.cancel(alarm);
    cell.alarms = null;
    if (cell.belongings !== null) for (const belonging of [...cell.belongings]) belonging.release();
    cell.belongings = null;
    if (this.#channels !== null) this.#channels.ownerEnded(cell, cell.cause ?? normal);
    this.deadLetters.remained(cell);
    cell.mailbox.clear();
    cell.stash = null;
    cell.handling = undefined;
    this.columns.remove(cell);
    if (cell.pid.cell === cell) {
      this.removeHomed(cell);
    } else if (this.guests.get(cell.pid.key) === cell) {
      this.guests.delete(cell.pid.key);
      this.turn();
    }
  }

  /** The process that `pid` names, if it has its home here or is a guest. */
  here(pid: Pid): Cell | undefined {
    return this.find(pid) ?? this.guests.get(pid.key);
  }

  /** The processes whose home is here, the oldest first. */
  get homed(): Cell[] {
    return this.adopted === null ? [...this.cells.values()] : [...this.cells.values(), ...this.adopted.values()];
  }

  /** This node is the home of a process that was handed over to it. */
  addHomed(cell: Cell): void {
    const { pid } = cell;
    pid.cell = cell;
    if (pid.address.equals(this.address)) this.cells.add(pid.serial, cell);
    else {
      (this.adopted ??= new Map()).set(pid.key, cell);
      this.turn();
    }
  }

  removeHomed({ pid }: Cell): void {
    pid.cell = null;
    if (pid.address.equals(this.address)) this.cells.remove(pid.serial);
    else {
      this.adopted?.delete(pid.key);
      this.turn();
    }
  }

  register(cell: Cell, name: string): void {
    this.names.set(name, cell);
    cell.name = name;
    this.note({ type: "register", pid: cell.pid, name });
  }

  unregister(cell: Cell): void {
    const name = cell.name as string;
    this.names.delete(name);
    cell.name = null;
    this.note({ type: "unregister", pid: cell.pid, name });
  }

  /** The process that has this name, unless it is about to end. */
  whereis(name: string): Cell | undefined {
    const cell = this.names.get(name);
    return cell !== undefined && cell.alive ? cell : undefined;
  }

  // Waiting and going on

  /** The process waits for `waiting`; the handler returns what this returns. */
  wait(cell: Cell, waiting: Waiting): typeof suspended {
    cell.waiting = waiting;
    cell.status = "waiting";
    return suspended;
  }

  /** What the process waited for has come. */
  resume(cell: Cell, value: unknown): void {
    if (cell.status !== "waiting" && cell.status !== "parked") return;
    cell.waiting = null;
    cell.input = value;
    cell.status = "runnable";
    this.scheduler.enqueue(cell);
  }

  /** What the process waited for has failed. `failure`: the runtime made the error, its stack is to become the process's. */
  throwInto(cell: Cell, error: unknown, kind: "error" | "failure" = "failure"): void {
    if (cell.status !== "waiting" && cell.status !== "parked") return;
    cell.waiting = null;
    cell.input = error;
    cell.resumption = kind;
    cell.status = "runnable";
    this.scheduler.enqueue(cell);
  }

  /** What the process waits for may have come: it looks in its own slice. */
  retry(cell: Cell): void {
    if (cell.status !== "waiting") return;
    cell.resumption = "retry";
    cell.status = "runnable";
    this.scheduler.enqueue(cell);
  }

  /** A guest was not stepped, and may be again. */
  reschedule(cell: Cell): void {
    if (cell.status === "runnable") this.scheduler.enqueue(cell);
  }

  /** Leaves the scope of `marker` early, before the process's next step. An outer scope outranks an inner one. */
  interrupt(cell: Cell, marker: Marker): void {
    if (!cell.alive || cell.stack === null) return;
    const { stack } = cell;
    const { interrupt } = cell;
    if (interrupt !== null && interrupt !== toMove && stack.indexOf(interrupt) <= stack.indexOf(marker)) return;
    cell.interrupt = marker;
    if (cell.status === "running" || cell.status === "parked" || cell.status === "away") return;
    cell.waiting?.cancel(this);
    cell.waiting = null;
    cell.input = undefined;
    cell.resumption = "value";
    if (cell.status === "waiting") {
      cell.status = "runnable";
      this.scheduler.enqueue(cell);
    }
  }

  // Signals

  /**
   * A process does something to another. First what that changes for the process itself (its links and watches) was done by the operation;
   * then the signal takes its way: see {@link Distribution}.
   */
  effect(cell: Cell, to: Pid, signal: Signal): void {
    if (cell.place !== null && cell.place.kind !== "away") cell.place.out(to, signal);
    else this.route(cell.pid, to, signal);
  }

  /**
   * Performs an effect that a guest of another node sent home: what it changes for the process here, then the signal itself. Together with
   * what the guest did to its own copy it is what the same operation does to a process that never left.
   */
  perform(cell: Cell, to: Pid, signal: Signal): void {
    switch (signal.type) {
      case "link":
        this.addLink(cell, to);
        break;
      case "unlink":
        cell.links?.delete(to);
        break;
      case "monitor":
        this.startWatch(new Relay(cell, signal.ref, to));
        return;
      case "demonitor": {
        const watch = this.watchOf(cell, signal.ref);
        if (watch !== null) this.unwatch(watch);
        return;
      }
      case "message":
      case "alias":
      case "exit":
      case "down":
      case "reply":
      case "migrate":
        break;
    }
    this.route(cell.pid, to, signal);
  }

  /** A signal of a process whose home is here takes its way. */
  route(from: Pid, to: Pid, signal: Signal): void {
    if (this.isHome(to)) this.arrive(to, signal, from);
    else if (this.distribution !== null) this.distribution.send(from, to, signal);
    else this.unreachable(to, signal, { type: "noconnection", node: to.address.id }, from);
  }

  /** A signal for a process whose home is here. */
  arrive(to: Pid, signal: Signal, from: Pid | null = null): void {
    const cell = this.find(to);
    if (cell === undefined || !cell.alive) {
      if (to.serial === 0 && this.service !== null) this.service(signal);
      else if (this.distribution?.forward(to, signal) !== true) this.unreachable(to, signal, noprocOf(to), from);
      return;
    }
    const { place } = cell;
    if (place === null || place.kind === "guest") {
      this.receive(cell, signal);
      return;
    }
    if (place.kind === "leaving") {
      place.hold(signal);
      return;
    }
    // The home's part; what only the computation can judge goes on to it.
    switch (signal.type) {
      case "monitor":
      case "demonitor":
        this.receive(cell, signal);
        return;
      case "link":
        this.addLink(cell, signal.from);
        break;
      case "unlink":
        cell.links?.delete(signal.from);
        break;
      case "exit":
        // The link may be one that its home has not heard of, to a child that has ended since: only the computation knows.
        if (signal.link) cell.links?.delete(signal.from);
        break;
      case "down":
      case "reply": {
        const watch = this.watchOf(cell, signal.ref);
        watch?.close();
        if (watch !== null) place.fired?.push(watch);
        break;
      }
      case "migrate":
      case "message":
      case "alias":
        break;
    }
    place.forward(signal);
  }

  /** A signal takes effect on a process that runs here. */
  receive(cell: Cell, signal: Signal): void {
    switch (signal.type) {
      case "message":
        this.deliver(cell, signal.message);
        return;
      case "alias": {
        receiveByAlias(this, cell, signal.ref, signal.message, signal.priority);
        return;
      }
      case "exit":
        this.exits.signal(cell, signal.from, signal.cause, signal.link);
        return;
      case "link":
        this.addLink(cell, signal.from);
        return;
      case "unlink":
        cell.links?.delete(signal.from);
        return;
      case "monitor": {
        // A guest's child is watched for it before its home asks: see `watchChild`.
        if (this.remoteWatchers.get(signal.ref.key)?.watched === cell) return;
        const watcher = new RemoteWatcher(signal.ref);
        watcher.attach(cell);
        this.remoteWatchers.set(signal.ref.key, watcher);
        return;
      }
      case "demonitor": {
        const { key } = signal.ref;
        this.remoteWatchers.get(key)?.detach();
        this.remoteWatchers.delete(key);
        return;
      }
      case "down": {
        const watch = this.watchOf(cell, signal.ref);
        if (watch === null) return;
        watch.close();
        watch.down(this, signal.cause);
        return;
      }
      case "reply":
        this.watchOf(cell, signal.ref)?.reply(this, signal.value);
        return;
      case "migrate":
        this.migrations.signal(cell, signal.ref, signal.request);
        return;
    }
  }

  /** Puts a message into the mailbox of a process that runs here, and wakes it if it waits for one. */
  deliver(cell: Cell, message: unknown): void {
    if (this.tracing !== null) this.tracing.delivered(cell, message);
    if (cell.status === "waiting") {
      const { waiting } = cell;
      if (waiting === receivingAny) {
        cell.waiting = null;
        cell.handling = message;
        cell.resumption = "message";
        cell.status = "runnable";
        cell.received += 1;
        this.scheduler.enqueue(cell);
        return;
      }
      if (waiting instanceof Receiving) {
        if (waiting.takes(this, cell, message)) {
          cell.received += 1;
          return;
        }
        cell.mailbox.push(message);
        this.columns.delivered(cell);
        this.retry(cell);
        return;
      }
    } else if (!cell.alive) {
      this.deadLetter(cell.pid, message, "noproc", this.scheduler.current?.pid);
      return;
    }
    cell.mailbox.push(message);
    this.columns.delivered(cell);
  }

  /**
   * Delivers what `map` makes of an EXIT or DOWN message, and returns it. `map` is the process's own code: its error is the process's end.
   */
  deliverMapped<T extends object>(
    cell: Cell,
    message: T,
    map: ((message: T) => unknown) | null,
    ahead = false,
  ): unknown {
    let mapped: unknown = message;
    if (map !== null) {
      try {
        mapped = map(message);
      } catch (error) {
        this.exits.end(cell, causeOf(error));
        return undefined;
      }
    }
    if (ahead) deliverAhead(this, cell, mapped);
    else if (cell.mailbox instanceof BoundedMailbox) cell.mailbox.letPass(() => this.deliver(cell, mapped));
    else this.deliver(cell, mapped);
    return mapped;
  }

  /** What becomes of a signal whose receiver cannot be reached. */
  unreachable(to: Pid, signal: Signal, cause: Cause, from: Pid | null = null): void {
    switch (signal.type) {
      case "message":
      case "alias":
        if (signal.message instanceof ExitByAlias) return;
        this.deadLetter(to, signal.message, cause.type === "noconnection" ? "noconnection" : "noproc", from);
        return;
      case "link":
        this.route(to, signal.from, { type: "exit", from: to, cause, link: true });
        return;
      case "monitor":
        this.route(to, signal.ref.owner, { type: "down", ref: signal.ref, cause });
        return;
      case "exit":
      case "unlink":
      case "demonitor":
      case "down":
      case "reply":
      case "migrate":
        return;
    }
  }

  deadLetter(
    to: Pid | string,
    message: unknown,
    reason: DeadLetterReason = "noproc",
    from: Pid | null | undefined = null,
  ): void {
    this.deadLetters.add(to, message, reason, from);
  }

  /** The connection to the processes for which `isLost` holds is gone: every link and watch across it fires. */
  disconnected(isLost: (pid: Pid) => boolean, cause: Cause): void {
    // What links and watches a guest has is its home's to know, and the home's connections count.
    for (const cell of this.homed) this.lostBetween(cell, isLost, cause);
    for (const [key, watcher] of this.remoteWatchers) {
      if (!isLost(watcher.ref.owner)) continue;
      watcher.detach();
      this.remoteWatchers.delete(key);
    }
  }

  /** The same for one process that is at home here. */
  lostBetween(cell: Cell, isLost: (pid: Pid) => boolean, cause: Cause): void {
    for (const watch of watchesOf(cell)) {
      if (watch.open && watch.watched === null && watch.target !== null && isLost(watch.target)) {
        watch.notify(this, cause);
      }
    }
    for (const peer of cell.links === null ? [] : [...cell.links]) {
      if (!cell.alive || !isLost(peer)) continue;
      this.arrive(cell.pid, { type: "exit", from: peer, cause, link: true });
    }
  }

  // Links and watches

  /** One side of a link. */
  addLink(cell: Cell, peer: Pid): boolean {
    return (cell.links ??= new Links(this.address)).add(peer);
  }

  newRef(cell: Cell): Ref {
    cell.refSerial += 1;
    return new Ref(cell.pid, cell.refSerial);
  }

  /** What waits under `ref` at `cell`, or null. */
  watchOf(cell: Cell, ref: Ref): Watch | null {
    if (ref.watch !== null && ref.watch.owner === cell) return ref.watch;
    for (const watch of watchesOf(cell)) if (watch.ref.serial === ref.serial) return watch;
    return null;
  }

  /** Lets a new watch watch its target. */
  startWatch(watch: Watch): void {
    const { owner, target } = watch;
    if (target === null) return;
    const watched = owner.place?.kind === "guest" ? undefined : this.find(target);
    if (watched !== undefined && watched.alive) watch.attach(watched);
    else this.effect(owner, target, { type: "monitor", ref: watch.ref });
  }

  /** Closes a watch: no DOWN and no reply under its ref takes effect from now on. */
  unwatch(watch: Watch): void {
    const { owner, target, watched } = watch;
    watch.close();
    if (watched === null && target !== null) this.effect(owner, target, { type: "demonitor", ref: watch.ref });
  }

  // Reports

  /** For what is recorded: once a turn, and when something happens outside of turns. */
  lookAtClock(): void {
    const nowMs = this.host.clock.monotonic();
    this.recorder.nowMs = nowMs;
    this.columns.tick = (nowMs / tickMs) | 0;
  }

  /** Something happens that is seldom and tells what became of the node: it is recorded, and told to whoever listens. */
  note(event: NodeEvent): void {
    this.recorder.add(event);
    if (this.events.hears(event.type)) this.events.emit(event);
  }

  /** What a process says about itself; `brief`: in a few words, at a cost that depends on nothing. What its code throws is nothing said. */
  detailsOf(cell: Cell, brief: boolean): ProcessDetails {
    try {
      return this.details.get(cell)?.(brief) ?? null;
    } catch {
      return null;
    }
  }

  crashed({ parent }: Cell, crash: CrashReport): void {
    const { pid, name, label, cause } = crash;
    this.#diagnostics?.crashed(crash);
    this.logger?.report({ type: "crash", pid, name, label, parent, cause, crash });
  }

  cleanupFailed(cell: Cell, error: unknown): void {
    const { pid, label } = cell;
    const cause = causeOf(error);
    this.note({ type: "cleanup-failed", pid, label, cause });
    this.logger?.report({ type: "cleanup-failed", pid, label, cause });
  }
}

function* watchesOf(cell: Cell): Generator<Watch, void, undefined> {
  for (let watch = cell.watches; watch !== null;) {
    const next: Watch | null = watch.nextOwned;
    yield watch;
    watch = next;
  }
}
