import type { StandardSchema } from "@espalier/runtime";

/** A validator for a parameter of a server's message: `check` throws what is wrong with it. */
export function checked<T>(check: (value: unknown) => T): StandardSchema<T> {
  return {
    "~standard": {
      version: 1,
      vendor: "espalier",
      validate: (value) => {
        try {
          return { value: check(value) };
        } catch (error) {
          return { issues: [{ message: error instanceof Error ? error.message : String(error) }] };
        }
      },
    },
  };
}
