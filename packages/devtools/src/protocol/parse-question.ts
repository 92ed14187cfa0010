import type { OfNode, OfProcess, Method, Parameters, Question } from "./requests.ts";
import type { Column, Doing, ProcessFilter, ProcessKind, TableQuery, TreeQuery } from "./sheets.ts";
import { Fields } from "./parse-fields.ts";
import { invalid } from "./trouble-error.ts";

const columns: readonly Column[] = ["pid", "label", "mailbox", "received", "reductions", "doingMs", "restarts"];
const doings: readonly Doing[] = ["idle", "waiting", "runnable", "elsewhere", "ended"];
const kinds: readonly ProcessKind[] = ["process", "server", "supervisor", "statechart"];

/** Rows in one answer at most. */
export const rowsMax = 500;
const openMax = 5_000;
/** Of what is sent to a process. */
const depthMax = 50;

const parsers: { readonly [M in Method]: (fields: Fields) => Parameters<M> } = {
  capabilities: () => ({}),
  overview: ofNode,
  table: (fields) => ({ ...ofNode(fields), ...tableQuery(fields) }),
  tree: (fields) => ({ ...ofNode(fields), ...treeQuery(fields) }),
  process: ofProcess,
  crashes: ofNode,
  crash: (fields) => ({ ...ofNode(fields), id: fields.whole("id", 0, Number.MAX_SAFE_INTEGER) }),
  lifetimes: ofNode,
  network: ofNode,
  recording: ofNode,
  "trace.start": (fields) => ({
    ...ofNode(fields),
    pids: tracedPids(fields),
    ...(fields.has("maxMs") ? { maxMs: fields.whole("maxMs", 1, 60_000) } : {}),
    ...(fields.has("maxEvents") ? { maxEvents: fields.whole("maxEvents", 1, 10_000) } : {}),
  }),
  "trace.get": (fields) => ({ ...ofNode(fields), ...windowOf(fields) }),
  "trace.stop": ofNode,
  state: ofProcess,
  suspend: ofProcess,
  resume: ofProcess,
  restart: ofProcess,
  exit: (fields) => ({
    ...ofProcess(fields),
    ...(fields.has("reason") ? { reason: fields.text("reason", 1_000) } : {}),
  }),
  kill: ofProcess,
  send: (fields) => ({ ...ofProcess(fields), message: messageOf(fields) }),
  "chaos.list": ofNode,
  "chaos.do": (fields) => ({ ...ofNode(fields), action: fields.text("action"), parameters: textsByName(fields) }),
};

/** What can be asked. */
export const methods: readonly Method[] = Object.keys(parsers) as Method[];

/**
 * What somebody asks, or wants to follow.
 *
 * @param where how errors call it.
 * @throws TroubleError that names the field.
 */
export function parseQuestion(value: unknown, where: string = "question"): Question {
  const fields = new Fields(value, where);
  const question = takeQuestion(fields, methods);
  fields.end();
  return question;
}

/** The fields `method` and `parameters` of an object that may have others. */
export function takeQuestion<M extends Method>(fields: Fields, among: readonly M[]): Question<M> {
  const method = fields.choice("method", among);
  const inner = fields.object("parameters");
  const parameters = parsers[method](inner);
  inner.end();
  return { method, parameters };
}

function ofNode(fields: Fields): OfNode {
  return fields.has("node") ? { node: fields.text("node") } : {};
}

function ofProcess(fields: Fields): OfProcess {
  return { ...ofNode(fields), pid: fields.text("pid") };
}

function tracedPids(fields: Fields): readonly string[] {
  const pids = fields.texts("pids", 20);
  if (pids.length === 0) throw invalid(fields.name("pids"), "at least one pid", pids);
  return pids;
}

function tableQuery(fields: Fields): TableQuery {
  const sort = fields.object("sort");
  const query: TableQuery = {
    sort: {
      by: sort.choice("by", columns),
      descending: sort.flag("descending"),
      mode: sort.choice("mode", ["total", "rate"] as const),
    },
    ...filterOf(fields),
    ...windowOf(fields),
  };
  sort.end();
  return query;
}

function treeQuery(fields: Fields): TreeQuery {
  return {
    open: fields.texts("open", openMax),
    ...filterOf(fields),
    ...(fields.has("troubled") ? { troubled: fields.flag("troubled") } : {}),
    ...windowOf(fields),
  };
}

function windowOf(fields: Fields): { readonly first: number; readonly count: number } {
  return { first: fields.whole("first", 0, 2 ** 31), count: fields.whole("count", 0, rowsMax) };
}

function filterOf(fields: Fields): { readonly filter?: ProcessFilter } {
  if (!fields.has("filter")) return {};
  const inner = fields.object("filter");
  const filter: ProcessFilter = {
    ...(inner.has("text") ? { text: inner.text("text") } : {}),
    ...(inner.has("mailboxAtLeast") ? { mailboxAtLeast: inner.whole("mailboxAtLeast", 0, 2 ** 31) } : {}),
    ...(inner.has("doing") ? { doing: inner.choice("doing", doings) } : {}),
    ...(inner.has("kind") ? { kind: inner.choice("kind", kinds) } : {}),
    ...(inner.has("under") ? { under: inner.text("under") } : {}),
    ...(inner.has("system") ? { system: inner.flag("system") } : {}),
  };
  inner.end();
  return { filter };
}

function textsByName(fields: Fields): Readonly<Record<string, string>> {
  const value = fields.take("parameters");
  const where = fields.name("parameters");
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(where, "an object", value);
  const entries = Object.entries(value);
  if (entries.length > namesMax) throw invalid(where, `at most ${namesMax} fields`, entries.length);
  for (const [name, text] of entries) {
    if (typeof text !== "string" || text.length > 1_000) {
      throw invalid(`${where}.${name.slice(0, 60)}`, "a text of at most 1000 characters", text);
    }
  }
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
}

const namesMax = 20;

function messageOf(fields: Fields): unknown {
  const message = fields.take("message");
  const where = fields.name("message");
  if (message === undefined) throw invalid(where, "a message, as JSON", message);
  if (isDeeper(message, depthMax)) throw invalid(where, `at most ${depthMax} levels of objects`, message);
  return message;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}
