import type { ChaosAction, ChaosPort } from "@espalier/devtools";
import { kill } from "@espalier/heartbeat";
import type { Cell, Node, Pid } from "@espalier/runtime";
import { KeyedRandom } from "../world/random.ts";
import type { ChaosEvent } from "./chaos-event.ts";
import type { LinkTrouble } from "./link-trouble.ts";
import { Parameters } from "./parameters.ts";

export interface ChaosOptions {
  /** What stands between the node and its sessions, if it was started so: without it nothing can be done to messages. */
  readonly trouble?: LinkTrouble;
}

/** An action, and what does it: it says what it did, and whom it struck. */
interface Deed extends ChaosAction {
  perform(node: Node, given: Parameters): { readonly text: string; readonly pid: Pid | null };
}

const bounds = { messages: 100_000, blockMs: 10_000, troubleMs: 60_000, delayMs: 10_000 } as const;

/**
 * What the testkit can do to a running node: for the dev tools, which show it to those who have the plane `chaos`. Each deed is an event of
 * the node of the type `chaos`. Nothing is ever done by itself.
 *
 * Messages of a peer can be held back or slowed only on a node that was started with a {@link LinkTrouble}. Single messages cannot be lost: no
 * link that lives loses any; `cut` loses what is under way.
 *
 * ```ts
 * import { Node, Process, Supervisor } from "espalier";
 * import { chaosActions } from "@espalier/testkit";
 *
 * await using node = await Node.start({ logger: { report: () => {} } });
 * const till = Supervisor.worker("till", function* till() { yield* Process.sleep("1h"); }, []);
 * const { pid } = await node.run(() => Supervisor.start(Supervisor.define({ children: [till] })));
 * const chaos = chaosActions(node);
 * chaos.list().map(({ name }) => name); // => ["kill-one", "kill-children", "flood", "block", "cut"]
 * await chaos.do("kill-one", { below: pid.key, seed: "1" }); // => "killed till (3), one of 1 below supervisor (2)"
 * ```
 */
export function chaosActions(node: Node, { trouble }: ChaosOptions = {}): ChaosPort {
  trouble?.use(node.kernel.host);
  const deeds = [
    ...onProcesses,
    ...(node.kernel.distribution === null ? [] : [cut]),
    ...(trouble === undefined ? [] : onLinks(trouble)),
  ];
  return {
    list: () => deeds.map(({ name, text, parameters }) => ({ name, text, parameters })),
    do: (action, parameters) =>
      new Promise((resolve) => {
        const deed = deeds.find(({ name }) => name === action);
        if (deed === undefined) {
          const known = deeds.map(({ name }) => name).join(", ");
          throw new TypeError(`chaos: expected one of ${known}, got ${JSON.stringify(action)}`);
        }
        const done = deed.perform(node, new Parameters(node, deed, parameters));
        const event: ChaosEvent = { type: "chaos", action, ...done };
        node.kernel.note(event);
        resolve(done.text);
      }),
  };
}

const onProcesses: readonly Deed[] = [
  {
    name: "kill-one",
    text: "Kills one process below a supervisor, or below any process: which one, the seed decides.",
    parameters: [
      { name: "below", text: "Whose children, and theirs.", kind: "pid" },
      { name: "seed", text: "The same seed means the same place in the order of those that live.", kind: "number" },
    ],
    perform(node, given) {
      const above = given.process("below");
      const seed = given.count("seed", 0, Number.MAX_SAFE_INTEGER);
      const below = descendants(node, above);
      if (below.length === 0) {
        throw new TypeError(`kill-one: below: expected a process with others below it, got ${nameOf(above)}`);
      }
      const victim = below[new KeyedRandom(seed).stream("kill-one").below(below.length)] as Cell;
      end(node, victim);
      return { text: `killed ${nameOf(victim)}, one of ${below.length} below ${nameOf(above)}`, pid: victim.pid };
    },
  },
  {
    name: "kill-children",
    text: "Kills all children of a supervisor, or of any process, at once.",
    parameters: [{ name: "of", text: "Whose children.", kind: "pid" }],
    perform(node, given) {
      const parent = given.process("of");
      const children = descendants(node, parent, 1);
      for (const child of children) end(node, child);
      return { text: `killed ${children.length} children of ${nameOf(parent)}`, pid: parent.pid };
    },
  },
  {
    name: "flood",
    text: "Puts messages into a process's mailbox that it does not expect.",
    parameters: [
      { name: "process", text: "Whose mailbox.", kind: "pid" },
      { name: "messages", text: `How many, ${bounds.messages} at most.`, kind: "number" },
    ],
    perform({ kernel }, given) {
      const cell = given.process("process");
      const { pid } = cell;
      const count = given.count("messages", 1, bounds.messages);
      const message = { type: "chaos.flood" };
      for (let sent = 0; sent < count; sent += 1) kernel.route(kernel.root, pid, { type: "message", message });
      return { text: `put ${count} messages into the mailbox of ${nameOf(cell)}`, pid };
    },
  },
  {
    name: "block",
    text: "Keeps the event loop busy: nothing of the whole program goes on meanwhile.",
    parameters: [{ name: "for", text: `How long, ${bounds.blockMs / 1_000} s at most.`, kind: "duration" }],
    perform({ kernel: { host } }, given) {
      const ms = given.durationMs("for", bounds.blockMs);
      spin(host.clock, ms);
      return { text: `kept the event loop busy for ${ms} ms`, pid: null };
    },
  },
];

const cut: Deed = {
  name: "cut",
  text: "Breaks the connection with a node: what is under way is lost, links and monitors across it fire.",
  parameters: [{ name: "node", text: "With whom.", kind: "node" }],
  perform({ kernel }, given) {
    const peer = given.peer("node");
    kernel.distribution?.disconnect(peer, "chaos: somebody asked for it");
    return { text: `broke the connection with ${peer.id.slice(0, 8)}`, pid: null };
  },
};

function onLinks(trouble: LinkTrouble): readonly Deed[] {
  const node = { name: "node", text: "To whom.", kind: "node" } as const;
  const time = { name: "for", text: `How long, ${bounds.troubleMs / 1_000} s at most.`, kind: "duration" } as const;
  return [
    {
      name: "hold-messages",
      text: "Sends nothing of what processes say to a node for a while, and then all of it, in order. The connection stays.",
      parameters: [node, time],
      perform(_node, given) {
        const { id } = given.peer("node");
        const lastsMs = given.durationMs("for", bounds.troubleMs);
        trouble.begin(id, { delayMs: Infinity, lastsMs });
        return { text: `holds messages to ${id.slice(0, 8)} back for ${lastsMs} ms`, pid: null };
      },
    },
    {
      name: "slow-messages",
      text: "Sends what processes say to a node later, in order, for a while.",
      parameters: [
        node,
        { name: "by", text: `How much later, ${bounds.delayMs / 1_000} s at most.`, kind: "duration" },
        time,
      ],
      perform(_node, given) {
        const { id } = given.peer("node");
        const delayMs = given.durationMs("by", bounds.delayMs);
        const lastsMs = given.durationMs("for", bounds.troubleMs);
        trouble.begin(id, { delayMs, lastsMs });
        return { text: `messages to ${id.slice(0, 8)} go out ${delayMs} ms later for ${lastsMs} ms`, pid: null };
      },
    },
  ];
}

/** As `Process.exit(pid, kill)` of the node itself, wherever the process runs now. */
function end({ kernel }: Node, { pid }: Cell): void {
  kernel.route(kernel.root, pid, { type: "exit", from: kernel.root, cause: kill, link: false });
}

/** Those that have their home here and that the process spawned, and those that these spawned, down to a depth: in the order of their serials. */
function descendants({ kernel }: Node, above: Cell, depth: number = Infinity): readonly Cell[] {
  const children = new Map<string, Cell[]>();
  for (const cell of kernel.homed) {
    if (!cell.alive) continue;
    const siblings = children.get(cell.parent.key);
    if (siblings === undefined) children.set(cell.parent.key, [cell]);
    else siblings.push(cell);
  }
  const found = new Set<Cell>();
  let level: readonly Cell[] = [above];
  for (let down = 0; down < depth && level.length > 0; down += 1) {
    level = level
      .flatMap(({ pid }) => children.get(pid.key) ?? [])
      .filter((cell) => !found.has(cell) && cell !== above);
    for (const cell of level) found.add(cell);
  }
  return [...found].toSorted((a, b) => a.pid.serial - b.pid.serial);
}

/** So many looks at a clock take a tenth of a second and more: one that says the same all the time is a simulation's. */
const looksMax = 5_000_000;

function spin(clock: { monotonic(): number }, ms: number): void {
  const beginMs = clock.monotonic();
  let looks = 0;
  while (clock.monotonic() - beginMs < ms) {
    looks += 1;
    if (looks === looksMax && clock.monotonic() === beginMs) {
      throw new TypeError(
        "block: expected a host whose clock goes on while a program computes, got one that stands still",
      );
    }
  }
}

function nameOf({ pid, name, label }: Pick<Cell, "pid" | "name" | "label">): string {
  return `${name ?? label} (${pid.serial})`;
}
