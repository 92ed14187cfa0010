/** Something about starting dev tools, or reaching them, went wrong. */
export class DevToolsError extends Error {
  readonly code:
    | "ADDRESS_REFUSED"
    | "DIRECTORY_UNSAFE"
    | "PAGE_INCOMPLETE"
    | "UNREACHABLE"
    | "NO_ANSWER"
    | "NOT_ATTACHABLE"
    | "NO_ESPALIER"
    | "TOKEN_UNUSABLE";
  /** What to do next. */
  readonly hint: string | null;

  constructor(code: DevToolsError["code"], message: string, hint: string | null = null, options?: ErrorOptions) {
    super(hint === null ? message : `${message}; ${hint}`, options);
    this.name = "DevToolsError";
    this.code = code;
    this.hint = hint;
  }
}
