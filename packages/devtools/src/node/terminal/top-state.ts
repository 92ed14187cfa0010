import type { Parameters, Result } from "../../protocol/requests.ts";
import type { NodeSheet, TableQuery } from "../../protocol/sheets.ts";

/** The pages of `espalier top`, in the order of their digits. */
export type TopPage = "now" | "tree" | "processes" | "crashes" | "node";

export const topPages: readonly TopPage[] = ["now", "tree", "processes", "crashes", "node"];

/** In columns and lines of the terminal. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a line of a page stands for, and what Enter and `K` are about. */
export type TopTarget =
  | { readonly type: "process"; readonly pid: string; readonly label: string | null }
  | { readonly type: "branch"; readonly key: string; readonly open: boolean; readonly process: TopTarget | null }
  | { readonly type: "crash"; readonly id: number };

/** What is written in the last line. */
export type TopPrompt =
  | { readonly type: "filter"; readonly text: string }
  | { readonly type: "kill"; readonly text: string; readonly pid: string; readonly label: string };

/** The answers that the screen is made of; null: not here yet. */
export type TopAnswers = {
  readonly [M in "overview" | "table" | "tree" | "crashes" | "network" | "process" | "crash"]: Result<M> | null;
};

/** All that a screen of `espalier top` depends on. */
export interface TopState {
  readonly nodes: readonly NodeSheet[];
  readonly node: string;
  readonly manage: boolean;
  readonly page: TopPage;
  readonly sort: TableQuery["sort"];
  readonly filter: string;
  /** The open branches of the tree. */
  readonly open: readonly string[];
  /** The first line of the page that is shown, and the chosen one. */
  readonly first: number;
  readonly cursor: number;
  /** What is shown in place of the page. */
  readonly detail: Exclude<TopTarget, { readonly type: "branch" }> | null;
  readonly paused: boolean;
  readonly help: boolean;
  readonly prompt: TopPrompt | null;
  /** In the last line until the next key. */
  readonly message: string | null;
  readonly answers: TopAnswers;
  /** Which row of the table the answer begins with. */
  readonly tableFirst: number;
}

const noAnswers: TopAnswers = {
  overview: null,
  table: null,
  tree: null,
  crashes: null,
  network: null,
  process: null,
  crash: null,
};

export function beginTop(nodes: readonly NodeSheet[], node: string, manage: boolean): TopState {
  return {
    nodes,
    node,
    manage,
    page: "now",
    sort: { by: "mailbox", descending: true, mode: "total" },
    filter: "",
    open: [],
    first: 0,
    cursor: 0,
    detail: null,
    paused: false,
    help: false,
    prompt: null,
    message: null,
    answers: noAnswers,
    tableFirst: 0,
  };
}

/** One thing to ask for a screen. */
export type TopQuestion = {
  [M in keyof TopAnswers]: { readonly method: M; readonly parameters: Parameters<M> };
}[keyof TopAnswers];

/** What the screen needs to know: the overview, and what its page or its detail shows, with a screen before it and one behind. */
export function questionsOf(state: TopState, { rows }: ScreenSize): readonly TopQuestion[] {
  const { node, page, detail, filter, open, sort } = state;
  const window = { first: Math.max(0, state.first - rows), count: Math.min(3 * rows, 500) };
  const query = { node, ...window, ...(filter === "" ? {} : { filter: { text: filter } }) };
  const questions: TopQuestion[] = [{ method: "overview", parameters: { node } }];
  if (detail?.type === "process") questions.push({ method: "process", parameters: { node, pid: detail.pid } });
  else if (detail?.type === "crash") questions.push({ method: "crash", parameters: { node, id: detail.id } });
  else if (page === "tree") questions.push({ method: "tree", parameters: { ...query, open } });
  else if (page === "processes") questions.push({ method: "table", parameters: { ...query, sort } });
  else if (page === "crashes") questions.push({ method: "crashes", parameters: { node } });
  else if (page === "node") questions.push({ method: "network", parameters: { node } });
  return questions;
}

/** With the answer to a question that is still asked; to another one it comes too late, and changes nothing. */
export function withAnswer(state: TopState, size: ScreenSize, question: TopQuestion, result: unknown): TopState {
  const asked = JSON.stringify(question);
  if (!questionsOf(state, size).some((each) => JSON.stringify(each) === asked)) return state;
  const answers = { ...state.answers, [question.method]: result };
  return question.method === "table"
    ? { ...state, answers, tableFirst: question.parameters.first }
    : { ...state, answers };
}

/** On another node: what is known of the one before goes. */
export function onNode(state: TopState, node: string): TopState {
  return { ...state, node, answers: noAnswers, open: [], first: 0, cursor: 0, detail: null };
}
