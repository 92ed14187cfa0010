import { nodeHost } from "@espalier/runtime/node";

const [, , path = ""] = process.argv;
process.on("message", () => {
  void nodeHost()
    .disk.lock(path)
    .then(({ type }) => process.send?.(type));
});
process.send?.("ready");
