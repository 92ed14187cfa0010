/** What a file can hold: arguments of operations, and what came of them. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
