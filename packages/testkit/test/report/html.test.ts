import { beforeAll, describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/record/run-record.ts";
import { scriptJson } from "../../src/report/escape.ts";
import { renderHtml } from "../../src/report/html.ts";
import type { Hit } from "../../src/report/page/picture.ts";
import { start } from "../../src/report/page/start.ts";
import type { Surface } from "../../src/report/page/surface.ts";
import { tools } from "../../src/report/page/tools.ts";
import { run } from "./fixture.ts";

const hostile = `</script><script>alert("1")</script><!--<img src=x onerror='alert(2)'>&\u2028`;

let record: RunRecord;

beforeAll(async () => {
  const recorded = (await run(1, true)).record;
  if (recorded === undefined) throw new Error("expected a record");
  record = recorded;
});

/** Every text of the record replaced by a hostile one, whatever it is. */
function poisoned<T>(value: T): T {
  if (typeof value === "string") return `${value}${hostile}` as T;
  if (Array.isArray(value)) return value.map(poisoned) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, key === "type" ? field : poisoned(field)]),
  ) as T;
}

/** A drawing surface that only counts. */
function countingSurface(): { readonly surface: Surface; readonly said: string[] } {
  const said: string[] = [];
  const surface = new Proxy({} as Surface, {
    get: (_, name) => {
      if (name === "measureText") return (text: string) => ({ width: text.length * 6 });
      if (name === "fillText") return (text: string) => said.push(text);
      return () => {};
    },
    set: () => true,
  });
  return { surface, said };
}

describe("the page of a run", { timeout: 60_000 }, () => {
  it("loads nothing, and lets only its own code run", () => {
    const html = renderHtml(record);
    expect(html).toMatch(
      /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-/,
    );
    const outside = html.replace(/<script type="application\/json".*?<\/script>/s, "");
    expect(outside).not.toMatch(/https?:\/\//);
    expect(outside).not.toMatch(/\b(src|href|srcset|action)=|@import|url\(/i);
    expect(outside).not.toMatch(/\son\w+=/i);
    expect(html.match(/<script/g)).toHaveLength(2);
  });

  it("shows what a run says as text, and never as markup (S155)", () => {
    const html = renderHtml(poisoned(record), { file: hostile });
    const { length } = renderHtml(record).match(/<script|<img|<!--/g) ?? [];
    expect(html.match(/<script|<img|<!--/g)).toHaveLength(length);
    expect(html).toContain("&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)");
    const json = /<script type="application\/json" id="record">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    expect(JSON.parse(json)).toEqual(poisoned(record));
    expect(scriptJson(hostile)).not.toMatch(/[<>\u2028]/);
  });

  it("tells the story, the faults with their effect, the tree, and the command that replays it", () => {
    const html = renderHtml(record, { file: "cx/parcel.json" });
    expect(html).toContain("npx espalier chaos replay cx/parcel.json");
    expect(html).toContain("every step is taken once");
    expect(html).toContain("1 planned, 1 applied, 1 with an effect.");
    expect(html).toContain("ledger");
    expect(html).toContain(`<li class="fault">`);
  });

  it("is code that names nothing outside itself, and draws the run", () => {
    for (const part of [...Object.values(tools), start]) {
      // Under a strict rule, in an empty scope: what it would miss in a page, it misses here.
      const text = String(part);
      expect(text).not.toMatch(/__vi_import|__vite|\bimport\(|<\/script/);
    }
    // What a browser does with the page.
    const inPage = Object.fromEntries(
      // oxlint-disable-next-line typescript/no-implied-eval
      Object.entries(tools).map(([name, part]) => [name, new Function(`"use strict"; return (${String(part)})`)()]),
    ) as typeof tools;
    const view = inPage.focusOf(record);
    expect(view.fromMs).toBeLessThan(record.failure?.atMs ?? 0);
    expect(view.toMs).toBeGreaterThan(record.failure?.atMs ?? 0);
    const whole = inPage.clamp({ fromMs: -1e9, toMs: 1e9 }, record.endMs);
    const placed = inPage.layout(record, whole);
    const { surface, said } = countingSurface();
    const options = { surface, record, view: whole, layout: placed, width: 1_600, selected: null };
    const hits = inPage.paint({ ...options, colour: (name) => name, shows: () => true }, inPage);
    expect(said).toContain("alice");
    expect(said).toContain("the failure is seen");
    const about = (hits: readonly Hit[]): number =>
      hits.filter(({ about }) => (record.messages as readonly object[]).includes(about)).length;
    expect(about(hits)).toBeGreaterThanOrEqual(record.messages.length);
    const quiet = tools.paint({ ...options, colour: (name) => name, shows: () => false }, tools);
    expect(about(quiet)).toBe(0);
  });
});
