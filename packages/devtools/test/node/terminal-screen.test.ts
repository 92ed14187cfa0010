import { expect, test } from "vitest";
import { asciiTheme, colourTheme, plainTheme } from "../../src/node/terminal/line.ts";
import { press } from "../../src/node/terminal/press.ts";
import { screen } from "../../src/node/terminal/screen.ts";
import { widthOf } from "../../src/node/terminal/text.ts";
import { beginTop, questionsOf, type TopState } from "../../src/node/terminal/top-state.ts";
import { crashes, node, overview, pool, processSheet, row, table, tree } from "./sheets.fixture.ts";

const small = { columns: 80, rows: 24 };
const large = { columns: 200, rows: 50 };

const begun = beginTop([node], node.id, false);
const shop: TopState = {
  ...begun,
  answers: { ...begun.answers, overview, table, tree, crashes, process: processSheet },
};

function after(state: TopState, ...keys: readonly string[]): TopState {
  return keys.reduce((state, key) => press(state, key, small, plainTheme).state, state);
}

/** Without what is empty at the ends. */
function shown(state: TopState, size = small): string {
  return screen(state, size, plainTheme)
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\n+(?=\n[^\n]*$)/, "\n");
}

test.each([
  ["now", "1", small],
  ["now-wide", "1", large],
  ["tree", "2", small],
  ["tree-wide", "2", large],
  ["processes", "3", small],
  ["processes-wide", "3", large],
  ["crashes", "4", small],
  ["node", "5", small],
])("shows the page %s", async (name, key, size) => {
  await expect(shown(after(shop, key), size)).toMatchFileSnapshot(`./screens/${name}.txt`);
});

test("shows a process, the help and a question", async () => {
  const detail = { ...after(shop, "3", "enter"), answers: shop.answers };
  await expect(shown(detail)).toMatchFileSnapshot("./screens/process.txt");
  await expect(shown(after(shop, "?"))).toMatchFileSnapshot("./screens/help.txt");
});

test.each([
  ["1", small],
  ["2", small],
  ["3", large],
  ["4", large],
  ["5", { columns: 7, rows: 3 }],
  ["3", { columns: 1, rows: 1 }],
])("on page %s no line is wider than the screen, and there are as many as it has", (key, size) => {
  const lines = screen(after(shop, key), size, plainTheme);
  expect(lines).toHaveLength(size.rows);
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(size.columns);
});

test("a hostile name is text on every page, and nothing else", () => {
  const name = "\u001B[2J\u001B[1;1H\u009B31m\u202Eevil\r\n\u0007東京";
  const hostile = row(6, { name, label: name, handling: name, waitingFor: name, child: name });
  const answers: TopState["answers"] = {
    ...shop.answers,
    overview: {
      ...overview,
      node: { ...node, id: name, program: { ...node.program, title: name } },
      growing: [hostile],
      findings: [{ ...overview.findings[0]!, text: name, hint: name }],
      deaths: [{ ...overview.deaths[0]!, label: name, cause: name, decision: name }],
    },
    table: { ...table, rows: [hostile] },
    tree: { ...tree, rows: [{ ...tree.rows[0]!, process: hostile, label: name }] },
    process: {
      ...processSheet,
      row: hostile,
      details: { type: "object", class: name, entries: [[name, { type: "string", text: name }]], more: 0 },
    },
    crash: { ...overview.deaths[0]!, hint: name, text: `${name}\n${name}` } as NonNullable<
      TopState["answers"]["crash"]
    >,
  };
  const nodes = [{ ...node, program: { ...node.program, title: name } }];
  const state: TopState = { ...shop, nodes, manage: true, filter: name, message: null, answers };
  const crash: TopState = { ...state, detail: { type: "crash", id: 1 } };
  const process: TopState = { ...state, detail: { type: "process", pid: hostile.pid, label: name } };
  const states = [...["1", "2", "3", "4", "5"].map((key) => after(state, key)), crash, process, after(process, "K")];
  for (const each of states) {
    for (const theme of [plainTheme, colourTheme(true), asciiTheme]) {
      for (const line of screen(each, small, theme)) {
        // The colours are the theme's; nothing else is there.
        // oxlint-disable-next-line no-control-regex
        expect(line.replaceAll(/\u001B\[[\d;]+m/g, (code) => (theme === plainTheme ? code : ""))).not.toMatch(
          /[\p{Cc}\p{Cf}]/u,
        );
      }
    }
  }
  expect(screen(after(state, "3"), small, plainTheme).join("\n")).toContain("evil 東京");
});

test("on a terminal with ASCII only everything is ASCII", () => {
  for (const key of ["1", "2", "3", "4", "5", "?"]) {
    expect(screen(after(shop, key), large, asciiTheme).join("")).toMatch(/^[\u0020-\u007e]*$/);
  }
});

test("keys sort, and the same one twice sorts by how fast it changes", () => {
  expect(after(shop, "m")).toMatchObject({ page: "processes", sort: { by: "mailbox", mode: "total" } });
  expect(after(shop, "m", "m").sort).toEqual({ by: "mailbox", descending: true, mode: "rate" });
  expect(after(shop, "m", "m", "m").sort.mode).toBe("total");
  expect(after(shop, "m", "m", "w").sort).toEqual({ by: "reductions", descending: true, mode: "total" });
  expect(after(shop, "r").sort.by).toBe("restarts");
});

test("asks for what the page shows, and for no more", () => {
  const asked = (state: TopState): readonly unknown[] => questionsOf(state, small);
  expect(asked(shop)).toEqual([{ method: "overview", parameters: { node: node.id } }]);
  expect(asked(after(shop, "f", "o", "enter", "r"))[1]).toEqual({
    method: "table",
    parameters: {
      node: node.id,
      first: 0,
      count: 72,
      filter: { text: "o" },
      sort: { by: "restarts", descending: true, mode: "total" },
    },
  });
  expect(asked(after(shop, "3", "j", "enter"))[1]).toEqual({
    method: "process",
    parameters: { node: node.id, pid: "kZ3pZ6vVx0n/i1/18" },
  });
  expect(asked(after(shop, "2", "j", "enter"))[1]).toMatchObject({
    method: "tree",
    parameters: { open: [tree.rows[1]!.key] },
  });
  expect(asked(after(shop, "4", "enter"))[1]).toEqual({ method: "crash", parameters: { node: node.id, id: 15 } });
});

test("Enter on a finding is what it is about, and Escape goes back", () => {
  const detail = after(shop, "j", "enter");
  // The first key moved from the title to the first finding.
  expect(detail.detail).toEqual({ type: "crash", id: 15 });
  expect(after(detail, "escape").detail).toBeNull();
});

test("the cursor stays in the list, and the list follows it", () => {
  const rows = Array.from({ length: 24 }, (_, serial) => row(serial));
  const long: TopState = {
    ...after(shop, "3"),
    answers: { ...shop.answers, table: { rows, matching: 1_000, all: 1_000 } },
  };
  expect(after(long, "k").cursor).toBe(0);
  const down = after(long, ...Array.from({ length: 20 }, () => "j"));
  expect(down).toMatchObject({ cursor: 20, first: 3 });
  expect(after(long, "end")).toMatchObject({ cursor: 999 });
  expect(after(long, "end", "home")).toMatchObject({ cursor: 0, first: 0 });
  expect(after(long, "page-down").cursor).toBeGreaterThan(10);
});

test("kills only with the plane manage, and what has been typed (S332)", () => {
  const read = after(shop, "3", "K");
  expect(read).toMatchObject({ prompt: null, message: expect.stringMatching(/plane manage/) });
  const manage: TopState = { ...after(shop, "3"), manage: true };
  const typed = after(manage, "K", "p", "o", "o", "l");
  expect(screen(typed, small, plainTheme).at(-1)).toBe('To kill it type "pool": pool_');
  expect(press(typed, "enter", small, plainTheme).deed).toEqual({ type: "kill", pid: pool.pid });
  const wrong = press(after(manage, "K", "p", "o", "o"), "enter", small, plainTheme);
  expect(wrong).toMatchObject({ deed: null, state: { prompt: null, message: 'not killed: expected "pool"' } });
  expect(press(typed, "escape", small, plainTheme)).toMatchObject({ deed: null, state: { prompt: null } });
});

test.each(["q", "interrupt"])("%s leaves", (key) => {
  expect(press(shop, key, small, plainTheme).deed).toEqual({ type: "quit" });
});

test("q is a letter where something is typed", () => {
  expect(press(after(shop, "f"), "q", small, plainTheme)).toMatchObject({
    deed: null,
    state: { prompt: { text: "q" } },
  });
});
