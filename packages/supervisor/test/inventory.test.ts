import { describe, expect, it } from "vitest";
import { normal } from "@espalier/heartbeat";
import { childSpecOf, countChildren, whichChildren } from "../src/inventory.ts";
import { Drive, flags, spec } from "./drive.ts";

describe("what is known of the children (R-970)", () => {
  const specs = [spec("a"), spec("b", { restart: "transient" }), spec("c", { type: "supervisor" }), spec("d")];
  const drive = new Drive(flags({ intensity: { restarts: 9, withinSeconds: 5 } }), specs).boot();
  drive.script["d"] = ["fail"];
  drive.crash("a").crash("b", normal).crash("d");

  it("whichChildren lists them, the newest first", () => {
    expect(whichChildren(drive.state)).toEqual([
      { id: "d", child: "restarting", type: "worker" },
      { id: "c", child: "c1", type: "supervisor" },
      { id: "b", child: null, type: "worker" },
      { id: "a", child: "a2", type: "worker" },
    ]);
  });

  it("countChildren counts specifications by type, and processes", () => {
    expect(countChildren(drive.state)).toEqual({ specs: 4, active: 2, supervisors: 1, workers: 3 });
  });

  it("childSpecOf finds by id and by process", () => {
    expect(childSpecOf(drive.state, "b")).toBe(specs[1]);
    expect(childSpecOf(drive.state, "c1")).toBe(specs[2]);
    expect(childSpecOf(drive.state, "a1")).toBeNull();
    expect(childSpecOf(drive.state, "x")).toBeNull();
  });
});
