import { documents } from "./list/documents.ts";
import { errors } from "./list/errors.ts";
import { expressions } from "./list/expressions.ts";
import { functions } from "./list/functions.ts";
import { lifetimes } from "./list/lifetimes.ts";
import { loops } from "./list/loops.ts";
import { privates } from "./list/private.ts";
import { processes } from "./list/processes.ts";
import type { Program } from "./program.ts";
import { values } from "./list/values.ts";

/** All of them: each runs in every way. */
export const programs: readonly Program[] = [
  ...documents,
  ...loops,
  ...errors,
  ...expressions,
  ...functions,
  ...values,
  ...processes,
  ...lifetimes,
  ...privates,
];
