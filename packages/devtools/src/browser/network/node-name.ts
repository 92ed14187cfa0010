const shown = 8;

/** A node for people: the beginning of its id, and `this node` for the one that is looked at. */
export function nodeName(id: string, here: string | undefined): string {
  return id === here ? "this node" : id.slice(0, shown);
}
