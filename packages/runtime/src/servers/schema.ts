/** A validator as the Standard Schema specification (version 1) has it: Zod, Valibot, ArkType and others are. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | PromiseLike<SchemaResult<Output>>;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** One line for people: `.items.3: expected a number; …`. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  return issues
    .map(({ message, path = [] }) => {
      const where = path.map((step) => `.${String(typeof step === "object" ? step.key : step)}`).join("");
      return where === "" ? message : `${where}: ${message}`;
    })
    .join("; ");
}
