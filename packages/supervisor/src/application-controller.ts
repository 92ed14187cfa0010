import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import {
  InKernel,
  isExit,
  Process,
  Self,
  Server,
  type Kernel,
  type Pid,
  type ProcessGroup,
  type ServerDefinition,
  type ServerRef,
} from "@espalier/runtime";
import type { ApplicationDefinition, ApplicationType } from "./application-definition.ts";
import { killGroup } from "./application-group.ts";
import { applicationMaster, MasterNews, StopApplication } from "./application-master.ts";
import { missingOf } from "./application-order.ts";
import { publishApplication } from "./application-report.ts";

/** What came of starting an application (R-1201). */
export type StartApplicationReply =
  | { readonly type: "started" }
  | { readonly type: "already-started" }
  | { readonly type: "not-started"; readonly application: string }
  | { readonly type: "failed"; readonly cause: Cause }
  /** Another application of the same name is loaded. */
  | { readonly type: "name-taken" };

export type StopApplicationReply = { readonly type: "stopped" } | { readonly type: "not-started" };

/** An application that runs. */
export interface RunningApplication {
  readonly name: string;
  readonly type: ApplicationType;
}

/** Told to whoever watches: an application has ended by itself, and with it the node (R-1204). */
export class NodeEnding {
  readonly application: string;
  readonly tree: Pid;
  readonly cause: Cause;

  constructor(application: string, tree: Pid, cause: Cause) {
    this.application = application;
    this.tree = tree;
    this.cause = cause;
  }
}

interface Member {
  readonly application: ApplicationDefinition;
  readonly type: ApplicationType;
  readonly master: Pid<any>;
  readonly group: ProcessGroup;
  /** Null while it starts. */
  tree: Pid | null;
  /** Who waits for it to have started, or to have stopped. */
  readonly waiting: Server.From<any>[];
  stopping: boolean;
}

/** All applications of a node. */
class Applications {
  readonly self: Self<any>;
  readonly loaded: Map<string, ApplicationDefinition> = new Map();
  /** In the order in which they have started; those that are starting are not ready. */
  readonly members: Map<string, Member> = new Map();
  readonly watchers: Pid<any>[] = [];

  constructor(self: Self<any>) {
    this.self = self;
  }

  load(application: ApplicationDefinition): boolean {
    const { name } = application;
    const known = this.loaded.get(name);
    if (known !== undefined && known !== application) return false;
    this.loaded.set(name, application);
    return application.dependencies.every((needed) => this.load(needed));
  }

  runs(name: string): boolean {
    return (this.members.get(name)?.tree ?? null) !== null;
  }

  memberOf(master: Pid): Member | undefined {
    return [...this.members.values()].find((member) => member.master.equals(master));
  }

  get running(): Member[] {
    return [...this.members.values()].filter(({ tree }) => tree !== null);
  }

  *start(application: ApplicationDefinition, type: ApplicationType): LocalGenerator<StartApplicationReply | Member> {
    if (!this.load(application)) return { type: "name-taken" };
    const { name } = application;
    const known = this.members.get(name);
    if (known !== undefined) return known.tree === null ? known : { type: "already-started" };
    const missing = missingOf(
      application,
      (other) => this.loaded.get(other),
      (other) => this.runs(other),
    );
    if (missing !== null) return { type: "not-started", application: missing };
    const group: ProcessGroup = { name };
    const master = yield* Process.spawnLink(applicationMaster, application, type, group);
    const member: Member = { application, type, master, group, tree: null, waiting: [], stopping: false };
    this.members.set(name, member);
    return member;
  }

  *stop(name: string): LocalGenerator<StopApplicationReply | Member> {
    const member = this.members.get(name);
    if (member === undefined || member.tree === null) return { type: "not-started" };
    yield* this.order(member);
    return member;
  }

  /** Tells an application to stop, and has it killed when it takes too long. */
  *order(member: Member): LocalGenerator<void> {
    if (member.stopping) return;
    member.stopping = true;
    yield* Process.send(member.master, new StopApplication());
    const { stopWithinMs } = member.application;
    if (stopWithinMs < Infinity) yield* Process.sendAfter(stopWithinMs, this.self.pid, new Overdue(member.master));
  }

  *news(master: Pid, news: MasterNews["news"]): LocalGenerator<void> {
    const member = this.memberOf(master);
    if (member === undefined) return;
    const { application, type, waiting } = member;
    const { name } = application;
    switch (news.type) {
      case "started":
        member.tree = news.tree;
        // Last in the order: it has started only now.
        this.members.delete(name);
        this.members.set(name, member);
        yield* publishApplication(name, type, { type: "started" });
        yield* replyAll(waiting.splice(0), { type: "started" });
        return;
      case "failed":
        this.members.delete(name);
        yield* replyAll(waiting, { type: "failed", cause: news.cause });
        return;
      case "ended": {
        const { tree } = member;
        this.members.delete(name);
        const ordered = news.ordered || member.stopping;
        const stopsNode = !ordered && (type === "permanent" || (type === "transient" && news.cause.type !== "normal"));
        const change = ordered
          ? { type: "stopped" as const }
          : { type: "ended" as const, cause: news.cause, stopsNode };
        yield* publishApplication(name, type, change);
        yield* replyAll(waiting, { type: "stopped" });
        if (!stopsNode) return;
        for (const watcher of this.watchers) {
          yield* Process.send(watcher, new NodeEnding(name, tree as Pid, news.cause));
        }
        yield* this.stopAll();
        yield* new InKernel((kernel) => kernel.stopNode());
      }
    }
  }

  /** A master has ended; what it had to tell came before. If it had not, it crashed or was killed. */
  *masterEnded(master: Pid, cause: Cause): LocalGenerator<void> {
    const member = this.memberOf(master);
    if (member === undefined) return;
    yield* killGroup(member.group);
    yield* this.news(
      master,
      member.tree === null ? { type: "failed", cause } : { type: "ended", cause, ordered: false },
    );
  }

  *overdue(master: Pid): LocalGenerator<void> {
    const member = this.memberOf(master);
    if (member !== undefined) yield* killGroup(member.group);
  }

  /** One after the other, the one that started last first, each within its time (R-1206). What is starting is killed. */
  *stopAll(): LocalGenerator<void> {
    for (const member of [...this.members.values()].toReversed()) {
      if (member.tree === null) yield* killGroup(member.group);
      else yield* this.order(member);
      while (this.members.get(member.application.name) === member) {
        yield* this.message(yield* this.self.receive({ match: isMessage }));
      }
    }
  }

  *message(message: unknown): LocalGenerator<void> {
    if (message instanceof MasterNews) yield* this.news(message.master, message.news);
    else if (message instanceof Overdue) yield* this.overdue(message.master);
    else if (isExit(message)) yield* this.masterEnded(message.from, message.cause);
  }
}

/** A master has had its time to stop. */
class Overdue {
  readonly master: Pid;

  constructor(master: Pid) {
    this.master = master;
  }
}

function isMessage(message: unknown): boolean {
  return message instanceof MasterNews || message instanceof Overdue || isExit(message);
}

function* replyAll(waiting: readonly Server.From<any>[], reply: unknown): LocalGenerator<void> {
  for (const from of waiting) yield* from.reply(reply);
}

/** What the controller can be called for; the first parameter is the server's. */
export interface ApplicationCalls {
  readonly load: (state: any, application: ApplicationDefinition) => boolean;
  readonly start: (
    state: any,
    application: ApplicationDefinition,
    type: ApplicationType,
  ) => LocalGenerator<StartApplicationReply>;
  readonly stop: (state: any, name: string) => LocalGenerator<StopApplicationReply>;
  readonly stopAll: (state: any) => LocalGenerator<void>;
  readonly which: (state: any) => readonly RunningApplication[];
  readonly loaded: (state: any) => readonly string[];
  readonly find: (state: any) => ReadonlyMap<string, ApplicationDefinition>;
  readonly watch: (state: any, watcher: Pid<any>) => void;
}

/** The process that knows which applications run on a node, as OTP's application controller. */
export const applicationController: ServerDefinition<any, void, ApplicationCalls, Server.NoMessages> = Server.define({
  label: "application controller",
  *init(_: void) {
    const self = yield* new InKernel((_kernel, cell) => new Self<any>(cell.pid));
    yield* self.trapExit();
    return new Applications(self);
  },
  call: {
    load: (state: Applications, application: ApplicationDefinition) => state.load(application),
    *start(state: Applications, application: ApplicationDefinition, type: ApplicationType) {
      const started = yield* state.start(application, type);
      if (!("master" in started)) return started;
      return Server.defer<StartApplicationReply>((from) => started.waiting.push(from));
    },
    *stop(state: Applications, name: string) {
      const stopping = yield* state.stop(name);
      if (!("master" in stopping)) return stopping;
      return Server.defer<StopApplicationReply>((from) => stopping.waiting.push(from));
    },
    stopAll: (state: Applications) => state.stopAll(),
    which: ({ running }: Applications): readonly RunningApplication[] =>
      running.map(({ application: { name }, type }) => ({ name, type })),
    loaded: ({ loaded }: Applications): readonly string[] => [...loaded.keys()],
    find: ({ loaded }: Applications): ReadonlyMap<string, ApplicationDefinition> => new Map(loaded),
    watch(state: Applications, watcher: Pid<any>) {
      state.watchers.push(watcher);
    },
  },
  info: (state: Applications, message: unknown) => state.message(message),
  terminate: (state: Applications) => state.stopAll(),
});

/** The controller of each node on which something was started. */
const controllers: WeakMap<Kernel, Pid<any>> = new WeakMap();

/** The node's controller. It has no parent but the node, which asks it to end when it stops. */
export function controllerOf(): InKernel<ServerRef<ApplicationCalls, Server.NoMessages>> {
  return new InKernel((kernel) => {
    let pid = controllers.get(kernel);
    if (pid === undefined || kernel.find(pid)?.alive !== true) {
      const cell = kernel.spawn(kernel.root, applicationController.body, [undefined]);
      kernel.columns.markSystem(cell);
      ({ pid } = cell);
      controllers.set(kernel, pid);
    }
    return Server.ref(applicationController, pid);
  });
}
