import type { Observation, Observed } from "./observation.ts";
import type { Checker, Property } from "./property.ts";
import type { Scenario } from "./scenario.ts";

/** A property that does not hold, and what is wrong. */
export interface Wrong {
  readonly property: string;
  readonly what: string;
}

interface Checking {
  readonly property: Property<any>;
  readonly checker: Checker;
}

/** The properties of a scenario in one run, in whatever world. */
export class PropertiesOfRun {
  readonly #always: readonly Checking[];
  readonly #eventually: readonly Checking[];
  /** Those of both that want to be told of events. */
  readonly #listening: readonly Checking[];
  /** The first that threw as it was told: whoever tells is a node in the middle of things, and must not be struck by it. */
  #thrown: Wrong | null = null;

  constructor(scenario: Pick<Scenario<any, any>, "always" | "eventually">, cluster: Observation<any>) {
    const begin = (property: Property<any>): Checking => ({ property, checker: property.begin(cluster) });
    this.#always = scenario.always.map(begin);
    this.#eventually = scenario.eventually.map(begin);
    this.#listening = [...this.#always, ...this.#eventually].filter(({ checker }) => checker.event !== undefined);
  }

  /** A node did something. */
  event(observed: Observed): void {
    for (const { property, checker } of this.#listening) {
      try {
        checker.event?.(observed);
      } catch (error) {
        this.#thrown ??= {
          property: property.name,
          what: `it threw when told of ${observed.event.type}: ${String(error)}`,
        };
      }
    }
  }

  /** The first property that must always hold and does not; null when all do. */
  checkAlways(): Wrong | null {
    return this.#thrown ?? wrongOf(this.#always)[0] ?? null;
  }

  /** Those that must hold in the end and do not. */
  checkEventually(): readonly Wrong[] {
    return wrongOf(this.#eventually);
  }
}

function wrongOf(properties: readonly Checking[]): readonly Wrong[] {
  const wrongs: Wrong[] = [];
  for (const { property, checker } of properties) {
    const what = checker.check();
    if (what !== null) wrongs.push({ property: property.name, what });
  }
  return wrongs;
}
