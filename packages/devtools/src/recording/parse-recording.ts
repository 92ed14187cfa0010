import { recordingVersion, type RecordedProcess, type Recording } from "../protocol/recording.ts";
import { RecordedField, RecordingError } from "./recorded-fields.ts";

/** The bounds of a file: what is written here stays far below them. */
const bounds = {
  characters: 256 * 1024 * 1024,
  nodes: 10_000,
  processes: 200_000,
  events: 200_000,
  pidsOfEvent: 100,
  stays: 10_000,
  faults: 10_000,
} as const;

/**
 * Reads the text of a recording, strictly: what is not what this version writes is refused.
 *
 * @throws RecordingError saying where something is wrong, what was expected there, and what was found.
 */
export function parseRecording(text: string): Recording {
  if (text.length > bounds.characters) {
    throw new RecordingError(`expected at most ${bounds.characters} characters, got ${text.length}`);
  }
  const file = new RecordedField(parseJson(text), "the file");
  checkVersion(file);
  const fields = file.fields(
    ...["format", "version", "title", "source", "fromMs", "toMs", "wallMs", "nodes", "processes", "events"],
    ...["faults", "failure", "seed", "lost"],
  ) as { readonly [Name in keyof Recording]: RecordedField };
  const [fromMs, toMs] = span(fields.fromMs, fields.toMs);
  const nodes = nodesOf(fields.nodes);
  const ids = new Set(nodes.map(({ id }) => id));
  return {
    format: "espalier-recording",
    version: recordingVersion,
    title: fields.title.text(),
    source: fields.source.oneOf("node", "chaos"),
    fromMs,
    toMs,
    wallMs: fields.wallMs.orNull((field) => field.number()),
    nodes,
    processes: processesOf(fields.processes, ids),
    events: eventsOf(fields.events, ids),
    faults: fields.faults.list(bounds.faults, (fault) => faultOf(fault, ids)),
    failure: fields.failure.orNull(failureOf),
    seed: fields.seed.orNull((field) => field.count()),
    lost: fields.lost.count(),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RecordingError(`expected JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Before anything else: what a file of another version holds means nothing here. */
function checkVersion(file: RecordedField): void {
  const { format, version } = (file.value ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== "espalier-recording") {
    throw new RecordingError(
      `format: expected "espalier-recording", got ${JSON.stringify(format) ?? "nothing"}: this is no recording of Espalier`,
    );
  }
  if (version !== recordingVersion) {
    throw new RecordingError(
      `version: expected ${recordingVersion}, got ${JSON.stringify(version) ?? "nothing"}: another version of Espalier wrote it; ` +
        "open it with that one, or record again",
    );
  }
}

function nodesOf(field: RecordedField): Recording["nodes"] {
  const known = new Set<string>();
  return field.list(bounds.nodes, (item) => {
    const { id, name } = item.fields("id", "name");
    if (known.has(id.text())) throw id.error("another id than the nodes before it");
    known.add(id.text());
    return { id: id.text(), name: name.text() };
  });
}

function processesOf(field: RecordedField, nodes: ReadonlySet<string>): readonly RecordedProcess[] {
  const known = new Set<string>();
  return field.list(bounds.processes, (item): RecordedProcess => {
    const fields = item.fields(
      ...([
        "pid",
        "shortPid",
        "node",
        "label",
        "name",
        "parent",
        "fromMs",
        "toMs",
        "cause",
        "crashed",
        "stays",
      ] as const),
    );
    const pid = fields.pid.text();
    if (known.has(pid)) throw fields.pid.error("another pid than the processes before it");
    const parent = fields.parent.orNull((parent) => parent.text());
    // So that nobody is below itself.
    if (parent !== null && !known.has(parent)) throw fields.parent.error("null, or the pid of a process before it");
    known.add(pid);
    const fromMs = fields.fromMs.orNull((time) => time.number());
    const toMs = fields.toMs.orNull((time) => time.number());
    if (fromMs !== null && toMs !== null && toMs < fromMs) throw fields.toMs.error(`${fromMs} or later`);
    return {
      pid,
      shortPid: fields.shortPid.text(),
      node: nodeOf(fields.node, nodes),
      label: fields.label.text(),
      name: fields.name.orNull((name) => name.text()),
      parent,
      fromMs,
      toMs,
      cause: fields.cause.orNull((cause) => cause.text()),
      crashed: fields.crashed.flag(),
      stays: staysOf(fields.stays, nodes),
    };
  });
}

function staysOf(field: RecordedField, nodes: ReadonlySet<string>): RecordedProcess["stays"] {
  let beforeMs = -Infinity;
  return field.list(bounds.stays, (item) => {
    const { node, fromMs, toMs } = item.fields("node", "fromMs", "toMs");
    if (fromMs.number() < beforeMs) throw fromMs.error(`${beforeMs} or later: stays are in order`);
    beforeMs = fromMs.number();
    const endMs = toMs.orNull((time) => time.number());
    if (endMs !== null && endMs < beforeMs) throw toMs.error(`${beforeMs} or later`);
    return { node: nodeOf(node, nodes), fromMs: beforeMs, toMs: endMs };
  });
}

function eventsOf(field: RecordedField, nodes: ReadonlySet<string>): Recording["events"] {
  let beforeMs = -Infinity;
  return field.list(bounds.events, (item) => {
    const fields = item.fields("serial", "atMs", "type", "text", "pids", "node");
    const atMs = fields.atMs.number();
    if (atMs < beforeMs) throw fields.atMs.error(`${beforeMs} or later: events are in order`);
    beforeMs = atMs;
    return {
      serial: fields.serial.count(),
      atMs,
      type: fields.type.text(),
      text: fields.text.text(),
      pids: fields.pids.list(bounds.pidsOfEvent, (pid) => pid.text()),
      node: fields.node.orNull((node) => nodeOf(node, nodes)),
    };
  });
}

function faultOf(item: RecordedField, known: ReadonlySet<string>): Recording["faults"][number] {
  const { text, fromMs, toMs, nodes } = item.fields("text", "fromMs", "toMs", "nodes");
  const beginMs = fromMs.number();
  const endMs = toMs.orNull((time) => time.number());
  if (endMs !== null && endMs < beginMs) throw toMs.error(`${beginMs} or later`);
  return {
    text: text.text(),
    fromMs: beginMs,
    toMs: endMs,
    nodes: nodes.list(bounds.nodes, (node) => nodeOf(node, known)),
  };
}

function failureOf(field: RecordedField): NonNullable<Recording["failure"]> {
  const { atMs, property, text } = field.fields("atMs", "property", "text");
  return { atMs: atMs.number(), property: property.text(), text: text.text() };
}

function nodeOf(field: RecordedField, nodes: ReadonlySet<string>): string {
  if (!nodes.has(field.text())) throw field.error("the id of one of its nodes");
  return field.text();
}

function span(from: RecordedField, to: RecordedField): readonly [fromMs: number, toMs: number] {
  if (to.number() < from.number()) throw to.error(`${from.number()} or later`);
  return [from.number(), to.number()];
}
