/** Something that goes wrong, or is put right, at a time: data, so that a run can be listed, replayed, and made smaller. */
export type Fault = {
  /** Virtual time since the nodes were booted. */
  readonly atMs: number;
} & (
  | { readonly type: "crash" | "restart" | "pause" | "resume"; readonly node: string }
  | { readonly type: "cut" | "heal"; readonly between: readonly [string, string] }
  | { readonly type: "partition"; readonly between: readonly [string, string]; readonly oneWay?: boolean }
  /** What the first sends to the second. */
  | { readonly type: "stall"; readonly between: readonly [string, string] }
);

const ofNode: ReadonlySet<string> = new Set(["crash", "restart", "pause", "resume"]);
const ofLink: ReadonlySet<string> = new Set(["cut", "heal", "partition", "stall"]);

/**
 * Checks faults that somebody wrote or a file held.
 *
 * @throws TypeError or RangeError naming the first that is wrong, and how.
 */
export function checkFaults(faults: readonly Fault[], nodes: readonly string[]): readonly Fault[] {
  const checkNode = (name: unknown, where: string): void => {
    if (!nodes.includes(name as string)) {
      throw new RangeError(`${where}: expected one of ${nodes.join(", ")}, got ${String(name)}`);
    }
  };
  for (const [index, fault] of faults.entries()) {
    const where = `faults[${index}]`;
    const { atMs, type } = fault;
    if (!(atMs >= 0 && atMs < Infinity)) throw new RangeError(`${where}.atMs: expected at least 0, got ${atMs}`);
    if (ofNode.has(type)) {
      checkNode((fault as { node?: unknown }).node, `${where}.node`);
    } else if (ofLink.has(type)) {
      const { between } = fault as { between?: unknown };
      if (!Array.isArray(between) || between.length !== 2 || between[0] === between[1]) {
        throw new TypeError(`${where}.between: expected two nodes, got ${JSON.stringify(between)}`);
      }
      for (const name of between) checkNode(name, `${where}.between`);
    } else {
      throw new TypeError(`${where}.type: expected one of ${[...ofNode, ...ofLink].join(", ")}, got ${type}`);
    }
  }
  return faults;
}

/** Such as `crash a`. */
export function describeFault(fault: Fault): string {
  switch (fault.type) {
    case "crash":
    case "restart":
    case "pause":
    case "resume":
      return `${fault.type} ${fault.node}`;
    case "cut":
    case "heal":
      return `${fault.type} ${fault.between.join(" | ")}`;
    case "stall":
      return `stall ${fault.between.join(" > ")}`;
    case "partition":
      return `partition ${fault.between.join(fault.oneWay === true ? " > " : " | ")}`;
  }
}
