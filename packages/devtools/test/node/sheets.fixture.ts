import type {
  CrashPage,
  NodeSheet,
  Overview,
  ProcessRow,
  ProcessSheet,
  TablePage,
  TreePage,
  TreeRow,
} from "../../src/index.ts";

// A shop, as the dev tools are told of it.

export const node: NodeSheet = {
  id: "kZ3pZ6vVx0n",
  incarnation: "i1",
  url: null,
  program: { pid: 4711, title: "shop", runtime: "node v24.21.0" },
};

export function row(serial: number, changes: Partial<ProcessRow> = {}): ProcessRow {
  return {
    pid: `kZ3pZ6vVx0n/i1/${serial}`,
    shortPid: String(serial),
    name: null,
    label: `order-${serial}`,
    child: null,
    parent: null,
    kind: "process",
    doing: "idle",
    doingMs: 1_200,
    waitingFor: null,
    handling: null,
    mailbox: 0,
    received: 120,
    reductions: 4_000,
    receivedPerSecond: 2,
    reductionsPerSecond: 31,
    mailboxPerSecond: 0,
    restarts: 0,
    suspended: false,
    ...changes,
  };
}

export const pool: ProcessRow = row(17, {
  name: "db_pool",
  label: "pool",
  child: "pool-1",
  kind: "server",
  doing: "waiting",
  doingMs: 8_200,
  waitingFor: "the answer of 31",
  handling: "query",
  mailbox: 8_412,
  mailboxPerSecond: 310,
  received: 1_204_000,
});

export const table: TablePage = {
  rows: [
    pool,
    row(18, { doing: "runnable", mailbox: 12, handling: "result" }),
    row(19, { restarts: 3, suspended: true }),
  ],
  matching: 3,
  all: 41_203,
};

export const overview: Overview = {
  node,
  upMs: 273_600_000,
  processes: 41_203,
  runnable: 3,
  timers: 12,
  deadLetters: 4,
  crashes: 15,
  restarts: 14,
  reductionsPerSecond: 90_000,
  messagesPerSecond: 18_240,
  loop: { lastMs: 11, worstMs: 740, utilization: 0.62 },
  memory: { rssBytes: 432_013_312, heapUsedBytes: 325_058_560, heapLimitBytes: 1_073_741_824 },
  findings: [
    {
      id: "a",
      rule: "restart-loop",
      severity: "critical",
      text: "orders restarted 2 of 3 allowed times in 5s: TypeError: x is undefined",
      hint: "Open the crash: restarting does not cure the same input.",
      pid: null,
      crash: 15,
      sinceMs: 42_000,
    },
    {
      id: "b",
      rule: "mailbox-growing",
      severity: "warning",
      text: "8,412 messages wait for db_pool, 310 more a second",
      hint: "Look at what it handles; senders may have to wait.",
      pid: pool.pid,
      crash: null,
      sinceMs: 40_000,
    },
  ],
  growing: [pool],
  stuck: [],
  busiest: [row(18, { doing: "runnable", mailbox: 12, handling: "result" })],
  restarting: [
    {
      supervisor: row(3, { name: "orders", label: "orders", kind: "supervisor", restarts: 14 }),
      summary: { strategy: "one-for-one", phase: "running", restarts: 2, allowed: 3, withinSeconds: 5 },
    },
  ],
  deaths: [
    {
      id: 15,
      atMs: 0,
      label: "order",
      name: null,
      pid: "kZ3pZ6vVx0n/i1/99",
      cause: "TypeError: x is undefined",
      fingerprint: "f",
      handling: "result",
      decision: "restarted, 2 of 3 in 5s",
    },
  ],
  history: {
    everyMs: 1_000,
    processes: [1, 2, 3],
    messagesPerSecond: [100, 18_240, 9_000],
    mailbox: [0, 4_000, 8_412],
    loopMs: [1, 740, 11],
  },
  costMsPerSecond: 0.4,
};

export const crashes: CrashPage = { groups: [], crashes: overview.deaths, total: 15 };

function treeRow(depth: number, children: number, process: ProcessRow, changes: Partial<TreeRow> = {}): TreeRow {
  return {
    key: process.pid,
    depth,
    place: null,
    process,
    label: process.label,
    open: false,
    branch: { processes: 1 + children, mailbox: process.mailbox, trouble: null },
    children,
    supervisor: null,
    state: null,
    ...changes,
  };
}

export const tree: TreePage = {
  rows: [
    treeRow(0, 2, row(1, { name: "shop", kind: "supervisor" }), {
      open: true,
      supervisor: { strategy: "rest-for-one", phase: "running", restarts: 0, allowed: 3, withinSeconds: 5 },
    }),
    treeRow(1, 40_000, row(3, { name: "orders", kind: "supervisor", restarts: 14 }), {
      branch: { processes: 40_001, mailbox: 9_000, trouble: "warning" },
      supervisor: overview.restarting[0]!.summary,
    }),
    treeRow(1, 0, pool),
    { ...treeRow(1, 0, row(0), { label: "mailer", state: "waits for a restart" }), process: null },
  ],
  first: 0,
  total: 4,
};

export const processSheet: ProcessSheet = {
  row: pool,
  ancestors: [{ pid: "kZ3pZ6vVx0n/i1/1", label: "shop", name: "shop" }],
  trapping: true,
  stashed: 2,
  messages: [
    { kind: "query", value: { type: "hidden" } },
    { kind: "query", value: { type: "object", class: null, entries: [["id", { type: "plain", text: "7" }]], more: 1 } },
  ],
  timers: [{ what: "flush", remainingMs: 250 }],
  links: [{ pid: "kZ3pZ6vVx0n/i1/1", shortPid: "1", label: "shop" }],
  linkCount: 3,
  monitors: [],
  monitoredBy: [],
  blast: { processes: [{ pid: "kZ3pZ6vVx0n/i1/1", shortPid: "1", label: "shop" }], more: false },
  details: { type: "object", class: null, entries: [["free", { type: "plain", text: "0" }]], more: 0 },
  supervisor: null,
  place: "home",
  host: null,
  waitingOn: { pid: "kZ3pZ6vVx0n/i1/31", shortPid: "31", label: "database" },
  restarts: [],
  events: [{ serial: 1, atMs: 0, type: "spawn", text: "17 was spawned by 1", pids: [pool.pid] }],
};
