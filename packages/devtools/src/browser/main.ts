import { render } from "preact";
import { connect } from "./connection.ts";
import { h } from "./h.ts";
import { Shell } from "./shell/shell.ts";

connect();
const app = document.getElementById("app");
if (app === null) throw new Error("The page has no element with the id app: it is not the server's own html.");
render(h(Shell, null), app);
