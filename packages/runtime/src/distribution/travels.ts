import { copyCause, describe, parseCause } from "@espalier/heartbeat";
import { Attributed } from "../addresses/attributed.ts";
import { Alias, ExitByAlias } from "../addresses/alias.ts";
import { CastMessage, Refusal, Request } from "../servers/call.ts";
import { checkAddressee, type Addressee } from "../addresses/destination.ts";
import type { Kernel } from "../kernel.ts";
import { Register, Registered, Unregister, WhereIs } from "../addresses/names.ts";
import { listeningPattern, NodeRef } from "../cluster/node-ref.ts";
import { NodeAddress, Pid } from "../addresses/pid.ts";
import { Ref } from "../addresses/ref.ts";
import { RequestId } from "../servers/request.ts";
import { Self } from "../self.ts";
import { SendAnswered } from "../mailbox/send-answered.ts";
import { From } from "../servers/server-result.ts";
import { ServerReference } from "../servers/server.ts";
import { Task } from "../tasks/task.ts";
import { CancelTimer, TimerRef } from "../timers/timer.ts";
import type { Travels } from "../moving/travel.ts";
import type { Distribution } from "../distribution-port.ts";
import { AddressBook } from "./address-book.ts";
import { errorTravels } from "./error-travels.ts";
import { NodeRequest } from "./node-request.ts";

/** What has to be known of the node. */
export interface Surroundings {
  readonly address: NodeAddress;
  readonly cells: Pick<Kernel["cells"], "get">;
  readonly distribution: Pick<Distribution, "url"> | null;
  readonly reborn: Kernel["reborn"];
}

/** How the runtime's own kinds of value cross to and from where there is no node: a sandbox. */
export function detachedTravels(): readonly Travels[] {
  const nowhere = {
    address: new NodeAddress("", ""),
    cells: { get: () => undefined },
    distribution: null,
    reborn: null,
  };
  return runtimeTravels(nowhere, new AddressBook());
}

/**
 * How the runtime's own kinds of value cross machines, for one node. A pid takes along where its node listens, so that whoever is given it
 * can reach it.
 */
export function runtimeTravels(kernel: Surroundings, book: AddressBook): readonly Travels[] {
  return [
    pidTravels(kernel, book),
    refTravels,
    aliasTravels,
    exitByAliasTravels,
    nodeRefTravels(book),
    selfTravels,
    attributedTravels,
    requestTravels,
    requestIdTravels,
    castTravels,
    refusalTravels,
    fromTravels,
    serverTravels,
    taskTravels,
    nodeRequestTravels,
    whereIsTravels,
    registeredTravels,
    registerTravels,
    unregisterTravels,
    timerTravels,
    cancelTimerTravels,
    sendAnsweredTravels,
    ...errorTravels,
  ];
}

function pidTravels(kernel: Surroundings, book: AddressBook): Travels<Pid<any>> {
  return {
    name: "pid",
    type: Pid,
    encode: ({ address, serial, answers }) => {
      const known =
        address.id === kernel.address.id ? (kernel.distribution?.url ?? null) : book.find(address.id).address;
      const where = [address.id, address.incarnation, serial, known];
      return answers ? [...where, true] : where;
    },
    decode: (data) => {
      const answers = Array.isArray(data) && data.length === 5 && data[4] === true;
      const [id, incarnation, serial, listens] = tuple(answers ? data.slice(0, 4) : data, "pid", 4);
      if (typeof incarnation !== "string" || !/^[\w.:-]{1,64}$/.test(incarnation)) {
        throw new TypeError(`pid: expected an incarnation, got ${describe(incarnation)}`);
      }
      const { reborn } = kernel;
      if (reborn !== null && reborn.key === `${String(id)}/${incarnation}/${String(serial)}`) return reborn.pid;
      const ref = book.known(id, listens) ?? nodeRef(id, listens);
      if (id === kernel.address.id) {
        // The very object of a process that lives here saves the look-up with each message.
        const own =
          incarnation === kernel.address.incarnation ? kernel.cells.get(whole(serial, "pid"))?.pid : undefined;
        if (own !== undefined) return own;
      } else {
        book.learn(ref);
      }
      const pid = new Pid<any>(new NodeAddress(ref.id, incarnation), whole(serial, "pid"));
      pid.answers = answers;
      return pid;
    },
  };
}

const refTravels: Travels<Ref> = {
  name: "ref",
  type: Ref,
  encode: ({ owner, serial }) => [owner, serial],
  decode: (data) => {
    const [owner, serial] = tuple(data, "ref", 2);
    return new Ref(instance(owner, Pid, "ref"), whole(serial, "ref"));
  },
};

const aliasTravels: Travels<Alias<any>> = {
  name: "alias",
  type: Alias,
  encode: ({ owner, serial }) => [owner, serial],
  decode: (data) => {
    const [owner, serial] = tuple(data, "alias", 2);
    return new Alias<any>(instance<Pid<any>>(owner, Pid, "alias"), whole(serial, "alias"));
  },
};

function nodeRefTravels(book: AddressBook): Travels<NodeRef> {
  return {
    name: "node",
    type: NodeRef,
    encode: (ref) => {
      // Whoever gets it may go there: as the home of what goes, this node has to find it too. It may be somebody else's word that is passed on.
      if (ref.sharedKey !== null || book.find(ref.id).address === null) book.learn(ref);
      return [ref.id, ref.address];
    },
    decode: (data) => {
      const [id, address] = tuple(data, "node", 2);
      const ref = book.known(id, address) ?? nodeRef(id, address);
      book.learn(ref);
      return ref;
    },
  };
}

const selfTravels: Travels<Self<any>> = {
  name: "self",
  type: Self,
  encode: ({ pid }) => pid,
  decode: (data) => new Self<any>(instance<Pid<any>>(data, Pid, "self")),
};

const exitByAliasTravels: Travels<ExitByAlias> = {
  name: "process.exitByAlias",
  type: ExitByAlias,
  encode: ({ from, message }) => [from, copyCause(message)],
  decode: (data) => {
    const [from, cause] = tuple(data, "process.exitByAlias", 2);
    return new ExitByAlias(
      instance<Pid<any>>(from, Pid, "process.exitByAlias"),
      parseCause(cause, "process.exitByAlias"),
    );
  },
};

const attributedTravels: Travels<Attributed> = {
  name: "process.attributed",
  type: Attributed,
  encode: ({ from, message }) => [from, message],
  decode: (data) => {
    const [from, message] = tuple(data, "process.attributed", 2);
    return new Attributed(instance<Pid<any>>(from, Pid, "process.attributed"), message);
  },
};

const requestTravels: Travels<Request> = {
  name: "server.request",
  type: Request,
  encode: ({ from, name, parameters, system }) => [from, name, parameters, system],
  decode: (data) => {
    const [from, name, parameters, system] = tuple(data, "server.request", 4);
    return new Request(
      instance(from, Ref, "server.request"),
      text(name, "server.request"),
      listOf(parameters, "server.request"),
      system === true,
    );
  },
};

const requestIdTravels: Travels<RequestId<any>> = {
  name: "server.requestId",
  type: RequestId,
  encode: ({ ref }) => ref,
  decode: (data) => new RequestId(instance(data, Ref, "server.requestId")),
};

const castTravels: Travels<CastMessage> = {
  name: "server.cast",
  type: CastMessage,
  encode: ({ name, parameters }) => [name, parameters],
  decode: (data) => {
    const [name, parameters] = tuple(data, "server.cast", 2);
    return new CastMessage(text(name, "server.cast"), listOf(parameters, "server.cast"));
  },
};

const refusalTravels: Travels<Refusal> = {
  name: "server.refusal",
  type: Refusal,
  encode: ({ cause }) => copyCause(cause),
  decode: (data) => new Refusal(parseCause(data, "server.refusal")),
};

const fromTravels: Travels<From<any>> = {
  name: "server.from",
  type: From,
  encode: ({ ref }) => ref,
  decode: (data) => new From(instance(data, Ref, "server.from")),
};

const serverTravels: Travels<ServerReference> = {
  name: "server",
  type: ServerReference,
  encode: ({ target, calls, casts }) => [target, calls, casts],
  decode: (data) => {
    const [target, calls, casts] = tuple(data, "server", 3);
    const names = (list: unknown): string[] => listOf(list, "server").map((name) => text(name, "server"));
    const to = typeof target === "string" ? text(target, "server") : checkAddressee(target as Addressee<any>, "server");
    return new ServerReference(to, names(calls), names(casts));
  },
};

const taskTravels: Travels<Task<any>> = {
  name: "task",
  type: Task,
  encode: ({ pid, ref }) => [pid, ref],
  decode: (data) => {
    const [pid, ref] = tuple(data, "task", 2);
    return new Task(instance(pid, Pid, "task"), instance(ref, Ref, "task"));
  },
};

const nodeRequestTravels: Travels<NodeRequest> = {
  name: "node.request",
  type: NodeRequest,
  encode: ({ ref, what, parameters }) => [ref, what, parameters],
  decode: (data) => {
    const [ref, what, parameters] = tuple(data, "node.request", 3);
    return new NodeRequest(
      instance(ref, Ref, "node.request"),
      text(what, "node.request"),
      listOf(parameters, "node.request"),
    );
  },
};

const whereIsTravels: Travels<WhereIs<any>> = {
  name: "process.whereis",
  type: WhereIs,
  // A name in a registry is looked up where it is asked for.
  encode: ({ name }) => String(name),
  decode: (data) => new WhereIs(text(data, "process.whereis")),
};

const registeredTravels: Travels<Registered> = {
  name: "process.registered",
  type: Registered,
  encode: () => null,
  decode: () => new Registered(),
};

const registerTravels: Travels<Register> = {
  name: "process.register",
  type: Register,
  encode: ({ name, pid }) => [name, pid],
  decode: (data) => {
    const [name, pid] = tuple(data, "process.register", 2);
    return new Register(
      text(name, "process.register"),
      pid === null ? null : instance<Pid<any>>(pid, Pid, "process.register"),
    );
  },
};

const unregisterTravels: Travels<Unregister> = {
  name: "process.unregister",
  type: Unregister,
  encode: ({ name }) => name,
  decode: (data) => new Unregister(text(data, "process.unregister")),
};

const timerTravels: Travels<TimerRef> = {
  name: "timer",
  type: TimerRef,
  encode: ({ owner, serial }) => [owner, serial],
  decode: (data) => {
    const [owner, serial] = tuple(data, "timer", 2);
    return new TimerRef(instance<Pid<any>>(owner, Pid, "timer"), whole(serial, "timer"), null);
  },
};

const cancelTimerTravels: Travels<CancelTimer> = {
  name: "process.cancelTimer",
  type: CancelTimer,
  encode: ({ timer }) => timer,
  decode: (data) => new CancelTimer(instance(data, TimerRef, "process.cancelTimer")),
};

const sendAnsweredTravels: Travels<SendAnswered> = {
  name: "process.sendAnswered",
  type: SendAnswered,
  encode: ({ to, message, fails }) => [to, message, fails],
  decode: (data) => {
    const [to, message, fails] = tuple(data, "process.sendAnswered", 3);
    return new SendAnswered(instance<Pid<any>>(to, Pid, "process.sendAnswered"), message, fails === true);
  },
};

function tuple(data: unknown, name: string, length: number): readonly unknown[] {
  if (Array.isArray(data) && data.length === length) return data as unknown[];
  throw new TypeError(`${name}: expected a list of ${length}, got ${describe(data)}`);
}

function listOf(data: unknown, name: string): readonly unknown[] {
  if (Array.isArray(data)) return data as unknown[];
  throw new TypeError(`${name}: expected a list, got ${describe(data)}`);
}

function instance<T extends object>(value: unknown, type: abstract new (...fields: any[]) => T, name: string): T {
  if (value instanceof type) return value;
  throw new TypeError(`${name}: expected a ${type.name}, got ${describe(value)}`);
}

function whole(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`${name}: expected a whole number of at least 0, got ${describe(value)}`);
}

function text(value: unknown, name: string): string {
  if (typeof value === "string" && value.length <= 1_024) return value;
  throw new TypeError(`${name}: expected a text of at most 1,024 characters, got ${describe(value)}`);
}

function nodeRef(id: unknown, address: unknown): NodeRef {
  if (typeof id !== "string") throw new TypeError(`node id: expected a text, got ${describe(id)}`);
  if (address !== null && !(typeof address === "string" && listeningPattern.test(address))) {
    throw new TypeError(`node address: expected ws://host:port or nothing, got ${describe(address)}`);
  }
  return new NodeRef(id, address);
}
