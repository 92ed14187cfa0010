import "./trouble.ts";
import { report } from "./app.ts";

console.log(JSON.stringify(report(), (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)));
