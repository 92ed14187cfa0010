import type { Mutant } from "@espalier/testkit/command";

const src = "packages/runtime/src";
const servers = "tests/conformance/rules/servers.ts";
const serverLoops = "tests/conformance/rules/server-loops.ts";
const requests = "tests/conformance/rules/requests.ts";

/** Calls, the loop of a server, and requests: each breaks a rule of OTP. */
export const serverMutants: readonly Mutant[] = [
  {
    id: "V1",
    title: "a call whose time is over is still waited for, and its reply comes later",
    file: `${src}/servers/call.ts`,
    find: `    const { kernel } = this.owner;
    kernel.unwatch(this);`,
    replace: `    const { kernel } = this.owner;`,
    scenario: [
      servers,
      "R-703, R-704 after a timeout the request is executed, its reply is no message, and not that of the next call",
    ],
    seed: 1,
  },
  {
    id: "V2",
    title: "a server's timeout survives a message",
    file: `${src}/servers/server-loop.ts`,
    find: `          this.#timeoutMs = Infinity;
`,
    replace: ``,
    scenario: [serverLoops, "R-721 a timeout comes once, when no message at all came; any message cancels it"],
    seed: 1,
  },
  {
    id: "V3",
    title: "a server that stops with a reply replies before it terminates",
    file: `${src}/servers/server-loop.ts`,
    find: `    let failed: { readonly error: unknown } | null = null;`,
    replace: `    if (reply !== null && from !== null) yield* this.#reply(from, reply.value);
    let failed: { readonly error: unknown } | null = null;`,
    scenario: [
      serverLoops,
      "R-724, R-733 stop with a reply: terminate, then the reply, even when terminate fails, then the end",
    ],
    seed: 1,
  },
  {
    id: "V4",
    title: "a server that is suspended does not hear that its parent has ended",
    file: `${src}/servers/system-messages.ts`,
    find: `isSystem(message) || isExitOf(message, parent)`,
    replace: `isSystem(message)`,
    scenario: [
      serverLoops,
      "R-731 the parent of a server that traps exits ends: terminate, and the same end; it is nothing for info",
    ],
    seed: 1,
  },
  {
    id: "V5",
    title: "a request that was abandoned is answered",
    file: `${src}/servers/request.ts`,
    find: `    if (this.#operation.abandon) for`,
    replace: `    if (this.#operation.abandon && this.#operation.requests.length > 1) for`,
    scenario: [requests, "R-740 waitResponse keeps a request when the time is over, receiveResponse abandons it"],
    seed: 1,
  },
  {
    id: "V6",
    title: "a call to several nodes ends with the first that is lost",
    file: `${src}/servers/multi-call.ts`,
    find: `if (response.type === "timeout" || response.type === "no-request") break;`,
    replace: `if (response.type !== "reply") break;`,
    scenario: [requests, "R-742 a node that is lost meanwhile is bad, and so is one that cannot be reached"],
    seed: 1,
  },
  {
    id: "V7",
    title: "which response came first is forgotten on the way",
    file: `${src}/servers/request.ts`,
    find: `{ order: settled.order, ...settled.response }`,
    replace: `{ order: 0, ...settled.response }`,
    scenario: [requests, "R-741 of responses that came before a move the first is still the first"],
    seed: 1,
  },
];
