import type { Column } from "../../protocol/sheets.ts";
import type { Key } from "./keys.ts";
import type { Theme } from "./line.ts";
import { bodyOf, heightOf } from "./screen.ts";
import { clean } from "./text.ts";
import { onNode, topPages, type ScreenSize, type TopState, type TopTarget } from "./top-state.ts";

/** What is to be done besides showing the next screen. */
export type TopDeed =
  | { readonly type: "quit" | "redraw" | "suspend" }
  | { readonly type: "kill"; readonly pid: string };

export interface Pressed {
  readonly state: TopState;
  readonly deed: TopDeed | null;
}

/** What a key does on this screen. It depends on nothing else, so that a test can play a whole session. */
export function press(before: TopState, key: Key, size: ScreenSize, theme: Theme): Pressed {
  const state = { ...before, message: null };
  if (key === "interrupt") return { state, deed: { type: "quit" } };
  if (key === "suspend") return { state, deed: { type: "suspend" } };
  if (key === "redraw") return { state, deed: { type: "redraw" } };
  if (state.prompt !== null) return typed(state, state.prompt, key);
  if (state.help) return only({ ...state, help: false, first: 0, cursor: 0 });
  if (key === "q") return { state, deed: { type: "quit" } };
  return only(moved(state, key, size, theme) ?? commanded(state, key, size, theme));
}

function only(state: TopState): Pressed {
  return { state, deed: null };
}

/** After new answers: the cursor stays on a line that there is. */
export function settled(state: TopState, size: ScreenSize, theme: Theme): TopState {
  const { total, lines, from } = bodyOf(state, size, theme);
  const height = heightOf(state, size, theme);
  const last = Math.max(0, total - 1);
  const cursor = Math.min(state.cursor, last);
  // A page that is here as a whole may begin with a title.
  const onTarget = lines[cursor - from]?.target ?? null;
  const next =
    onTarget === null && from === 0 ? lines.findIndex(({ target }, at) => target !== null && at >= cursor) : -1;
  const chosen = next === -1 ? cursor : next;
  const first = Math.min(state.first, Math.max(0, total - height));
  return { ...state, cursor: chosen, first: chosen >= first + height ? chosen - height + 1 : first };
}

function typed(state: TopState, prompt: NonNullable<TopState["prompt"]>, key: Key): Pressed {
  if (key === "escape" || key === "end-of-input") return only({ ...state, prompt: null });
  if (key === "backspace") return only({ ...state, prompt: { ...prompt, text: prompt.text.replace(/.$/u, "") } });
  if (key !== "enter") {
    // The names of keys have several letters, what is typed has one.
    const isText = /^.$/u.test(key) && prompt.text.length < 200;
    return only(isText ? { ...state, prompt: { ...prompt, text: prompt.text + key } } : state);
  }
  if (prompt.type === "filter") return only({ ...state, prompt: null, filter: prompt.text, first: 0, cursor: 0 });
  if (prompt.text !== prompt.label) {
    return only({ ...state, prompt: null, message: `not killed: expected ${JSON.stringify(prompt.label)}` });
  }
  return { state: { ...state, prompt: null }, deed: { type: "kill", pid: prompt.pid } };
}

/** Null: it is no key that moves. */
function moved(state: TopState, key: Key, size: ScreenSize, theme: Theme): TopState | null {
  const height = heightOf(state, size, theme);
  const steps: Readonly<Record<Key, number>> = {
    j: 1,
    down: 1,
    k: -1,
    up: -1,
    "page-down": height,
    "page-up": -height,
    home: -Infinity,
    g: -Infinity,
    end: Infinity,
    G: Infinity,
  };
  const step = steps[key];
  if (step === undefined) return null;
  const { lines, from, total } = bodyOf(state, size, theme);
  const last = Math.max(0, total - 1);
  if (!lines.some(({ target }) => target !== null)) {
    const first = Math.max(0, Math.min(state.first + step, total - height));
    return { ...state, first, cursor: first };
  }
  let cursor = Math.max(0, Math.min(state.cursor + step, last));
  // Over titles, as far as the lines are here.
  const direction = step > 0 ? 1 : -1;
  const isTitle = (at: number): boolean => lines[at - from] !== undefined && lines[at - from]!.target === null;
  while (isTitle(cursor) && cursor + direction >= 0 && cursor + direction <= last) cursor += direction;
  if (isTitle(cursor)) cursor = state.cursor;
  // The titles before the first line that can be chosen come into sight with it.
  const isTop = lines.slice(0, Math.max(0, cursor - from)).every(({ target }) => target === null) && from === 0;
  const first = isTop ? 0 : Math.min(Math.max(state.first, cursor - height + 1), cursor);
  return { ...state, cursor, first };
}

function commanded(state: TopState, key: Key, size: ScreenSize, theme: Theme): TopState {
  const page = topPages[Number(key) - 1];
  if (/^[1-5]$/.test(key) && page !== undefined) return { ...state, page, detail: null, first: 0, cursor: 0 };
  const { lines, from } = bodyOf(state, size, theme);
  const target = lines[state.cursor - from]?.target ?? null;
  switch (key) {
    case "m":
      return sorted(state, "mailbox");
    case "w":
      return sorted(state, "reductions");
    case "r":
      return sorted(state, "restarts");
    case "?":
      return { ...state, help: true, first: 0, cursor: 0 };
    case "p":
    case " ":
      return { ...state, paused: !state.paused };
    case "f":
    case "/":
      return { ...state, prompt: { type: "filter", text: state.filter } };
    case "n": {
      const next = state.nodes[(state.nodes.findIndex(({ id }) => id === state.node) + 1) % state.nodes.length];
      return next === undefined || next.id === state.node ? state : onNode(state, next.id);
    }
    case "escape":
    case "backspace":
      if (state.detail !== null) return { ...state, detail: null, first: 0, cursor: 0 };
      return { ...state, filter: "", first: 0, cursor: 0 };
    case "enter":
      return target === null
        ? state
        : target.type === "branch"
          ? branched(state, target, !target.open)
          : opened(state, target);
    case "l":
    case "right":
      return target?.type === "branch" ? branched(state, target, true) : state;
    case "h":
    case "left":
      return target?.type === "branch" ? branched(state, target, false) : state;
    case "i":
      return target?.type === "branch" && target.process !== null ? opened(state, target.process) : state;
    case "K":
      return askToKill(state, target);
    default:
      return state;
  }
}

/** The same key twice: by how fast it changes. */
function sorted(state: TopState, by: Column): TopState {
  const again = state.page === "processes" && state.sort.by === by && state.sort.mode === "total";
  const sort = { by, descending: true, mode: again ? ("rate" as const) : ("total" as const) };
  return { ...state, page: "processes", detail: null, sort, first: 0, cursor: 0 };
}

function opened(state: TopState, target: TopTarget): TopState {
  if (target.type === "branch") return state;
  const answers = { ...state.answers, process: null, crash: null };
  return { ...state, detail: target, first: 0, cursor: 0, answers };
}

function branched(state: TopState, { key }: Extract<TopTarget, { readonly type: "branch" }>, open: boolean): TopState {
  const others = state.open.filter((each) => each !== key);
  return { ...state, open: open ? [...others, key] : others };
}

function askToKill(state: TopState, chosen: TopTarget | null): TopState {
  const target = state.detail ?? (chosen?.type === "branch" ? chosen.process : chosen);
  if (target?.type !== "process") return { ...state, message: "K kills a process: choose one" };
  if (!state.manage) return { ...state, message: "to kill takes the plane manage: espalier top --manage" };
  const { pid } = target;
  const row = state.answers.process?.row;
  const label = state.detail !== null && row?.pid === pid ? row.label : target.label;
  // A finding has the pid of its process, and nothing else of it.
  if (label === null) return { ...state, message: "K kills a process: open it first, with Enter" };
  return { ...state, prompt: { type: "kill", text: "", pid, label: clean(label) } };
}
