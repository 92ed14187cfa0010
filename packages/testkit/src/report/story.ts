import type { RecordedEvent, RecordedFault, RecordedMessage, RunRecord } from "../record/run-record.ts";
import { describeTime } from "./time.ts";

/** Nobody reads more. */
const linesMax = 15;

/** Something that may be worth a line. */
interface Candidate {
  readonly serial: number;
  readonly atMs: number;
  readonly place: string;
  readonly text: string;
  readonly pids: readonly string[];
  readonly nodes: readonly string[];
  /** How much it explains by its kind alone. */
  readonly weight: number;
  /** Equal for what is the same thing again. */
  readonly shape: string;
}

/** Several of one shape, one after the other. */
interface Group {
  readonly first: Candidate;
  readonly count: number;
  readonly lastMs: number;
  readonly weight: number;
}

/**
 * How it came to the failure, in at most fifteen lines, the oldest first.
 *
 * Only what happened before it in Lamport's sense can have led to it: what a node did before the failure was seen there, what it did before
 * it sent something that had arrived by then, and so on, back to the beginning. Of that, the faults that bit come first, then crashes,
 * verdicts, transfers and operations, and among those what is about the processes and nodes that the failure names.
 */
export function storyOf(record: RunRecord): readonly string[] {
  const { failure } = record;
  if (failure === null) return [];
  const named = namedIn(record);
  const reach = reachOf(record, named.nodes);
  const candidates = [...eventsOf(record, reach), ...faultsOf(record), ...messagesOf(record, reach)].sort(
    (a, b) => a.serial - b.serial,
  );
  const groups = grouped(candidates.map((candidate) => weighed(candidate, named, record)));
  const ending = lineOf(failure.atMs, "scenario", `FAILED ${failure.property}: ${failure.what}`);
  const chosen = [...groups]
    .sort((a, b) => b.weight - a.weight || b.first.serial - a.first.serial)
    .slice(0, linesMax - 1);
  return [...chosen.sort((a, b) => a.first.serial - b.first.serial).map(describeGroup), ending];
}

/** What the failure is about, as far as its text says. */
interface Named {
  readonly pids: ReadonlySet<string>;
  /** Who spawned those, whom else the same process spawned, and whom they are linked with. */
  readonly near: ReadonlySet<string>;
  readonly nodes: ReadonlySet<string>;
}

function namedIn({ failure, nodes, happened, travellers }: RunRecord): Named {
  const text = `${failure?.property} ${failure?.what}`;
  const words = new Set(text.match(/\w[\w.'-]*\w|\w/g) ?? []);
  const pids = new Set<string>();
  for (const event of happened) {
    // A text may not say in which life of its node a process was spawned.
    for (const pid of event.pids) if (words.has(pid) || words.has(pid.replace(/'\d+$/, ""))) pids.add(pid);
    // By its label: whoever was spawned under a name that the failure uses.
    if (event.type !== "spawn" || event.pids[0] === undefined) continue;
    const label = event.text.split(" ", 1)[0] as string;
    if (label.length > 2 && label !== event.pids[0] && words.has(label)) pids.add(event.pids[0]);
  }
  // A failure that names nobody is likely about those to whom something happened when it was seen.
  if (pids.size === 0 && failure !== null) {
    const last = happened.filter(({ atMs, pids }) => atMs === failure.atMs && pids.length > 0);
    for (const {
      pids: [pid = ""],
    } of last.slice(-4))
      pids.add(pid);
  }
  const relations = happened.filter(({ type }) => type === "spawn" || type === "link" || type === "monitor");
  const near = new Set<string>();
  for (const { pids: related } of relations)
    if (related.some((pid) => pids.has(pid))) for (const pid of related) near.add(pid);
  const parents = relations
    .filter(({ type, pids: [pid = ""] }) => type === "spawn" && pids.has(pid))
    .map(({ pids }) => pids[1]);
  for (const {
    type,
    pids: [pid, parent],
  } of relations) {
    if (type === "spawn" && pid !== undefined && parent !== undefined && parents.includes(parent)) near.add(pid);
  }
  // Where they are at home, and where they have been.
  const places = new Set([...pids].map((pid) => pid.split(".", 1)[0]));
  for (const { pid, stays } of travellers) if (pids.has(pid)) for (const { node } of stays) places.add(node);
  const isNamed = (name: string): boolean => words.has(name) || places.has(name);
  return { pids, near, nodes: new Set(nodes.map(({ name }) => name).filter(isNamed)) };
}

/** Up to which point what happened on a node can have led to the failure. */
type Reach = ReadonlyMap<string, number>;

/** Walks back from the end over messages, the last arrival first: each takes along whatever its sender had done before. */
function reachOf({ nodes, messages, failure }: RunRecord, named: ReadonlySet<string>): Reach {
  // What a property sees is the state of all nodes, unless it says of which.
  const seen = named.size > 0 && failure !== null ? named : new Set(nodes.map(({ name }) => name));
  const reach = new Map(nodes.map(({ name }) => [name, seen.has(name) ? Infinity : -1]));
  const arrived = messages.filter(({ arrivedSerial }) => arrivedSerial !== null);
  arrived.sort((a, b) => (b.arrivedSerial as number) - (a.arrivedSerial as number));
  for (const { from, to, serial, arrivedSerial } of arrived) {
    if ((arrivedSerial as number) > (reach.get(to) ?? -1)) continue;
    if (serial > (reach.get(from) ?? -1)) reach.set(from, serial);
  }
  return reach;
}

/** How much an event explains by its type. Others are left to the page. */
const weights: Readonly<Record<string, number>> = {
  "node.verdict": 80,
  "transfer.lost": 80,
  "transfer.dropped": 66,
  "transfer.granted": 62,
  "transfer.failed": 62,
  "transfer.refused": 58,
  "transfer.started": 56,
  "guest.finished": 50,
  "node.suspected": 48,
  "heartbeat.ended": 46,
  "node.down": 44,
  "node.unreachable": 40,
  "transfer.departed": 36,
  "transfer.arrived": 34,
  "node.up": 26,
  "node.trusted": 26,
  "guest.performed": 22,
  "guest.acting": 20,
  "heartbeat.created": 20,
  supervisor: 40,
  down: 30,
  exit: 30,
  spawn: 32,
  register: 10,
  link: 16,
  monitor: 14,
};

function* eventsOf(record: RunRecord, reach: Reach): Iterable<Candidate> {
  const ops = new Set(record.plan.ops.map(({ op, n }) => `${op} ${n}`));
  for (const event of record.happened) {
    if (event.serial > (reach.get(event.place) ?? Infinity)) continue;
    const weight = event.type === "told" ? weightOfLine(event, ops, record) : weights[event.type];
    if (weight === undefined) continue;
    const { serial, atMs, place, text, pids, nodes } = event;
    yield { serial, atMs, place, text, pids, nodes, weight, shape: shapeOf(event) };
  }
}

function weightOfLine(event: RecordedEvent, ops: ReadonlySet<string>, { faults }: RunRecord): number | undefined {
  const { place, text, atMs } = event;
  // Told by the record itself, with more to say.
  if (place === "fault" || place === "network" || text.startsWith("FAILED ")) return undefined;
  if (place === "scenario") return 12;
  if (/^(crashed|restarted|paused|resumed|suspended|blocked)\b/.test(text)) {
    // What a fault does says the fault, and for how long.
    const isFault = faults.some(
      (fault) => fault.nodes.includes(place) && (fault.fromMs === atMs || fault.toMs === atMs),
    );
    return isFault ? undefined : 90;
  }
  if (/\bcrashed:/.test(text)) return 64;
  const [op = "", n = ""] = text.split(" ", 2);
  return ops.has(`${op} ${n}`) ? 42 : 38;
}

/** What has the same shape is the same thing again: numbers do not count. */
function shapeOf({ place, type, text }: RecordedEvent): string {
  return `${place} ${type} ${text.replaceAll(/\d+/g, "#")}`;
}

function* faultsOf({ faults }: RunRecord): Iterable<Candidate> {
  for (const [index, fault] of faults.entries()) {
    const { fromMs, toMs, fromSerial, toSerial, text, nodes, effective } = fault;
    if (fromMs === null || fromSerial === null || effective === 0) continue;
    const common = { place: "fault", pids: [], nodes: [...nodes, ...fault.links.flat()] };
    yield {
      ...common,
      serial: fromSerial,
      atMs: fromMs,
      text: `${text}${bitten(fault)}`,
      weight: 1_000,
      shape: `${index}`,
    };
    if (toMs === null || toSerial === null || toMs === fromMs) continue;
    yield { ...common, serial: toSerial, atMs: toMs, text: `over: ${text}`, weight: 32, shape: `${index} over` };
  }
}

function bitten({ effective }: RecordedFault): string {
  return effective > 1 ? `  (struck ${effective} times)` : "";
}

/** Messages that something happened to, if what they say matters. */
function* messagesOf({ messages }: RunRecord, reach: Reach): Iterable<Candidate> {
  for (const message of messages) {
    const { serial, sentMs, from, to, kind, pid, fate } = message;
    if (fate === "delivered" || fate === "under way" || serial > (reach.get(from) ?? -1)) continue;
    const about = pid === null ? "" : ` about ${pid}`;
    yield {
      serial,
      atMs: sentMs,
      place: from,
      text: `${kind}${about} to ${to}: ${describeFate(message)}`,
      pids: pid === null ? [] : [pid],
      nodes: [to],
      weight: kind.startsWith("transfer.") || kind.startsWith("signal.") ? 34 : 18,
      shape: `${from} ${to} ${kind} ${fate}`,
    };
  }
}

function describeFate({ fate, arrivedMs, againMs }: RecordedMessage): string {
  if (fate === "lost") return "lost";
  const at = arrivedMs === null ? "" : ` at ${describeTime(arrivedMs)}`;
  if (fate === "duplicated") return `arrives${at}, and again at ${againMs.map(describeTime).join(", ")}`;
  return fate === "held" ? `held back, arrives${at}` : `changed on the way, arrives${at}`;
}

/** What the failure names counts for more, and so does what is near to it. */
function weighed(candidate: Candidate, named: Named, { failure, bootedMs }: RunRecord): Candidate {
  const { pids, nodes, place, atMs } = candidate;
  const isAboutProcess = pids.some((pid) => named.pids.has(pid));
  const isNear = pids.some((pid) => named.near.has(pid));
  const isAboutNode = named.nodes.has(place) || nodes.some((node) => named.nodes.has(node));
  const startMs = bootedMs ?? 0;
  const lasted = Math.max(1, (failure?.atMs ?? 1) - startMs);
  const nearness = Math.max(0, (atMs - startMs) / lasted);
  return {
    ...candidate,
    weight: candidate.weight + (isAboutProcess ? 45 : isNear ? 25 : 0) + (isAboutNode ? 8 : 0) + 14 * nearness,
  };
}

/** What comes again and again counts once: by its first, and by the weight of its weightiest. */
function grouped(candidates: readonly Candidate[]): readonly Group[] {
  const groups: Group[] = [];
  const last = new Map<string, number>();
  for (const candidate of candidates) {
    const { shape, place, atMs, weight } = candidate;
    const index = last.get(place);
    const open = index === undefined ? undefined : groups[index];
    if (index !== undefined && open !== undefined && open.first.shape === shape) {
      groups[index] = { ...open, count: open.count + 1, lastMs: atMs, weight: Math.max(open.weight, weight) };
      continue;
    }
    last.set(place, groups.length);
    groups.push({ first: candidate, count: 1, lastMs: atMs, weight });
  }
  return groups;
}

function describeGroup({ first, count, lastMs }: Group): string {
  const more = count === 1 ? "" : `  … and ${count - 1} more like it until ${describeTime(lastMs)}`;
  return lineOf(first.atMs, first.place, first.text + more);
}

function lineOf(atMs: number, place: string, text: string): string {
  return `${atMs.toFixed(3).padStart(12)} ms  ${place.padEnd(8)}  ${text}`;
}
