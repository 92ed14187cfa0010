/** The pages, by the name that they have in the hash of the address. */
export type Page = "now" | "tree" | "processes" | "crashes" | "crash" | "timeline" | "lifetimes" | "network" | "chaos";

const pages: ReadonlySet<string> = new Set<Page>([
  "now",
  "tree",
  "processes",
  "crashes",
  "crash",
  "timeline",
  "lifetimes",
  "network",
  "chaos",
]);

/**
 * Where the user is: all of it is in the hash, so that an address can be kept and passed on: `#crash/12?p=KEY&node=a`.
 */
export interface Route {
  readonly page: Page;
  /** What follows the page's name after a slash: the number of a crash. */
  readonly id: string | null;
  /** The `Pid.key` of the process in the drawer. */
  readonly process: string | null;
  /** The id of a node; null: the program's first one. */
  readonly node: string | null;
  /** What is the page's own: filters, sorting, tabs. */
  readonly query: Readonly<Record<string, string>>;
}

/** What changes of a route. Another page begins with neither `id` nor `query`; all else stays unless given. */
export interface RouteChange {
  readonly page?: Page;
  readonly id?: string | null;
  readonly process?: string | null;
  readonly node?: string | null;
  readonly query?: Readonly<Record<string, string>>;
}

/** Reads a hash. What it does not know becomes the landing page. */
export function parseHash(hash: string): Route {
  const text = hash.startsWith("#") ? hash.slice(1) : hash;
  const mark = text.indexOf("?");
  const [page = "", id = ""] = (mark < 0 ? text : text.slice(0, mark)).split("/", 2);
  const query: Record<string, string> = {};
  let process: string | null = null;
  let node: string | null = null;
  for (const [name, value] of new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1))) {
    if (name === "p") process = value || null;
    else if (name === "node") node = value || null;
    else if (value !== "" && name !== "__proto__") query[name] = value;
  }
  return { page: pages.has(page) ? (page as Page) : "now", id: decoded(id), process, node, query };
}

export function printHash(route: Route): string {
  const search = new URLSearchParams(
    Object.entries(route.query)
      .filter(([, value]) => value !== "")
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
  if (route.node !== null) search.set("node", route.node);
  if (route.process !== null) search.set("p", route.process);
  const place = route.id === null ? route.page : `${route.page}/${encodeURIComponent(route.id)}`;
  return search.size === 0 ? `#${place}` : `#${place}?${search}`;
}

export function changed(route: Route, change: RouteChange): Route {
  const fresh = change.page !== undefined && change.page !== route.page;
  return {
    page: change.page ?? route.page,
    id: change.id === undefined ? (fresh ? null : route.id) : change.id,
    process: change.process === undefined ? route.process : change.process,
    node: change.node === undefined ? route.node : change.node,
    query: change.query ?? (fresh ? {} : route.query),
  };
}

function decoded(text: string): string | null {
  if (text === "") return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
