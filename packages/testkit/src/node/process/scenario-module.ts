import type { Scenario } from "../../scenario/scenario.ts";

/**
 * The scenario with this name that a module exports, by itself or in a list.
 *
 * @throws Error naming the module, and what to do.
 */
export async function findScenario(module: string, name: string): Promise<Scenario<any, any>> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(module)) as Record<string, unknown>;
  } catch (error) {
    throw new Error(
      `${module} cannot be imported: ${error instanceof Error ? error.message : String(error)}; ` +
        "export the scenario from a module of its own, which does not import vitest",
      { cause: error },
    );
  }
  const found = Object.values(exported).flat().filter(isScenario);
  const scenario = found.find((one) => one.name === name);
  if (scenario !== undefined) return scenario;
  const names = found.map((one) => JSON.stringify(one.name)).join(", ");
  throw new Error(
    `${module} exports no scenario ${JSON.stringify(name)}, but ${names === "" ? "none at all" : names}; export it by any name`,
  );
}

function isScenario(value: unknown): value is Scenario<any, any> {
  return typeof value === "object" && value !== null && "boot" in value && "always" in value && "name" in value;
}
